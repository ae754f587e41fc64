using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support.Exploration;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet.Deciding;

/// <summary>What is decided about a fleet, rule by rule.</summary>
public sealed class FleetDeciderTests
{
    private static readonly FleetLimits Loose = new() { MaxConcurrent = 9, MaxFailures = 9, MaxFailuresPerWave = 9, Soak = TimeSpan.Zero };

    [Fact]
    public void A_wave_is_begun_in_its_order_when_the_one_before_is_over_and_was_watched()
    {
        FleetBook book = Book(Loose with { Soak = TimeSpan.FromMinutes(30) }, "one/b", "two/c", "one/a", "two/d");

        Assert.Equal(["b Working", "a Working"], book.Settle());
        Assert.Equal("fleet.earlier-wave", book.WaitOf("c"));
        Assert.Equal(["b Leaving", "b Standing"], book.Run("b", UpgradeEnd.Paused));
        Assert.Equal(["a Over", "Paused"], book.Run("a", UpgradeEnd.Completed));
        Assert.Equal("fleet.earlier-wave", book.WaitOf("c"));
        Assert.Equal(["b Over"], book.Run("b", UpgradeEnd.Completed));
        Assert.Equal(("fleet.soak", FleetBook.Start + TimeSpan.FromMinutes(30)), (book.WaitOf("c"), book.Until));

        book.Now += TimeSpan.FromMinutes(30);
        Assert.Equal(["c Working", "d Working"], book.Settle());
    }

    [Fact]
    public void A_failure_closes_no_wave_where_it_is_allowed()
    {
        FleetBook book = Book(Loose, "one/a", "two/b");
        book.Settle();

        Assert.Equal(["a Leaving", "a Standing", "b Working"], book.Run("a", UpgradeEnd.NeedsHuman));
    }

    [Fact]
    public void No_more_are_worked_on_at_once_than_allowed_and_one_that_stands_is_not()
    {
        FleetBook book = Book(Loose with { MaxConcurrent = 1 }, "one/a", "one/b");

        Assert.Equal(["a Working"], book.Settle());
        Assert.Equal("fleet.full", book.WaitOf("b"));
        Assert.Equal(["a Leaving", "a Standing", "b Working"], book.Run("a", UpgradeEnd.NeedsHuman));
    }

    [Fact]
    public void A_place_is_given_on_only_after_a_look_that_is_younger_than_the_leaving()
    {
        FleetBook book = Book(Loose with { MaxConcurrent = 1 }, "one/a", "one/b");
        book.Settle();
        book.See("a", new RunGlance(UpgradeEnd.NeedsHuman, Sequence: 5));
        book.LookedAfter = book.State.LastSequence;
        Assert.Equal(["a Leaving"], book.Settle());

        book.LookedAfter = book.State.LastSequence;
        book.See("a", new RunGlance(UpgradeEnd.Running, IsDriven: true, Sequence: 6));
        Assert.Equal(["a Working"], book.Settle());
        Assert.Equal("fleet.full", book.WaitOf("b"));
    }

    [Fact]
    public void What_was_seen_before_a_cluster_came_to_where_it_is_is_no_news()
    {
        FleetBook book = Book(Loose, "one/a");
        book.See("a", new RunGlance(UpgradeEnd.Aborted));
        book.LookedAfter = book.State.LastSequence;

        Assert.Equal(["a Working"], book.Settle());
    }

