using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Moq;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The right to drive a run, and what of it is still under way when it is given back.</summary>
public sealed class RunLeaseTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    [Fact]
    public async Task Once_it_is_given_back_no_beat_of_it_is_written_any_more()
    {
        ManualTime time = new();
        StoredLease stored = new() { Epoch = 1, Owner = Guid.NewGuid(), Since = time.GetUtcNow(), BeatAt = time.GetUtcNow() };
        TaskCompletionSource<bool> beat = new(TaskCreationOptions.RunContinuationsAsynchronously);
        List<bool> released = [];
        Mock<IRunStore> store = new();
        store.Setup(s => s.LeaseDuration).Returns(TimeSpan.FromSeconds(15));
        store.Setup(s => s.RenewalInterval).Returns(TimeSpan.FromSeconds(2));
        store.Setup(s => s.WriteLeaseAsync("run", It.IsAny<StoredLease?>(), It.IsAny<StoredLease>(), It.IsAny<CancellationToken>()))
            .Returns((string _, StoredLease? _, StoredLease lease, CancellationToken _) =>
            {
                released.Add(lease.IsReleased);
                return lease.IsReleased ? Task.FromResult(true) : beat.Task;
            });
        RunLease lease = new(store.Object, "run", stored, time.GetTimestamp(), time);
        time.Advance(TimeSpan.FromSeconds(2));
        Assert.Equal([false], released);

        Task givenBack = lease.DisposeAsync().AsTask();
        Assert.False(givenBack.IsCompleted);
        Assert.Equal([false], released);
        beat.SetResult(true);
        await givenBack.WaitAsync(Limit);

        Assert.Equal([false, true], released);
    }

    [Fact]
    public async Task It_is_worth_its_duration_since_before_it_was_stored_and_since_each_beat()
    {
        Shelf shelf = new();
        shelf.Time.Pass(1);
        await using RunLease lease = shelf.Hold(heldSince: 1);
        Assert.Equal(TimeSpan.FromSeconds(14), lease.Remaining);
        shelf.Time.Pass(1.9);
        Assert.Equal(TimeSpan.FromSeconds(12.1), lease.Remaining);

        shelf.Time.Pass(0.1);
        Assert.Equal(TimeSpan.FromSeconds(15), lease.Remaining);
        Assert.Equal((1L, shelf.Time.GetUtcNow(), false), (shelf.Stored!.Beat, shelf.Stored.BeatAt, shelf.Stored.IsReleased));
        Assert.Equal((shelf.Stored, "run", 3L), (lease.Stored, lease.RunId, lease.Epoch));
        shelf.Time.Pass(4);
        Assert.Equal((3L, shelf.Time.GetUtcNow()), (shelf.Stored.Beat, shelf.Stored.BeatAt));
        lease.Check();
        Assert.Null(lease.Problem);
    }

    [Fact]
    public async Task A_store_that_fails_takes_nothing_away_until_the_lease_runs_out()
    {
        Shelf shelf = new();
        await using RunLease lease = shelf.Hold();
        shelf.Fails = new IOException("The disk is away.");
        shelf.Time.Pass(13.9);
        Assert.Equal(("The disk is away.", TimeSpan.FromSeconds(1.1), false), (lease.Problem, lease.Remaining, lease.Lost.IsCancellationRequested));

        shelf.Fails = null;
        shelf.Time.Pass(0.1);
        Assert.Equal((null, TimeSpan.FromSeconds(15)), (lease.Problem, lease.Remaining));

        shelf.Fails = new IOException("It is away again.");
        shelf.Time.Pass(14.999);
        Assert.False(lease.Lost.IsCancellationRequested);
        lease.Check();
        shelf.Time.Pass(0.001);
        Assert.True(lease.Lost.IsCancellationRequested);
        Assert.Throws<LeaseLostException>(lease.Check);

        // What has run out is not renewed by a disk that is back.
        shelf.Fails = null;
        StoredLease? before = shelf.Stored;
        shelf.Time.Pass(10);
        Assert.Equal((TimeSpan.Zero, before), (lease.Remaining, shelf.Stored));
    }

    [Theory]
    [InlineData("another epoch")]
    [InlineData("another owner")]
    [InlineData("given back")]
    [InlineData("nothing")]
    public async Task A_beat_that_finds_something_else_loses_the_lease_and_leaves_that_alone(string found)
    {
        Shelf shelf = new();
        RunLease lease = shelf.Hold();
        StoredLease? there = found switch
        {
            "another epoch" => shelf.Stored! with { Epoch = 4 },
            "another owner" => shelf.Stored! with { Owner = Guid.NewGuid() },
            "given back" => shelf.Stored! with { IsReleased = true },
            _ => null,
        };
        shelf.Stored = there;
        shelf.Time.Pass(1.9);
        Assert.False(lease.Lost.IsCancellationRequested);
        shelf.Time.Pass(0.1);

        Assert.True(lease.Lost.IsCancellationRequested);
        Assert.Equal(TimeSpan.Zero, lease.Remaining);
        Assert.Equal(JournalRules.Lost("run", 3).Message, Assert.Throws<LeaseLostException>(lease.Check).Message);
        shelf.Time.Pass(30);
        await lease.DisposeAsync();
        Assert.Equal(there, shelf.Stored);
    }

    /// <summary>The write succeeded, and its answer was lost on the way.</summary>
    [Fact]
    public async Task A_beat_of_its_own_that_it_does_not_know_of_is_no_loss()
    {
        Shelf shelf = new();
        RunLease lease = shelf.Hold();
        shelf.Stored = shelf.Stored! with { Beat = 7 };
        shelf.Time.Pass(2);
        Assert.Equal((8L, TimeSpan.FromSeconds(15), false), (shelf.Stored.Beat, lease.Remaining, lease.Lost.IsCancellationRequested));

        shelf.Stored = shelf.Stored with { Beat = 12 };
        await lease.DisposeAsync();
        Assert.Equal((12L, true), (shelf.Stored.Beat, shelf.Stored.IsReleased));
    }

    [Fact]
    public async Task One_beat_is_on_its_way_at_a_time()
    {
        Shelf shelf = new() { Answers = new TaskCompletionSource<bool>() };
        RunLease lease = shelf.Hold();
        shelf.Time.Pass(6);
        Assert.Equal(1, shelf.Asked);
        shelf.Answers.SetResult(true);
        await Eventually.TrueAsync(() => lease.Remaining == TimeSpan.FromSeconds(11));

        shelf.Answers = null;
        shelf.Time.Pass(2);
        Assert.Equal((2, TimeSpan.FromSeconds(15)), (shelf.Asked, lease.Remaining));
        await lease.DisposeAsync();
    }

    [Fact]
    public async Task What_is_given_back_is_neither_held_nor_lost()
    {
        Shelf shelf = new();
        RunLease lease = shelf.Hold();
        await lease.DisposeAsync();
        await lease.DisposeAsync();
        Assert.Equal((1, true), (shelf.Asked, shelf.Stored!.IsReleased));
        Assert.Equal(TimeSpan.Zero, lease.Remaining);
        Assert.Throws<LeaseLostException>(lease.Check);
        shelf.Time.Pass(60);
        Assert.False(lease.Lost.IsCancellationRequested);
        Assert.Equal(1, shelf.Asked);
    }

    [Fact]
    public async Task What_cannot_be_given_back_runs_out_by_itself()
    {
        Shelf shelf = new();
        RunLease lease = shelf.Hold();
        shelf.Fails = new IOException("The disk is away.");
        await lease.DisposeAsync();
        Assert.Equal(TimeSpan.Zero, lease.Remaining);
        Assert.False(shelf.Stored!.IsReleased);
    }

    [Fact]
    public async Task Where_nothing_is_renewed_it_holds_until_its_holder_is_cut_off()
    {
        Shelf shelf = new() { Interval = Timeout.InfiniteTimeSpan };
        RunLease lease = shelf.Hold();
        shelf.Time.Pass(3600);
        Assert.Equal((TimeSpan.FromSeconds(15), 0), (lease.Remaining, shelf.Asked));

        lease.StopRenewing();
        shelf.Time.Pass(10);
        lease.StopRenewing();
        Assert.Equal(TimeSpan.FromSeconds(5), lease.Remaining);
        shelf.Time.Pass(5);
        Assert.True(lease.Lost.IsCancellationRequested);
        Assert.Equal(TimeSpan.Zero, lease.Remaining);
        await lease.DisposeAsync();
    }

    [Fact]
    public async Task One_that_was_stored_too_long_ago_is_lost_from_the_beginning()
    {
        Shelf shelf = new();
        shelf.Time.Pass(16);
        await using RunLease lease = shelf.Hold(heldSince: 16);
        Assert.Throws<LeaseLostException>(lease.Check);
        Assert.True(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task One_that_was_stored_a_while_ago_is_lost_that_much_earlier()
    {
        Shelf shelf = new() { Fails = new IOException("The disk is away.") };
        shelf.Time.Pass(5);
        await using RunLease lease = shelf.Hold(heldSince: 5);
        shelf.Time.Pass(9.999);
        Assert.False(lease.Lost.IsCancellationRequested);
        shelf.Time.Pass(0.001);
        Assert.True(lease.Lost.IsCancellationRequested);
    }

    /// <summary>A store of one lease.</summary>
    private sealed class Shelf
    {
        private readonly Mock<IRunStore> _store = new(MockBehavior.Strict);

        public Shelf()
        {
            Stored = new StoredLease { Epoch = 3, Owner = Guid.NewGuid(), Since = Time.GetUtcNow(), BeatAt = Time.GetUtcNow() };
            _store.Setup(s => s.LeaseDuration).Returns(TimeSpan.FromSeconds(15));
            _store.Setup(s => s.RenewalInterval).Returns(() => Interval);
            _store.Setup(s => s.ReadLeaseAsync("run", It.IsAny<CancellationToken>())).Returns(() => Task.FromResult<StoredLease?>(Stored));
            _store.Setup(s => s.WriteLeaseAsync("run", It.IsAny<StoredLease?>(), It.IsAny<StoredLease>(), It.IsAny<CancellationToken>()))
                .Returns((string _, StoredLease? expected, StoredLease lease, CancellationToken _) => WriteAsync(expected, lease));
        }

        public VirtualTimeProvider Time { get; } = new();

        public StoredLease? Stored { get; set; }

        public TimeSpan Interval { get; init; } = TimeSpan.FromSeconds(2);

        public Exception? Fails { get; set; }

        /// <summary>What the answer to the next write waits for.</summary>
        public TaskCompletionSource<bool>? Answers { get; set; }

        public int Asked { get; private set; }

        /// <summary>Holds what is stored.</summary>
        /// <param name="heldSince">How many seconds ago it was asked for.</param>
        public RunLease Hold(double heldSince = 0) =>
            new(_store.Object, "run", Stored!, Time.GetTimestamp() - TimeSpan.FromSeconds(heldSince).Ticks, Time);

        private async Task<bool> WriteAsync(StoredLease? expected, StoredLease lease)
        {
            Asked++;
            if (Fails is not null)
            {
                throw Fails;
            }

            await (Answers?.Task ?? Task.CompletedTask);
            bool isExpected = Stored?.IsAsExpected(expected) == true;
            Stored = isExpected ? lease : Stored;
            return isExpected;
        }
    }
}
