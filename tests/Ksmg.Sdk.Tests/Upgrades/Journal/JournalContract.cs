using System.Text;
using Ksmg.Sdk.OutsideStore;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What every journal promises.</summary>
public abstract class JournalContract
{
    private protected VirtualTimeProvider HolderClock { get; } = new();

    private protected VirtualTimeProvider ChallengerClock { get; } = new();

    private protected abstract UpgradeJournal Holder { get; }

    /// <summary>The same journal as another process sees it.</summary>
    private protected abstract UpgradeJournal Challenger { get; }

    /// <summary>Lets the holder of a run stand still, unaware of it.</summary>
    private protected abstract void Freeze(string runId);

    /// <summary>Lets the holder of a run live, but not renew its lease.</summary>
    private protected abstract IDisposable HinderBeats(string runId);

    [Fact]
    public async Task A_new_run_holds_its_plan_and_says_who_drives_it()
    {
        UpgradePlan plan = Plan();
        await using RunLease lease = await Holder.CreateAsync(plan);

        UpgradePlan read = await Challenger.GetPlanAsync("run-1");
        IReadOnlyList<JournalRecord> records = await Challenger.ReadAsync("run-1");
        Assert.Equal(plan.ToJson(), read.ToJson());
        Assert.Equal(plan.Hash, read.Hash);
        Assert.Equal([JournalEntryKind.RunCreated, JournalEntryKind.EpochStarted], records.Select(r => r.Entry.Kind));
        Assert.Equal(plan.Hash, records[0].Entry.Values!["planHash"]);
        Assert.Equal("2", records[0].Entry.Values!["schema"]);
        Assert.Contains(Environment.ProcessId.ToString(), records[1].Entry.Text);
        Assert.Equal(("run-1", 1L), (lease.RunId, lease.Epoch));
        Assert.Equal(TimeSpan.FromSeconds(15), lease.Remaining);
        Assert.False(lease.Lost.IsCancellationRequested);
    }

    [Fact]
    public async Task A_record_is_read_as_it_was_appended()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        JournalEntry entry = Full();
        JournalRecord appended = await Holder.AppendAsync(lease, entry);
        JournalRecord read = Assert.Single(await Challenger.ReadAsync("run-1", after: 2));