    [Fact]
    public void Nothing_is_begun_at_a_gate_before_a_wave_until_it_is_approved()
    {
        FleetBook book = new(FleetBook.PlanOf(Loose, ["one/a", "two/b"], null, new FleetWave("one"), new FleetWave("two", FleetApproval.Before)));
        book.Settle();

        Assert.Equal("fleet.nothing-to-approve", book.Say(FleetCommandKind.Approve));
        Assert.Equal(["a Over", "Paused"], book.Run("a", UpgradeEnd.Completed));
        Assert.Equal("fleet.gate-before", book.WaitOf("b"));
        Assert.Equal("fleet.other-gate", book.Say(FleetCommandKind.Approve, shape: c => c with { Wave = "After/one" }));
        Assert.Equal("fleet.other-plan", book.Say(FleetCommandKind.Approve, shape: c => c with { PlanHash = "another" }));
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve, shape: c => c with { Wave = "Before/two", PlanHash = "h" }));
        Assert.Equal(["b Working"], book.Settle());
    }

    [Fact]
    public void An_approval_is_of_what_is_shown_and_of_nothing_behind_it()
    {
        FleetWave[] waves = [new("one"), new("two", FleetApproval.Before)];
        FleetBook book = new(FleetBook.PlanOf(Loose with { MaxFailures = 0, MaxFailuresPerWave = 0 }, ["one/a", "two/b"], null, waves));
        book.Settle();
        book.Run("a", UpgradeEnd.RolledBack);
        book.Say(FleetCommandKind.Pause);

        Assert.Equal("fleet.paused", book.WaitOf("b"));
        Assert.Equal("fleet.other-gate", book.Say(FleetCommandKind.Approve, shape: c => c with { Wave = "Before/two" }));
        book.Say(FleetCommandKind.Approve);
        Assert.Equal("fleet.wave-failures", book.WaitOf("b"));
        book.Say(FleetCommandKind.Approve);
        Assert.Equal("fleet.gate-before", book.WaitOf("b"));
        book.Say(FleetCommandKind.Approve);
        Assert.Equal(["b Working"], book.Settle());
    }

    [Fact]
    public void An_approval_of_what_somebody_looked_at_is_of_nothing_else()
    {
        FleetBook book = Book(Loose with { MaxFailures = 0, MaxFailuresPerWave = 0 }, "one/a", "one/b", "two/c");
        book.Settle();
        book.Run("a", UpgradeEnd.NeedsHuman);
        string? shown = Shown();
        string? stood = FleetWaitHash.Of(book.State["a"]);
        Assert.Null(FleetWaitHash.Of(book.State["b"]));

        // One more fails while somebody thinks, and the first one is driven by hand and stands again for something else.
        book.Run("b", UpgradeEnd.RolledBack);
        Assert.Equal("fleet.other-wait", book.Say(FleetCommandKind.Approve, shape: c => c with { WaitHash = shown }));
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve, shape: c => c with { WaitHash = Shown() }));
        Assert.Equal("fleet.other-wait", book.Say(FleetCommandKind.Approve, "a", c => c with { WaitHash = FleetWaitHash.Of(book.State["b"]) }));
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve, "a", c => c with { WaitHash = stood }));

        string Shown() => FleetWaitHash.Of(new FleetGuards(book.Input).OfFleet()!);
    }

    [Fact]
    public void An_approval_of_failures_is_of_those_that_somebody_looked_at()
    {
        FleetBook book = Book(Loose with { MaxConcurrent = 1, MaxFailures = 9, MaxFailuresPerWave = 0 }, "one/a", "one/b", "one/c");
        book.Settle();
        book.Run("a", UpgradeEnd.RolledBack);
        string? shown = Shown();

        // Somebody else accepts it, and one more fails: as many as before, and another one.
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve, shape: c => c with { WaitHash = shown }));
        Assert.Equal(["b Working"], book.Settle());
        book.Run("b", UpgradeEnd.RolledBack);
        Assert.Equal("fleet.other-wait", book.Say(FleetCommandKind.Approve, shape: c => c with { WaitHash = shown }));
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve, shape: c => c with { WaitHash = Shown() }));

        string Shown() => FleetWaitHash.Of(new FleetGuards(book.Input).OfFleet()!);
    }

    [Fact]
    public void Whoever_lets_a_cluster_go_on_for_what_is_past_is_told_what_it_waits_for_now_if_it_does()
    {
        FleetBook book = Book(Loose with { MaxConcurrent = 1 }, "one/a", "one/b");
        book.Settle();
        book.Run("a", UpgradeEnd.NeedsHuman);
        Assert.Equal("fleet.other-wait", book.Say(FleetCommandKind.Approve, "a", c => c with { WaitHash = "of before" }));
        Assert.Equal([book.State["a"].Reason!], book.Answer!.Arguments);

        // Not begun yet.
        book = Book(Loose with { MaxConcurrent = 1 }, "one/a", "one/b");
        Assert.Equal("fleet.other-wait", book.Say(FleetCommandKind.Approve, "b", c => c with { WaitHash = "of before" }));
        Assert.Equal([Message.Of("fleet.changes-nothing", "b")], book.Answer!.Arguments);
    }

    [Fact]
    public void A_wave_is_watched_from_its_last_end_on()
    {
        FleetBook book = Book(Loose with { Soak = TimeSpan.FromMinutes(30) }, "one/a", "one/b", "two/c");
        book.Settle();
        book.Run("b", UpgradeEnd.Completed);
        book.Now += TimeSpan.FromMinutes(10);
        book.Run("a", UpgradeEnd.Completed);

        Assert.Equal(FleetBook.Start.AddMinutes(40), book.Until);
    }

    [Fact]
    public void A_wave_is_not_over_while_one_of_its_clusters_waits_for_its_window()
    {
        MaintenanceWindow night = new() { Zone = "UTC", From = new TimeOnly(22, 0), To = new TimeOnly(23, 0) };
        FleetBook book = new(FleetBook.PlanOf(Loose, ["one/a", "one/b", "two/c"], c => c.Name == "b" ? c with { Windows = [night] } : c));
        book.Settle();

        Assert.Equal(["a Over"], book.Run("a", UpgradeEnd.Completed));
        Assert.Equal("fleet.earlier-wave", book.WaitOf("c"));
    }

    /// <summary>What is known of a run may be why nothing more is to begin.</summary>
    [Fact]
    public void What_became_of_a_run_is_written_before_another_is_begun()
    {
        FleetBook book = Book(Loose with { MaxFailures = 0 }, "one/a", "one/b");
        book.Say(FleetCommandKind.Hold, "b");
        book.Settle();
        book.Say(FleetCommandKind.Release, "b");

        Assert.Equal(["a Over", "NeedsHuman"], book.Run("a", UpgradeEnd.RolledBack));
        Assert.Equal("fleet.failures", book.WaitOf("b"));
    }

    [Theory]
    [InlineData(UpgradeEnd.Running, false, false)]
    [InlineData(UpgradeEnd.Running, true, false)]
    [InlineData(UpgradeEnd.Paused, true, false)]
    [InlineData(UpgradeEnd.Paused, false, true)]
    public void A_run_that_goes_on_keeps_its_place(UpgradeEnd state, bool isDriven, bool hasCommands)
    {
        FleetBook book = Book(Loose, "one/a");
        book.Settle();
        book.See("a", new RunGlance(state, IsDriven: isDriven, HasCommands: hasCommands, Sequence: 5));

        Assert.Empty(book.Settle());
        Assert.Equal(ClusterPhase.Working, book.State["a"].Phase);
    }

    [Fact]
    public void Failures_are_counted_over_all_waves()
    {
        FleetBook book = Book(Loose with { MaxFailures = 1 }, "one/a", "two/b", "three/c");
        book.Settle();

        Assert.Equal(["a Over", "b Working"], book.Run("a", UpgradeEnd.RolledBack));
        Assert.Equal(["b Over", "NeedsHuman"], book.Run("b", UpgradeEnd.RolledBack));
        Assert.Equal("fleet.failures", book.WaitOf("c"));
    }

    [Fact]
    public void Nothing_is_begun_at_a_gate_before_the_first_wave_until_it_is_approved()
    {
        FleetBook book = new(FleetBook.PlanOf(Loose, ["one/a"], null, new FleetWave("one", FleetApproval.Before)));

        Assert.Equal(["Paused"], book.Settle());
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve, shape: c => c with { Wave = "Before/one" }));
        Assert.Equal(["a Working"], book.Settle());
    }

    /// <summary>The name of a wave may be anything.</summary>
    [Fact]
    public void Nothing_is_begun_at_a_gate_after_a_wave_until_it_is_approved()
    {
        FleetPlan plan = FleetBook.PlanOf(
            Loose, ["one/a", "two/b"], c => c.Wave == "one" ? c with { Wave = "eu/one" } : c, new("eu/one", FleetApproval.After), new("two"));
        FleetBook book = new(plan);
        book.Settle();

        Assert.Equal(["a Over", "Paused"], book.Run("a", UpgradeEnd.Completed));
        Assert.Equal("fleet.gate-after", book.WaitOf("b"));
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve));
        Assert.Equal(["b Working"], book.Settle());
    }

    [Theory]
    [InlineData(0, 9, "fleet.wave-failures")]
    [InlineData(9, 0, "fleet.failures")]
    public void More_failures_than_allowed_halt_the_fleet_until_people_accept_them(int perWave, int all, string why)
    {
        FleetBook book = Book(Loose with { MaxConcurrent = 1, MaxFailuresPerWave = perWave, MaxFailures = all }, "one/a b", "one/c", "one/d");
        book.Settle();

        Assert.Equal(["a b Leaving", "a b Standing", "NeedsHuman"], book.Run("a b", UpgradeEnd.NeedsHuman));
        Assert.Equal(why, book.WaitOf("c"));
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve));
        Assert.Equal(["c Working"], book.Settle());
        Assert.Equal(["c Over", "NeedsHuman"], book.Run("c", UpgradeEnd.RolledBack));
        Assert.Equal(why, book.WaitOf("d"));
    }

    [Fact]
    public void Two_of_one_customer_are_never_at_stake_together_unless_one_is_left_out()
    {
        FleetBook book = Customers();

        Assert.Equal(["a Working", "c Working"], book.Settle());
        Assert.Equal("fleet.shared", book.WaitOf("b"));
        Assert.Equal(["a Leaving", "a Standing"], book.Run("a", UpgradeEnd.NeedsHuman));
        Assert.Equal("fleet.shared", book.WaitOf("b"));

        book.Say(FleetCommandKind.LeaveOut, "a");
        Assert.Equal(["b Working"], book.Settle());
    }

    [Fact]
    public void One_that_was_left_out_and_is_taken_up_again_waits_for_the_other_of_its_customer()
    {
        FleetBook book = Customers();
        book.Settle();
        book.Run("a", UpgradeEnd.NeedsHuman);
        book.Say(FleetCommandKind.LeaveOut, "a");
        book.Settle();
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Release, "a"));
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve, "a"));

        Assert.Empty(book.Settle());
        Assert.Equal("fleet.shared", book.WaitOf("a"));
        Assert.Equal(["b Leaving", "b Standing", "a Working"], book.Run("b", UpgradeEnd.NeedsHuman));
    }

    /// <summary>A time zone of its own, and a date on which it does not open.</summary>
    [Fact]
    public void A_cluster_is_begun_in_its_window_only_and_goes_on_at_any_hour()
    {
        MaintenanceWindow window = new()
        {
            Zone = "Europe/Berlin",
            From = new TimeOnly(22, 0),
            To = new TimeOnly(2, 0),
            Except = [new DateOnly(2026, 1, 5)],
        };
        FleetBook book = new(FleetBook.PlanOf(Loose, ["one/a"], c => c with { Windows = [window] }));

        DateTimeOffset opens = new(2026, 1, 6, 21, 0, 0, TimeSpan.Zero);
        Assert.Empty(book.Settle());
        Assert.Equal(("fleet.window", opens), (book.WaitOf("a"), book.Until));
        book.Now = opens;
        Assert.Equal(["a Working"], book.Settle());

        book.Now = opens + TimeSpan.FromHours(12);
        book.Run("a", UpgradeEnd.NeedsHuman);
        book.Say(FleetCommandKind.Approve, "a");
        Assert.Equal(["a Working"], book.Settle());
    }

    [Fact]
    public void A_node_is_not_begun_that_would_not_be_back_before_the_window_closes()
    {
        MaintenanceWindow window = new() { Zone = "UTC", From = new TimeOnly(7, 0), To = new TimeOnly(8, 30) };
        FleetBook book = new(FleetBook.PlanOf(
            Loose, ["one/a", "one/b"], c => c with { Windows = [window], NodeTime = TimeSpan.FromHours(c.Name == "a" ? 1 : 2) }));

        Assert.Empty(book.Settle());
        Assert.Equal(("fleet.window", FleetBook.Start.AddHours(23)), (book.WaitOf("a"), book.Until));
        Assert.Equal("fleet.no-window", book.WaitOf("b"));
    }

    [Fact]
    public void Nothing_is_begun_while_the_fleet_is_paused_and_what_is_under_way_is_finished()
    {
        FleetBook book = Book(Loose with { MaxConcurrent = 1 }, "one/a", "one/b");
        book.Settle();

        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Pause));
        Assert.Equal("fleet.is-paused", book.Say(FleetCommandKind.Pause));
        Assert.Equal(["a Over", "Paused"], book.Run("a", UpgradeEnd.Completed));
        Assert.Equal("fleet.paused", book.WaitOf("b"));
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve));
        Assert.Equal(UpgradeEnd.Running, book.State.State);
        Assert.Equal(["b Working"], book.Settle());
    }

    [Fact]
    public void A_cluster_that_is_held_is_neither_begun_nor_let_go_on_until_it_is_released()
    {
        FleetBook book = Book(Loose, "one/a", "one/b");
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Hold, "a"));
        Assert.Equal("fleet.changes-nothing", book.Say(FleetCommandKind.Hold, "a"));
        Assert.Equal(["b Working"], book.Settle());
        Assert.Equal("fleet.held", book.WaitOf("a"));

        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Hold, "b"));
        book.Run("b", UpgradeEnd.Paused);
        book.See("b", new RunGlance(UpgradeEnd.Paused, HasCommands: true));
        Assert.Empty(book.Settle());
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Release, "b"));
        Assert.Equal(["b Working"], book.Settle());
    }

    /// <summary>It may be a worker that had read the grant before it was withdrawn, and gives back at once: what is driven by hand shows more.</summary>
    [Fact]
    public void A_run_that_somebody_took_and_does_nothing_with_yet_is_neither_granted_nor_let_go_of()
    {
        FleetBook book = Book(Loose, "one/a");
        book.Settle();
        book.See("a", new RunGlance(UpgradeEnd.NeedsHuman, Sequence: 3));
        book.LookedAfter = book.State.LastSequence;
        book.Settle();
        book.LookedAfter = null;
        book.See("a", new RunGlance(UpgradeEnd.NeedsHuman, IsDriven: true, Sequence: 3));
        Assert.Empty(book.Settle());

        book.Run("a", UpgradeEnd.NeedsHuman);
        Assert.Equal(ClusterPhase.Standing, book.State["a"].Phase);
        book.See("a", new RunGlance(UpgradeEnd.NeedsHuman, IsDriven: true, Sequence: 3));
        Assert.Empty(book.Settle());
    }

    /// <summary>Who drives it by hand may die: a worker would go on with it then, beside all others.</summary>
    [Fact]
    public void A_cluster_that_is_driven_by_hand_is_granted_when_there_is_a_place()
    {
        FleetBook book = Book(Loose with { MaxConcurrent = 1 }, "one/a", "one/b");
        book.Settle();
        book.Run("a", UpgradeEnd.NeedsHuman);
        book.See("a", new RunGlance(UpgradeEnd.Running, IsDriven: true, Sequence: 9));
        Assert.Empty(book.Settle());

        Assert.Equal(["b Over", "a Working"], book.Run("b", UpgradeEnd.Completed));
    }

    /// <summary>When its own hands let go of it, no worker goes on with it.</summary>
    [Fact]
    public void A_cluster_that_is_held_and_driven_by_hand_is_not_granted()
    {
        FleetBook book = Book(Loose, "one/a");
        book.Settle();
        book.Run("a", UpgradeEnd.NeedsHuman);
        book.Say(FleetCommandKind.Hold, "a");
        book.Settle();
        book.See("a", new RunGlance(UpgradeEnd.Running, IsDriven: true, Sequence: 99));

        Assert.Empty(book.Settle());
        book.Say(FleetCommandKind.Release, "a");
        Assert.Equal(["a Working"], book.Settle());
        Assert.Equal("fleet.by-hand", book.State["a"].Reason!.Key);
    }

    [Fact]
    public void A_fleet_ends_without_the_clusters_that_are_left_out()
    {
        FleetBook book = Book(Loose, "one/a", "one/b", "two/c");
        book.Say(FleetCommandKind.LeaveOut, "c");
        book.Settle();
        book.Run("a", UpgradeEnd.NeedsHuman);
        book.Say(FleetCommandKind.LeaveOut, "a");

        Assert.Equal("fleet.changes-nothing", book.Say(FleetCommandKind.Approve, "a"));
        Assert.Equal(["b Over", "CompletedWithExceptions"], book.Run("b", UpgradeEnd.Completed));
        Assert.Equal("fleet.has-ended", book.Say(FleetCommandKind.Release, "a"));
        Assert.Empty(book.Settle());
    }

    [Theory]
    [InlineData(UpgradeEnd.Completed, UpgradeEnd.Completed)]
    [InlineData(UpgradeEnd.CompletedWithProblems, UpgradeEnd.CompletedWithProblems)]
    [InlineData(UpgradeEnd.CompletedWithExceptions, UpgradeEnd.CompletedWithExceptions)]
    [InlineData(UpgradeEnd.RolledBack, UpgradeEnd.CompletedWithExceptions)]
    [InlineData(UpgradeEnd.Aborted, UpgradeEnd.CompletedWithExceptions)]
    public void A_fleet_ends_as_its_clusters_did(UpgradeEnd one, UpgradeEnd all)
    {
        FleetBook book = Book(Loose, "one/a", "one/b");
        book.Settle();
        book.Run("a", UpgradeEnd.Completed);

        Assert.Equal(["b Over", all.ToString()], book.Run("b", one));
    }

    [Fact]
    public void A_cluster_that_stands_goes_on_when_people_say_so_and_stands_again_only_by_what_its_run_does_then()
    {
        FleetBook book = Book(Loose, "one/a");
        book.Settle();
        Assert.Equal("fleet.changes-nothing", book.Say(FleetCommandKind.Approve, "a"));
        book.Run("a", UpgradeEnd.NeedsHuman);

        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve, "a"));
        Assert.Equal("fleet.changes-nothing", book.Say(FleetCommandKind.Approve, "a"));
        Assert.Equal(["a Working"], book.Settle());
        Assert.Equal((1, "f-0001"), (book.State["a"].Attempt, book.State["a"].RunId));
        Assert.Empty(book.Settle());
        Assert.Equal(["a Leaving", "a Standing", "NeedsHuman"], book.Run("a", UpgradeEnd.NeedsHuman));
    }

    [Fact]
    public void A_cluster_whose_run_people_told_something_goes_on()
    {
        FleetBook book = Book(Loose, "one/a");
        book.Settle();
        Assert.Equal(["a Leaving", "a Standing", "Paused"], book.Run("a", UpgradeEnd.Paused));
        book.See("a", new RunGlance(UpgradeEnd.Paused, HasCommands: true, Sequence: 9));

        Assert.Equal(["a Working"], book.Settle());
    }

    /// <summary>Its place may go to another meanwhile: it waits for one as whoever else stands.</summary>
    [Fact]
    public void What_people_tell_a_run_while_its_cluster_is_leaving_work_is_subject_to_the_rules()
    {
        FleetBook book = Book(Loose, "one/a");
        book.Settle();
        book.Say(FleetCommandKind.Pause);
        book.See("a", new RunGlance(UpgradeEnd.Paused, Sequence: 3));
        book.LookedAfter = book.State.LastSequence;
        Assert.Equal(["a Leaving"], book.Settle());
        book.LookedAfter = null;
        book.See("a", new RunGlance(UpgradeEnd.Paused, HasCommands: true, Sequence: 3));

        Assert.Equal(["a Standing", "Paused"], book.Settle());
        Assert.Equal("fleet.paused", book.WaitOf("a"));
    }

    [Fact]
    public void A_cluster_that_failed_is_tried_again_by_a_run_of_its_own_and_its_wave_is_not_over_meanwhile()
    {
        FleetBook book = Book(Loose with { MaxConcurrent = 1 }, "one/a", "one/b", "two/c");
        book.Settle();
        book.Run("a", UpgradeEnd.Aborted);
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Approve, "a"));
        Assert.Equal("fleet.full", book.WaitOf("a"));
        Assert.Equal("fleet.earlier-wave", book.WaitOf("c"));
        book.See("b", new RunGlance(UpgradeEnd.Completed));
        book.LookedAfter = book.State.LastSequence;

        Assert.Equal(["b Over", "a Working"], book.Settle());
        Assert.Equal((2, "f-0001-2"), (book.State["a"].Attempt, book.State["a"].RunId));
        book.LookedAfter = null;
        book.See("a", null);
        Assert.Empty(book.Settle());
        Assert.Equal(["a Over", "c Working"], book.Run("a", UpgradeEnd.Completed));
        Assert.Equal("fleet.is-over", book.Say(FleetCommandKind.Approve, "a"));
    }

    [Fact]
    public void What_a_worker_tells_counts_for_the_attempt_that_is_worked_on()
    {
        FleetBook book = Book(Loose, "one/a", "one/b");
        Assert.Equal("fleet.changes-nothing", book.Report("a", UpgradeEnd.NeedsHuman));
        book.Settle();
        Assert.Equal("fleet.changes-nothing", book.Report("a", UpgradeEnd.NeedsHuman, attempt: 2));
        Assert.Equal("fleet.changes-nothing", book.Report("a", null));
        Assert.Equal("fleet.changes-nothing", book.Report("a", UpgradeEnd.Running));
        Assert.Equal("fleet.needs-cluster", book.Say(FleetCommandKind.Report));
        Assert.Equal("fleet.no-cluster", book.Report("z", UpgradeEnd.NeedsHuman));

        Assert.Equal("fleet.taken", book.Report("a", UpgradeEnd.NeedsHuman));
        Assert.Equal("fleet.taken", book.Report("b", UpgradeEnd.Completed));
        Assert.Equal(["a Leaving", "a Standing", "b Leaving", "b Over", "NeedsHuman"], book.Settle());

        book.Say(FleetCommandKind.Approve, "a");
        Assert.Equal(["a Working"], book.Settle());
        Assert.Equal((1, "f-0001"), (book.State["a"].Attempt, book.State["a"].RunId));
    }

    [Fact]
    public void What_a_worker_told_does_not_take_the_place_of_one_that_drives()
    {
        FleetBook book = Book(Loose, "one/a");
        book.Settle();
        book.Report("a", UpgradeEnd.NeedsHuman);
        book.See("a", new RunGlance(UpgradeEnd.Running, IsDriven: true));

        Assert.Equal(["a Leaving", "a Working"], book.Settle());
        Assert.Empty(book.Settle());
    }

    /// <summary>What it waits for then passes by itself.</summary>
    [Fact]
    public void A_fleet_that_people_let_go_on_does_not_stand_any_more()
    {
        FleetBook book = Book(Loose with { Soak = TimeSpan.FromMinutes(30) }, "one/a", "two/b");
        book.Settle();
        Assert.Equal(["a Leaving", "a Standing", "Paused"], book.Run("a", UpgradeEnd.Paused));
        Assert.Equal((UpgradeEnd.Paused, "fleet.waits"), (book.State.State, book.State.Reason!.Key));

        Assert.Equal(["a Over"], book.Run("a", UpgradeEnd.Completed));
        Assert.Equal(UpgradeEnd.Running, book.State.State);
        Assert.NotNull(book.Until);
    }

    [Fact]
    public void What_is_said_of_no_cluster_or_twice_is_refused()
    {
        FleetBook book = Book(Loose, "one/a");

        Assert.Equal("fleet.needs-cluster", book.Say(FleetCommandKind.Hold));
        Assert.Equal("fleet.no-cluster", book.Say(FleetCommandKind.Hold, "b"));
        Assert.Equal("fleet.changes-nothing", book.Say(FleetCommandKind.Release, "a"));
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.LeaveOut, "a"));
        Assert.Equal("fleet.changes-nothing", book.Say(FleetCommandKind.LeaveOut, "a"));
        Assert.True(book.State.HasHeard("4"));
        Assert.False(book.State.HasHeard("5"));
    }

    private static FleetBook Book(FleetLimits limits, params string[] clusters) => new(FleetBook.PlanOf(limits, clusters));

    /// <summary>Two of one customer, and one of another.</summary>
    private static FleetBook Customers() => new(FleetBook.PlanOf(
        Loose with { NeverTogether = ["customer"] },
        ["one/a", "one/b", "one/c"],
        c => c with { Labels = new Dictionary<string, string> { ["customer"] = c.Name == "c" ? "other" : "same" } }));
}
