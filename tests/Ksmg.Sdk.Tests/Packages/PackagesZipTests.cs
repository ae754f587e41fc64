using System.Buffers.Binary;
using System.IO.Hashing;
using System.Text;
using Ksmg.Sdk.Packages;
using Ksmg.Sdk.Tests.Support;
using Microsoft.Win32.SafeHandles;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

/// <summary>The records of a ZIP, field by field and limit by limit: what is wrong by a bit or a byte is refused, and not taken for something else.</summary>
public sealed class PackagesZipTests : IDisposable
{
    private const int EndSize = 22;
    private const int LocatorSize = 20;
    private const int End64Size = 56;
    private const long Implausible = 1L << 40;

    private static readonly byte[] Content = Bytes(300);

    private static readonly byte[] Locator = [.. "PK\x06\x07"u8, .. new byte[16]];

    /// <summary>Bytes that begin like an end of a ZIP and say nothing that could be true.</summary>
    private static readonly byte[] NoEnd = [.. "PK\x05\x06"u8, .. Filled(36)];

    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>Where a value stands in the end of a ZIP and how many bytes it has, and the same of the record of 64 bits.</summary>
    public static TheoryData<int, int, int, int> Fields => new()
    {
        { 4, 2, 16, 4 }, { 6, 2, 20, 4 }, { 8, 2, 24, 8 }, { 10, 2, 32, 8 }, { 12, 4, 40, 8 }, { 16, 4, 48, 8 },
    };

    [Theory]
    [MemberData(nameof(Fields))]
    public void Only_what_does_not_fit_is_taken_from_the_record_of_64_bits(int at, int size, int at64, int size64)
    {
        byte[] zip = new ZipBuilder { Zip64 = true, Zip64For = string.Empty }.Add(Ktgz, Content).Build();
        ZipEnd end = Find(zip);
        byte[] wrong64 = [.. zip];
        wrong64.AsSpan(Record64(zip) + at64, size64).Fill(0x5A);
        byte[] tooLarge = [.. zip];
        tooLarge.AsSpan(End(zip) + at, size).Fill(0xFF);
        byte[] both = [.. wrong64];
        both.AsSpan(End(zip) + at, size).Fill(0xFF);

        Assert.Equal(end, Find(wrong64));
        Assert.Equal(end, Find(tooLarge));
        Assert.Throws<PackageException>(() => Find(both));
    }

    [Theory]
    [InlineData(4, 16)]
    [InlineData(6, 20)]
    [InlineData(8, 24)]
    public void Another_volume_than_the_first_is_known_by_its_64_bits(int at, int at64)
    {
        byte[] zip = new ZipBuilder { Zip64 = true, Zip64For = string.Empty }.Add(Ktgz, Content).Build();
        zip.AsSpan(End(zip) + at, 2).Fill(0xFF);
        zip[Record64(zip) + at64] = 3;

        AssertRefused(Words.Get("package.volume"), zip);
    }

    [Fact]
    public void A_record_of_64_bits_needs_its_locator()
    {
        byte[] zip = new ZipBuilder { Zip64 = true }.Add(Ktgz, Content).Build();
        zip[End(zip) - LocatorSize] ^= 1;

        Assert.Throws<PackageException>(() => Find(zip));
    }

    [Fact]
    public void A_record_of_64_bits_stands_before_its_locator()
    {
        byte[] good = new ZipBuilder { Zip64 = true }.Add(Ktgz, Content).Build();
        byte[] record = good[Record64(good)..^(EndSize + LocatorSize)];
        byte[] zip = [.. good[..Record64(good)], .. new byte[End64Size], .. good[^(EndSize + LocatorSize)..], .. record];
        zip[good.Length - 2] = End64Size;
        BinaryPrimitives.WriteInt64LittleEndian(zip.AsSpan(good.Length - EndSize - LocatorSize + 8), good.Length);

        Assert.Throws<PackageException>(() => Find(zip));
    }

