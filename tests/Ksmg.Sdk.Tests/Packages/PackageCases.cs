using System.Globalization;
using System.IO.Compression;
using System.IO.Hashing;
using System.Text;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.PackageFolder;
using static Ksmg.Sdk.Tests.Support.PackageVerdict;

namespace Ksmg.Sdk.Tests;

/// <summary>Files as people's tools and downloads leave them, by kind.</summary>
internal static class PackageCases
{
    private const string Again = "[Dd]ownload it again";
    private const string Itself = "give the KTGZ itself";
    private const string Page = "<!DOCTYPE html><html><head><title>Вход</title></head><body>Session expired</body></html>";

    /// <summary>The KTGZ that is in all of them.</summary>
    public static readonly byte[] Content = PackageFolder.Bytes(200_000, 7);

    private static readonly byte[] Apple = [0, 5, 0x16, 7, .. new byte[200]];
    private static readonly byte[] Good = Zip().Build();
    private static readonly byte[] Program = [.. "MZ"u8, .. new byte[5000]];

    private static readonly UpdatePackageOptions Told = new() { From = BuildNumber.Parse("2.0.1.6960"), To = BuildNumber.Parse("2.1.0.7854") };

    public static IReadOnlyDictionary<string, PackageCase> All { get; } = new Dictionary<string, PackageCase>(
        [.. Leftovers(), .. Unchosen(), .. Twice(), .. Headers(), .. Ends(), .. Volumes(), .. Pages(), .. Names(), .. Compressed(), .. Cut()]);

    private static UpdatePackageOptions Choose(string name) => new() { Files = [name] };

    private static ZipBuilder Zip(Action<ZipBuilderEntry>? change = null) => new ZipBuilder().Add(Ktgz, Content, change);

    private static PackageCase Case(PackageVerdict verdict, ZipBuilder zip, string says = "") => new(verdict, zip.Build, says);

    private static Dictionary<string, PackageCase> Leftovers()
    {
        string[] names =
        [
            "._" + Ktgz, "__MACOSX/._" + Ktgz, "update/__MACOSX/._" + Ktgz, "__MACOSX\\._" + Ktgz, ".AppleDouble/" + Ktgz, ".Trashes/501/" + Ktgz,
            "$RECYCLE.BIN/S-1-5-21/$R1.ktgz", "System Volume Information/" + Ktgz, ".Trash-1000/files/" + Ktgz, "@eaDir/" + Ktgz, "#recycle/" + Ktgz,
            "~$" + Ktgz, ".~" + Ktgz, ".DS_Store", "update/Thumbs.db", "desktop.ini",
        ];
        Dictionary<string, PackageCase> cases = names.ToDictionary(
            name => $"leftover {name}", name => Case(Warned, Zip().Add(name, Apple), "leftover.*'" + Regex.Escape(name)));
        cases["leftover beside it in a folder"] = Case(Warned, new ZipBuilder().Add("update/" + Ktgz, Content).Add("update/._" + Ktgz, Apple), "leftover");
        cases["leftover that is encrypted"] = Case(Warned, Zip().Add("._" + Ktgz, Apple, e => (e.Flags, e.Method) = (1, 99)), "leftover");
        cases["leftovers alone"] = Case(Refused, new ZipBuilder().Add("__MACOSX/._" + Ktgz, Apple), "leave beside.*" + Itself);
        cases["leftover chosen"] = Case(Refused, Zip().Add("._" + Ktgz, Apple), "not among.*'" + Ktgz) with { Options = Choose("._" + Ktgz) };
        cases["leftover on its own"] = new(Refused, () => Apple, "macOS keeps beside") { FileName = "._" + Ktgz, Options = Told };
        return cases;
    }

