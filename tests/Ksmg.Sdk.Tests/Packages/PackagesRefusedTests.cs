using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

public sealed class PackagesRefusedTests : IDisposable
{
    private static readonly byte[] Content = Bytes(400_000);

    private readonly PackageFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>What is refused when the directory is read, with a word of the reason.</summary>
    private static readonly Dictionary<string, (Func<ZipBuilder> Zip, string Reason)> AtOpening = new()
    {
        ["no KTGZ"] = (() => new ZipBuilder().Add("readme.txt", Content), "no KTGZ"),
        ["nothing at all"] = (() => new ZipBuilder(), "no KTGZ"),
        ["ZIP inside ZIP"] = (() => new ZipBuilder().Add("inner.zip", new ZipBuilder().Add(Ktgz, Content).Build()), "another ZIP"),
        ["ZIP named KTGZ inside"] = (() => new ZipBuilder().Add(Ktgz, new ZipBuilder().Add(Ktgz, Content).Build()), "is a ZIP named like"),
        ["two candidates"] = (() => new ZipBuilder().Add("a/" + Ktgz, Content).Add("b/" + Ktgz, Content), "several candidates"),
        ["a fork"] = (() => new ZipBuilder().Add(Ktgz, Content).Add("ksmg_upgrade_2.0.1.6960_2.1.1.8310.ktgz", Content), "several candidates"),
        ["a gap"] = (() => new ZipBuilder().Add(Ktgz, Content).Add("ksmg_upgrade_2.1.1.8310_3.0.0.9059.ktgz", Content), "package is missing"),
        ["two without builds"] = (() => new ZipBuilder().Add("a.ktgz", Content).Add("b.ktgz", Content), "--ktgz"),
        ["one without builds"] = (() => new ZipBuilder().Add("update.ktgz", Content), "--from, --to"),
        ["builds that are none"] = (() => new ZipBuilder().Add("ksmg_upgrade_2.0_2.1.ktgz", Content), "--from, --to"),
        ["downgrade"] = (() => new ZipBuilder().Add("ksmg_upgrade_2.1.0.7854_2.0.1.6960.ktgz", Content), "leads down"),
        ["same build"] = (() => new ZipBuilder().Add("ksmg_upgrade_2.1.0.7854_2.1.0.7854.ktgz", Content), "same build"),
        ["name with .."] = (() => new ZipBuilder().Add("../" + Ktgz, Content), "out of its folder"),
        ["name with .. inside"] = (() => new ZipBuilder().Add("a/../../" + Ktgz, Content), "out of its folder"),
        ["name with .. and backslashes"] = (() => new ZipBuilder().Add("..\\" + Ktgz, Content), "out of its folder"),
        ["absolute name"] = (() => new ZipBuilder().Add("/tmp/" + Ktgz, Content), "out of its folder"),
        ["absolute name, backslash"] = (() => new ZipBuilder().Add("\\\\server\\share\\" + Ktgz, Content), "out of its folder"),
        ["drive letter"] = (() => new ZipBuilder().Add("C:\\" + Ktgz, Content), "out of its folder"),
        ["drive letter without folder"] = (() => new ZipBuilder().Add("C:" + Ktgz, Content), "out of its folder"),
        ["another file's name with .."] = (() => new ZipBuilder().Add(Ktgz, Content).Add("../../etc/cron.d/x", Content), "out of its folder"),
        ["encrypted"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Flags |= 1), "encrypted"),
        ["symbolic link"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Attributes = 0xA1FFu << 16), "symbolic link"),
        ["unknown compression"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Method = 14), "LZMA (method 14)"),
        ["zero length"] = (() => new ZipBuilder().Add(Ktgz, []), "is empty"),
        ["bomb"] = (() => new ZipBuilder().Add(Ktgz, new byte[4 << 20], e => e.Deflate()), "100:1"),
        ["claims to be a bomb"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Deflate().Size = 500_000_000), "100:1"),
        ["stored, sizes differ"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Size = 300_000), "sizes differ"),
        ["overlapping entries"] = (
            () => new ZipBuilder()
                .Add(Ktgz, Content)
                .Add(
                    Ktgz,
                    [],
                    e => (e.Offset, e.CompressedSize, e.Size, e.Crc) = (0, Content.Length, Content.Length, new ZipBuilderEntry(string.Empty, Content).Crc)),
            "share the same bytes"),
        ["too many entries"] = (
            () => Enumerable.Range(0, 1001).Aggregate(new ZipBuilder().Add(Ktgz, Content), (zip, i) => zip.Add($"{i}.txt", [])), "at most 1000"),
        ["more entries than counted"] = (() => new ZipBuilder { Count = 1 }.Add(Ktgz, Content).Add("b.txt", Content), "damaged"),
        ["fewer entries than counted"] = (() => new ZipBuilder { Count = 3 }.Add(Ktgz, Content), "damaged"),
        ["oversized name"] = (() => new ZipBuilder().Add(new string('a', 5000) + "/" + Ktgz, Content), "a name of 5040 bytes"),
        ["one part of several"] = (() => new ZipBuilder { Disk = 2 }.Add(Ktgz, Content), "one volume of several"),
        ["one part of several, ZIP64"] = (() => new ZipBuilder { Disk = 2, Zip64 = true }.Add(Ktgz, Content), "one volume of several"),
        ["one part of several behind a whole ZIP"] = (
            () => new ZipBuilder { Disk = 2, Prefix = new ZipBuilder().Add(Ktgz, Content).Build() }.Add(Ktgz, Content), "one volume of several"),
        ["a count of none behind a whole ZIP"] = (
            () => new ZipBuilder { Count = 0, Prefix = new ZipBuilder().Add(Ktgz, Content).Build() }.Add(Ktgz, Content), "begins as one ZIP"),
        ["directory beyond the end"] = (() => new ZipBuilder { DirectoryOffset = 1 << 30 }.Add(Ktgz, Content), "damaged"),
        ["ZIP64 directory beyond the end"] = (() => new ZipBuilder { DirectoryOffset = long.MaxValue - 5, Zip64 = true }.Add(Ktgz, Content), "damaged"),
        ["entry beyond the end"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Offset = 1 << 30), "damaged"),
        ["entry longer than the file"] = (
            () => new ZipBuilder().Add(Ktgz, Content, e => (e.Zip64, e.Size, e.CompressedSize) = (true, long.MaxValue, long.MaxValue)), "damaged"),
        ["two names"] = (
            () => new ZipBuilder().Add(Ktgz, Content, e => e.LocalName = new ZipBuilderEntry("ksmg_upgrade_2.0.1.6960_2.1.1.8310.ktgz", []).Name), "damaged"),
    };

    public static TheoryData<string> RefusedAtOpening => [.. AtOpening.Keys];

    [Theory]
    [MemberData(nameof(RefusedAtOpening))]
    public async Task A_bad_zip_is_refused_when_it_is_opened(string name)
    {
        string path = folder.Write(AtOpening[name].Zip());

        AssertClear(await Assert.ThrowsAsync<PackageException>(() => UpdatePackage.OpenAsync(path)), path, AtOpening[name].Reason);
    }

    /// <summary>What shows only when the bytes are read.</summary>
    private static readonly Dictionary<string, (Func<ZipBuilder> Zip, string Reason)> AtReading = new()
    {
        ["flipped bit, stored"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Data = Flipped(e.Data, 200_000)), "CRC-32"),
        ["flipped bit, deflated"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Data = Flipped(e.Deflate().Data, 200_000)), "is damaged"),
        ["wrong CRC"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Crc ^= 1), "CRC-32"),
        ["more bytes than declared"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Deflate().Size = 300_000), "holds more than"),
        ["more bytes than declared, CRC of the declared"] = (
            () => new ZipBuilder()
                .Add(Ktgz, Content, e => (e.Deflate().Size, e.Crc) = (300_000, System.IO.Hashing.Crc32.HashToUInt32(Content.AsSpan(0, 300_000)))),
            "holds more than"),
        ["fewer bytes than declared"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Deflate().Size = 500_000), "ends after 400000 of 500000"),
        ["compressed data cut"] = (() => new ZipBuilder().Add(Ktgz, Content, e => e.Data = e.Deflate().Data[..100_000]), "is damaged"),
        ["garbage instead of compressed data"] = (() => new ZipBuilder().Add(Ktgz, Content, e => (e.Method, e.Data) = (8, Bytes(400_000, 2))), "is damaged"),
        ["garbage instead of Deflate64"] = (() => new ZipBuilder().Add(Ktgz, Content, e => (e.Method, e.Data) = (9, Bytes(400_000, 2))), "is damaged"),
    };

    public static TheoryData<string> RefusedAtReading => [.. AtReading.Keys];

    [Theory]
    [MemberData(nameof(RefusedAtReading))]
    public async Task A_damaged_zip_is_refused_when_it_is_read(string name)
    {
        string path = folder.Write(AtReading[name].Zip());

        PackageException refused = await Assert.ThrowsAsync<PackageException>(async () =>
        {
            UpdatePackage package = await UpdatePackage.OpenAsync(path);
            await package.VerifyAsync();
        });

        AssertClear(refused, path, AtReading[name].Reason);
        Assert.Equal(Ktgz, refused.Entry);
    }

    [Fact]
    public async Task A_stream_never_hands_out_the_end_of_a_damaged_entry()
    {
        UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(Ktgz, Content, e => e.Crc ^= 1)));
        using Stream stream = package.Files[0].OpenRead();
        using MemoryStream copy = new();

        await Assert.ThrowsAsync<PackageException>(() => stream.CopyToAsync(copy));

        Assert.True(copy.Length < Content.Length);
    }

    [Fact]
    public async Task No_changed_byte_of_a_zip_ever_changes_what_is_read()
    {
        byte[] content = Bytes(300);
        byte[] good = new ZipBuilder { Zip64 = true }.Add(Ktgz, content, e => e.Deflate().Zip64 = true)
            .Add("readme.txt", Bytes(20), e => e.Descriptor = true)
            .Build();
        for (int i = 0; i < good.Length; i++)
        {
            byte[] bad = [.. good];
            bad[i] ^= (byte)(1 << (i % 8));
            await AssertSameOrRefused(bad, content, $"byte {i} changed");
        }
    }

    [Fact]
    public async Task No_cut_of_a_zip_is_ever_taken_for_the_whole()
    {
        byte[] content = Bytes(300);
        byte[] good = new ZipBuilder { Comment = Bytes(30) }.Add(Ktgz, content).Build();
        for (int length = 0; length < good.Length; length++)
        {
            await AssertSameOrRefused(good[..length], content, $"cut at {length}");
        }
    }

    [Theory]
    [InlineData("update.zip", "neither a ZIP")]
    [InlineData(Ktgz, "ZIP named like a KTGZ")]
    [InlineData("empty.zip", "is empty")]
    [InlineData("missing.zip", "does not exist")]
    [InlineData("missing/missing.zip", "does not exist")]
    [InlineData("folder.zip", "is a folder")]
    [InlineData("cut.zip", "cut off")]
    [InlineData("update.ktgz", "--from, --to")]
    public async Task A_file_that_is_no_package_is_refused(string name, string reason)
    {
        byte[] zip = new ZipBuilder().Add(Ktgz, Content).Build();
        folder.Write("update.zip", Content);
        folder.Write("update.ktgz", Content);
        folder.Write("empty.zip", []);
        folder.Write("cut.zip", zip[..300_000]);
        folder.Write(Ktgz, zip);
        Directory.CreateDirectory(folder["folder.zip"]);

        AssertClear(await Assert.ThrowsAsync<PackageException>(() => UpdatePackage.OpenAsync(folder[name])), folder[name], reason);
    }

    [Fact]
    public async Task A_file_changed_between_opening_and_reading_is_noticed()
    {
        string path = folder.Write(new ZipBuilder().Add(Ktgz, Content));
        UpdatePackage package = await UpdatePackage.OpenAsync(path);
        File.SetLastWriteTimeUtc(path, File.GetLastWriteTimeUtc(path).AddSeconds(1));

        AssertClear(Assert.Throws<PackageException>(() => package.Files[0].OpenRead()), path, "was changed or replaced");
    }

    [Fact]
    public async Task A_file_changed_while_it_is_read_is_noticed()
    {
        string path = folder.Write(new ZipBuilder().Add(Ktgz, Content));
        UpdatePackage package = await UpdatePackage.OpenAsync(path);
        Recorder<long> progress = new(_ => File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch));

        AssertClear(await Assert.ThrowsAsync<PackageException>(() => package.VerifyAsync(progress)), path, "was changed or replaced");
    }

    [Fact]
    public async Task Other_bytes_under_the_same_length_and_time_are_noticed_by_their_hash()
    {
        string path = folder.Write(Ktgz, Content);
        UpdatePackage package = await UpdatePackage.OpenAsync(path);
        await package.VerifyAsync();
        DateTime written = File.GetLastWriteTimeUtc(path);
        folder.Write(Ktgz, Flipped(Content, 5));
        File.SetLastWriteTimeUtc(path, written);

        AssertClear(Assert.Throws<PackageException>(() => ReadAll(package.Files[0])), path, "no longer what was verified");
    }

    [Fact]
    public async Task Names_in_messages_cannot_move_the_cursor_of_a_terminal()
    {
        string path = folder.Write(new ZipBuilder().Add("a\u001b[2J\r\n.ktgz", Content));

        PackageException refused = await Assert.ThrowsAsync<PackageException>(() => UpdatePackage.OpenAsync(path));

        Assert.DoesNotContain(refused.Message, char.IsControl);
    }

    private static byte[] Flipped(byte[] bytes, int at)
    {
        byte[] flipped = [.. bytes];
        flipped[at] ^= 0x10;
        return flipped;
    }

    private static void AssertClear(PackageException refused, string path, string reason)
    {
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
        Assert.Contains(Path.GetFileName(path), refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(refused.Message, char.IsControl);
        Assert.Equal(path, refused.Path);
    }

    private async Task AssertSameOrRefused(byte[] zip, byte[] content, string what)
    {
        string path = folder.Write("update.zip", zip);
        try
        {
            UpdatePackage package = await UpdatePackage.OpenAsync(path);
            await package.VerifyAsync();
            Assert.Equal(content, ReadAll(package.Files[0]));
        }
        catch (PackageException)
        {
        }
        catch (Exception e) when (e is not Xunit.Sdk.XunitException)
        {
            Assert.Fail($"{what}: {e}");
        }
    }
}
