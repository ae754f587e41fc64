using Ksmg.Sdk.Packages;
using Ksmg.Sdk.Tests.Support;
using Microsoft.Win32.SafeHandles;
using static Ksmg.Sdk.Tests.Support.PackageFolder;

namespace Ksmg.Sdk.Tests;

public sealed class SharedReadingTests : IDisposable
{
    private const int Buffer = PackageSource.BufferSize;
    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(60);
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);
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
        await TakeTheWindowAsync(fast);
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

    [Fact]
    public async Task The_first_waits_for_those_who_have_not_come()
    {
        using SharedReading reading = await ShareAsync(2, Timeout.InfiniteTimeSpan);
        SharedReading.Share first = reading.TryJoin()!;
        byte[] begun = (await first.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard))!.Value.ToArray();
        Task<byte[]> rest = DrainAsync(first);

        SharedReading.Share second = Assert.IsType<SharedReading.Share>(reading.TryJoin());

        Assert.Equal(Content, await DrainAsync(second).WaitAsync(Guard));
        byte[] received = [.. begun, .. await rest.WaitAsync(Guard)];
        Assert.Equal(Content, received);
    }

    [Fact]
    public async Task Who_comes_after_another_has_left_gets_everything()
    {
        using SharedReading reading = await ShareAsync(2, Timeout.InfiniteTimeSpan);
        SharedReading.Share leaves = reading.TryJoin()!;
        await leaves.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard);
        leaves.Dispose();

        Assert.Equal(Content, await DrainAsync(reading.TryJoin()!).WaitAsync(Guard));
    }

    [Fact]
    public async Task Nobody_joins_what_is_closed_while_others_still_read_it()
    {
        SharedReading reading = await ShareAsync(2, Timeout.InfiniteTimeSpan);
        SharedReading.Share first = reading.TryJoin()!;
        reading.Dispose();

        Assert.Null(reading.TryJoin());
        Assert.Equal(Content, await DrainAsync(first).WaitAsync(Guard));
    }

    [Fact]
    public async Task Who_has_left_gets_nothing_more()
    {
        using SharedReading reading = await ShareAsync(2, Timeout.InfiniteTimeSpan);
        using SharedReading.Share stays = reading.TryJoin()!;
        SharedReading.Share leaves = reading.TryJoin()!;
        leaves.Dispose();

        Assert.Null(await leaves.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard));
    }

    [Fact]
    public async Task The_next_buffer_is_read_while_one_is_sent()
    {
        HeldBytes bytes = new(2);
        using SharedReading reading = Share(bytes, 1, Timeout.InfiniteTimeSpan, TimeProvider.System);
        using SharedReading.Share share = reading.TryJoin()!;
        await share.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard);

        await bytes.IsHeld.WaitAsync(Guard);
        bytes.LetGo();
    }

    [Fact]
    public async Task Nothing_is_read_beyond_the_window()
    {
        ManualTime time = new();
        using SharedReading reading = Share(new HeldBytes(0), 2, Patience, time);
        using SharedReading.Share fast = reading.TryJoin()!;
        using SharedReading.Share slow = reading.TryJoin()!;
        await TakeTheWindowAsync(fast);
        Task<ReadOnlyMemory<byte>?> next = fast.NextAsync(CancellationToken.None).AsTask();

        await Eventually.TrueAsync(() => time.Requested.Count > 0 || next.IsCompleted);

        Assert.False(next.IsCompleted);
    }

    [Fact]
    public async Task Who_waits_goes_on_when_the_slowest_leaves()
    {
        ManualTime time = new();
        using SharedReading reading = Share(new HeldBytes(0), 2, Patience, time);
        using SharedReading.Share fast = reading.TryJoin()!;
        SharedReading.Share slow = reading.TryJoin()!;
        await TakeTheWindowAsync(fast);
        Task<ReadOnlyMemory<byte>?> next = fast.NextAsync(CancellationToken.None).AsTask();
        await Eventually.TrueAsync(() => time.Requested.Count > 0);

        slow.Dispose();

        Assert.Equal(Buffer, (await next.WaitAsync(Guard))!.Value.Length);
    }

    [Fact]
    public async Task Only_the_slowest_is_left_behind_and_all_who_wait_go_on()
    {
        ManualTime time = new();
        using SharedReading reading = Share(new HeldBytes(0), 4, Patience, time);
        using SharedReading.Share first = reading.TryJoin()!;
        using SharedReading.Share second = reading.TryJoin()!;
        using SharedReading.Share middle = reading.TryJoin()!;
        using SharedReading.Share slow = reading.TryJoin()!;
        await TakeTheWindowAsync(first);
        Task<ReadOnlyMemory<byte>?> one = first.NextAsync(CancellationToken.None).AsTask();
        await Eventually.TrueAsync(() => time.Requested.Count == 1);
        time.Advance(Patience / 2);
        await TakeTheWindowAsync(second);
        Task<ReadOnlyMemory<byte>?> other = second.NextAsync(CancellationToken.None).AsTask();
        await Eventually.TrueAsync(() => time.Requested.Count == 2);
        Assert.NotNull(await middle.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard));

        time.Advance(Patience / 2);

        Assert.Equal(Buffer, (await one.WaitAsync(Guard))!.Value.Length);
        Assert.Equal(Buffer, (await other.WaitAsync(Guard))!.Value.Length);
        Assert.Equal(Buffer, (await middle.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard))!.Value.Length);
        Assert.Null(await slow.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard));
    }

    [Fact]
    public async Task The_package_is_let_go_of_when_the_last_has_read_it()
    {
        HeldBytes bytes = new(0);
        using SharedReading reading = Share(bytes, 1, Patience, TimeProvider.System);
        await DrainAsync(reading.TryJoin()!).WaitAsync(Guard);

        await bytes.IsClosed.WaitAsync(Guard);
    }

    [Fact]
    public async Task The_package_is_let_go_of_when_nobody_is_to_come_any_more()
    {
        HeldBytes bytes = new(0);
        SharedReading reading = Share(bytes, 2, Timeout.InfiniteTimeSpan, TimeProvider.System);
        SharedReading.Share first = reading.TryJoin()!;
        await TakeTheWindowAsync(first);
        first.Dispose();
        Assert.False(bytes.IsClosed.IsCompleted);

        reading.Dispose();

        await bytes.IsClosed.WaitAsync(Guard);
    }

    [Fact]
    public async Task The_package_is_not_let_go_of_while_it_is_read()
    {
        HeldBytes bytes = new(1);
        using SharedReading reading = Share(bytes, 1, Timeout.InfiniteTimeSpan, TimeProvider.System);
        SharedReading.Share share = reading.TryJoin()!;
        Task<ReadOnlyMemory<byte>?> next = share.NextAsync(CancellationToken.None).AsTask();
        await bytes.IsHeld.WaitAsync(Guard);
        share.Dispose();
        Assert.False(bytes.IsClosed.IsCompleted);

        bytes.LetGo();

        await bytes.IsClosed.WaitAsync(Guard);
        Assert.Null(await next.WaitAsync(Guard));
    }

    [Fact]
    public async Task One_upload_alone_shares_with_nobody()
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(Ktgz, Content));
        UpdatePackageFile file = package.Files[0];

        file.ShareReading(2);
        Assert.NotNull(file.Shared);
        file.ShareReading(1);
        Assert.Null(file.Shared);
        Assert.Throws<ArgumentOutOfRangeException>(() => file.ShareReading(0));
    }

    /// <summary>Takes as many buffers as lie between the fastest and the slowest: after them nothing more is read.</summary>
    private static async Task TakeTheWindowAsync(SharedReading.Share share)
    {
        for (int i = 0; i < SharedReading.Window; i++)
        {
            Assert.Equal(Buffer, (await share.NextAsync(CancellationToken.None).AsTask().WaitAsync(Guard))!.Value.Length);
        }
    }

    private SharedReading Share(HeldBytes bytes, int senders, TimeSpan patience, TimeProvider time)
    {
        string path = folder.Write(Ktgz, Content);
        return new SharedReading(
            () =>
            {
                SafeFileHandle file = PackageSource.OpenFile(path);
                PackageSource source = new() { Path = path, Length = Content.Length, Stamp = FileStamp.Of(file) };
                return new PackageReader(source, file, bytes, expectedSha256: null, offset: 0);
            },
            senders, patience, time);
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

    /// <summary>The package's bytes; the read of this number, if there is one, waits until it is let go.</summary>
    private sealed class HeldBytes(int held) : MemoryStream(Content)
    {
        private readonly TaskCompletionSource _isHeld = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _letGo = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private readonly TaskCompletionSource _isClosed = new(TaskCreationOptions.RunContinuationsAsynchronously);
        private int _reads;

        public Task IsHeld => _isHeld.Task;

        public Task IsClosed => _isClosed.Task;

        public void LetGo() => _letGo.SetResult();

        public override int Read(Span<byte> buffer)
        {
            if (++_reads == held)
            {
                _isHeld.SetResult();
                _letGo.Task.WaitAsync(Guard).GetAwaiter().GetResult();
            }

            return base.Read(buffer);
        }

        protected override void Dispose(bool disposing)
        {
            _isClosed.TrySetResult();
            base.Dispose(disposing);
        }
    }
}