    private static Dictionary<string, PackageCase> Unchosen()
    {
        UpdatePackageOptions good = Choose(Ktgz);
        const uint link = 0xA1FFu << 16;
        ZipBuilder withLink = Zip().Add("latest.ktgz", Encoding.UTF8.GetBytes(Ktgz), e => e.Attributes = link);
        ZipBuilder withEmpty = Zip().Add("old.ktgz", []);
        return new()
        {
            ["link beside, chosen the file"] = Case(Warned, withLink, "latest.ktgz.*link") with { Options = good },
            ["link beside, nothing chosen"] = Case(Warned, withLink, "latest.ktgz.*link"),
            ["link beside, an empty choice"] = Case(Warned, withLink, "latest.ktgz.*link") with { Options = new() { Files = [] } },
            ["link beside, chosen the link"] = Case(Refused, withLink, "link.*" + Itself) with
            {
                Options = Told with { Files = ["latest.ktgz"] },
            },
            ["link alone"] = Case(Refused, new ZipBuilder().Add(Ktgz, "x"u8.ToArray(), e => e.Attributes = link), "link.*" + Itself),
            ["empty one beside, chosen the file"] = Case(Warned, withEmpty, "old.ktgz' is not used") with { Options = good },
            ["empty one beside, nothing chosen"] = Case(Refused, withEmpty, $"'{Ktgz}', 'old.ktgz'.*--ktgz.*{Itself}") with { Never = Again },
            ["empty one, chosen"] = Case(Refused, withEmpty, "is empty.*Files") with
            {
                Options = Told with { Files = ["old.ktgz"] },
                Never = Again,
            },
            ["empty file"] = new(Refused, () => [], "is empty. Download"),
            ["folder by its attributes"] = Case(Read, new ZipBuilder().Add("old.ktgz", [], e => e.Attributes = (0x41EDu << 16) | 0x10).Add(Ktgz, Content)),
            ["folder by those of DOS"] = Case(Read, new ZipBuilder().Add("old.ktgz", [], e => e.Attributes = 0x10).Add(Ktgz, Content)),
            ["folder by those of Unix"] = Case(Read, new ZipBuilder().Add("old.ktgz", [], e => e.Attributes = 0x41EDu << 16).Add(Ktgz, Content)),
            ["folder of the file's name"] = Case(Read, new ZipBuilder().Add(Ktgz + "/", []).Add($"{Ktgz}/{Ktgz}", Content)),
            ["folder of old Windows programs"] = Case(Read, new ZipBuilder().Add("old.ktgz\\", []).Add(Ktgz, Content)),
            ["encrypted one beside"] = Case(Warned, Zip().Add("old.ktgz", Apple, e => e.Flags = 1), "not used") with { Options = good },
            ["one beside in an unknown compression"] = Case(Warned, Zip().Add("old.ktgz", Apple, e => e.Method = 77), "not used") with { Options = good },
            ["one beside that is nowhere"] = Case(Warned, Zip().Add("old.ktgz", Apple, e => e.Offset = 1 << 30), "not used") with { Options = good },
            ["a bomb beside"] = Case(Read, Zip().Add("bomb.bin", new byte[4 << 20], e => e.Deflate())),
            ["a long name beside"] = Case(Read, Zip().Add(new string('a', 200) + "/" + string.Join('/', Enumerable.Repeat("folder", 200)), Apple)),
            ["two of one hop"] =
                Case(Refused, new ZipBuilder().Add("a/" + Ktgz, Content).Add("b/" + Ktgz, Content), $"'a/{Ktgz}', 'b/{Ktgz}'.*--ktgz.*{Itself}"),
            ["two of one hop, one chosen"] = Case(Warned, new ZipBuilder().Add("a/" + Ktgz, Apple).Add("b/" + Ktgz, Content), "'a/.*not used") with
            {
                Options = Choose("b/" + Ktgz),
            },
            ["two of one hop, one chosen in other slashes"] =
                Case(Warned, new ZipBuilder().Add("a\\" + Ktgz, Apple).Add("b\\" + Ktgz, Content), "not used") with
                {
                    Options = Choose("b/" + Ktgz),
                },
            ["two of one hop, chosen by half a name"] =
                Case(Refused, new ZipBuilder().Add("a/" + Ktgz, Content).Add("b/" + Ktgz, Content), $"'a/{Ktgz}', 'b/{Ktgz}'") with
                {
                    Options = good,
                },
            ["in a folder, chosen without it"] = Case(Read, new ZipBuilder().Add("a/" + Ktgz, Content)) with { Options = good },
            ["in another folder than the chosen one"] = Case(Refused, new ZipBuilder().Add("a/" + Ktgz, Content), $"not among.*'a/{Ktgz}'") with
            {
                Options = Choose("b/" + Ktgz),
            },
            ["itself, chosen with a folder it lay in"] = new(Read, () => Content) { FileName = Ktgz, Options = Choose("a/" + Ktgz) },
            ["itself, chosen by another name"] = new(Refused, () => Content, "not among") { FileName = Ktgz, Options = Choose("a/b.ktgz") },
        };
    }