        Assert.Equal((3L, 1L, HolderClock.GetUtcNow(), appended.Hash), (read.Sequence, read.Epoch, read.At, read.Hash));
        Assert.Equal(entry.Values, read.Entry.Values);
        Assert.Equal(entry with { Values = null }, read.Entry with { Values = null });
    }

    [Fact]
    public async Task Reading_goes_on_after_a_sequence()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        long last = 0;
        for (int i = 0; i < 20; i++)
        {
            await Holder.AppendAsync(lease, Observation($"o{i}"));
            IReadOnlyList<JournalRecord> news = await Challenger.ReadAsync("run-1", last);
            Assert.Equal($"o{i}", news[^1].Entry.Text);
            Assert.Equal(last + 1, news[0].Sequence);
            last = news[^1].Sequence;
        }

        Assert.Equal(22, last);
        Assert.Empty(await Challenger.ReadAsync("run-1", last));
        Assert.Empty(await Challenger.ReadAsync("run-1", 1000));
        Assert.Equal(Enumerable.Range(1, 22).Select(i => (long)i), (await Challenger.ReadAsync("run-1")).Select(r => r.Sequence));
    }

    [Fact]
    public async Task A_cluster_has_one_active_run()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        ActiveRunException refused = await Assert.ThrowsAsync<ActiveRunException>(() => Challenger.CreateAsync(Plan("run-2")));
        Assert.Equal("run-1", refused.RunId);
        Assert.Contains(Environment.ProcessId.ToString(), refused.Holder);
        await using RunLease elsewhere = await Challenger.CreateAsync(Plan("run-3", "mail-us"));

        await lease.DisposeAsync();
        refused = await Assert.ThrowsAsync<ActiveRunException>(() => Challenger.CreateAsync(Plan("run-2")));
        Assert.Null(refused.Holder);

        RunLease again = await Challenger.AcquireAsync("run-1", TimeSpan.Zero);
        await Challenger.AppendAsync(again, Ended());
        await using RunLease next = await Challenger.CreateAsync(Plan("run-2"));
        Assert.Equal(["run-1", "run-2", "run-3"], (await Holder.ListAsync()).Select(r => r.RunId).Order());
    }

    [Fact]
    public async Task Clusters_of_one_name_are_told_apart_by_their_nodes()
    {
        await using RunLease lease = await Holder.CreateAsync(At(Plan(), "https://a", "10.0.0"));
        await using RunLease other = await Challenger.CreateAsync(At(Plan("run-2"), "https://b", "10.0.1"));
        Assert.Equal("run-1", (await Assert.ThrowsAsync<ActiveRunException>(() => Challenger.CreateAsync(At(Plan("run-3"), "https://c", "10.0.0")))).RunId);
        Assert.Equal(
            "run-2", (await Assert.ThrowsAsync<ActiveRunException>(() => Challenger.CreateAsync(At(Plan("run-3", "renamed"), "https://b", "10.0.9")))).RunId);
        await using RunLease third = await Challenger.CreateAsync(At(Plan("run-3", "mail-us"), "https://c", "10.0.0"));

        await Holder.AppendAsync(lease, Ended());
        await Challenger.AppendAsync(third, Ended());
        await lease.DisposeAsync();
        await third.DisposeAsync();
        await using RunLease again = await Holder.ReopenAsync("run-1", TimeSpan.Zero);
        Assert.Equal(
            ["https://a-gw1/", "https://a-gw2/", "https://a-gw3/"], (await Challenger.FindAsync("run-1")).Owner!.Nodes.Select(n => n.Address!.AbsoluteUri));
        Assert.Equal(["10.0.0.1:9045", "10.0.0.2:9045", "10.0.0.3:9045"], (await Challenger.FindAsync("run-1")).Owner!.Nodes.Select(n => n.ClusterAddress));

        static UpgradePlan At(UpgradePlan plan, string site, string network) => Hashed(plan with
        {
            Nodes = [.. plan.Nodes.Select((n, i) => n with { Address = new Uri($"{site}-{n.Name}"), ClusterAddress = $"{network}.{i + 1}:9045" })],
        });
    }

    /// <summary>Neither address is known to both: nothing tells the two apart, and one name is enough to be careful.</summary>
    [Fact]
    public async Task Clusters_of_one_name_whose_nodes_cannot_be_compared_count_as_one()
    {
        await using RunLease lease = await Holder.CreateAsync(At(Plan(), n => new Uri($"https://{n.Name}"), _ => string.Empty));
        UpgradePlan same = At(Plan("run-2"), _ => null, n => n.Name + ":9045");
        Assert.Equal("run-1", (await Assert.ThrowsAsync<ActiveRunException>(() => Challenger.CreateAsync(same))).RunId);
        await using RunLease other = await Challenger.CreateAsync(Hashed(same with { Cluster = "mail-us" }));

        static UpgradePlan At(UpgradePlan plan, Func<PlannedNode, Uri?> address, Func<PlannedNode, string> inner) => Hashed(plan with
        {
            Nodes = [.. plan.Nodes.Select(n => n with { Address = address(n), ClusterAddress = inner(n) })],
        });
    }

    [Fact]
    public async Task A_run_id_is_used_once()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        await Holder.AppendAsync(lease, Ended());
        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => Challenger.CreateAsync(Plan()));
        Assert.Contains("run-1", refused.Message);
        Assert.Equal(3, (await Holder.ReadAsync("run-1")).Count);
    }

    [Fact]
    public async Task Nothing_follows_the_end()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        await Holder.AppendAsync(lease, Ended(UpgradeEnd.Aborted));
        await Assert.ThrowsAsync<JournalException>(() => Holder.AppendAsync(lease, Observation("late")));
        await lease.DisposeAsync();
        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => Challenger.AcquireAsync("run-1", TimeSpan.Zero));
        Assert.Contains("Aborted", refused.Message);
        Assert.Equal(UpgradeEnd.Aborted, Assert.Single(await Challenger.ListAsync()).End);
        Assert.Equal(3, (await Challenger.ReadAsync("run-1")).Count);
    }

    [Fact]
    public async Task A_listing_shows_how_runs_stand()
    {
        Assert.Empty(await Challenger.ListAsync());
        await using RunLease lease = await Holder.CreateAsync(Plan());
        RunSummary active = Assert.Single(await Challenger.ListAsync());
        Assert.Equal(("run-1", "mail-eu", (UpgradeEnd?)null, (string?)null), (active.RunId, active.Cluster, active.End, active.Damage));
        Assert.Equal(HolderClock.GetUtcNow(), active.CreatedAt);
        Assert.Contains(Environment.ProcessId.ToString(), active.Holder);

        await lease.DisposeAsync();
        Assert.Null(Assert.Single(await Challenger.ListAsync()).Holder);
    }

    [Fact]
    public async Task The_run_of_a_living_holder_is_not_taken()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        LeaseHeldException refused = await Assert.ThrowsAsync<LeaseHeldException>(() => Challenger.AcquireAsync("run-1", TimeSpan.Zero));
        Assert.Contains(Environment.ProcessId.ToString(), refused.Holder);
        await Holder.AppendAsync(lease, Observation("still here"));
    }

    [Fact]
    public async Task A_run_given_back_is_taken_at_once_in_the_next_epoch()
    {
        RunLease first = await Holder.CreateAsync(Plan());
        await first.DisposeAsync();
        await first.DisposeAsync();
        Assert.Equal(TimeSpan.Zero, first.Remaining);
        await Assert.ThrowsAsync<LeaseLostException>(() => Holder.AppendAsync(first, Observation("late")));

        await using RunLease second = await Challenger.AcquireAsync("run-1", TimeSpan.Zero);
        Assert.Equal(2, second.Epoch);
        JournalRecord started = (await Holder.ReadAsync("run-1"))[^1];
        Assert.Equal((JournalEntryKind.EpochStarted, 2L), (started.Entry.Kind, started.Epoch));
        Assert.Equal(2, (await Challenger.AppendAsync(second, Observation("here"))).Epoch);
    }

    [Fact]
    public async Task A_zombie_is_refused_after_a_takeover()
    {
        await using RunLease zombie = await Holder.CreateAsync(Plan());
        await Holder.PostCommandAsync("run-1", Command("c1"));
        Freeze("run-1");
        await using RunLease lease = ChallengerClock.Acquire(Challenger, wait: 30);
        Assert.Equal(2, lease.Epoch);

        await Assert.ThrowsAsync<LeaseLostException>(() => Holder.AppendAsync(zombie, Observation("late")));
        await Assert.ThrowsAsync<LeaseLostException>(() => Holder.SaveFileAsync(zombie, "a", new byte[1]));
        await Assert.ThrowsAsync<LeaseLostException>(() => Holder.AnswerCommandAsync(zombie, "c1", new RunCommandAnswer(true, Message.Said("yes"), default)));
        Assert.Equal(3, (await Challenger.ReadAsync("run-1")).Count);
        Assert.Null(await Challenger.ReadFileAsync("run-1", "a"));
        Assert.Null(await Challenger.GetAnswerAsync("run-1", "c1"));
        await Challenger.AppendAsync(lease, Observation("mine"));
    }

    [Fact]
    public async Task A_lease_is_renewed_while_its_holder_lives()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        HolderClock.Pass(60);
        Assert.True(lease.Remaining >= TimeSpan.FromSeconds(13), $"{lease.Remaining} left after a minute of beats");
        Assert.False(lease.Lost.IsCancellationRequested);
        await Holder.AppendAsync(lease, Observation("still here"));
    }

    [Fact]
    public async Task A_lease_that_is_not_renewed_runs_out()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        using IDisposable held = HinderBeats("run-1");
        HolderClock.Pass(12);
        Assert.Equal(TimeSpan.FromSeconds(3), lease.Remaining);
        HolderClock.Pass(3);
        Assert.Equal(TimeSpan.Zero, lease.Remaining);
        Assert.True(lease.Lost.IsCancellationRequested);
        held.Dispose();
        HolderClock.Pass(3);
        await Assert.ThrowsAsync<LeaseLostException>(() => Holder.AppendAsync(lease, Observation("late")));
        Assert.Equal(2, (await Holder.ReadAsync("run-1")).Count);
    }

    [Fact]
    public async Task Commands_are_read_the_oldest_first_until_they_are_answered()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        Assert.Empty(await Holder.ReadCommandsAsync("run-1"));
        await Challenger.PostCommandAsync("run-1", Command("a", minute: 2));
        await Challenger.PostCommandAsync("run-1", Command("b", minute: 1));
        await Challenger.PostCommandAsync("run-1", Command("b", minute: 1));
        Assert.Equal([Command("b", 1), Command("a", 2)], await Holder.ReadCommandsAsync("run-1"));

        RunCommandAnswer answer = new(true, Message.Said("Going on."), HolderClock.GetUtcNow());
        Assert.Null(await Challenger.GetAnswerAsync("run-1", "b"));
        await Holder.AnswerCommandAsync(lease, "b", answer);
        await Holder.AnswerCommandAsync(lease, "b", answer);
        Assert.Equal(answer, await Challenger.GetAnswerAsync("run-1", "b"));
        Assert.Equal("a", Assert.Single(await Holder.ReadCommandsAsync("run-1")).Id);
    }

    [Fact]
    public async Task A_command_is_neither_changed_nor_invented()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        await Challenger.PostCommandAsync("run-1", Command("a"));
        await Assert.ThrowsAsync<JournalException>(() => Challenger.PostCommandAsync("run-1", Command("a") with { By = "eve" }));
        Assert.Equal("anna", Assert.Single(await Holder.ReadCommandsAsync("run-1")).By);
        await Assert.ThrowsAsync<JournalException>(() => Holder.AnswerCommandAsync(lease, "none", new RunCommandAnswer(true, Message.Said(""), default)));
        Assert.Null(await Challenger.GetAnswerAsync("run-1", "none"));
    }

    [Fact]
    public async Task Files_are_saved_once()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        byte[] content = Encoding.UTF8.GetBytes("myhostname = gw1\n");
        await Holder.SaveFileAsync(lease, "configuration/gw1/etc/postfix/main.cf", content);
        await Holder.SaveFileAsync(lease, "configuration/gw1/etc/postfix/main.cf", content);
        await Assert.ThrowsAsync<JournalException>(() => Holder.SaveFileAsync(lease, "configuration/gw1/etc/postfix/main.cf", new byte[17]));
        await Holder.SaveFileAsync(lease, "empty", ReadOnlyMemory<byte>.Empty);

        ReadOnlyMemory<byte>? read = await Challenger.ReadFileAsync("run-1", "configuration/gw1/etc/postfix/main.cf");
        Assert.Equal(content, read!.Value.ToArray());
        Assert.Equal(0, (await Challenger.ReadFileAsync("run-1", "empty"))!.Value.Length);
        Assert.Null(await Challenger.ReadFileAsync("run-1", "other"));
    }

    [Theory]
    [InlineData("../plan.json")]
    [InlineData("a/../b")]
    [InlineData("/etc/passwd")]
    [InlineData("a//b")]
    [InlineData("a/")]
    [InlineData("a\\b")]
    [InlineData("c:x")]
    [InlineData("a/./b")]
    [InlineData("a.")]
    [InlineData("nul\0")]
    public async Task File_names_stay_in_the_folder_of_the_run(string name)
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        await Assert.ThrowsAsync<ArgumentException>(() => Holder.SaveFileAsync(lease, name, new byte[1]));
        await Assert.ThrowsAsync<ArgumentException>(() => Holder.ReadFileAsync("run-1", name));
    }

    [Theory]
    [InlineData("../run-1")]
    [InlineData(".")]
    [InlineData("a/b")]
    [InlineData("a b")]
    [InlineData("ä")]
    [InlineData("")]
    public async Task Ids_are_never_paths(string id)
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Holder.CreateAsync(Plan(id, "other")));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Holder.ReadAsync(id));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Holder.AcquireAsync(id, TimeSpan.Zero));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Holder.PostCommandAsync("run-1", Command(id)));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Holder.GetAnswerAsync("run-1", id));
    }

    [Fact]
    public async Task An_unknown_run_is_named()
    {
        foreach (Func<Task> call in new Func<Task>[]
        {
            () => Holder.ReadAsync("run-9"), () => Holder.GetPlanAsync("run-9"), () => Holder.AcquireAsync("run-9", TimeSpan.Zero),
            () =>
                Holder.FindAsync("run-9"), () => Holder.PostCommandAsync("run-9", Command("a")), () => Holder.ReadCommandsAsync("run-9"),
                () => Holder.ReadFileAsync("run-9", "a"),
        })
        {
            Assert.Contains("run-9", (await Assert.ThrowsAsync<JournalException>(call)).Message);
        }
    }

    [Fact]
    public async Task An_ended_run_can_be_taken_up_again_and_ends_again()
    {
        await using (RunLease first = await Holder.CreateAsync(Plan()))
        {
            await Holder.AppendAsync(first, Ended());
        }

        await Assert.ThrowsAsync<JournalException>(() => Challenger.AcquireAsync("run-1", TimeSpan.Zero));
        await using RunLease second = await Challenger.ReopenAsync("run-1", TimeSpan.Zero);
        Assert.Equal(2, second.Epoch);
        Assert.Null((await Holder.ListAsync())[0].End);
        await Assert.ThrowsAsync<ActiveRunException>(() => Holder.CreateAsync(Plan("run-2")));
        await Challenger.AppendAsync(second, Ended());
        await Assert.ThrowsAsync<JournalException>(() => Challenger.AppendAsync(second, Observation("too late")));
        Assert.Equal(UpgradeEnd.Completed, (await Holder.ListAsync())[0].End);
    }

    [Fact]
    public async Task A_run_is_not_taken_up_again_once_another_one_began()
    {
        await using (RunLease first = await Holder.CreateAsync(Plan()))
        {
            await Holder.AppendAsync(first, Ended());
        }

        HolderClock.Pass(60);
        await using RunLease second = await Holder.CreateAsync(Plan("run-2"));
        await Assert.ThrowsAsync<ActiveRunException>(() => Challenger.ReopenAsync("run-1", TimeSpan.Zero));
        await Holder.AppendAsync(second, Ended());
        await second.DisposeAsync();
        Assert.Contains(
            "run-2", (await Assert.ThrowsAsync<JournalException>(() => Challenger.ReopenAsync("run-1", TimeSpan.Zero))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_is_too_large_is_refused_and_the_run_goes_on()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        await Assert.ThrowsAsync<JournalException>(() => Holder.AppendAsync(lease, Observation(new string('x', 1024 * 1024))));
        await Assert.ThrowsAsync<JournalException>(() => Holder.SaveFileAsync(lease, "big", new byte[(16 * 1024 * 1024) + 1]));
        await Assert.ThrowsAsync<JournalException>(() => Holder.PostCommandAsync("run-1", Command("big") with { Reason = new string('x', 64 * 1024) }));
        Assert.Empty(await Holder.ReadCommandsAsync("run-1"));
        Assert.Equal(3, (await Holder.AppendAsync(lease, Observation(new string('x', 1024 * 1000)))).Sequence);
    }

    [Fact]
    public async Task Who_waits_for_a_change_is_told_of_each_and_of_none_when_time_is_up()
    {
        await using RunLease lease = await Holder.CreateAsync(Plan());
        await Changes("a record", () => Holder.AppendAsync(lease, Observation("seen")));
        await Changes("a command", () => Challenger.PostCommandAsync("run-1", Command("c1")));
        await Changes("an answer", () => Holder.AnswerCommandAsync(lease, "c1", new RunCommandAnswer(true, Message.Said("yes"), default)));
        await Changes("a lease given back", () => lease.DisposeAsync().AsTask());

        string seen = await Challenger.WaitForChangeAsync("run-1", null, TimeSpan.Zero);
        Task<string> nothing = Challenger.WaitForChangeAsync("run-1", seen, TimeSpan.FromSeconds(5));
        Pass(4.9);
        Assert.False(nothing.IsCompleted);
        Pass(0.2);
        Assert.Equal(seen, await nothing.WaitAsync(Eventually.Limit));

        void Pass(double seconds)
        {
            HolderClock.Pass(seconds);
            ChallengerClock.Pass(seconds);
        }

        async Task Changes(string what, Func<Task> change)
        {
            string before = await Challenger.WaitForChangeAsync("run-1", null, TimeSpan.Zero);
            Task<string> waiting = Challenger.WaitForChangeAsync("run-1", before, TimeSpan.FromHours(1));
            Assert.False(waiting.IsCompleted, what);
            await change();
            ChallengerClock.Pass(2);
            Assert.True(before != await waiting.WaitAsync(Eventually.Limit), what);
        }
    }

    [Fact]
    public async Task Who_waits_for_any_run_is_told_which_changed()
    {
        RunVersions none = await Challenger.WaitForAnyChangeAsync(null, TimeSpan.Zero);
        Assert.Empty(none.RunIds);
        RunLease first = null!;
        RunVersions seen = await Changes(none, "run-1", async () => first = await Holder.CreateAsync(Plan()));
        RunLease second = null!;
        seen = await Changes(seen, "run-2", async () => second = await Holder.CreateAsync(Plan("run-2", "mail-us")));
        seen = await Changes(seen, "run-1", () => Holder.AppendAsync(first, Observation("seen")));
        seen = await Changes(seen, "run-2", () => Challenger.PostCommandAsync("run-2", Command("c1")));
        seen = await Changes(seen, "run-1", () => first.DisposeAsync().AsTask());
        seen = await Changes(seen, "run-2", () => second.DisposeAsync().AsTask());
        Assert.Equal(["run-1", "run-2"], seen.RunIds.Order());
        Assert.Equal(["run-1", "run-2"], seen.ChangedSince(null).Order());

        // What has happened before is told at once, unless the store has looked within the last second.
        await Challenger.PostCommandAsync("run-2", Command("c2"));
        Advance(1);
        Task<RunVersions> before = Challenger.WaitForAnyChangeAsync(seen, TimeSpan.FromHours(1));
        await Eventually.TrueAsync(() => before.IsCompleted, "a change before is told");
        Assert.Equal(["run-2"], (await before).ChangedSince(seen));
        seen = await before;

        Task<RunVersions> nothing = Challenger.WaitForAnyChangeAsync(seen, TimeSpan.FromSeconds(5));
        await Eventually.TrueAsync(() =>
        {
            Advance(1);
            return nothing.IsCompleted;
        });
        Assert.Same(seen, await nothing);
        Assert.Empty(seen.ChangedSince(seen));

        async Task<RunVersions> Changes(RunVersions before, string runId, Func<Task> change)
        {
            Task<RunVersions> waiting = Challenger.WaitForAnyChangeAsync(before, TimeSpan.FromHours(1));
            Assert.False(waiting.IsCompleted, runId);
            await change();
            await Eventually.TrueAsync(
                () =>
                {
                    ChallengerClock.Advance(TimeSpan.FromSeconds(1));
                    return waiting.IsCompleted;
                },
                runId);
            RunVersions now = await waiting;
            Assert.Equal([runId], now.ChangedSince(before));
            return now;
        }
    }

    [Fact]
    public async Task Of_many_who_take_a_run_at_once_one_gets_it_and_the_others_write_nothing()
    {
        const int Rounds = 10;
        UpgradeJournal[] contenders = [.. Enumerable.Range(0, 16).Select(i => i % 2 == 0 ? Holder : Challenger)];
        RunLease free = await Holder.CreateAsync(Plan());
        for (int round = 1; round <= Rounds; round++)
        {
            await free.DisposeAsync();
            (free, IReadOnlyList<LeaseHeldException> losers) = await LeaseRace.RunAsync(contenders, "run-1", () => Advance(0.02));
            Assert.Equal((round + 1L, contenders.Length - 1), (free.Epoch, losers.Count));
            Assert.All(losers, refused => Assert.Contains(Environment.ProcessId.ToString(), refused.Holder));
            Assert.Equal(2 + round, (await Challenger.ReadAsync("run-1")).Count);
        }
    }

    [Fact]
    public async Task A_cancelled_call_writes_nothing()
    {
        CancellationToken cancelled = new(canceled: true);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Holder.CreateAsync(Plan(), cancelled));
        await using RunLease lease = await Holder.CreateAsync(Plan());
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Holder.AppendAsync(lease, Observation("x"), cancelled));
        Assert.Equal(2, (await Holder.ReadAsync("run-1")).Count);
    }

    private void Advance(double seconds)
    {
        HolderClock.Advance(TimeSpan.FromSeconds(seconds));
        ChallengerClock.Advance(TimeSpan.FromSeconds(seconds));
    }
}

