using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support.Exploration;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet.Deciding;

/// <summary>What people are told of a fleet: what a cluster waits for, whether they must do something about it, what was said, how it ended.</summary>
public sealed class FleetWaitTests
{
    private static readonly FleetLimits Loose = new() { MaxConcurrent = 9, MaxFailures = 9, MaxFailuresPerWave = 9, Soak = TimeSpan.Zero };
    private static readonly FleetLimits Strict = Loose with { MaxConcurrent = 1, NeverTogether = ["customer"] };
    private static readonly MaintenanceWindow Night = new() { Zone = "UTC", From = new TimeOnly(22, 0), To = new TimeOnly(23, 0) };

    /// <summary>How cluster b came to wait, what for, and whether only people can end it.</summary>
    private static readonly Dictionary<string, (Func<FleetBook> Book, string Wait, bool NeedsPeople)> Waits = new(StringComparer.Ordinal)
    {
        ["out"] = (() => Told(Book(Loose, "one/b"), FleetCommandKind.LeaveOut, "b"), "It is left out.", true),
        ["held"] = (() => Told(Book(Loose, "one/b"), FleetCommandKind.Hold, "b"), "It is kept back.", true),
        ["paused"] = (() => Told(Book(Loose, "one/b"), FleetCommandKind.Pause), "The fleet is paused: anna paused the fleet. why", true),
        ["failures of a wave"] = (
            () => Failed(Loose with { MaxConcurrent = 1, MaxFailuresPerWave = 0 }), "In wave one failed or need people: 1; allowed: 0.", true),
        ["failures"] = (() => Failed(Loose with { MaxConcurrent = 1, MaxFailures = 0 }), "In all failed or need people: 1; allowed: 0.", true),
        ["stands"] = (() => Ran(Book(Loose, "one/b"), "b", UpgradeEnd.NeedsHuman), "b", true),
        ["full"] = (() => Settled(Book(Strict, "one/a", "one/b")), "Clusters in work: 1 of 1 allowed.", false),
        ["shared"] = (() => Ran(Customers(), "a", UpgradeEnd.Paused), "a has the same customer (x) and is not over.", false),
        ["no window"] = (
            () => Windowed(TimeSpan.FromHours(2)), "None of its maintenance windows is ever open for the 2 h that a node takes.", true),
        ["window"] = (() => Windowed(TimeSpan.FromHours(1)), "Its maintenance window opens at 2026-01-05 22:00:00Z.", false),
        ["earlier wave"] = (() => Settled(Book(Loose, "one/a", "two/b")), "Wave one is not over; clusters left in it: 1.", false),
        ["soak"] = (
            () => Ran(Book(Loose with { Soak = TimeSpan.FromHours(1) }, "one/a", "two/b"), "a", UpgradeEnd.Completed),
            "Wave one is watched until 2026-01-05 09:00:00Z.",
            false),
        ["gate after"] = (() => Gated(new("one", FleetApproval.After), new("two")), "Wave one is over and waits for an approval.", true),
        ["gate before"] = (
            () => Gated(new("one"), new("two", FleetApproval.Before)), "Wave two waits for an approval before it begins.", true),
    };