    [Fact]
    public void A_locator_of_nothing_says_nothing()
    {
        byte[] zip = new ZipBuilder { BehindDirectory = Locator }.Add(Ktgz, Content).Build();

        Assert.Equal(Find(Zip()), Find(zip));
    }

    [Fact]
    public void A_record_of_64_bits_does_not_reach_into_its_locator()
    {
        byte[] field = [0x55, 0x55, LocatorSize, 0, .. "PK\x06\x06"u8, .. new byte[LocatorSize - 4]];
        ZipBuilder builder = new ZipBuilder { BehindDirectory = [.. Locator] }.Add(Ktgz, Content, e => e.Extra = field);
        BinaryPrimitives.WriteInt64LittleEndian(builder.BehindDirectory.AsSpan(8), End(builder.Build()) - (2 * LocatorSize));

        ZipEnd end = Find(builder.Build());

        Assert.Equal((1, 0), (end.Count, end.Shift));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(30)]
    public void A_directory_that_is_a_byte_short_is_missed(int comment)
    {
        byte[] zip = new ZipBuilder { Comment = new byte[comment] }.Add(Ktgz, Content).Build();
        zip[zip.Length - comment - EndSize + 12]++;

        AssertRefused(Words.Get("package.bytes-missing", 1), zip);
    }

    [Fact]
    public void So_much_is_missing_of_no_file()
    {
        byte[] zip = new ZipBuilder { Zip64 = true }.Add(Ktgz, Content).Build();
        Span<byte> offset = zip.AsSpan(Record64(zip) + 48);
        long right = BinaryPrimitives.ReadInt64LittleEndian(offset);

        BinaryPrimitives.WriteInt64LittleEndian(offset, right + Implausible - 1);
        AssertRefused(Words.Get("package.bytes-missing", Implausible - 1), zip);

        BinaryPrimitives.WriteInt64LittleEndian(zip.AsSpan(Record64(zip) + 48), right + Implausible);
        AssertRefused(Contradiction("package.zip-place"), zip);
    }

    [Fact]
    public void A_comment_that_looks_like_an_end_hides_none()
    {
        byte[] zip = new ZipBuilder { Prefix = Filled(50), Comment = [.. "PK\x05\x06"u8, .. new byte[40]] }.Add(Ktgz, Content).Build();

        Assert.Equal((1, 50), (Find(zip).Count, Find(zip).Shift));
    }

    [Fact]
    public void Sixty_three_false_ends_are_passed_over()
    {
        byte[] behind = Filled(200_000);
        byte[] zip = [.. Zip(), .. behind, .. Enumerable.Repeat(NoEnd, 63).SelectMany(b => b)];

        Assert.Equal(Find(Zip()), Find(zip));
        Assert.Throws<PackageException>(() => Find([.. zip, .. NoEnd]));
    }

    [Fact]
    public void Of_several_faults_that_nearest_the_end_is_told()
    {
        byte[] volume = [.. "PK\x05\x06"u8, 1, .. new byte[40]];
        byte[] file = [.. Filled(50), .. "PK\x05\x06"u8, .. new byte[40], .. volume];

        AssertRefused(Words.Get("package.volume"), file);
        AssertRefused(Contradiction("package.zip-place"), file[..^volume.Length]);
    }

    [Fact]
    public void An_archive_of_another_kind_is_told_before_what_looks_like_an_end_in_it() =>
        AssertRefused(Words.Get("package.other-archive", Packages.Content.Name(ContentKind.Gzip)), [0x1F, 0x8B, 8, .. NoEnd, .. NoEnd]);

    [Fact]
    public void A_directory_holds_up_to_a_thousand_entries()
    {
        ZipBuilder zip = new();
        for (int i = 0; i < ZipDirectory.MaxEntries; i++)
        {
            zip.Add("a", []);
        }

        Assert.Equal(ZipDirectory.MaxEntries, Entries(zip.Build()).Count);
        byte[] tooMany = zip.Add("a", []).Build();
        AssertRefused(Words.Get("package.too-many-entries", 1001, 1001 * 47, ZipDirectory.MaxEntries), tooMany);
    }