    private static Dictionary<string, PackageCase> Twice()
    {
        ZipBuilder different = Zip().Add(Ktgz, PackageFolder.Bytes(200_000, 8));
        const string refused = $"2 times under one name.*{Itself}";
        return new()
        {
            ["the same twice"] = Case(Warned, Zip().Add(Ktgz, Content), "2 times"),
            ["the same three times"] = Case(Warned, Zip().Add(Ktgz, Content).Add(Ktgz, Content), "3 times"),
            ["the same twice, chosen"] = Case(Warned, Zip().Add(Ktgz, Content), "2 times") with { Options = Choose(Ktgz) },
            ["the same in both slashes"] = Case(Warned, new ZipBuilder().Add("a/" + Ktgz, Content).Add("a\\" + Ktgz, Content), "2 times"),
            ["the same with a dot"] = Case(Warned, Zip().Add("./" + Ktgz, Content), "2 times"),
            ["the same twice, the first one nowhere"] = Case(Warned, Zip(e => e.Offset = 1 << 30).Add(Ktgz, Content), "2 times"),
            ["one name, two contents"] = Case(Refused, different, refused) with { Never = $"{Again}|--ktgz|once" },
            ["one name, two contents, chosen"] = Case(Refused, different, refused) with { Options = Choose(Ktgz), Never = $"{Again}|--ktgz|once" },
        };
    }

