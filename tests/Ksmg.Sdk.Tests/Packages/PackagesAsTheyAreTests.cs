using System.Diagnostics;
using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

/// <summary>Files as people have them: what is read, what is warned of, and what is said where it is refused.</summary>
public sealed class PackagesAsTheyAreTests : IDisposable
{
    private readonly PackageFolder _folder = new();

    public static TheoryData<string> Cases => [.. PackageCases.All.Keys];

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Cases))]
    public async Task A_file_is_judged_by_what_it_is(string name)
    {
        PackageCase given = PackageCases.All[name];
        string path = _folder.Write(given.FileName, given.Bytes());

        (string? refusal, UpdatePackage? package) = await JudgeAsync(path, given.Options);

        Assert.Equal(given.Verdict is PackageVerdict.Refused, refusal is not null);
        Assert.Equal(given.Verdict is PackageVerdict.Warned, package is { Warnings.Count: > 0 });
        string said = refusal ?? string.Join('\n', package!.Warnings);
        Assert.Matches(given.Says, said);
        Assert.DoesNotMatch(given.Never, said);
        Assert.All(package?.Files ?? [], file => Assert.Equal(Sha256(given.Content ?? PackageCases.Content), file.Sha256));
    }

    [Theory]
    [InlineData("leftover @eaDir/" + Ktgz, 0, "Warning: .*leftover")]
    [InlineData("HTML as a KTGZ", 5, "an HTML page, no update")]
    [InlineData("volume update.zip.001", 5, "one volume of several")]
    public async Task The_command_line_says_so_and_ends_with_its_code(string name, int exitCode, string says)
    {
        PackageCase given = PackageCases.All[name];

        CliAnswer answer = await CliFixture.RunAsync("package", "inspect", _folder.Write(given.FileName, given.Bytes()));

        Assert.Equal(exitCode, answer.ExitCode);
        Assert.Matches(says, exitCode == 0 ? answer.Output : answer.Line);
    }

    [Fact]
    public async Task A_pipe_must_be_saved_first()
    {
        if (OperatingSystem.IsWindows())
        {
            return;
        }

        string pipe = _folder["update.zip"];
        using Process made = Process.Start("mkfifo", [pipe]);
        await made.WaitForExitAsync().WaitAsync(Eventually.Limit);
        using Process writer = Process.Start("sh", ["-c", $"echo x > '{pipe}'"]);

        CliAnswer answer = await CliFixture.RunAsync("package", "inspect", pipe);

        Assert.Equal(5, answer.ExitCode);
        Assert.Matches("a pipe.*Save it as a file", answer.Line);
        await writer.WaitForExitAsync().WaitAsync(Eventually.Limit);
    }

    [Fact]
    public async Task Sizes_without_their_multiples_of_4_GB_are_named()
    {
        // As macOS's Archive Utility packs a file of 5 GB; sparse here.
        const long wrapped = 1L << 32;
        string path = _folder["update.zip"];
        byte[] zip = new ZipBuilder().Add(Ktgz, PackageCases.Content, e => e.Method = 8).Build();
        int data = 30 + Ktgz.Length + PackageCases.Content.Length;
        await using (FileStream file = File.Create(path))
        {
            file.Write(zip.AsSpan(0, data));
            file.Position = data + wrapped;
            file.Write(zip.AsSpan(data));
        }

        CliAnswer answer = await CliFixture.RunAsync("package", "inspect", path);

        Assert.Equal(5, answer.ExitCode);
        Assert.Matches("beyond 4 GB.*give the KTGZ itself", answer.Line);
        Assert.DoesNotContain("ownload it again", answer.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_large_text_is_not_taken_for_a_page()
    {
        string path = _folder.Write(Ktgz, [.. Enumerable.Repeat((byte)'a', 2 << 20)]);

        CliAnswer answer = await CliFixture.RunAsync("package", "inspect", path);

        Assert.Equal(0, answer.ExitCode);
    }

    private static async Task<(string? Refusal, UpdatePackage? Package)> JudgeAsync(string path, UpdatePackageOptions options)
    {
        try
        {
            UpdatePackage package = await UpdatePackage.OpenAsync(path, options);
            await package.VerifyAsync();
            return (null, package);
        }
        catch (PackageException e)
        {
            Assert.StartsWith(path, e.Message, StringComparison.Ordinal);
            Assert.DoesNotContain('\n', e.Message);
            return (e.Message, null);
        }
    }
}