public sealed class JournalInMemoryTests : JournalContract
{
    private readonly InMemoryUpgradeJournal _journal;

    public JournalInMemoryTests()
    {
        _journal = new InMemoryUpgradeJournal(HolderClock);
    }

    private protected override UpgradeJournal Holder => _journal;

    private protected override UpgradeJournal Challenger => _journal;

    private protected override void Freeze(string runId) => _journal.Abandon(runId);

    private protected override IDisposable HinderBeats(string runId)
    {
        _journal.Abandon(runId);
        return new MemoryStream();
    }

    [Fact]
    public async Task Its_clock_is_the_one_it_was_given()
    {
        await using RunLease lease = await _journal.CreateAsync(Plan());
        string seen = await _journal.WaitForChangeAsync("run-1", null, TimeSpan.Zero);
        Task<string> waiting = _journal.WaitForChangeAsync("run-1", seen, TimeSpan.FromHours(1));
        HolderClock.Pass(3600);
        Assert.True(waiting.IsCompleted);
        Assert.Equal(seen, await waiting);
    }

    [Fact]
    public async Task Every_call_completes_synchronously()
    {
        Task<RunLease> created = _journal.CreateAsync(Plan());
        Assert.True(created.IsCompletedSuccessfully);
        RunLease lease = await created;
        Assert.True(_journal.AppendAsync(lease, Observation("x")).IsCompletedSuccessfully);
        Assert.True(_journal.ReadAsync("run-1").IsCompletedSuccessfully);
        Assert.True(lease.DisposeAsync().AsTask().IsCompletedSuccessfully);
        Assert.True(_journal.AcquireAsync("run-1", TimeSpan.FromHours(1)).IsCompletedSuccessfully);
    }
}