    private static Dictionary<string, PackageCase> Headers()
    {
        byte[] russian = Encoding.UTF8.GetBytes("Прочти.txt");
        byte[] oldRussian = [0x8F, 0xE0, 0xAE, 0xE7, 0xE2, 0xA8, .. ".txt"u8];
        byte[] oldFolder = [0x8F, 0xE0, 0xAE, .. Encoding.UTF8.GetBytes("/" + Ktgz)];
        byte[] unicode = [1, .. BitConverter.GetBytes(Crc32.HashToUInt32(oldFolder)), .. Encoding.UTF8.GetBytes("Про/" + Ktgz)];
        return new()
        {
            ["plain"] = Case(Read, Zip()),
            ["backslash before the bytes"] = Case(Read, new ZipBuilder().Add("a/" + Ktgz, Content, e => e.LocalName = Encoding.UTF8.GetBytes("a\\" + Ktgz))),
            ["backslash in the directory"] = Case(Read, new ZipBuilder().Add("a\\" + Ktgz, Content, e => e.LocalName = Encoding.UTF8.GetBytes("a/" + Ktgz))),
            ["backslash in both"] = Case(Read, new ZipBuilder().Add("a\\" + Ktgz, Content)),
            ["other file in another code page"] = Case(Read, Zip().Add("Прочти.txt", Apple, e => (e.Name, e.LocalName) = (russian, oldRussian))),
            ["folder in another code page"] = Case(Read, new ZipBuilder().Add("Про/" + Ktgz, Content, e => e.LocalName = oldFolder)),
            ["old name and a Unicode one"] = Case(
                Read,
                new ZipBuilder().Add(
                    "x", Content, e => (e.Name, e.Flags, e.Extra) = (oldFolder, 0, [0x75, 0x70, (byte)unicode.Length, 0, .. unicode]))) with
            {
                Options = Choose("Про/" + Ktgz),
            },
            ["no sizes before the bytes"] = Case(Read, Zip(e => (e.LocalCrc, e.LocalSizes) = (0, 0))),
            ["no CRC before the bytes"] = Case(Read, Zip(e => e.LocalCrc = 0)),
            ["other sizes before the bytes"] = Case(Read, Zip(e => e.LocalSizes = 77)),
            ["another compression before the bytes"] = Case(Read, Zip(e => e.LocalMethod = 8)),
            ["another build before the bytes"] = Case(
                Refused, Zip(e => e.LocalName = Encoding.UTF8.GetBytes(Ktgz.Replace("7854", "7855", StringComparison.Ordinal))), "header.*" + Itself),
            ["descriptor, deflated"] = Case(Read, Zip(e => e.Deflate().Descriptor = true)),
            ["descriptor, stored"] = Case(Read, Zip(e => e.Descriptor = true)),
            ["descriptor without a signature"] = Case(Read, Zip(e => (e.Deflate().Descriptor, e.DescriptorSignature) = (true, false))),
            ["padding in a field"] = Case(Read, Zip(e => e.Extra = [0, 0, 0])),
            ["bytes before the directory"] = Case(Read, new ZipBuilder { BeforeDirectory = new byte[4096] }.Add(Ktgz, Content)),
            ["bytes behind the directory"] = Case(Read, new ZipBuilder { BehindDirectory = new byte[100] }.Add(Ktgz, Content)),
            ["self-extracting"] = Case(Read, new ZipBuilder { Prefix = Program }.Add(Ktgz, Content)),
            ["self-extracting, counted"] = Case(Read, new ZipBuilder { Prefix = Program, PrefixCounts = true }.Add(Ktgz, Content)),
            ["self-extracting, ZIP64"] = Case(Read, new ZipBuilder { Prefix = Program, Zip64 = true }.Add(Ktgz, Content)),
            ["self-extracting, deflated, more behind"] = Case(
                Read, new ZipBuilder { Prefix = Program, Trailer = "signature"u8.ToArray() }.Add(Ktgz, Content, e => e.Deflate())),
            ["a mark of a split archive that is whole"] = Case(Read, new ZipBuilder { Prefix = "PK00"u8.ToArray(), PrefixCounts = true }.Add(Ktgz, Content)),
            ["headers of HTTP before it"] = Case(Read, new ZipBuilder { Prefix = "HTTP/1.1 200 OK\r\n\r\n"u8.ToArray() }.Add(Ktgz, Content)),
            ["two in one file"] = new(Refused, () => [.. Zip().Build(), .. Good], "as another.*" + Itself),
        };
    }

    private static Dictionary<string, PackageCase> Ends() => new()
    {
        ["ZIP64"] = Case(Read, new ZipBuilder { Zip64 = true }.Add(Ktgz, Content, e => e.Zip64 = true)),
        ["ZIP64 for the count alone"] = Case(Read, new ZipBuilder { Zip64 = true, Zip64For = "c" }.Add(Ktgz, Content)),
        ["ZIP64 for the size alone"] = Case(Read, new ZipBuilder { Zip64 = true, Zip64For = "s" }.Add(Ktgz, Content)),
        ["ZIP64 for the offset alone"] = Case(Read, new ZipBuilder { Zip64 = true, Zip64For = "o" }.Add(Ktgz, Content)),
        ["ZIP64 for nothing"] = Case(Read, new ZipBuilder { Zip64 = true, Zip64For = "" }.Add(Ktgz, Content)),
        ["ZIP64 for an entry alone"] = Case(Read, Zip(e => e.Deflate().Zip64 = true)),
        ["padded by 100 KB"] = Case(Read, new ZipBuilder { Trailer = new byte[100_000] }.Add(Ktgz, Content)),
        ["padded by 20 MB"] = Case(Read, new ZipBuilder { Trailer = new byte[20 << 20] }.Add(Ktgz, Content)),
        ["other bytes of 5 MB behind it"] = Case(Read, new ZipBuilder { Trailer = PackageFolder.Bytes(5 << 20) }.Add(Ktgz, Content)),
        ["padded by 5 MB"] = Case(Read, new ZipBuilder { Trailer = new byte[5 << 20] }.Add(Ktgz, Content)),
        ["a line behind it"] = Case(Read, new ZipBuilder { Trailer = "\r\n"u8.ToArray() }.Add(Ktgz, Content)),
        ["a page behind it"] = Case(Read, new ZipBuilder { Trailer = Encoding.UTF8.GetBytes(Page) }.Add(Ktgz, Content)),
        ["comment"] = Case(Read, new ZipBuilder { Comment = new byte[ushort.MaxValue] }.Add(Ktgz, Content)),
        ["comment that looks like an end"] = Case(Read, new ZipBuilder { Comment = [.. "PK\x05\x06"u8, .. new byte[40]] }.Add(Ktgz, Content)),
        ["comment that was cut"] = new(Read, () => new ZipBuilder { Comment = new byte[300] }.Add(Ktgz, Content).Build()[..^100]),
        ["end that is too short behind it"] = Case(Read, new ZipBuilder { Trailer = "PK\x05\x06"u8.ToArray() }.Add(Ktgz, Content)),
        ["1001 entries"] = Case(Refused, Enumerable.Range(0, 1000).Aggregate(Zip(), (zip, i) => zip.Add($"{i}.txt", [])), "1001 entries.*" + Itself),
        ["a long name"] =
            Case(Refused, new ZipBuilder().Add(string.Join('/', Enumerable.Repeat("folder", 200)) + "/" + Ktgz, Content), "a name of .*" + Itself),
    };

