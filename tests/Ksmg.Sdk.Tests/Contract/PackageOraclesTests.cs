using System.Diagnostics;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>
/// Packages beside the programs that people unpack them with: where all of these get the KTGZ out of a file, byte for byte, so do we, or
/// the reason stands here and in <c>docs/packages.md</c>.
/// </summary>
public sealed class PackageOraclesTests : IDisposable
{
    private const string Ask = "which one is meant is not told, and nothing is guessed";
    private const string Escape = "a name leads out of its folder, so it was made to do harm";
    private const string Limits = "limits against hostile files, far above the vendor's";

    /// <summary>What all four read and we refuse; the table of <c>docs/packages.md</c>.</summary>
    private static readonly Dictionary<string, string> Reasons = new()
    {
        ["two of one hop"] = Ask,
        ["two of one hop, chosen by half a name"] = Ask,
        ["empty one beside, nothing chosen"] = Ask,
        ["empty one, chosen"] = "another one was chosen than they find",
        ["in another folder than the chosen one"] = "another one was chosen than they find",
        ["link beside, chosen the link"] = "another one was chosen than they find",
        ["leftover chosen"] = "another one was chosen than they find",
        ["the root"] = Escape,
        ["the root of Windows"] = Escape,
        ["a drive"] = Escape,
        ["a drive without a slash"] = Escape,
        ["the drive a"] = Escape,
        ["the drive z"] = Escape,
        ["the drive A"] = Escape,
        ["the drive Z"] = Escape,
        ["1001 entries"] = Limits,
        ["a long name"] = Limits,
        ["two in one file"] = "the beginning of one ZIP and the end of another look like a cut download with a ZIP in it",
        ["a ZIP named like a KTGZ"] = "a KTGZ is given to a node as it is",
    };

    /// <summary>How each of the four unpacks <c>$file</c> into <c>$out</c>; 1 is a warning where there are any.</summary>
    private static readonly string[] Oracles =
    [
        "unzip -o -qq \"$file\" -d \"$out\" </dev/null; [ $? -le 1 ]",
        "7zz x -y \"-o$out\" \"$file\" </dev/null; [ $? -le 1 ]",
        "bsdtar -xf \"$file\" -C \"$out\" </dev/null",
        "python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(sys.argv[2])' \"$file\" \"$out\" </dev/null",
    ];

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly PackageFolder _folder = new();

    public static TheoryData<string> Packers => [.. Packed.Keys];

    public void Dispose() => _folder.Dispose();

    [ServerFact("unzip", "7zz", "bsdtar", "python3")]
    public async Task What_all_of_them_read_we_read_or_say_why_not()
    {
        // Without an end record Python reads none.
        string[] names = [.. PackageCases.All.Keys.Where(name => PackageCases.All[name].Bytes().AsSpan().IndexOf("PK\x05\x06"u8) >= 0)];
        for (int i = 0; i < names.Length; i++)
        {
            Directory.CreateDirectory(_folder[$"{i}"]);
            _folder.Write(Path.Combine($"{i}", PackageCases.All[names[i]].FileName), PackageCases.All[names[i]].Bytes());
        }

        _folder.Write(Ktgz, PackageCases.Content);
        string[][] read = await Task.WhenAll(Oracles.Select(UnpackAllAsync));

        string[] allButUs = [.. names.Where((name, i) => PackageCases.All[name].Verdict is PackageVerdict.Refused && read.All(r => r.Contains($"{i}")))];
        Assert.Equal(Reasons.Keys.Order(), allButUs.Order());
        Assert.All(read, r => Assert.Contains($"{Array.IndexOf(names, "plain")}", r));
    }

    [Fact]
    public void The_table_of_reasons_is_documented()
    {
        string documented = File.ReadAllText(Repository.PathOf("docs/packages.md"));

        Assert.All(Reasons.Values, reason => Assert.Contains(reason, documented, StringComparison.Ordinal));
    }

    /// <summary>The files out of which a program gets the KTGZ; it may warn.</summary>
    private async Task<string[]> UnpackAllAsync(string command)
    {
        string program = command.Split(' ')[0];
        string script = $$"""
            PATH=/usr/bin:/bin
            cd '{{Path.GetDirectoryName(_folder[Ktgz])}}'
            for folder in [0-9]*; do
              for file in "$folder"/*; do
                [ -f "$file" ] || continue
                out=$folder/{{program}}/a/deep/folder
                mkdir -p "$out"
                { {{command}}; } >/dev/null 2>&1 && [ -n "$(find "$out" -type f -name {{Ktgz}} -exec cmp -s {} {{Ktgz}} ';' -print)" ] && echo "$folder"
                rm -rf "$out"
              done
            done
            exit 0
            """;
        (int exitCode, string output) = await RunAsync("sh", ["-c", script]);
        Assert.Equal(0, exitCode);
        return output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
    }