    [Fact]
    public void A_directory_has_up_to_eight_megabytes()
    {
        ZipBuilder zip = new();
        ZipBuilderEntry? last = null;
        for (int i = 0; i < 128; i++)
        {
            zip.Add("a", [], e => (last = e).Extra = [0x55, 0x55, 0xFF, 0xFF, .. new byte[65536 - 46 - 1 - 4]]);
        }

        Assert.Equal(128, Entries(zip.Build()).Count);
        last!.Extra = [.. last.Extra, 0];
        AssertRefused(Words.Get("package.too-many-entries", 128, (8 << 20) + 1, ZipDirectory.MaxEntries), zip.Build());
    }

    [Fact]
    public void A_directory_with_anything_but_entries_is_refused()
    {
        byte[] flipped = new ZipBuilder().Add(Ktgz, Content).Add("readme.txt", Content).Build();
        flipped[End(flipped) - 46 - "readme.txt".Length] ^= 1;
        byte[] tooShort = new ZipBuilder { Count = 2, BehindDirectory = [.. "PK\x01\x02"u8, 0, 0, 0] }.Add(Ktgz, Content).Build();
        tooShort[End(tooShort) + 12] += 7;

        AssertRefused(Contradiction("package.zip-directory"), flipped);
        AssertRefused(Contradiction("package.zip-directory"), tooShort);
    }

    [Fact]
    public void The_last_entry_may_have_no_name_and_no_bytes()
    {
        byte[] zip = new ZipBuilder().Add(Ktgz, Content).Add(string.Empty, []).Build();

        Assert.Equal([Ktgz, string.Empty], Entries(zip).Select(e => e.Name));
        Assert.Equal(new ZipLocation(Find(zip).Offset, 0, ZipLocation.Stored), Locate(zip, 1));
    }

    public static TheoryData<string> Misplaced => [.. MisplacedOnes.Keys];

    private static readonly Dictionary<string, Func<byte[]>> MisplacedOnes = new()
    {
        ["no header there"] = () =>
        {
            byte[] zip = Zip();
            zip[0] ^= 1;
            return zip;
        },
        ["a byte into the directory"] = () => new ZipBuilder().Add(Ktgz, Content, e => e.CompressedSize = Content.Length + 1).Build(),
        ["a header that the end of the file cuts"] = () =>
            new ZipBuilder { Comment = "PK\x03\x04"u8.ToArray() }.Add(Ktgz, Content, e => e.Offset = Zip().Length).Build(),
        ["a place beyond all numbers"] = () => new ZipBuilder { Prefix = Filled(50) }.Add(Ktgz, Content, e => (e.Zip64, e.Offset) = (true, -1)).Build(),
    };

    [Theory]
    [MemberData(nameof(Misplaced))]
    public void Bytes_that_are_not_the_entrys_own_are_refused(string name)
    {
        byte[] zip = MisplacedOnes[name]();

        Assert.True(Entries(zip)[0].Offset >= 0);
        AssertRefused(Contradiction("package.zip-entry-place"), () => Locate(zip, 0), _folder["update.zip"]);
    }

    public static TheoryData<string> Names => [.. NamedOnes.Keys];