    private static Dictionary<string, PackageCase> Volumes()
    {
        const string says = "one volume of several.*Join.*" + Itself;
        (string Name, Range Bytes)[] parts =
        [
            ("update.zip.001", ..100_000), ("update.zip.002", 100_000..150_000), ("update.zip.003", 150_000..), ("update.zip.aa", ..100_000),
            ("xaa", ..100_000),
            ("update.zip.part1", ..100_000), (Ktgz + ".001", ..100_000), ("update.zip-aa", ..100_000), ("update.zipab", 100_000..),
        ];
        Dictionary<string, PackageCase> cases = parts.ToDictionary(
            part => $"volume {part.Name}", part => new PackageCase(Refused, () => Good[part.Bytes], says) { FileName = part.Name, Never = Again });
        cases["volume .z01"] = new(Refused, () => [.. "PK\x07\x08"u8, .. Good[..150_000]], says) { FileName = "update.z01", Never = Again };
        cases["volume .z01 under another name"] = new(Refused, () => [.. "PK\x07\x08"u8, .. Good[..150_000]], says) { Never = Again };
        cases["volume .z02"] = new(Refused, () => Good[50_000..150_000], says) { FileName = "update.z02", Never = Again };
        cases["last volume"] = Case(Refused, new ZipBuilder { Disk = 2 }.Add(Ktgz, Content), says) with { Never = Again };
        cases["last volume, ZIP64"] = Case(Refused, new ZipBuilder { Disk = 2, Zip64 = true }.Add(Ktgz, Content), says) with { Never = Again };
        cases["a volume that is all"] = Case(Read, Zip()) with { FileName = "update.zip.001" };
        return cases;
    }

