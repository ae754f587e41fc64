using FsCheck;
using FsCheck.Fluent;
using Ksmg.Sdk.Http;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

public class PackagesGatheringTests
{
    /// <summary>What TLS makes of 32 KB.</summary>
    private const int Full = 32_812;

    private static readonly byte[] Source = PackageFolder.Bytes(10 * 400_000);

    private static readonly TimeSpan Guard = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Eight_full_writes_are_one()
    {
        using MemoryStream sink = new();
        RecordingStream socket = new(sink);
        await using GatheringStream stream = new(socket);
        for (int i = 0; i < 16; i++)
        {
            await stream.WriteAsync(PackageFolder.Bytes(Full));
        }

        Assert.Equal([8 * Full, 8 * Full], socket.Writes);
    }

    [Fact]
    public async Task A_small_write_goes_out_at_once_with_what_was_gathered_before_it()
    {
        using MemoryStream sink = new();
        RecordingStream socket = new(sink);
        await using GatheringStream stream = new(socket);
        await stream.WriteAsync(PackageFolder.Bytes(100));
        Assert.Equal([100], socket.Writes);

        await stream.WriteAsync(PackageFolder.Bytes(Full));
        Assert.Equal([100], socket.Writes);

        await stream.WriteAsync(PackageFolder.Bytes(50));
        Assert.Equal([100, Full, 50], socket.Writes);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_read_or_a_flush_sends_what_was_gathered(bool read)
    {
        using MemoryStream sink = new();
        RecordingStream socket = new(sink);
        await using GatheringStream stream = new(socket);
        await stream.WriteAsync(PackageFolder.Bytes(Full));

        if (read)
        {
            _ = await stream.ReadAsync(new byte[1]);
        }
        else
        {
            await stream.FlushAsync();
        }

        Assert.Equal([Full], socket.Writes);
    }

    [Fact]
    public async Task A_write_that_is_stuck_does_not_keep_the_answer_from_being_read()
    {
        StuckStream socket = new();
        await using GatheringStream stream = new(socket);
        Task writing = Task.Run(async () =>
        {
            for (int i = 0; i < 16; i++)
            {
                await stream.WriteAsync(PackageFolder.Bytes(Full));
            }
        });
        await socket.Stuck.Task.WaitAsync(Guard);

        Assert.Equal(1, await stream.ReadAsync(new byte[1]).AsTask().WaitAsync(Guard));

        socket.Released.SetResult();
        await writing.WaitAsync(Guard);
    }

    [Fact]
    public void Whatever_is_written_arrives_in_order_and_whole() =>
        Prop.ForAll(
            Gen.OneOf(Gen.Choose(0, 1000), Gen.Choose(30_000, 34_000), Gen.Choose(200_000, 400_000)).ListOf(10).ToArbitrary(),
            sizes =>
            {
                MemoryStream sink = new();
                GatheringStream stream = new(new RecordingStream(sink));
                int written = 0;
                foreach (int size in sizes)
                {
                    stream.WriteAsync(Source.AsMemory(written, size)).AsTask().GetAwaiter().GetResult();
                    written += size;
                }

                stream.FlushAsync().GetAwaiter().GetResult();
                return sink.ToArray().AsSpan().SequenceEqual(Source.AsSpan(0, written));
            }).QuickCheckThrowOnFailure();

    private sealed class StuckStream : MemoryStream
    {
        public TaskCompletionSource Stuck { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public TaskCompletionSource Released { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public override async ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            Stuck.TrySetResult();
            await Released.Task.WaitAsync(cancellationToken);
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) => ValueTask.FromResult(1);
    }
}