    /// <summary>An entry's name, its flags and the name in UTF-8 beside it, and what it is called then.</summary>
    private static readonly Dictionary<string, (byte[] Raw, ushort Flags, byte[] Field, string Name)> NamedOnes = new()
    {
        ["an old code page"] = ([0x61, 0xE9], 0, [], "aé"),
        ["an old code page that calls itself UTF-8"] = ([0x61, 0xE9], 1 << 11, [], "a\uFFFD"),
        ["UTF-8"] = ("Про"u8.ToArray(), 1 << 11, [], "Про"),
        ["UTF-8 that does not say so"] = ("Про"u8.ToArray(), 0, [], "Про"),
        ["beside it"] = ("a"u8.ToArray(), 0, Beside(1, "a"u8, "Про"u8), "Про"),
        ["beside it, and not UTF-8"] = ("a"u8.ToArray(), 0, Beside(1, "a"u8, [0x62, 0xE9]), "b\uFFFD"),
        ["beside it, of another version"] = ("a"u8.ToArray(), 0, Beside(2, "a"u8, "b"u8), "a"),
        ["beside it, of another name"] = ("a"u8.ToArray(), 0, Beside(1, "b"u8, "c"u8), "a"),
        ["beside it, empty"] = ("a"u8.ToArray(), 0, Beside(1, "a"u8, []), "a"),
        ["beside it, cut"] = ("a"u8.ToArray(), 0, [0x75, 0x70, 3, 0, 1, 0, 0], "a"),
    };

    [Theory]
    [MemberData(nameof(Names))]
    public void A_name_is_read_as_it_is_written(string what)
    {
        (byte[] raw, ushort flags, byte[] field, string name) = NamedOnes[what];

        Assert.Equal(name, Entries(new ZipBuilder().Add("x", Content, e => (e.Name, e.Flags, e.Extra) = (raw, flags, field)).Build())[0].Name);
    }

    [Theory]
    [InlineData(600, 0, 1)]
    [InlineData(600, 87, 88)]
    [InlineData(600, 88, 89)]
    [InlineData(600, 599, 600)]
    [InlineData(3 << 20, (2 << 20) - 512, (2 << 20) - 511)]
    [InlineData(600, null, 0)]
    public void The_zeros_at_the_end_begin_behind_the_last_other_byte(int length, int? last, long end)
    {
        byte[] file = new byte[length];
        if (last is int at)
        {
            file[at] = 1;
        }

        Assert.Equal(end, With(file, NoZip.DataEnd));
    }

    public static TheoryData<string> Cut => [.. CutOnes.Keys];

    /// <summary>What begins like a ZIP and has no end, and what is said of it.</summary>
    private static readonly Dictionary<string, (Func<byte[]> Bytes, Func<long, string> Why)> CutOnes = new()
    {
        ["by half its bytes"] = (() => Zip()[..200], length => CutOff(length, 30 + Ktgz.Length + 300 - 200)),
        ["by a byte"] = (() => Zip()[..(30 + Ktgz.Length + 299)], length => CutOff(length, 1)),
        ["by its directory alone"] = (() => Zip()[..(30 + Ktgz.Length + 300)], length => Words.Get("package.cut-off", length)),
        ["512 zeros at its end"] = (() => [.. Zip()[..300], 1, .. new byte[512]], length => Words.Get("package.cut-off", length)),
        ["513 zeros at its end"] = (() => [.. Zip()[..300], 1, .. new byte[513]], _ => Words.Get("package.unfinished")),
        ["in its sizes of 64 bits"] = (() => Wide(1)[..(30 + Ktgz.Length + 19)], length => CutOff(length, 1)),
        ["behind its sizes of 64 bits"] = (() => Wide(1)[..(30 + Ktgz.Length + 20)], length => CutOff(length, 300)),
        ["behind a field that is another one"] = (() => Wide(2)[..(30 + Ktgz.Length + 20)], length => Words.Get("package.cut-off", length)),
        ["a ZIP in it, sizes behind the bytes"] = (
            () => new ZipBuilder().Add("a.zip", new ZipBuilder().Add(Ktgz, Bytes(900)).Build()[..700], e => e.Descriptor = true).Build()[..500],
            length => Words.Get("package.cut-off", length)),
        ["in its thousandth entry"] = (() => Many(ZipDirectory.MaxEntries), length => CutOff(length, 1)),
        ["in its thousand and first"] = (() => Many(ZipDirectory.MaxEntries + 1), length => Words.Get("package.cut-off", length)),
        ["what macOS puts beside"] = (() => [0, 5, 0x16, 7, .. new byte[100], 1], _ => Words.Get("package.apple-double")),
        ["nothing known"] = (() => Filled(50), _ => Words.Get("package.no-zip")),
    };