    private static Dictionary<string, PackageCase> Pages()
    {
        byte[] tar = new byte[10_240];
        "ustar"u8.CopyTo(tar.AsSpan(257));
        (string Name, byte[] Bytes, string Says)[] pages =
        [
            ("HTML", Encoding.UTF8.GetBytes(Page), "an HTML page"),
            ("HTML behind blanks and a mark", [0xEF, 0xBB, 0xBF, .. "\r\n\r\n  <html lang=de>"u8], "an HTML page"),
            ("HTML in UTF-16", [0xFF, 0xFE, .. Encoding.Unicode.GetBytes(Page)], "an HTML page"),
            ("HTML in windows-1251", [.. "<HTML><title>"u8, 0xC2, 0xF5, 0xEE, 0xE4, .. "</title>"u8], "an HTML page"),
            ("HTML of 2 MB", Encoding.UTF8.GetBytes(Page + new string(' ', 2 << 20)), "an HTML page"),
            ("XML", "<Error><Code>AccessDenied</Code></Error>"u8.ToArray(), "an HTML page"),
            ("a page of Safari", [.. "bplist00"u8, .. new byte[300]], "an HTML page"),
            ("JSON", """{"error":"login required"}"""u8.ToArray(), "a JSON text"),
            ("PDF", [.. "%PDF-1.7\n%"u8, 0xE2, 0xE3, 0xCF, 0xD3, .. new byte[300]], "a PDF"),
            ("a message", "404 Not Found"u8.ToArray(), "a text"),
            ("a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n"u8.ToArray(), "a text"),
        ];
        Dictionary<string, PackageCase> cases = [];
        foreach ((string name, byte[] bytes, string says) in pages)
        {
            cases[$"{name} as a KTGZ"] = new(Refused, () => bytes, says + ".*Sign in") { FileName = Ktgz };
            cases[$"{name} as a ZIP"] = new(Refused, () => bytes, says + ".*Sign in");
            cases[$"{name} inside"] = Case(Refused, new ZipBuilder().Add(Ktgz, bytes), says + ".*Sign in");
        }

        (string Name, byte[] Bytes, string Says)[] archives =
        [
            ("gzip", [0x1F, 0x8B, 8, .. Content], "a gzip file"), ("tar", tar, "a tar archive"),
            ("7z", [0x37, 0x7A, 0xBC, 0xAF, 0x27, 0x1C, .. Content], "a 7z archive"),
            ("RAR", [.. "Rar!\x1A\x07"u8, .. Content], "a RAR archive"), ("xz", [0xFD, 0x37, 0x7A, 0x58, 0x5A, 0, .. Content], "an xz file"),
            ("bzip2", [.. "BZh9"u8, .. Content], "a bzip2 file"), ("Zstandard", [0x28, 0xB5, 0x2F, 0xFD, .. Content], "a Zstandard file"),
        ];
        foreach ((string name, byte[] bytes, string says) in archives)
        {
            cases[$"{name} as a ZIP"] = new(Refused, () => bytes, says + ".*Unpack it.*<from>") { Never = Again };
        }

        byte[] letters = [.. Enumerable.Repeat((byte)'a', (1 << 20) + 1)];
        cases["a text of 1 MB"] = new(Refused, () => letters[1..], "a text.*Sign in") { FileName = Ktgz };
        cases["a text of 1 MB and a byte"] = new(Read, () => letters) { FileName = Ktgz, Content = letters };
        cases["a ZIP in a gzip"] = new(Refused, () => Gzip(Good), "a gzip file.*Unpack it") { Never = Again };
        cases["a KTGZ named like a gzip"] = new(Refused, () => [0x1F, 0x8B, 8, .. Content], "a gzip file.*<from>") { FileName = Ktgz + ".gz", Never = Again };
        cases["a KTGZ named like a ZIP"] = new(Refused, () => Content, "neither a ZIP.*<from>") { Never = Again };
        cases["a ZIP named like a KTGZ"] = new(Refused, () => Good, "a ZIP named like") { FileName = Ktgz, Never = Again };
        cases["a ZIP named like a KTGZ inside"] = Case(Refused, new ZipBuilder().Add(Ktgz, Good), "a ZIP named like.*Unpack") with { Never = Again };
        cases["a ZIP inside"] = Case(Refused, new ZipBuilder().Add("inner.zip", Good), "Unpack it once") with { Never = Again };
        cases["the documentation"] = Case(Refused, new ZipBuilder().Add("help.pdf", Content), "no KTGZ.*'help.pdf'") with { Never = Again };
        cases["nothing"] = Case(Refused, new ZipBuilder(), "no KTGZ");
        return cases;
    }

