using Ksmg.Sdk.Tests.Support;
using Xunit.Abstractions;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Guards of performance that do not depend on the machine's speed. They run alone: allocations are counted of the whole process.</summary>
[Trait("Category", "Slow")]
[Collection(Alone.Name)]
public sealed class UploadGuardTests(ITestOutputHelper output) : IDisposable
{
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);

    private readonly PackageFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task A_gigabyte_needs_few_sends()
    {
        const int size = 64 << 20;
        string path = folder[Ktgz];
        await using (FileStream sparse = File.Create(path))
        {
            sparse.SetLength(size);
        }

        UpdatePackageFile file = (await UpdatePackage.OpenAsync(path)).Files[0];
        RecordingStream? sends = null;
        long received = 0;
        await using UploadReceiver receiver = await UploadReceiver.StartAsync(async context => received = await DrainAsync(context.Request.Body));
        using HttpClient client = receiver.CreateClient(connection => sends = new RecordingStream(connection));
        using PackageUploadContent upload = new(file);

        using HttpResponseMessage answer = await client.PostAsync("/", upload).WaitAsync(Guard);

        Assert.Equal(upload.Headers.ContentLength, received);
        int perGibibyte = sends!.Writes.Count * ((1 << 30) / size);
        output.WriteLine($"{perGibibyte} sends per GiB");
        Assert.InRange(perGibibyte, 1, 4_400);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_upload_allocates_little_and_no_more_for_more_bytes(bool readAhead)
    {
        string path = folder[Ktgz];
        long allocated = 0;
        foreach (int size in (int[])[1 << 20, 1 << 20, 64 << 20])
        {
            await using (FileStream sparse = File.Create(path))
            {
                sparse.SetLength(size);
            }

            UpdatePackageFile file = (await UpdatePackage.OpenAsync(path)).Files[0];
            long before = GC.GetTotalAllocatedBytes(precise: true);
            using PackageUploadContent upload = new(file, readAhead: readAhead);
            await upload.CopyToAsync(Stream.Null);
            allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        }

        output.WriteLine($"{allocated} bytes allocated for 64 MiB");
        Assert.InRange(allocated, 0, 1 << 20);
    }

    [Fact]
    public async Task A_directory_that_lies_about_a_million_entries_takes_no_memory()
    {
        // The count says one; the directory goes on and on. The framework's reader would take them all in.
        byte[] record = new ZipBuilder().Add("a", []).Build()[31..^22];
        byte[] directory = [.. Enumerable.Repeat(record, 1_000_000).SelectMany(r => r)];
        byte[] zip = new ZipBuilder { Count = 1, DirectoryOffset = 0 }.Build();
        BitConverter.TryWriteBytes(zip.AsSpan(12), directory.Length);
        string path = folder.Write("update.zip", [.. directory, .. zip]);
        directory = [];

        long before = GC.GetTotalAllocatedBytes(precise: true);
        await Assert.ThrowsAsync<PackageException>(() => UpdatePackage.OpenAsync(path));
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 4 << 20);
    }

    private static async Task<long> DrainAsync(Stream stream)
    {
        byte[] buffer = new byte[1 << 20];
        long total = 0;
        int read;
        while ((read = await stream.ReadAsync(buffer)) > 0)
        {
            total += read;
        }

        return total;
    }
}
