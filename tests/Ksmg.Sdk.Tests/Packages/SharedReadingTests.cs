using Ksmg.Sdk.Packages;
using Ksmg.Sdk.Tests.Support;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

public sealed class SharedReadingTests : IDisposable
{
    private const int Buffer = PackageSource.BufferSize;
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);
    private static readonly byte[] Content = Bytes((Buffer * 20) + 17);

    private readonly PackageFolder folder = new();
    private int opened;

    public void Dispose() => folder.Dispose();

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(8, true)]
    public async Task Every_sender_gets_every_byte_of_one_reading(int senders, bool deflated)
    {
        using SharedReading reading = await ShareAsync(senders, Timeout.InfiniteTimeSpan, deflated);
        SharedReading.Share[] shares = [.. Enumerable.Range(0, senders).Select(_ => reading.TryJoin()!)];
        byte[][] received = await Task.WhenAll(shares.Select(share => Task.Run(() => DrainAsync(share)))).WaitAsync(Guard);

        Assert.All(received, bytes => Assert.Equal(Content, bytes));
        Assert.Equal(1, opened);
        Assert.Equal(Sha256(Content), reading.Sha256);
        Assert.Null(reading.TryJoin());
    }

    [Fact]
    public async Task The_fastest_is_never_more_than_the_window_ahead()
    {
        using SharedReading reading = await ShareAsync(2, Timeout.InfiniteTimeSpan);
        using SharedReading.Share fast = reading.TryJoin()!;
        using SharedReading.Share slow = reading.TryJoin()!;
        for (int i = 0; i < SharedReading.Window; i++)
        {
            Assert.Equal(Buffer, (await fast.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard))!.Value.Length);
        }

        Task<ReadOnlyMemory<byte>?> next = fast.NextAsync(CancellationToken.None).AsTask();
        Assert.False(next.IsCompleted);
        await slow.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard);
        Assert.Equal(Buffer, (await next.WaitAsync(Guard))!.Value.Length);
    }

    [Fact]
    public async Task Who_holds_the_others_up_goes_on_alone()
    {
        using SharedReading reading = await ShareAsync(2, TimeSpan.FromMilliseconds(50));
        using SharedReading.Share fast = reading.TryJoin()!;
        using SharedReading.Share slow = reading.TryJoin()!;
        ReadOnlyMemory<byte> first = (await slow.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard))!.Value;

        Assert.Equal(Content, await DrainAsync(fast).WaitAsync(Guard));

        // What it is still writing stays what it was.
        Assert.Equal(Content.AsSpan(0, Buffer), first.Span);
        Assert.Null(await slow.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard));
    }

    [Fact]
    public async Task Who_does_not_come_is_not_waited_for_longer_than_the_patience()
    {
        using SharedReading reading = await ShareAsync(3, TimeSpan.FromMilliseconds(50));
        using SharedReading.Share alone = reading.TryJoin()!;

        Assert.Equal(Content, await DrainAsync(alone).WaitAsync(Guard));
        Assert.Null(reading.TryJoin());
    }

    [Fact]
    public async Task Who_leaves_does_not_hurt_the_others()
    {
        using SharedReading reading = await ShareAsync(2, Timeout.InfiniteTimeSpan);
        using SharedReading.Share stays = reading.TryJoin()!;
        SharedReading.Share leaves = reading.TryJoin()!;
        await leaves.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard);
        leaves.Dispose();

        Assert.Equal(Content, await DrainAsync(stays).WaitAsync(Guard));
    }

    [Fact]
    public async Task A_damaged_package_is_told_to_every_sender()
    {
        byte[] zip = new ZipBuilder().Add(Ktgz, Content).Build();
        zip[zip.Length / 2] ^= 1;
        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write("damaged.zip", zip));
        using SharedReading reading = new(package.Files[0].Open, 2, Timeout.InfiniteTimeSpan, TimeProvider.System);
        SharedReading.Share[] shares = [reading.TryJoin()!, reading.TryJoin()!];

        Task<byte[]>[] sending = [.. shares.Select(share => Task.Run(() => DrainAsync(share)))];
        foreach (Task<byte[]> one in sending)
        {
            Assert.Contains("CRC-32", (await Assert.ThrowsAsync<PackageException>(() => one.WaitAsync(Guard))).Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Nobody_joins_whose_first_bytes_are_gone()
    {
        using SharedReading reading = await ShareAsync(1, Timeout.InfiniteTimeSpan);
        using SharedReading.Share first = reading.TryJoin()!;
        using SharedReading.Share inTime = reading.TryJoin()!;
        await first.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard);
        ReadOnlyMemory<byte> bytes = (await inTime.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard))!.Value;
        Assert.Equal(Content.AsSpan(0, Buffer), bytes.Span);

        Assert.Null(reading.TryJoin());
    }

    [Fact]
    public async Task Nobody_joins_what_was_closed_or_has_failed()
    {
        SharedReading closed = await ShareAsync(2, Timeout.InfiniteTimeSpan);
        closed.Dispose();
        using SharedReading failed = new(() => throw new PackageException("gone"), 2, Timeout.InfiniteTimeSpan, TimeProvider.System);
        using SharedReading.Share first = failed.TryJoin()!;
        await Assert.ThrowsAsync<PackageException>(() => first.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard));

        Assert.Null(closed.TryJoin());
        Assert.Null(failed.TryJoin());
    }

    private async Task<SharedReading> ShareAsync(int senders, TimeSpan patience, bool deflated = false)
    {
        UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(Ktgz, Content, e => _ = deflated ? e.Deflate() : e)));
        return new SharedReading(
            () =>
            {
                Interlocked.Increment(ref opened);
                return package.Files[0].Open();
            },
            senders, patience, TimeProvider.System);
    }

    private static async Task<byte[]> DrainAsync(SharedReading.Share share)
    {
        using MemoryStream received = new();
        using (share)
        {
            while (await share.NextAsync(CancellationToken.None) is { IsEmpty: false } bytes)
            {
                received.Write(bytes.Span);
            }
        }

        return received.ToArray();
    }
}