    public static TheoryData<string> Names => [.. Waits.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public void A_wait_says_what_for_and_whether_only_people_can_end_it(string name)
    {
        FleetWait wait = Waits[name].Book().Wait("b")!;

        Assert.Equal((Waits[name].Wait, Waits[name].NeedsPeople), (wait.Reason.English, wait.NeedsPeople));
    }

    [Fact]
    public void A_cluster_that_is_worked_on_or_over_waits_for_nothing()
    {
        FleetBook book = Settled(Book(Loose, "one/b"));
        Assert.Null(book.Wait("b"));

        Ran(book, "b", UpgradeEnd.Completed);
        Assert.Null(book.Wait("b"));
    }

    /// <summary>b goes on when its customer's other cluster does: who reads why the fleet stands is to read what keeps that one.</summary>
    [Fact]
    public void A_fleet_that_stands_says_what_people_must_do()
    {
        FleetBook book = Ran(Customers(), "a", UpgradeEnd.NeedsHuman);

        Assert.Equal("Clusters not over: 2. Nothing goes on without people: a", book.State.Reason!.English);
    }

    /// <summary>Everything keeps b back at once, and is taken away piece by piece.</summary>
    [Fact]
    public void Of_several_reasons_the_first_in_their_order_is_told()
    {
        FleetWave[] waves = [new("one"), new("two", FleetApproval.Before)];
        FleetBook book = new(FleetBook.PlanOf(
            Strict with { MaxFailures = 0 },
            ["one/a", "two/other", "two/b"],
            c => c with { Labels = new Dictionary<string, string> { ["customer"] = c.Wave }, Windows = c.Name == "b" ? [Night] : [] },
            waves));
        Ran(book, "a", UpgradeEnd.RolledBack);
        Told(Told(book, FleetCommandKind.Pause), FleetCommandKind.Hold, "b");

        Assert.Equal("fleet.held", book.WaitOf("b"));
        Told(book, FleetCommandKind.Release, "b");
        Assert.Equal("fleet.paused", book.WaitOf("b"));
        Assert.Contains("waited for this: The fleet is paused", Told(book, FleetCommandKind.Approve).Last, StringComparison.Ordinal);
        Assert.Equal("fleet.failures", book.WaitOf("b"));
        Assert.Contains("waited for this: In all failed", Told(book, FleetCommandKind.Approve).Last, StringComparison.Ordinal);
        Assert.Equal("fleet.gate-before", book.WaitOf("b"));
        Assert.Contains("waited for this: Wave two waits", Told(book, FleetCommandKind.Approve).Last, StringComparison.Ordinal);
        book.Settle();
        Assert.Equal("fleet.window", book.WaitOf("b"));
        book.Now = FleetBook.Start.AddHours(14);
        Assert.Equal("fleet.shared", book.WaitOf("b"));
        Told(book, FleetCommandKind.LeaveOut, "other");
        Assert.Equal("fleet.shared", book.WaitOf("b"));
        Ran(book, "other", UpgradeEnd.Paused);
        Assert.Equal(ClusterPhase.Working, book.State["b"].Phase);
    }

    [Fact]
    public void One_that_is_to_go_on_is_told_its_reasons_in_the_same_order()
    {
        FleetBook book = Ran(Customers(), "a", UpgradeEnd.NeedsHuman);
        Told(book, FleetCommandKind.LeaveOut, "a");
        Assert.Equal(["b Working"], book.Settle());
        Told(Told(Told(Told(book, FleetCommandKind.Release, "a"), FleetCommandKind.Pause), FleetCommandKind.Hold, "a"), FleetCommandKind.Approve, "a");

        Assert.Equal("fleet.held", book.WaitOf("a"));
        Told(book, FleetCommandKind.Release, "a");
        Assert.Equal("fleet.paused", book.WaitOf("a"));
        Told(book, FleetCommandKind.Approve);
        Assert.Equal("fleet.shared", book.WaitOf("a"));
    }

    [Fact]
    public void A_fleet_that_is_paused_says_that_before_what_keeps_its_clusters_back()
    {
        FleetBook book = Settled(Told(Told(Book(Loose, "one/a"), FleetCommandKind.Hold, "a"), FleetCommandKind.Pause));

        Assert.Contains("The fleet is paused", book.State.Reason!.English, StringComparison.Ordinal);
    }

    [Fact]
    public void A_fleet_that_stands_for_another_reason_says_so()
    {
        FleetBook book = Ran(Book(Loose, "one/a"), "a", UpgradeEnd.Paused);
        Settled(Told(book, FleetCommandKind.Hold, "a"));
        Assert.EndsWith(": a", book.State.Reason!.English, StringComparison.Ordinal);

        book.See("a", new RunGlance(UpgradeEnd.Paused, HasCommands: true));

        Assert.Equal(["Paused"], book.Settle());
        Assert.EndsWith(": It is kept back.", book.State.Reason!.English, StringComparison.Ordinal);
        Assert.Empty(book.Settle());
    }

    [Fact]
    public void A_fleet_is_looked_at_again_when_the_first_of_its_windows_opens()
    {
        MaintenanceWindow evening = Night with { From = new TimeOnly(20, 0) };
        FleetBook book = new(FleetBook.PlanOf(Loose, ["one/a", "one/b"], c => c with { Windows = [c.Name == "a" ? Night : evening] }));

        Assert.Equal(FleetBook.Start.AddHours(12), book.Until);
    }

    [Fact]
    public void What_people_say_is_written_with_who_and_why()
    {
        FleetBook book = Book(Loose, "one/a", "one/b");
        Assert.Equal("anna paused the fleet. why", Told(book, FleetCommandKind.Pause).Last);
        Assert.Equal(
            "anna lets the fleet go on, which waited for this: The fleet is paused: anna paused the fleet. why why", Told(book, FleetCommandKind.Approve).Last);
        Assert.Equal("anna keeps a back. why", Told(book, FleetCommandKind.Hold, "a").Last);
        Assert.Equal("anna takes a up again. why", Told(book, FleetCommandKind.Release, "a").Last);
        Assert.Equal("anna leaves a out. why", Told(book, FleetCommandKind.LeaveOut, "a").Last);
        Ran(book, "b", UpgradeEnd.NeedsHuman);
        Assert.Equal("anna lets b go on. why", Told(book, FleetCommandKind.Approve, "b").Last);
        Assert.Equal("fleet.taken", book.Say(FleetCommandKind.Pause, shape: c => c with { Reason = null }));
        Assert.Equal("anna paused the fleet.", book.Last!.TrimEnd());
    }

    [Fact]
    public void A_beginning_and_the_end_are_written_in_words()
    {
        FleetBook book = Settled(Book(Loose, "one/a", "one/b"));
        Assert.Equal("Begun in wave one.", book.State["a"].Reason!.English);

        Ran(book, "a", UpgradeEnd.Aborted);
        Told(book, FleetCommandKind.Approve, "a").See("a", null);
        Assert.Equal("It goes on.", Settled(book).State["a"].Reason!.English);

        Ran(book, "b", UpgradeEnd.Completed);
        Ran(book, "a", UpgradeEnd.RolledBack);
        Assert.Equal("Fleet f is over: 2 clusters, of which 1 are whole at 2.1.0.7854.", book.Last);
    }

    private static FleetBook Book(FleetLimits limits, params string[] clusters) => new(FleetBook.PlanOf(limits, clusters));

    /// <summary>a is worked on, b not begun.</summary>
    private static FleetBook Customers()
    {
        FleetBook book = new(FleetBook.PlanOf(
            Strict, ["one/b", "one/a"], c => c with { Labels = new Dictionary<string, string> { ["customer"] = "x" } }));
        return Told(Settled(Told(book, FleetCommandKind.Hold, "b")), FleetCommandKind.Release, "b");
    }

    private static FleetBook Windowed(TimeSpan nodeTime) =>
        Settled(new FleetBook(FleetBook.PlanOf(Loose, ["one/b"], c => c with { Windows = [Night], NodeTime = nodeTime })));

    private static FleetBook Gated(params FleetWave[] waves) =>
        Ran(new FleetBook(FleetBook.PlanOf(Loose, ["one/a", "two/b"], null, waves)), "a", UpgradeEnd.Completed);

    /// <summary>a failed before b was begun.</summary>
    private static FleetBook Failed(FleetLimits limits) => Ran(Book(limits, "one/a", "one/b"), "a", UpgradeEnd.RolledBack);

    private static FleetBook Told(FleetBook book, FleetCommandKind kind, string? cluster = null)
    {
        Assert.Equal("fleet.taken", book.Say(kind, cluster));
        return book;
    }

    private static FleetBook Settled(FleetBook book)
    {
        book.Settle();
        return book;
    }

    /// <summary>A cluster was begun, and its run came to how it is.</summary>
    private static FleetBook Ran(FleetBook book, string cluster, UpgradeEnd end)
    {
        book.Settle();
        book.Run(cluster, end);
        return book;
    }
}
