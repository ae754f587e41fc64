using System.Text;
using Ksmg.Sdk.OutsideStore;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Moq;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What a journal makes of what its store says.</summary>
public sealed class UpgradeJournalTests
{
    private readonly VirtualTimeProvider _clock = new();
    private readonly VirtualTimeProvider _still = new();
    private readonly RowRunStore _store;
    private readonly UpgradeJournal _journal;
    private readonly UpgradeJournal _holder;

    public UpgradeJournalTests()
    {
        _store = new RowRunStore(_clock);
        _journal = new UpgradeJournal(_store, _clock);
        _holder = new UpgradeJournal(_store, _still);
    }

    [Fact]
    public void A_request_may_last_two_thirds_of_a_lease() => Assert.Equal(TimeSpan.FromSeconds(10), _journal.LongestRequestLimit);

    [Theory]
    [InlineData(15)]
    [InlineData(15.3)]
    [InlineData(3600)]
    public async Task A_run_is_taken_when_its_lease_was_silent_for_its_whole_duration_and_no_moment_later(double wait)
    {
        await using RunLease first = await _holder.CreateAsync(Plan());
        await using RunLease taken = _clock.Acquire(_journal, wait);
        Assert.Equal((TimeSpan.FromSeconds(15), 2L), (_clock.Elapsed, taken.Epoch));
        Assert.Equal(TimeSpan.FromSeconds(15), taken.Remaining);
        Assert.Equal((_clock.GetUtcNow(), _clock.GetUtcNow(), 0L), (taken.Stored.Since, taken.Stored.BeatAt, taken.Stored.Beat));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    [InlineData(5.7)]
    [InlineData(14.9)]
    public async Task Who_waits_shorter_is_refused_when_that_is_over(double wait)
    {
        await using RunLease first = await _holder.CreateAsync(Plan());
        LeaseHeldException refused = Assert.Throws<LeaseHeldException>(() => _clock.Acquire(_journal, wait));

        Assert.Equal(TimeSpan.FromSeconds(wait), _clock.Elapsed);
        string holder = (await _store.ReadLeaseAsync("run-1"))!.Holder!;
        Assert.Equal((holder, Words.Get("journal.was-driven-by", "run-1", holder, TimeSpan.FromSeconds(15))), (refused.Holder, refused.Message));
    }

    [Fact]
    public async Task Who_was_overtaken_is_told_by_whom_and_gives_nothing_back()
    {
        await (await _holder.CreateAsync(Plan())).DisposeAsync();
        Mock<IRunStore> slow = LikeTheStore();
        StoredLease faster = (await _store.ReadLeaseAsync("run-1"))! with { Epoch = 2, Owner = Guid.NewGuid(), IsReleased = false };
        slow.Setup(s => s.WriteLeaseAsync("run-1", It.IsAny<StoredLease?>(), It.IsAny<StoredLease>(), It.IsAny<CancellationToken>()))
            .Returns(async (string run, StoredLease? expected, StoredLease lease, CancellationToken token) =>
                !await _store.WriteLeaseAsync(run, expected, faster, token) && await _store.WriteLeaseAsync(run, expected, lease, token));

        LeaseHeldException refused = await Assert.ThrowsAsync<LeaseHeldException>(
            () => new UpgradeJournal(slow.Object, _clock).AcquireAsync("run-1", TimeSpan.FromHours(1)));

        StoredLease now = (await _store.ReadLeaseAsync("run-1"))!;
        Assert.Equal((now.Holder, Words.Get("journal.driven-by", "run-1", now.Holder)), (refused.Holder, refused.Message));
        Assert.True(now.IsSameHolding(faster));
        Assert.Equal(2, (await _journal.ReadAsync("run-1")).Count);
    }

    [Fact]
    public async Task A_plan_that_is_too_large_is_no_run()
    {
        UpgradePlan plan = Hashed(Plan() with { PackagePath = new string('x', JournalRules.MaxPlanBytes) });
        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => _journal.CreateAsync(plan));
        Assert.Equal(Words.Get("journal.plan-too-large", JournalRules.MaxPlanBytes, PlanJson.ToBytes(plan).Length), refused.Message);
        Assert.Empty(await _journal.ListAsync());

        int around = PlanJson.ToBytes(Hashed(plan with { PackagePath = string.Empty })).Length;
        await using RunLease lease = await _journal.CreateAsync(Hashed(plan with { PackagePath = new string('x', JournalRules.MaxPlanBytes - around) }));
        Assert.Equal(JournalRules.MaxPlanBytes, (await _store.LoadAsync("run-1", "plan.json"))!.Value.Length);
    }

