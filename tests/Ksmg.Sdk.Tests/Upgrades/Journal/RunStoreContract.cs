using System.Text;
using Ksmg.Sdk.OutsideStore;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What every store promises by itself, whatever the journal above it has checked before.</summary>
public abstract class RunStoreContract
{
    private protected const string Run = "run-1";

    private protected static readonly StoredLease First = new()
    {
        Epoch = 3,
        Owner = Guid.Parse("7c9d1f2e-0000-0000-0000-000000000001"),
        Since = DateTimeOffset.UnixEpoch,
        BeatAt = DateTimeOffset.UnixEpoch,
        Beat = 7,
    };

    private protected static readonly StoredLease Second = First with { Owner = Guid.Parse("7c9d1f2e-0000-0000-0000-000000000002") };

    private protected VirtualTimeProvider Clock { get; } = new();

    private protected abstract IRunStore Store();

    [Theory]
    [InlineData("the next epoch")]
    [InlineData("an older epoch")]
    [InlineData("the same epoch after a restored backup")]
    [InlineData("the next epoch of another")]
    public async Task Whoever_lost_the_run_writes_nothing_into_it(string to)
    {
        StoredLease other = to switch
        {
            "the next epoch" => First with { Epoch = 4 },
            "an older epoch" => First with { Epoch = 2 },
            "the next epoch of another" => Second with { Epoch = 4 },
            _ => Second,
        };
        IRunStore store = await CreateAsync();
        await ReadAsync(store, 0);
        Assert.True(await store.WriteLeaseAsync(Run, First, other));

        await Assert.ThrowsAsync<LeaseLostException>(() => store.AppendAsync(Run, First, 1, "late\n"u8.ToArray()));
        await Assert.ThrowsAsync<LeaseLostException>(() => store.SaveAsync(Run, "files/a", new byte[1], First, overwrite: false));
        await Assert.ThrowsAsync<LeaseLostException>(() => store.SaveAsync(Run, "decision.json", new byte[1], First, overwrite: true));

        Assert.Equal("first\n", await ReadAsync(store, 0));
        Assert.Null(await store.LoadAsync(Run, "files/a"));
        Assert.Null(await store.LoadAsync(Run, "decision.json"));
        Assert.True(await store.AppendAsync(Run, other, 1, "mine\n"u8.ToArray()));
        Assert.True(await store.SaveAsync(Run, "files/a", new byte[1], other, overwrite: false));
    }

    [Theory]
    [InlineData("nothing that can be read")]
    [InlineData("another owner")]
    [InlineData("another epoch")]
    [InlineData("a beat before")]
    [InlineData("given back")]
    public async Task A_lease_is_written_over_the_expected_one_alone(string expected)
    {
        StoredLease? lease = expected switch
        {
            "nothing that can be read" => null,
            "another owner" => Second,
            "another epoch" => First with { Epoch = 2 },
            "a beat before" => First with { Beat = 6 },
            _ => First with { IsReleased = true },
        };
        IRunStore store = await CreateAsync();
        Assert.False(await store.WriteLeaseAsync(Run, lease, Second with { Epoch = 4 }));
        Assert.Equal((3L, First.Owner, 7L, false), Known(await store.ReadLeaseAsync(Run)));
        Assert.True(await store.WriteLeaseAsync(Run, First, Second with { Epoch = 4 }));
        Assert.Equal((4L, Second.Owner, 7L, false), Known(await store.ReadLeaseAsync(Run)));

        static (long, Guid, long, bool)? Known(StoredLease? lease) => lease is null ? null : (lease.Epoch, lease.Owner, lease.Beat, lease.IsReleased);
    }

    [Fact]
    public async Task A_record_follows_as_many_as_its_writer_knows_or_is_none()
    {
        IRunStore store = await CreateAsync();
        await ReadAsync(store, 0);
        Assert.False(await store.AppendAsync(Run, First, 0, "again the first\n"u8.ToArray()));
        Assert.False(await store.AppendAsync(Run, First, 2, "one is missing\n"u8.ToArray()));
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.False(await store.AppendAsync(Run, First, 1, "another second\n"u8.ToArray()));
        Assert.True(await store.AppendAsync(Run, First, 2, "third\n"u8.ToArray()));

        Assert.Equal("first\nsecond\nthird\n", await ReadAsync(store, 0));
    }

    [Fact]
    public async Task Readers_go_on_each_from_where_they_are()
    {
        IRunStore store = await CreateAsync();
        Assert.Equal("first\n", await ReadAsync(store, 0));
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.True(await store.AppendAsync(Run, First, 2, "third\n"u8.ToArray()));

        Assert.Null(await store.ReadAsync(Run, 4));
        Assert.Equal("third\n", await ReadAsync(store, 2));
        Assert.Equal("second\nthird\n", await ReadAsync(store, 1));
        Assert.Equal(string.Empty, await ReadAsync(store, 3));
        Assert.Equal("first\nsecond\nthird\n", await ReadAsync(store, 0));
    }