    private static Dictionary<string, PackageCase> Names() => new()
    {
        ["a time in another name"] = Case(Read, Zip().Add("notes 12:30.txt", Apple)) with { Never = "leads out" },
        ["a stream of Windows beside"] = Case(Read, Zip().Add(Ktgz + ":Zone.Identifier", "[ZoneTransfer]"u8.ToArray())),
        ["an address as another name"] = Case(Read, Zip().Add("file:x/y.txt", Apple)),
        ["a colon in a folder"] = Case(Read, new ZipBuilder().Add("2026:11/" + Ktgz, Content)),
        ["a drive"] = Case(Refused, Zip().Add("C:\\x.txt", Apple), "leads out"),
        ["a drive without a slash"] = Case(Refused, Zip().Add("c:x.txt", Apple), "leads out"),
        ["up"] = Case(Refused, Zip().Add("../x.txt", Apple), "leads out"),
        ["up from inside"] = Case(Refused, Zip().Add("a\\..\\..\\x.txt", Apple), "leads out"),
        ["the root"] = Case(Refused, Zip().Add("/x.txt", Apple), "leads out"),
        ["the root of Windows"] = Case(Refused, Zip().Add("\\x.txt", Apple), "leads out"),
        ["a renamed one"] = Case(Refused, new ZipBuilder().Add("update.ktgz", Content), "--from, --to.*" + Itself),
        ["a renamed one, told"] = Case(Warned, new ZipBuilder().Add("update.ktgz", Content), "does not say its builds") with
        {
            Options = Told,
        },
        ["a small one"] = Case(Warned, new ZipBuilder().Add(Ktgz, Content[..5000]), "5000 bytes") with { Content = Content[..5000] },
        ["one of nearly 64 KB"] = Case(Warned, new ZipBuilder().Add(Ktgz, Content[..65_535]), "65535 bytes") with { Content = Content[..65_535] },
        ["one of 64 KB"] = Case(Read, new ZipBuilder().Add(Ktgz, Content[..65_536])) with { Content = Content[..65_536] },
        ["a name of 1024 bytes"] = Case(Read, new ZipBuilder().Add(new string('a', 1023 - Ktgz.Length) + "/" + Ktgz, Content)),
        ["a name of 1025 bytes"] = Case(Refused, new ZipBuilder().Add(new string('a', 1024 - Ktgz.Length) + "/" + Ktgz, Content), "a name of 1025 .*1024"),
        ["what could be a drive, were it a letter"] =
            Case(Read, Zip().Add("1:x", Apple).Add("@:x", Apple).Add("[:x", Apple).Add("`:x", Apple).Add("{:x", Apple).Add("é:x", Apple)),
        ["the drive a"] = Case(Refused, Zip().Add("a:x", Apple), "leads out"),
        ["the drive z"] = Case(Refused, Zip().Add("z:x", Apple), "leads out"),
        ["the drive A"] = Case(Refused, Zip().Add("A:x", Apple), "leads out"),
        ["the drive Z"] = Case(Refused, Zip().Add("Z:x", Apple), "leads out"),
    };

