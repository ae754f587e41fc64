using System.Diagnostics;
using System.Globalization;
using System.Text;
using Ksmg.Sdk.Tests.Support;
using Xunit.Abstractions;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

/// <summary>
/// ZIPs put together at random, of what writers do and of what none should: several of these turns in one file. What writers do is read, byte
/// for byte; whatever else is read, other readers read too. <c>KSMG_SEED</c> and <c>KSMG_INPUTS</c> as in <see cref="GeneratedInputTests"/>.
/// </summary>
public sealed class ZipStructureTests(ITestOutputHelper output) : IDisposable
{
    private const string Other = "readme.txt";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(20);

    private static readonly byte[] Content = Bytes(600, 7);

    /// <summary>What the entry of the update can be like, as writers make it.</summary>
    private static readonly (string Name, Action<ZipBuilderEntry> Turn)[] Entries =
    [
        ("deflated", e => e.Deflate()),
        ("Deflate64", e => _ = e.Method == 0 ? e.Deflate64() : e),
        ("a descriptor", e => (e.Method, e.Descriptor) = (e.Method, e.Method != 0)),
        ("a descriptor without its signature", e => (e.Descriptor, e.DescriptorSignature) = (e.Method != 0, false)),
        ("sizes of 64 bits", e => e.Zip64 = true),
        ("a name in no code page", e => e.Flags = 0),
        ("in a folder", e => e.Name = [.. "a folder/"u8, .. e.Name]),
        ("a further field", e => e.Extra = [0x55, 0x54, 5, 0, 1, 1, 2, 3, 4]),
        ("attributes", e => e.Attributes = 0x81A4u << 16),
    ];

    /// <summary>What the file around it can be like, as writers make it.</summary>
    private static readonly (string Name, Action<ZipBuilder> Turn)[] Files =
    [
        ("another entry", z => z.Add(Other, Bytes(40))),
        ("an empty folder", z => z.Add("a folder/", [])),
        ("a comment", z => z.Comment = Bytes(50)),
        ("a comment that names an end", z => z.Comment = [.. "see PK\x05\x06 "u8, .. Bytes(30)]),
        ("ends of 64 bits", z => z.Zip64 = true),
        ("ends of 64 bits for the count", z => (z.Zip64, z.Zip64For) = (true, "c")),
        ("a program before it", z => z.Prefix = [.. "#!/bin/sh\nexit\n"u8]),
        ("a program before it that counts", z => (z.Prefix, z.PrefixCounts) = ([.. "#!/bin/sh\nexit\n"u8], true)),
    ];

    /// <summary>What an entry is like that no writer makes, or that was damaged.</summary>
    private static readonly (string Name, Action<ZipBuilderEntry> Turn)[] Lies =
    [
        ("another name before the bytes", e => e.LocalName = "other.ktgz"u8.ToArray()),
        ("another CRC before the bytes", e => e.LocalCrc = 7),
        ("other sizes before the bytes", e => e.LocalSizes = 3),
        ("another method before the bytes", e => e.LocalMethod = (ushort)(e.Method == 0 ? 8 : 0)),
        ("a wrong CRC", e => e.Crc ^= 1),
        ("a size too small", e => e.Size -= 10),
        ("a size too large", e => e.Size += 10),
        ("compressed sizes too small", e => e.CompressedSize = e.Data.Length - 10),
        ("compressed sizes too large", e => e.CompressedSize = e.Data.Length + 30),
        ("another method", e => e.Method = (ushort)(e.Method == 0 ? 8 : 0)),
        ("the place of another entry", e => e.Offset = 0),
        ("a place in the middle", e => e.Offset = 11),
        ("a place beyond the end", e => e.Offset = 1 << 30),
        ("encrypted", e => e.Flags |= 1),
        ("another disk", e => e.Disk = 3),
        ("a further field that is cut", e => e.Extra = [1, 0, 200, 0, 9]),
        ("a second field of 64 bits", e => e.Extra = [1, 0, 8, 0, 3, 0, 0, 0, 0, 0, 0, 0]),
        ("bytes that are cut", e => e.Data = e.Data[..^9]),
        ("bytes behind the compressed ones", e => e.Data = [.. e.Data, .. Bytes(9)]),
        ("a link", e => e.Attributes = 0xA1FFu << 16),
        ("a name that leads out", e => e.Name = [.. "../"u8, .. e.Name]),
        ("a name with a backslash", e => e.Name = [.. "a\\"u8, .. e.Name]),
        ("a name with a zero", e => e.Name = [.. e.Name, 0]),
    ];