    [Fact]
    public async Task A_file_is_saved_once_or_over_the_one_before_as_asked()
    {
        IRunStore store = await CreateAsync();
        Assert.True(await store.SaveAsync(Run, "files/deep/down", "one"u8.ToArray(), First, overwrite: false));
        Assert.True(await store.SaveAsync(Run, "files/deep/down", "one"u8.ToArray(), First, overwrite: false));
        Assert.False(await store.SaveAsync(Run, "files/deep/down", "two"u8.ToArray(), First, overwrite: false));
        Assert.False(await store.SaveAsync(Run, "files/deep/down", "on"u8.ToArray(), First, overwrite: false));
        Assert.False(await store.SaveAsync(Run, "files/deep/down", "ones"u8.ToArray(), First, overwrite: false));
        Assert.Equal("one", Text((await store.LoadAsync(Run, "files/deep/down"))!.Value));

        Assert.True(await store.SaveAsync(Run, "shown/decision", "one"u8.ToArray(), First, overwrite: true));
        Assert.True(await store.SaveAsync(Run, "shown/decision", "another"u8.ToArray(), First, overwrite: true));
        Assert.Equal("another", Text((await store.LoadAsync(Run, "shown/decision"))!.Value));
        Assert.Equal(["decision"], await store.ListFilesAsync(Run, "shown"));
    }

    [Fact]
    public async Task The_one_lock_is_held_by_one_and_waited_for_by_the_others()
    {
        IRunStore store = Store();
        IAsyncDisposable held = await store.LockAsync();
        using CancellationTokenSource stop = new();
        Task<IAsyncDisposable> stopped = store.LockAsync(stop.Token);
        Task<IAsyncDisposable> waiting = store.LockAsync();
        Assert.False(stopped.IsCompleted || waiting.IsCompleted);
        await stop.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => stopped.WaitAsync(Eventually.Limit));

        await held.DisposeAsync();
        Clock.Pass(1);
        held = await waiting.WaitAsync(Eventually.Limit);
        Task<IAsyncDisposable> next = store.LockAsync();
        Assert.False(next.IsCompleted);
        await held.DisposeAsync();
        Clock.Pass(1);
        await (await next.WaitAsync(Eventually.Limit)).DisposeAsync();
    }

    [Fact]
    public async Task Who_waits_for_a_change_is_told_at_once_of_one_before_and_at_the_end_of_none()
    {
        IRunStore store = await CreateAsync();
        string seen = await store.WaitForChangeAsync(Run, null, TimeSpan.FromHours(1));
        Assert.Equal(seen, Clock.Run(() => store.WaitForChangeAsync(Run, seen, TimeSpan.Zero), TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.Zero, Clock.Elapsed);
        Assert.Equal(seen, Clock.Run(() => store.WaitForChangeAsync(Run, seen, TimeSpan.FromMilliseconds(600)), TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.FromMilliseconds(600), Clock.Elapsed);

        await ReadAsync(store, 0);
        Assert.True(await store.AppendAsync(Run, First, 1, "second\n"u8.ToArray()));
        Assert.NotEqual(seen, await store.WaitForChangeAsync(Run, seen, TimeSpan.FromHours(1)));
    }

    private protected static string Text(ReadOnlyMemory<byte> bytes) => Encoding.UTF8.GetString(bytes.Span);

    private protected static async Task<string> ReadAsync(IRunStore store, long after) => Text((await store.ReadAsync(Run, after))!.Value);

    /// <summary>A run with one record.</summary>
    private protected Task<IRunStore> CreateAsync() => CreateAsync(Store());

    private protected static async Task<IRunStore> CreateAsync(IRunStore store)
    {
        await using (await store.LockAsync())
        {
            await store.CreateAsync(Run, "{}"u8.ToArray(), "first\n"u8.ToArray(), First);
        }

        return store;
    }
}

public sealed class InMemoryRunStoreTests : RunStoreContract
{
    private protected override IRunStore Store() => new InMemoryRunStore(Clock);

    [Fact]
    public async Task A_place_is_named_for_people()
    {
        IRunStore store = await CreateAsync();
        Assert.Equal(Words.Get("journal.run-place", Run), store.Locate(Run));
        Assert.Equal(Words.Get("journal.file-place", Run, "plan.json"), store.Locate(Run, "plan.json"));
    }
}

public sealed class OutsideRunStoreTests : RunStoreContract
{
    private protected override IRunStore Store() => new RowRunStore(Clock);
}