    [Theory]
    [MemberData(nameof(Cut))]
    public void What_has_no_end_is_told_by_its_first_bytes(string what)
    {
        (Func<byte[]> bytes, Func<long, string> why) = CutOnes[what];
        byte[] file = bytes();

        Assert.Equal(why(file.Length), With(file, NoZip.ByItsBytes));
    }

    [Theory]
    [InlineData("", "")]
    [InlineData("a/", "")]
    [InlineData("a b", "'a', 'b'")]
    [InlineData("a b c", "'a', 'b', 'c'")]
    [InlineData("a b c d", "'a', 'b', 'c', …")]
    public async Task What_is_in_a_ZIP_without_a_package_is_told(string names, string list)
    {
        ZipBuilder zip = new();
        foreach (string name in names.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            zip.Add(name, name.EndsWith('/') ? [] : Content);
        }

        PackageException refused = await Assert.ThrowsAsync<PackageException>(() => UpdatePackage.OpenAsync(_folder.Write(zip)));

        string why = list.Length == 0 ? Words.Get("package.no-ktgz-empty") : Words.Get("package.no-ktgz", list);
        Assert.Equal($"{refused.Path}: {why}", refused.Message);
    }

    private static byte[] Zip() => new ZipBuilder().Add(Ktgz, Content).Build();

    /// <summary>Its sizes stand in a field of this number before the bytes.</summary>
    private static byte[] Wide(byte field)
    {
        byte[] zip = new ZipBuilder().Add(Ktgz, Content, e => e.Zip64 = true).Build();
        zip[30 + Ktgz.Length] = field;
        return zip;
    }

    /// <summary>So many entries, of which the last one lacks the last of its bytes.</summary>
    private static byte[] Many(int count)
    {
        ZipBuilder zip = new();
        for (int i = 0; i < count; i++)
        {
            zip.Add("a", [1]);
        }

        return zip.Build()[..((count * 32) - 1)];
    }

    private static byte[] Beside(byte version, ReadOnlySpan<byte> of, ReadOnlySpan<byte> name) =>
        [0x75, 0x70, (byte)(5 + name.Length), 0, version, .. BitConverter.GetBytes(Crc32.HashToUInt32(of)), .. name];

    private static byte[] Filled(int length) => [.. Enumerable.Repeat((byte)0xAB, length)];

    private static int End(byte[] zip) => zip.Length - EndSize;

    private static int Record64(byte[] zip) => zip.Length - EndSize - LocatorSize - End64Size;

    private static string CutOff(long length, long missing) => Words.Get("package.cut-off-missing", length, missing);

    private static string Contradiction(string what) => Words.Get("package.contradiction", Words.Get(what));

    private ZipEnd Find(byte[] zip) => With(zip, ZipEnd.Find);

    private IReadOnlyList<ZipEntry> Entries(byte[] zip) => With(zip, bytes => new ZipDirectory(bytes).Entries);

    private ZipLocation Locate(byte[] zip, int entry) => With(zip, bytes =>
    {
        ZipDirectory directory = new(bytes);
        return directory.Locate(directory.Entries[entry]);
    });

    private void AssertRefused(string why, byte[] zip) => AssertRefused(why, () => Entries(zip), _folder["update.zip"]);

    private static void AssertRefused(string why, Func<object> read, string path) =>
        Assert.Equal($"{path}: {why}", Assert.Throws<PackageException>(read).Message);

    private T With<T>(byte[] file, Func<PackageBytes, T> read)
    {
        string path = _folder.Write("update.zip", file);
        using SafeFileHandle handle = File.OpenHandle(path);
        return read(new PackageBytes(handle, path));
    }
}