    /// <summary>What programs write themselves, and whether we read it.</summary>
    private static readonly Dictionary<string, (string Command, bool IsRead)> Packed = new()
    {
        ["zip"] = ("zip -q update.zip K", true),
        ["zip, stored"] = ("zip -q -0 update.zip K", true),
        ["zip to a pipe"] = ("zip -q - K | cat > update.zip", true),
        ["zip from a pipe"] = ("mkdir a && cd a && cp ../K . && cat ../K | zip -q ../update.zip - && printf '@ -\\n@=K\\n' | zipnote -w ../update.zip", true),
        ["zip, ZIP64"] = ("zip -q -fz update.zip K", true),
        ["zip, bzip2"] = ("zip -q -Z bzip2 update.zip K", false),
        ["zip, encrypted"] = ("zip -q -P secret update.zip K", false),
        ["zip, a link beside"] = ("ln -s K latest.ktgz && zip -q -y update.zip K latest.ktgz", true),
        ["zip, self-extracting"] = ("zip -q inner.zip K && cat /bin/true inner.zip > update.zip", true),
        ["zip, self-extracting, adjusted"] = ("zip -q inner.zip K && cat /bin/true inner.zip > update.zip && zip -q -A update.zip", true),
        ["zip, a comment"] = ("zip -q inner.zip K && cp inner.zip update.zip && echo build 42 | zip -q -z update.zip", true),
        ["7-Zip"] = ("7zz a update.zip K", true),
        ["7-Zip, Deflate64"] = ("7zz a -mm=Deflate64 update.zip K", true),
        ["7-Zip, Deflate64, self-extracting"] = ("7zz a -mm=Deflate64 inner.zip K && cat /bin/true inner.zip > update.zip", true),
        ["7-Zip, bzip2"] = ("7zz a -mm=BZip2 update.zip K", false),
        ["7-Zip, LZMA"] = ("7zz a -mm=LZMA update.zip K", false),
        ["7-Zip, PPMd"] = ("7zz a -mm=PPMd update.zip K", false),
        ["7-Zip, AES"] = ("7zz a -psecret -mem=AES256 update.zip K", false),
        ["7-Zip, from standard input"] = ("cat K | 7zz a -siK update.zip", true),
        ["7-Zip, 7z"] = ("7zz a -t7z update.zip K", false),
        ["bsdtar"] = ("bsdtar -a -cf update.zip K", true),
        ["bsdtar to a pipe"] = ("bsdtar --format zip -cf - K | cat > update.zip", true),
        ["bsdtar, tar"] = ("bsdtar -cf update.zip --format ustar K", false),
        ["Python"] = ("python3 -m zipfile -c update.zip K", true),
        ["Python to a pipe"] =
            ("python3 -c \"import zipfile, sys; z = zipfile.ZipFile(sys.stdout.buffer, 'w'); z.write('K'); z.close()\" | cat > update.zip", true),
        ["Python, LZMA"] = ("python3 -c \"import zipfile; zipfile.ZipFile('update.zip', 'w', zipfile.ZIP_LZMA).write('K')\"", false),
    };

    [ServerTheory("zip", "zipnote", "7zz", "bsdtar", "python3")]
    [MemberData(nameof(Packers))]
    public async Task What_they_write_is_read_or_refused_by_its_reason(string name)
    {
        byte[] content = [.. Enumerable.Repeat(Bytes(20_000), 5).SelectMany(bytes => bytes)];
        _folder.Write(Ktgz, content);
        string command = $"cd '{Path.GetDirectoryName(_folder[Ktgz])}' && {Packed[name].Command.Replace("K", Ktgz, StringComparison.Ordinal)}";
        (int exitCode, string output) = await RunAsync("sh", ["-c", command]);
        Assert.True(exitCode == 0, output);
        string path = _folder["update.zip"];

        if (Packed[name].IsRead)
        {
            UpdatePackage package = await UpdatePackage.OpenAsync(path);
            await package.VerifyAsync();
            Assert.Equal(Sha256(content), Assert.Single(package.Files).Sha256);
            return;
        }

        PackageException refused = await Assert.ThrowsAsync<PackageException>(() => UpdatePackage.OpenAsync(path));
        Assert.Matches("[Uu]npack", refused.Message);
        Assert.DoesNotContain("ownload it again", refused.Message, StringComparison.Ordinal);
    }

    private static async Task<(int ExitCode, string Output)> RunAsync(string program, string[] arguments)
    {
        ProcessStartInfo start = new(ServerFactAttribute.Find(program) ?? program, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        process.StandardInput.Close();
        string[] outputs = await Task.WhenAll(process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync()).WaitAsync(Limit);
        await process.WaitForExitAsync().WaitAsync(Limit);
        return (process.ExitCode, outputs[0] + outputs[1]);
    }
}