    private static Dictionary<string, PackageCase> Compressed()
    {
        (ushort Number, string Name)[] methods =
            [(1, "Shrink"), (6, "Implode"), (12, "bzip2"), (14, "LZMA"), (20, "Zstandard"), (93, "Zstandard"), (95, "xz"), (98, "PPMd"), (77, "?")];
        Dictionary<string, PackageCase> cases = methods.ToDictionary(
            m => string.Create(CultureInfo.InvariantCulture, $"compressed by {m.Name}, method {m.Number}"),
            m => Case(Refused, Zip(e => e.Method = m.Number), $"{Regex.Escape(m.Name)} \\(method {m.Number}\\).*{Itself}") with { Never = Again });
        cases["deflated"] = Case(Read, Zip(e => e.Deflate()));
        cases["encrypted"] = Case(Refused, Zip(e => e.Flags |= 1), "encrypted.*password.*" + Itself) with { Never = Again };
        cases["encrypted by AES"] = Case(Refused, Zip(e => (e.Flags, e.Method) = (1, 99)), "encrypted") with { Never = Again };
        cases["a flag of masked names that are not"] = Case(Read, Zip(e => e.Flags |= 1 << 13));
        cases["a bomb"] = Case(Refused, new ZipBuilder().Add(Ktgz, new byte[4 << 20], e => e.Deflate()), "100:1.*" + Itself);
        cases["a flipped bit"] = Case(Refused, Zip(e => e.Data = Flipped(e.Data)), "CRC-32.*" + Again);
        cases["packed a hundred to one"] = Case(Read, Packed(2000)) with { Content = new byte[200_000] };
        cases["packed a little more"] = Case(Refused, Packed(1999), "100:1.*" + Itself);
        cases["zeros more than it says"] = Case(
            Refused,
            new ZipBuilder().Add(
                Ktgz, [.. Content[..150_000], .. new byte[50_000]], e => (e.Deflate().Size, e.Crc) = (150_000, Crc32.HashToUInt32(Content.AsSpan(0, 150_000)))),
            "holds more than");
        cases["more than it says"] = Case(Refused, Zip(e => e.Deflate().Size = 150_000), "holds more than.*4 GB.*" + Itself) with { Never = Again };
        cases["less than it says"] = Case(Refused, Zip(e => e.Deflate().Size = 250_000), $"after 200000 of 250000.*{Again}.*{Itself}");
        cases["bytes of two entries"] = Case(
            Refused, Zip().Add("b/" + Ktgz, [], e => (e.Offset, e.CompressedSize, e.Size, e.Crc) = (0, 200_000, 200_000, Crc32.HashToUInt32(Content))),
            "same bytes") with
        {
            Options = Choose(Ktgz),
        };
        return cases;
    }

    private static Dictionary<string, PackageCase> Cut()
    {
        int all = Good.Length;
        return new()
        {
            ["cut in the bytes"] = new(Refused, () => Good[..150_000], $"after 150000 bytes: at least {200_000 + 30 + Ktgz.Length - 150_000} more.*{Again}"),
            ["cut in the bytes of the second"] = new(
                Refused,
                () => new ZipBuilder().Add("x", Content).Add(Ktgz, Content).Build()[..300_000],
                $"at least {400_000 + 61 + Ktgz.Length - 300_000} more.*{Again}"),
            ["cut in the bytes, ZIP64"] = new(
                Refused, () => Zip(e => e.Zip64 = true).Build()[..150_000], $"at least {200_000 + 50 + Ktgz.Length - 150_000} more.*{Again}"),
            ["cut in the directory"] = new(Refused, () => Good[..^40], "directory is missing.*" + Again),
            ["cut with descriptors"] = new(Refused, () => Zip(e => e.Descriptor = true).Build()[..150_000], "after 150000 bytes: its directory.*" + Again),
            ["a piece missing at the beginning"] = new(Refused, () => Good[1000..], "damaged: 1000 bytes are missing.*" + Again),
            ["sent as text"] = new(Refused, () => [.. Good.SelectMany(b => b == (byte)'\n' ? "\r\n"u8.ToArray() : [b])], "bytes too many.*binary"),
            ["a piece missing in the middle"] = new(Refused, () => [.. Good[..5000], .. Good[9096..]], "damaged: 4096 bytes are missing.*" + Again),
            ["zeros for what was not downloaded"] = new(Refused, () => [.. Good[..150_000], .. new byte[all - 150_000]], "not finished"),
            ["zeros alone"] = new(Refused, () => new byte[50_000], "not finished"),
            ["a download of a browser"] = new(Refused, () => Good[..150_000], "not finished") { FileName = "update.zip.crdownload" },
            ["a KTGZ that is still downloaded"] = new(Refused, () => Content[..150_000], "not finished") { FileName = Ktgz + ".part" },
        };
    }

    /// <summary>200 000 zeros in so many bytes, the last of which the inflater has no use for.</summary>
    private static ZipBuilder Packed(int bytes) => new ZipBuilder().Add(Ktgz, new byte[200_000], e =>
    {
        e.Deflate();
        e.Data = [.. e.Data, .. new byte[bytes - e.Data.Length]];
    });

    private static byte[] Gzip(byte[] bytes)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.NoCompression, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static byte[] Flipped(byte[] bytes)
    {
        byte[] flipped = [.. bytes];
        flipped[100_000] ^= 1;
        return flipped;
    }
}