    private static readonly (string Name, Action<ZipBuilder> Turn)[] FileLies =
    [
        ("a count too small", z => z.Count = 0),
        ("a count too large", z => z.Count = 9),
        ("one volume of several", z => z.Disk = 2),
        ("a directory elsewhere", z => z.DirectoryOffset = 5),
        ("bytes before the directory", z => z.BeforeDirectory = Bytes(12)),
        ("bytes behind the directory", z => z.BehindDirectory = Bytes(12)),
        ("bytes behind all", z => z.Trailer = Bytes(300)),
        ("zeros behind all", z => z.Trailer = new byte[300]),
        ("a whole ZIP behind all", z => z.Trailer = new ZipBuilder().Add(Ktgz, Bytes(70, 9)).Build()),
        ("a whole ZIP in the comment", z => z.Comment = new ZipBuilder().Add(Ktgz, Bytes(70, 9)).Build()),
        ("a whole ZIP before it", z => z.Prefix = new ZipBuilder().Add(Ktgz, Bytes(70, 9)).Build()),
        ("the same name once more", z => z.Add(Ktgz, Content)),
        ("the same name with other bytes", z => z.Add(Ktgz, Bytes(90, 3))),
        ("the same name in other letters", z => z.Add(Ktgz.ToUpperInvariant(), Bytes(90, 4))),
    ];

    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task What_writers_do_is_read_byte_for_byte()
    {
        foreach ((string structure, byte[] zip) in Structures(withLies: false))
        {
            byte[]? read = await ReadAsync(_folder.Write("update.zip", zip), structure);

            Assert.True(read is not null && read.AsSpan().SequenceEqual(Content), $"{structure}: {Convert.ToBase64String(zip)}");
        }
    }

    [ServerFact("unzip", "7zz", "bsdtar", "python3")]
    public async Task Whatever_we_read_of_a_lie_is_what_others_read()
    {
        List<(string Structure, string File, byte[] Read)> ours = [];
        int refused = 0;
        foreach ((string structure, byte[] zip) in Structures(withLies: true))
        {
            string file = _folder.Write(string.Create(CultureInfo.InvariantCulture, $"{ours.Count}.zip"), zip);
            if (await ReadAsync(file, structure) is { } read)
            {
                ours.Add((structure, file, read));
            }
            else
            {
                refused++;
            }
        }

        await UnpackAsync([.. ours.Select(o => o.File)]);

        int compared = 0;
        foreach ((string structure, string file, byte[] read) in ours)
        {
            string[] theirs = [.. ((string[])["unzip", "7zz", "bsdtar", "python"]).Where(reader => Directory.Exists(file + "." + reader))];
            string[] others = [.. theirs.Where(reader => !Directory.GetFiles(file + "." + reader).Any(f => File.ReadAllBytes(f).AsSpan().SequenceEqual(read)))];
            compared += theirs.Length;
            Assert.True(
                others.Length == 0 || others.Length < theirs.Length,
                $"{structure}: we read what none reads, {string.Join(' ', others)} other bytes: {Convert.ToBase64String(await File.ReadAllBytesAsync(file))}");
            if (others.Length > 0)
            {
                output.WriteLine($"{structure}: {string.Join(' ', others)} other bytes than we and the rest");
            }
        }

        output.WriteLine($"{ours.Count} read, {refused} refused, {compared} comparisons");
        Assert.True(compared > ours.Count, "hardly any other reader read what we read");
        Assert.True(refused > 0);
    }

