using System.Globalization;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Packages;
using Ksmg.Sdk.Tests.Support;
using Microsoft.Win32.SafeHandles;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

public sealed class PackageReaderTests : IDisposable
{
    private const int Buffer = PackageSource.BufferSize;

    private static readonly byte[] Content = Bytes(400_000);

    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(399_999)]
    public async Task What_was_verified_is_read_from_any_place(int offset)
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(_folder.Write(new ZipBuilder().Add(Ktgz, Content)));
        await package.VerifyAsync();

        using PackageReader reader = package.Files[0].Source.OpenRead(package.Files[0].Sha256, offset);
        using MemoryStream copy = new();
        await reader.CopyToAsync(copy);

        Assert.Equal(Content[offset..], copy.ToArray());
        Assert.Equal(offset == 0 ? package.Files[0].Sha256 : null, reader.Sha256);
    }

    [Fact]
    public async Task A_place_costs_nothing_where_the_bytes_lie_as_they_are()
    {
        bool[] seekable = [.. await Task.WhenAll(((Action<ZipBuilderEntry>[])[_ => { }, e => e.Deflate(), e => e.Deflate64()]).Select(async packed =>
        {
            await using UpdatePackage package = await UpdatePackage.OpenAsync(
                _folder.Write(Guid.NewGuid().ToString("N", CultureInfo.InvariantCulture), new ZipBuilder().Add(Ktgz, Content[..60_000], packed).Build()));
            return package.Files[0].Source.IsSeekable;
        }))];

        Assert.Equal([true, false, false], seekable);
    }

    [Fact]
    public void It_is_a_stream_that_is_read_once()
    {
        using PackageReader reader = Open(new MemoryStream(Content));
        using RangeStream range = new(new SafeFileHandle(), 0, 10);
        reader.ReadExactly(new byte[10]);

        Assert.Equal((true, false, false), (reader.CanRead, reader.CanSeek, reader.CanWrite));
        Assert.Equal((Content.Length, 10), (reader.Length, reader.Position));
        Assert.Equal((true, true, false), (range.CanRead, range.CanSeek, range.CanWrite));
    }

    [Fact]
    public void A_disk_that_fails_is_told_with_its_place()
    {
        using PackageReader reader = Open(new FailingStream(Content, Buffer + 100));
        Assert.Equal(Buffer, reader.Read(new byte[Buffer]));

        PackageException refused = Assert.Throws<PackageException>(() => reader.Read(new byte[Buffer]));

        Assert.EndsWith(": " + Words.Get("package.unreadable-after", Buffer + 100, "gone"), refused.Message, StringComparison.Ordinal);
        Assert.IsType<IOException>(refused.InnerException);
    }

    [Fact]
    public async Task What_cannot_be_inflated_is_told_with_its_place()
    {
        // Stored blocks, then one of a kind that there is none of.
        byte[] packed = [.. Enumerable.Range(0, 6).SelectMany(i => (byte[])[0, 0x60, 0xEA, 0x9F, 0x15, .. Content.AsSpan(i * 60_000, 60_000)]), 7];
        await using UpdatePackage package = await UpdatePackage.OpenAsync(
            _folder.Write(new ZipBuilder().Add(Ktgz, Content, e => (e.Method, e.Data) = (8, packed))));
        using Stream stream = package.Files[0].OpenRead();
        stream.ReadExactly(new byte[Buffer]);

        PackageException refused = Assert.Throws<PackageException>(() => stream.ReadExactly(new byte[Buffer]));

        string place = Regex.Match(refused.Message, @"\b[23]\d{5}\b", RegexOptions.None, TimeSpan.FromSeconds(10)).Value;
        Assert.InRange(int.Parse(place, CultureInfo.InvariantCulture), Buffer + 1, 360_000);
        Assert.EndsWith(": " + Words.Get("package.broken", int.Parse(place, CultureInfo.InvariantCulture)), refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Nothing_is_held_behind_its_end()
    {
        FailingStream bytes = new(Content, Content.Length);
        SafeFileHandle file = File.OpenHandle(_folder.Write(Ktgz, Content));
        Open(bytes, file).Dispose();

        Assert.True(bytes.IsClosed);
        Assert.True(file.IsClosed);
    }

    [Fact]
    public async Task What_was_replaced_is_let_go_of_when_it_is_refused()
    {
        string path = _folder.Write(Ktgz, Content);
        await using UpdatePackage package = await UpdatePackage.OpenAsync(path);
        File.SetLastWriteTimeUtc(path, DateTime.UnixEpoch);
        Assert.Throws<PackageException>(() => package.Files[0].OpenRead());

        // A process that another test starts just now has all files for a moment.
        await Eventually.TrueAsync(() => IsFree(path));
    }

    [Fact]
    public async Task What_another_program_holds_is_refused()
    {
        string path = _folder.Write(Ktgz, Content);
        await using FileStream alone = new(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None);

        PackageException refused = await Assert.ThrowsAsync<PackageException>(() => UpdatePackage.OpenAsync(path));

        Assert.Equal($"{path}: {Words.Get("package.locked", refused.InnerException!.Message)}", refused.Message);
    }

    [Fact]
    public void A_refusal_names_the_file_and_the_entry()
    {
        Assert.Equal("a.zip: why", PackageSource.Refuse("a.zip", null, "why").Message);
        Assert.Equal($"{Words.Get("package.entry", "a.zip", "b.ktgz")}: why", PackageSource.Refuse("a.zip", "b.ktgz", "why").Message);
    }

    [Fact]
    public void A_name_is_shown_with_up_to_two_hundred_characters()
    {
        string name = new('a', 200);

        Assert.Equal(name, PackageSource.Printable(name));
        Assert.Equal(name + "…", PackageSource.Printable(name + "b"));
    }

    [Fact]
    public void A_mock_is_of_no_file()
    {
        Assert.Empty(new MockedPackage().Path);
        Assert.Empty(new MockedFile().Name);
    }

    private static bool IsFree(string path)
    {
        try
        {
            new FileStream(path, FileMode.Open, FileAccess.ReadWrite, FileShare.None).Dispose();
            return true;
        }
        catch (IOException)
        {
            return false;
        }
    }

    private PackageReader Open(Stream bytes, SafeFileHandle? file = null)
    {
        string path = _folder[Ktgz];
        file ??= File.OpenHandle(_folder.Write(Ktgz, Content));
        PackageSource source = new() { Path = path, Length = Content.Length, Stamp = FileStamp.Of(file) };
        return new PackageReader(source, file, bytes, expectedSha256: null, offset: 0);
    }

    private sealed class MockedPackage : UpdatePackage;

    private sealed class MockedFile : UpdatePackageFile;

    /// <summary>A disk that gives so many bytes, and then none.</summary>
    private sealed class FailingStream(byte[] bytes, int good) : MemoryStream(bytes)
    {
        public bool IsClosed { get; private set; }

        public override int Read(Span<byte> buffer) =>
            Position < good ? base.Read(buffer[..(int)Math.Min(buffer.Length, good - Position)]) : throw new IOException("gone");

        protected override void Dispose(bool disposing)
        {
            IsClosed = true;
            base.Dispose(disposing);
        }
    }
}
