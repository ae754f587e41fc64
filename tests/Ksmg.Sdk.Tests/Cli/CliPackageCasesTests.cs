using System.Diagnostics;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

/// <summary>What <c>ksmg package inspect</c> makes of files as people have them: what is read, and what is said otherwise.</summary>
public sealed class CliPackageCasesTests : IDisposable
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

        CliAnswer answer = await CliFixture.RunAsync(["package", "inspect", path, .. given.Options]);

        string said = answer.Output + answer.Error;
        Assert.Matches(new Regex(given.Says, RegexOptions.Singleline), said);
        Assert.DoesNotMatch(given.Never, said);
        if (given.Verdict is PackageVerdict.Refused)
        {
            Assert.Equal(5, answer.ExitCode);
            Assert.StartsWith(path, answer.Line, StringComparison.Ordinal);
            Assert.Empty(answer.Output);
            return;
        }

        Assert.True(answer.ExitCode == 0, said);
        Assert.Equal(given.Verdict is PackageVerdict.Warned, said.Contains("Warning", StringComparison.Ordinal));
        if (name != "a small one")
        {
            Assert.Contains(Sha256(PackageCases.Content), said, StringComparison.Ordinal);
        }
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
        await made.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
        using Process writer = Process.Start("sh", ["-c", $"echo x > '{pipe}'"]);

        CliAnswer answer = await CliFixture.RunAsync("package", "inspect", pipe);

        Assert.Equal(5, answer.ExitCode);
        Assert.Matches("a pipe.*Save it as a file", answer.Line);
        await writer.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(30));
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
}