/// <summary>A store of another assembly, which sees nothing but what is public.</summary>
public sealed class JournalOverAnOutsideStoreTests : JournalContract
{
    private readonly RowRunStore _store;
    private readonly UpgradeJournal _holder;
    private readonly UpgradeJournal _challenger;

    public JournalOverAnOutsideStoreTests()
    {
        _store = new RowRunStore(ChallengerClock);
        _holder = new UpgradeJournal(_store, HolderClock);
        _challenger = new UpgradeJournal(_store, ChallengerClock);
    }

    private protected override UpgradeJournal Holder => _holder;

    private protected override UpgradeJournal Challenger => _challenger;

    // The holder's clock stands still while the challenger's moves: it does not renew its lease.
    private protected override void Freeze(string runId)
    {
    }

    private protected override IDisposable HinderBeats(string runId)
    {
        _store.CannotRenew = true;
        return new MemoryStream();
    }

    [Fact]
    public async Task A_store_that_fails_is_told_as_a_journal_that_cannot_be_written()
    {
        await (await _holder.CreateAsync(Plan())).DisposeAsync();
        _store.CannotRenew = true;

        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => _challenger.AcquireAsync("run-1", TimeSpan.Zero));
        Assert.Contains("The database does not answer. Nothing was written.", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_somebody_changed_in_the_store_is_found_and_its_place_named()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await _holder.AppendAsync(lease, Observation("as it was"));
        await _store.AppendAsync("run-1", (await _store.ReadLeaseAsync("run-1", default))!, 3, "{}\n"u8.ToArray(), default);

        JournalException found = await Assert.ThrowsAsync<JournalException>(() => _challenger.ReadAsync("run-1"));
        Assert.Contains("table runs, row run-1, journal.jsonl, line 4:", found.Message, StringComparison.Ordinal);
        Assert.Contains("row run-1", Assert.Single(await _challenger.ListAsync()).Damage, StringComparison.Ordinal);
    }
}