    [Fact]
    public async Task Runs_are_listed_by_when_they_began_and_then_by_their_names()
    {
        foreach ((string run, double later) in new[] { ("b", 0.0), ("a", 0), ("B", 0), ("c", 1) })
        {
            _clock.Advance(TimeSpan.FromSeconds(later));
            await (await _journal.CreateAsync(Plan(run, $"cluster-of-{run}"))).DisposeAsync();
        }

        Assert.Equal(["B", "a", "b", "c"], (await _journal.ListAsync()).Select(r => r.RunId));
        Assert.All(await _journal.ListAsync(), r => Assert.Equal((null, null, null), (r.Holder, r.End, r.Damage)));
    }

    [Fact]
    public async Task What_is_no_id_or_was_stopped_is_asked_of_no_store()
    {
        UpgradeJournal journal = new(new Mock<IRunStore>(MockBehavior.Strict).Object, _clock);
        foreach (Func<Task> call in (Func<Task>[])
        [
            () => journal.FindAsync("../x"), () => journal.ReadAsync("../x"), () => journal.GetPlanAsync("../x"),
            () => journal.AcquireAsync("../x", TimeSpan.Zero), () => journal.ReopenAsync("../x", TimeSpan.Zero), () => journal.ReadFileAsync("../x", "a"),
            () => journal.WaitForChangeAsync("../x", null, TimeSpan.Zero), () => journal.ReadPublishedAsync("../x"),
            () => journal.ReadCommandsAsync("../x"), () => journal.CreateAsync(Plan("../x")),
        ])
        {
            await Assert.ThrowsAsync<ArgumentException>(call);
        }

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => journal.CreateAsync(Plan(), new CancellationToken(canceled: true)));
        Assert.Throws<ArgumentException>(() => new InMemoryUpgradeJournal(_clock).Abandon("../x"));
        Assert.Throws<ArgumentNullException>(() => new UpgradeJournal(null!, _clock));
    }

    [Fact]
    public async Task A_run_that_is_not_there_is_not_taken_up_again()
    {
        await using RunLease other = await _journal.CreateAsync(Plan());
        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => _journal.ReopenAsync("run-9", TimeSpan.Zero));
        Assert.Equal(JournalRules.NoSuchRun("run-9").Message, refused.Message);
        refused = await Assert.ThrowsAsync<JournalException>(() => _journal.ReadAsync("run-9"));
        Assert.Equal(JournalRules.NoSuchRun("run-9").Message, refused.Message);
    }

    [Fact]
    public async Task A_listing_says_what_is_wrong_with_a_run_and_whose_it_is()
    {
        await using RunLease lease = await _journal.CreateAsync(Plan());
        await _store.AppendAsync("run-1", lease.Stored, 2, "{}\n"u8.ToArray());
        RunSummary listed = Assert.Single(await _journal.ListAsync());
        string why = Assert.ThrowsAny<System.Text.Json.JsonException>(() => JournalJson.ReadRecord("{}"u8)).Message;
        Assert.Equal(("mail-eu", $"{_store.Locate("run-1", "journal.jsonl")}: {why}"), (listed.Cluster, listed.Damage));
    }

    /// <summary>What was verified is forgotten when it becomes too much, and nothing else.</summary>
    [Fact]
    public async Task Many_runs_are_driven_at_once()
    {
        List<RunLease> leases = [];
        for (int i = 0; i < 70; i++)
        {
            leases.Add(await _journal.CreateAsync(Plan($"run-{i}", $"cluster-{i}")));
        }

        foreach (RunLease lease in leases)
        {
            Assert.Equal(3, (await _journal.AppendAsync(lease, Observation("x"))).Sequence);
            await lease.DisposeAsync();
        }
    }

    [Fact]
    public async Task What_a_driver_decided_last_is_read_by_whoever_asks()
    {
        await (await _holder.CreateAsync(Plan())).DisposeAsync();
        Assert.Null(await _journal.ReadPublishedAsync("run-1"));
        RunLease lease = await _holder.AcquireAsync("run-1", TimeSpan.Zero);
        await _holder.PublishAsync(lease, () => Task.FromResult("first"u8.ToArray()));
        await _holder.PublishAsync(lease, () => Task.FromResult("second"u8.ToArray()));
        Assert.Equal("second", Encoding.UTF8.GetString((await _journal.ReadPublishedAsync("run-1"))!.Value.Span));

        await using RunLease taken = _clock.Acquire(_journal, wait: 30);
        await Assert.ThrowsAsync<LeaseLostException>(() => _holder.PublishAsync(lease, () => Task.FromResult("late"u8.ToArray())));
        Assert.True(lease.Lost.IsCancellationRequested);
        await Assert.ThrowsAsync<LeaseLostException>(() => _holder.PublishAsync(lease, () => throw new InvalidOperationException("Nobody asks for it.")));
        Assert.Equal("second", Encoding.UTF8.GetString((await _journal.ReadPublishedAsync("run-1"))!.Value.Span));
    }

    /// <summary>Each by itself: a lease that was found lost once is asked for no more.</summary>
    [Theory]
    [InlineData("a record")]
    [InlineData("a file")]
    [InlineData("an answer")]
    public async Task Whatever_a_zombie_does_first_shows_it_that_its_run_was_taken(string what)
    {
        RunLease zombie = await _holder.CreateAsync(Plan());
        await _holder.PostCommandAsync("run-1", Command("c1"));
        await using RunLease taken = _clock.Acquire(_journal, wait: 30);
        Assert.False(zombie.Lost.IsCancellationRequested);

        await Assert.ThrowsAsync<LeaseLostException>(() => what switch
        {
            "a record" => _holder.AppendAsync(zombie, Observation("late")),
            "a file" => _holder.SaveFileAsync(zombie, "a", new byte[1]),
            _ => _holder.AnswerCommandAsync(zombie, "c1", new RunCommandAnswer(true, Message.Said("yes"), default)),
        });

        Assert.True(zombie.Lost.IsCancellationRequested);
        Assert.Equal(3, (await _journal.ReadAsync("run-1")).Count);
        Assert.Null(await _journal.ReadFileAsync("run-1", "a"));
        Assert.Null(await _journal.GetAnswerAsync("run-1", "c1"));
    }

    [Fact]
    public async Task A_lease_that_has_run_out_writes_nothing_although_nobody_took_the_run()
    {
        RunLease lease = await _holder.CreateAsync(Plan());
        await _holder.PostCommandAsync("run-1", Command("c1"));
        _store.CannotRenew = true;
        _still.Pass(15);

        await Assert.ThrowsAsync<LeaseLostException>(() => _holder.AppendAsync(lease, Observation("late")));
        await Assert.ThrowsAsync<LeaseLostException>(() => _holder.SaveFileAsync(lease, "a", new byte[1]));
        await Assert.ThrowsAsync<LeaseLostException>(() => _holder.AnswerCommandAsync(lease, "c1", new RunCommandAnswer(true, Message.Said("yes"), default)));
        await Assert.ThrowsAsync<LeaseLostException>(() => _holder.PublishAsync(lease, () => Task.FromResult(new byte[1])));
        Assert.Equal(2, (await _journal.ReadAsync("run-1")).Count);
        Assert.Null(await _journal.ReadFileAsync("run-1", "a"));
        Assert.Null(await _journal.GetAnswerAsync("run-1", "c1"));
        Assert.Null(await _journal.ReadPublishedAsync("run-1"));
    }

    [Theory]
    [InlineData(typeof(IOException), true)]
    [InlineData(typeof(TimeoutException), true)]
    [InlineData(typeof(UnauthorizedAccessException), true)]
    [InlineData(typeof(OperationCanceledException), false)]
    [InlineData(typeof(ArgumentException), false)]
    public async Task What_goes_wrong_in_a_store_is_an_error_of_the_journal_with_its_cause(Type error, bool isTold)
    {
        Exception cause = (Exception)Activator.CreateInstance(error, "It is away.")!;
        Exception read = (await Record.ExceptionAsync(() => StoreCalls.ReadAsync<int>("run-1", () => throw cause)))!;
        Exception written = (await Record.ExceptionAsync(() => StoreCalls.WriteAsync<int>("run-1", () => throw cause)))!;
        if (!isTold)
        {
            Assert.Equal((cause, cause), (read, written));
            return;
        }

        Assert.Equal(
            (typeof(JournalException), Words.Get("journal.unreadable", "run-1", "It is away."), cause), (read.GetType(), read.Message, read.InnerException));
        Assert.Equal(
            (typeof(JournalException), Words.Get("journal.unwritable", "run-1", "It is away."), cause),
            (written.GetType(), written.Message, written.InnerException));
    }

    [Fact]
    public async Task Commands_are_read_by_the_thousand_in_the_order_they_were_said()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        for (int i = 0; i < 1001; i++)
        {
            await _journal.PostCommandAsync("run-1", Command($"c{i:D4}", minute: i == 7 ? 0 : 1));
        }

        IReadOnlyList<RunCommand> first = await _journal.ReadCommandsAsync("run-1");
        Assert.Equal(["c0007", "c0000", "c0001"], first.Take(3).Select(c => c.Id));
        Assert.Equal((1000, "c0999"), (first.Count, first[^1].Id));
        await _holder.AnswerCommandAsync(lease, "c0007", new RunCommandAnswer(true, Message.Said("yes"), default));
        Assert.Equal("c1000", (await _journal.ReadCommandsAsync("run-1"))[^1].Id);
    }

    [Fact]
    public async Task The_first_answer_stays()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await _journal.PostCommandAsync("run-1", Command("c1"));
        RunCommandAnswer first = new(true, Message.Said("yes"), default);
        await _holder.AnswerCommandAsync(lease, "c1", first);
        await _holder.AnswerCommandAsync(lease, "c1", first with { Accepted = false });
        Assert.Equal(first, await _journal.GetAnswerAsync("run-1", "c1"));
        await Assert.ThrowsAsync<ArgumentException>(() => _holder.AnswerCommandAsync(lease, "../c1", first));

        // Nor does a refusal of somebody who has not seen it replace it.
        await _store.SaveAsync("run-1", "inbox/c1.json", "not a command"u8.ToArray(), null, overwrite: true);
        Mock<IRunStore> late = LikeTheStore();
        late.Setup(s => s.ListFilesAsync("run-1", "inbox", It.IsAny<CancellationToken>())).ReturnsAsync(["c1.json"]);
        late.Setup(s => s.SaveAsync(
                "run-1", It.IsAny<string>(), It.IsAny<ReadOnlyMemory<byte>>(), null, It.IsAny<bool>(), It.IsAny<CancellationToken>()))
            .Returns(_store.SaveAsync);
        Assert.Empty(await new UpgradeJournal(late.Object, _clock).ReadCommandsAsync("run-1"));
        Assert.Equal(first, await _journal.GetAnswerAsync("run-1", "c1"));
    }

    [Theory]
    [InlineData("inbox/a_b.json")]
    [InlineData("inbox/other.answer.json")]
    [InlineData("inbox/x.json.tmp")]
    [InlineData("inbox/x.jsonl")]
    public async Task What_bears_no_name_of_a_command_is_none(string name)
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await _store.SaveAsync("run-1", name, "not a command"u8.ToArray(), null, overwrite: false);
        await _journal.PostCommandAsync("run-1", Command("good"));

        Assert.Equal("good", Assert.Single(await _journal.ReadCommandsAsync("run-1")).Id);
        Assert.Equal(2, (await _store.ListFilesAsync("run-1", "inbox")).Count);
    }

    /// <summary>The next look tries again.</summary>
    [Theory]
    [InlineData(typeof(IOException))]
    [InlineData(typeof(JournalException))]
    [InlineData(typeof(UnauthorizedAccessException))]
    public async Task A_refusal_that_cannot_be_written_holds_up_no_command(Type error)
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await _store.SaveAsync("run-1", "inbox/bad.json", "not a command"u8.ToArray(), null, overwrite: false);
        await _journal.PostCommandAsync("run-1", Command("good"));
        Mock<IRunStore> full = LikeTheStore();
        full.Setup(s => s.SaveAsync("run-1", "inbox/bad.answer.json", It.IsAny<ReadOnlyMemory<byte>>(), null, false, It.IsAny<CancellationToken>()))
            .Throws(error == typeof(JournalException) ? JournalRules.NoSuchRun("run-1") : (Exception)Activator.CreateInstance(error, "No space left")!);

        Assert.Equal("good", Assert.Single(await new UpgradeJournal(full.Object, _clock).ReadCommandsAsync("run-1")).Id);
        Assert.Null(await _journal.GetAnswerAsync("run-1", "bad"));
        Assert.Single(await _journal.ReadCommandsAsync("run-1"));
        RunCommandAnswer refused = (await _journal.GetAnswerAsync("run-1", "bad"))!;
        Assert.Equal((false, "command.unreadable", _clock.GetUtcNow()), (refused.Accepted, refused.Text.Key, refused.At));
    }

    [Fact]
    public async Task An_answer_that_cannot_be_read_is_told_as_such()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await _store.SaveAsync("run-1", "inbox/c1.answer.json", "no answer"u8.ToArray(), null, overwrite: false);
        JournalException found = await Assert.ThrowsAsync<JournalException>(() => _journal.GetAnswerAsync("run-1", "c1"));
        Assert.Equal(JournalRules.Unreadable("run-1", found.InnerException!).Message, found.Message);
    }

    [Fact]
    public async Task What_is_missing_in_a_call_is_told_at_once()
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        await Assert.ThrowsAsync<ArgumentNullException>(() => _holder.AppendAsync(lease, null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _holder.PublishAsync(lease, null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _holder.AnswerCommandAsync(lease, "c1", null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => _holder.PostCommandAsync("run-1", null!));
        await Assert.ThrowsAsync<ArgumentNullException>(() => new InMemoryUpgradeJournal().PublishAsync(null!, () => Task.FromResult(new byte[1])));
    }

    [Fact]
    public void Looks_at_all_runs_differ_by_a_new_one_a_changed_one_and_one_that_is_gone()
    {
        RunVersions seen = Look(("a", "1"), ("b", "1"));
        Assert.Equal([], Differs(Look(("a", "1"), ("b", "1")), seen, differs: false));
        Assert.Equal(["b"], Differs(Look(("a", "1"), ("b", "2")), seen, differs: true));
        Assert.Equal(["c"], Differs(Look(("a", "1"), ("b", "1"), ("c", "1")), seen, differs: true));
        Assert.Equal([], Differs(Look(("a", "1")), seen, differs: true));
        Assert.Equal(["c"], Differs(Look(("a", "1"), ("c", "1")), seen, differs: true));
        Assert.Equal(["a", "b"], Differs(seen, null, differs: true));
        Assert.Equal([], Differs(seen, seen, differs: false));
        Assert.Equal((string.Empty, "mark"), (seen.Mark, new RunVersions(new Dictionary<string, string>(), "mark").Mark));

        static RunVersions Look(params (string Id, string Version)[] runs) => new(runs.ToDictionary(r => r.Id, r => r.Version));

        static IReadOnlyList<string> Differs(RunVersions now, RunVersions? before, bool differs)
        {
            Assert.Equal(differs, now.DiffersFrom(before));
            return now.ChangedSince(before);
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.4)]
    [InlineData(2.5)]
    public async Task Who_polls_all_runs_is_told_of_none_when_time_is_up(double wait)
    {
        await using RunLease lease = await _holder.CreateAsync(Plan());
        RunVersions seen = await _journal.WaitForAnyChangeAsync(null, TimeSpan.FromHours(1));
        Assert.Same(seen, _clock.Run(() => _journal.WaitForAnyChangeAsync(seen, TimeSpan.FromSeconds(wait)), TimeSpan.FromMinutes(1)));
        Assert.Equal(TimeSpan.FromSeconds(wait), _clock.Elapsed);
    }

    /// <summary>A store that does all as the store does, but writes nothing by itself.</summary>
    private Mock<IRunStore> LikeTheStore()
    {
        Mock<IRunStore> mock = new(MockBehavior.Strict);
        mock.Setup(s => s.LeaseDuration).Returns(_store.LeaseDuration);
        mock.Setup(s => s.RenewalInterval).Returns(_store.RenewalInterval);
        mock.Setup(s => s.Locate(It.IsAny<string>(), It.IsAny<string?>())).Returns(_store.Locate);
        mock.Setup(s => s.FindAsync(It.IsAny<string>(), It.IsAny<CancellationToken>())).Returns(_store.FindAsync);
        mock.Setup(s => s.ReadAsync(It.IsAny<string>(), It.IsAny<long>(), It.IsAny<CancellationToken>())).Returns(_store.ReadAsync);
        mock.Setup(s => s.LoadAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<CancellationToken>())).Returns(_store.LoadAsync);
        mock.Setup(s => s.ListFilesAsync(It.IsAny<string>(), It.IsAny<string>(), It.IsAny<CancellationToken>())).Returns(_store.ListFilesAsync);
        mock.Setup(s => s.ReadLeaseAsync(It.IsAny<string>(), It.IsAny<CancellationToken>())).Returns(_store.ReadLeaseAsync);
        return mock;
    }
}