    /// <summary>Each turn alone, then several at once.</summary>
    private IEnumerable<(string Structure, byte[] Zip)> Structures(bool withLies)
    {
        int seed = Variables.Number("KSMG_SEED", 1);
        int count = Variables.Number("KSMG_INPUTS", 400);
        output.WriteLine($"KSMG_SEED={seed} KSMG_INPUTS={count}");
        Random random = new(seed);
        (string Name, Action<ZipBuilderEntry> Turn)[] entries = withLies ? [.. Entries, .. Lies] : Entries;
        (string Name, Action<ZipBuilder> Turn)[] files = withLies ? [.. Files, .. FileLies] : Files;
        for (int i = 0; i < entries.Length + files.Length + count; i++)
        {
            int alone = i - entries.Length;
            yield return alone < 0 ? Build([entries[i]], [])
                : alone < files.Length ? Build([], [files[alone]])
                : Build(Some(entries, random), Some(files, random));
        }
    }

    private static (string Structure, byte[] Zip) Build((string Name, Action<ZipBuilderEntry> Turn)[] entry, (string Name, Action<ZipBuilder> Turn)[] file)
    {
        ZipBuilder zip = new();
        zip.Add(Ktgz, Content, e => Array.ForEach(entry, one => one.Turn(e)));
        Array.ForEach(file, one => one.Turn(zip));
        return (string.Join(", ", [.. entry.Select(one => one.Name), .. file.Select(one => one.Name)]), zip.Build());
    }

    /// <summary>None to three, in the order in which they stand: a descriptor knows whether there is something to describe.</summary>
    private static T[] Some<T>(T[] all, Random random)
    {
        HashSet<int> chosen = [.. Enumerable.Range(0, random.Next(4)).Select(_ => random.Next(all.Length))];
        return [.. all.Where((_, i) => chosen.Contains(i))];
    }

    /// <summary>What we read; <see langword="null"/>: it is refused.</summary>
    private static async Task<byte[]?> ReadAsync(string file, string structure)
    {
        try
        {
            return await OutsideInputs.ReadAsync(file);
        }
        catch (PackageException refused)
        {
            Assert.InRange(refused.Message.Length, 1, 6000);
            return null;
        }
        catch (Exception e)
        {
            throw new InvalidOperationException($"{structure}: {Convert.ToBase64String(await File.ReadAllBytesAsync(file))}", e);
        }
    }

    /// <summary>What each program gets out of each file, beside it and called like the program; nothing where it fails.</summary>
    private async Task UnpackAsync(string[] files)
    {
        string script = _folder.Write("readers.sh", Encoding.UTF8.GetBytes(
            $$"""
            PATH=/usr/bin:/bin:/usr/local/bin
            unpack() {
              reader=$1; shift
              mkdir out
              (cd out && "$@") </dev/null >/dev/null 2>&1
              case $reader:$? in *:0 | unzip:1 | 7zz:1) ;; *) rm -rf out ;; esac
              [ ! -d out ] || { mkdir "$file.$reader" && find out -type f -iname '{{Ktgz}}' -exec mv --backup=numbered {} "$file.$reader" ';'; }
              rmdir "$file.$reader" 2>/dev/null
              rm -rf out
            }
            cd "$(dirname "$0")"
            for file in "$@"; do
              unpack unzip unzip -o -qq "$file"
              unpack 7zz 7zz x -y "$file"
              unpack bsdtar bsdtar -xf "$file"
              unpack python python3 -c 'import sys, zipfile; zipfile.ZipFile(sys.argv[1]).extractall(".")' "$file"
            done
            exit 0
            """.ReplaceLineEndings("\n")));
        using Process shell = Process.Start(new ProcessStartInfo("sh", [script, .. files]))!;
        await shell.WaitForExitAsync().WaitAsync(Limit);
        Assert.Equal(0, shell.ExitCode);
    }
}
