using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

public sealed class PackagesTests : IDisposable
{
    private static readonly byte[] Content = Bytes(700_000);

    private readonly PackageFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task The_vendors_zip_is_one_package_with_its_builds()
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(Ktgz, Content, e => e.Deflate())));

        UpdatePackageFile file = Assert.Single(package.Files);
        Assert.Equal(Ktgz, file.Name);
        Assert.Equal(BuildNumber.Parse("2.0.1.6960"), package.From);
        Assert.Equal(BuildNumber.Parse("2.1.0.7854"), package.To);
        Assert.Equal(Content.Length, file.SizeBytes);
        Assert.False(file.IsPreliminary);
        Assert.Null(file.Sha256);
        Assert.Empty(package.Warnings);
        Assert.Equal(Content, ReadAll(file));
    }

    [Fact]
    public async Task Verify_reads_everything_once_and_tells_the_hash()
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(Ktgz, Content, e => e.Deflate())));
        Recorder<long> read = new();

        await package.VerifyAsync(read);

        Assert.Equal(Sha256(Content), package.Files[0].Sha256);
        Assert.Equal([256 << 10, 512 << 10, Content.Length], read.Values);
    }

    [Fact]
    public async Task A_bare_ktgz_is_a_package()
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(Ktgz.ToUpperInvariant(), Content));
        await package.VerifyAsync();

        Assert.Equal(Sha256(Content), package.Files[0].Sha256);
        Assert.Equal(Content.Length, Assert.Single(package.Entries).SizeBytes);
    }

    public static TheoryData<string> OddButGood => [.. OddOnes.Keys];

    private static readonly Dictionary<string, Func<ZipBuilder>> OddOnes = new()
    {
        ["stored"] = () => new ZipBuilder().Add(Ktgz, Content),
        ["deflate64"] = () => new ZipBuilder().Add(Ktgz, Content[..60_000], e => e.Deflate64()),
        ["in folders"] = () => new ZipBuilder().Add("updates/", []).Add("updates/2.1/" + Ktgz, Content),
        ["in folders of old Windows programs"] = () => new ZipBuilder().Add("updates\\2.1\\" + Ktgz, Content),
        ["folder names that are not ASCII"] = () => new ZipBuilder().Add("Обновление/" + Ktgz, Content),
        ["names in an old code page"] = () => new ZipBuilder().Add("?/" + Ktgz, Content, e => (e.Name[0], e.Flags) = (0x81, 0)),
        ["data descriptor"] = () => new ZipBuilder().Add(Ktgz, Content, e => e.Deflate().Descriptor = true),
        ["data descriptor, stored"] = () => new ZipBuilder().Add(Ktgz, Content, e => e.Descriptor = true),
        ["ZIP64"] = () => new ZipBuilder { Zip64 = true }.Add("readme.txt", Bytes(10)).Add(Ktgz, Content, e => e.Deflate().Zip64 = true),
        ["upper-case ending"] = () => new ZipBuilder().Add(Ktgz.ToUpperInvariant(), Content),
        ["other files"] = () => new ZipBuilder().Add("readme.txt", Bytes(10)).Add(Ktgz, Content).Add(Ktgz + ".sha256", Bytes(64)).Add("empty", []),
        ["an encrypted other file"] = () => new ZipBuilder().Add("keys.bin", Bytes(10), e => e.Flags |= 1).Add(Ktgz, Content),
        ["comment"] = () => new ZipBuilder { Comment = "build 42"u8.ToArray() }.Add(Ktgz, Content),
        ["leftover of macOS"] = () => new ZipBuilder().Add(Ktgz, Content).Add("__MACOSX/._" + Ktgz, Bytes(120)),
    };

    [Theory]
    [MemberData(nameof(OddButGood))]
    public async Task An_odd_but_good_zip_is_read(string name)
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(OddOnes[name]()));
        await package.VerifyAsync();

        UpdatePackageFile file = Assert.Single(package.Files);
        byte[] read = ReadAll(file);
        Assert.Equal(Ktgz, file.Name, ignoreCase: true);
        Assert.Equal(Content[..read.Length], read);
        Assert.Equal(file.SizeBytes, read.Length);
        Assert.Equal(Sha256(read), file.Sha256);
    }

    [Fact]
    public async Task An_entry_beyond_four_gigabytes_is_found_and_read_from_its_place()
    {
        // A sparse file: 5 GB that take a few KB of disk. Only its end is read, so the CRC is never asked for.
        const long length = 5L << 30;
        string path = folder["update.zip"];
        byte[] small = Zip64Of(length, out int dataOffset);
        await using (FileStream file = File.Create(path))
        {
            file.Write(small.AsSpan(0, dataOffset));
            file.SetLength(dataOffset + length);
            file.Seek(-3, SeekOrigin.End);
            file.Write("end"u8);
            file.Write(small.AsSpan(dataOffset));
        }

        await using UpdatePackage package = await UpdatePackage.OpenAsync(path);
        Assert.Equal(length, package.Files[0].SizeBytes);
        using Stream end = package.Files[0].Source.OpenRead(sha256: null, offset: length - 3);
        byte[] read = new byte[10];
        Assert.Equal(3, end.Read(read));
        Assert.Equal("end"u8.ToArray(), read[..3]);
    }

    [Fact]
    public async Task Several_reads_at_once_do_not_disturb_each_other()
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(Ktgz, Content, e => e.Deflate())));

        byte[][] copies = await Task.WhenAll(Enumerable.Range(0, 8).Select(_ => Task.Run(() => ReadAll(package.Files[0]))));

        Assert.All(copies, copy => Assert.Equal(Content, copy));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_disk_is_read_in_full_buffers(bool deflated)
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(
            new ZipBuilder().Add(Ktgz, Bytes(2 << 20), e => _ = deflated ? e.Deflate() : e)));
        await package.VerifyAsync();

        // The second read proves the end, so the reads of the file itself are counted below the decompression.
        Packages.PackageSource source = package.Files[0].Source;
        using Microsoft.Win32.SafeHandles.SafeFileHandle handle = File.OpenHandle(package.Path);
        ReadSizes sizes = new(new Packages.RangeStream(handle, source.Location.Offset, source.Location.Length));
        using Packages.PackageReader reader = new(source, handle, source.Inflate(sizes), package.Files[0].Sha256, offset: 0);
        byte[] buffer = new byte[Packages.PackageSource.BufferSize];
        while (reader.Read(buffer) > 0)
        {
        }

        Assert.All(sizes.Values.SkipLast(2), size => Assert.Equal(256 << 10, size));
        Assert.InRange(sizes.Values.Count, 8, 11);
    }

    [Fact]
    public async Task A_cancelled_verification_leaves_the_package_usable()
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(Ktgz, Content)));
        using CancellationTokenSource stop = new();
        Recorder<long> read = new(_ => stop.Cancel());

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => package.VerifyAsync(read, stop.Token));

        Assert.Single(read.Values);
        Assert.Equal(Content, ReadAll(package.Files[0]));
    }

    private static byte[] Zip64Of(long length, out int dataOffset)
    {
        byte[] zip = new ZipBuilder { Zip64 = true, DirectoryOffset = 30 + Ktgz.Length + 20 + length }
            .Add(Ktgz, [], e => (e.Zip64, e.Size, e.CompressedSize) = (true, length, length)).Build();
        dataOffset = 30 + Ktgz.Length + 20;

        // The locator before the end record names the place of the ZIP64 end record.
        int locator = zip.Length - 22 - 20;
        BitConverter.TryWriteBytes(zip.AsSpan(locator + 8), BitConverter.ToInt64(zip, locator + 8) + length);
        return zip;
    }

    private sealed class ReadSizes(Stream inner) : MemoryStream
    {
        public List<int> Values { get; } = [];

        public override int Read(byte[] buffer, int offset, int count)
        {
            Values.Add(count);
            return inner.Read(buffer, offset, count);
        }

        public override int Read(Span<byte> buffer)
        {
            Values.Add(buffer.Length);
            return inner.Read(buffer);
        }
    }
}
