using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>
/// The way back to the snapshot of the drained node, asked directly: what would be lost, who agrees to it, when the machine is back, and what must not be
/// left on it. gw3 was installed; gw2 is Control.
/// </summary>
public sealed class RollbackStepTests
{
    private const string Losses = "R2/gw3/-";
    private const string Consent = "R3/gw3/-";
    private const string Revert = "R4/gw3/-";
    private const string Uploads = "R4b/gw3/-";
    private const string Reverted = "R5/gw3/-";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly BuildNumber Old = new(2, 0, 1, 6960);

    [Fact]
    public void What_a_revert_would_lose_is_told_when_the_queues_are_empty()
    {
        CutRun run = RollingBack("R1 R1b");
        TimeSpan stable = run.Plan.Policy.PollInterval * (run.Plan.Policy.DrainStablePolls - 1);
        NodeSnapshot snapshot = new(Name(run), run.Now - TimeSpan.FromHours(1), IsComplete: true);
        run["gw3"] = run["gw3"] with { Snapshots = [snapshot with { Name = "another" }, snapshot], Queues = Queued(0), EmptySince = run.Now - stable };
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Losses));
        Assert.Equal(Message.Of("loss.all", "gw3", snapshot.CreatedAt, Message.Of("loss.none")), done.Evidence);
        Assert.Equal([new KeyValuePair<string, string>("losses", done.Evidence.English)], done.Values);
        run["gw3"] = run["gw3"] with { EmptySince = run.Now - stable + Tick };
        Assert.Equal(new Verdict.Wait(QueueReport.Left("gw3", Queued(0)), Until(run)), run.Judge(Losses));
    }

    [Theory]
    [InlineData("queued")]
    [InlineData("silent")]
    [InlineData("untold")]
    public void Mail_is_waited_for_as_long_as_a_drain_may_take_and_then_named(string left)
    {
        CutRun run = RollingBack("R1 R1b");
        NodeSnapshot snapshot = new(Name(run), run.Now - TimeSpan.FromHours(1), IsComplete: true);
        run["gw3"] = run["gw3"] with
        {
            Snapshots = [snapshot],
            Queues = left == "queued" ? Queued(5) : null,
            Problem = "no answer",
            Untold = left == "untold" ? Facets.Queues | Facets.Update : Facets.Update,
        };
        DateTimeOffset until = Until(run);
        Message silent = Message.Of("wait.silent", "gw3", "no answer");
        run.Now = until;
        Assert.Equal(new Verdict.Wait(left == "queued" ? QueueReport.Left("gw3", Queued(5)) : silent, until), run.Judge(Losses));
        run.Now += Tick;
        Message mail = left switch
        {
            "queued" => Message.Of("loss.queued", 5L),
            "silent" => Message.Of("loss.unknown", "no answer"),
            _ => Message.Of("loss.untold"),
        };
        Assert.Equal(Message.Of("loss.all", "gw3", snapshot.CreatedAt, mail), Assert.IsType<Verdict.Done>(run.Judge(Losses)).Evidence);
    }

    [Fact]
    public void Without_one_complete_snapshot_of_the_drained_node_nothing_is_reverted()
    {
        CutRun run = RollingBack("R1 R1b");
        NodeSnapshot snapshot = new(Name(run), run.Now, IsComplete: true);
        NodeSnapshot before = snapshot with { Name = SnapshotStep.Name(run.Plan, run.Plan.Nodes.Single(n => n.Name == "gw3"), SnapshotStep.BeforeRun) };
        Verdict.Stop stop = new(StopKind.Human, Message.Of("stop.no-snapshot", "gw3", Name(run)));
        foreach (NodeSnapshot[] held in new NodeSnapshot[][] { [], [before], [snapshot with { IsComplete = false }], [snapshot, snapshot] })
        {
            run["gw3"] = run["gw3"] with { Snapshots = held };
            Assert.Equal(stop, run.Judge(Losses));
        }
    }

    [Fact]
    public void A_hypervisor_that_says_nothing_is_waited_for()
    {
        CutRun run = RollingBack("R1 R1b");
        run["gw3"] = run["gw3"] with { PortProblem = "refused" };
        DateTimeOffset until = Until(run);
        run.Now = until;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.snapshots-silent", "refused"), until), run.Judge(Losses));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.snapshots-silent", "gw3", "refused")), run.Judge(Losses));
    }

    [Fact]
    public void Somebody_who_knows_what_would_be_lost_has_to_agree()
    {
        CutRun run = RollingBack("R1 R1b R2");
        Message asked = Message.Of("stop.consent", "gw3", Message.Said("so it was"));
        Assert.Equal(new Verdict.Stop(StopKind.Pause, Message.Sentences(asked, null), IsGate: true), run.Judge(Consent));
        run.Command(RunCommandKind.Approve, (Marks.Gate, Consent));
        Assert.Equal(new Verdict.Done(Message.Of("done.consent", "gw3", Message.Said("so it was"))), run.Judge(Consent));

        run.With(p => p with { ApprovalsNeeded = 2 });
        Assert.Equal(Message.Sentences(asked, Message.Of("stop.one-more", "ann")), Assert.IsType<Verdict.Stop>(run.Judge(Consent)).Reason);

        CutRun untold = RollingBack("R1 R1b");
        untold.Write(new JournalEntry { Kind = JournalEntryKind.Outcome, Step = Losses, Node = "gw3", Outcome = StepOutcome.Done });
        untold.With(p => p with { ApprovalsNeeded = 2 });
        asked = Message.Of("stop.consent", "gw3", Message.Said("-"));
        Assert.Equal(Message.Sentences(asked, Message.Of("stop.two-people")), Assert.IsType<Verdict.Stop>(untold.Judge(Consent)).Reason);
    }

    [Fact]
    public async Task The_machine_goes_back_to_the_snapshot_of_the_drained_node()
    {
        CutRun run = RollingBack("R1 R1b R2 R3 R4a");
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Revert));
        Assert.Equal(Message.Of("apply.revert", "gw3", Name(run)), apply.Reason);
        Assert.Equal([("build.before", "2.1.0.7854"), ("snapshot", Name(run))], apply.Values.Select(v => (v.Key, v.Value)).Order());
        Assert.Equal($"revert of gw3: {Name(run)}", await CalledNodes.OfAsync(run, Revert, ("snapshot", Name(run))));

        run["gw3"] = run["gw3"] with { About = null };
        Assert.Equal(string.Empty, Assert.IsType<Verdict.Apply>(run.Judge(Revert)).Values["build.before"]);
        run.InFlight.Add(StepKey.Parse(Revert));
        Assert.Equal(Message.Of("wait.revert", "gw3", Name(run)), Assert.IsType<Verdict.Wait>(run.Judge(Revert)).Reason);
    }

    /// <summary>The build that came back tells; where it was the old one already, only the answer of the hypervisor does.</summary>
    [Theory]
    [InlineData("2.1.0.7854", false, true)]
    [InlineData("2.1.0.7854", true, true)]
    [InlineData("2.0.1.6960", false, false)]
    [InlineData("2.0.1.6960", true, true)]
    [InlineData("", false, false)]
    [InlineData("", true, true)]
    [InlineData(null, false, false)]
    public void A_machine_that_shows_the_old_build_is_back(string? before, bool wasAccepted, bool isBack)
    {
        CutRun run = RollingBack("R1 R1b R2 R3 R4a");
        run.Intend(Revert, before is null ? [] : [("build.before", before)]);
        run["gw3"] = Back(run["gw3"]);
        if (wasAccepted)
        {
            run.Accepted.Add(StepKey.Parse(Revert));
        }

        Assert.Equal(isBack, run.Judge(Revert) is Verdict.Done);
        run.Now += run.Plan.Policy.SnapshotTimeout + Tick;
        Verdict late = run.Judge(Revert);
        Verdict.Done done = new(Message.Of("done.revert", "gw3", Name(run)));
        Verdict.Stop stop = new(
            StopKind.Human, Message.Of("stop.revert", "gw3", Name(run), run.Plan.Policy.SnapshotTimeout, Old.ToString()));
        Assert.Equal(isBack ? done : stop, late);
    }

    [Fact]
    public void A_revert_is_waited_for_until_it_cannot_come_any_more()
    {
        CutRun run = RollingBack("R1 R1b R2 R3 R4a");
        run.Intend(Revert, ("build.before", "2.1.0.7854"));
        DateTimeOffset asked = run.Now;
        DateTimeOffset until = asked + run.Plan.Policy.SnapshotTimeout;
        Verdict.Wait wait = new(Message.Of("wait.revert", "gw3", Name(run)), until);
        Verdict.NotInEffect none = new(Message.Of("seen.not-reverted", "gw3", "2.1.0.7854"));

        run.Now = asked + DirectWorld.RequestLimit - Tick;
        Assert.Equal(wait, run.Judge(Revert));
        run.Now += Tick;
        Assert.Equal(none, run.Judge(Revert));
        run.Accepted.Add(StepKey.Parse(Revert));
        Assert.Equal(wait, run.Judge(Revert));
        run.Accepted.Clear();
        NodeObservation seen = run["gw3"];
        run["gw3"] = seen with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer", About = null };
        Assert.Equal(wait, run.Judge(Revert));
        run.Now = until;
        Assert.Equal(wait, run.Judge(Revert));
        run.Now += Tick;
        AssertStops("no answer");
        run["gw3"] = run["gw3"] with { About = seen.About };
        AssertStops("no answer");
        run["gw3"] = seen;
        AssertStops("2.1.0.7854");
        run["gw3"] = seen with { About = null };
        AssertStops(null);

        void AssertStops(string? shown) => Assert.Equal(
            new Verdict.Stop(StopKind.Human, Message.Of("stop.revert", "gw3", Name(run), run.Plan.Policy.SnapshotTimeout, shown)), run.Judge(Revert));
    }

    /// <summary>A start of one of them that is still on its way would install it. Those of others, and of other nodes, are not ours.</summary>
    [Fact]
    public async Task The_uploads_that_came_back_with_the_snapshot_are_deleted()
    {
        CutRun run = RollingBack("R1 R1b R2 R3 R4a R4");
        string ours = $"{run.Plan.RunId}-gw3-0";
        run.Intend("S8/gw3/0", (Marks.Upload, "5"));
        run.Intend("S8/gw1/0", (Marks.Upload, "6"));
        run.Intend("S7/gw3/0", (Marks.Upload, "7"));
        run["gw3"] = run["gw3"] with { Uploads = [Held("5"), Held("6"), Held("7"), Held(ours), Held("20250101-000000-abcd-gw3")] };
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Uploads));
        Assert.Equal(Message.Of("apply.delete-uploads", "gw3", $"5, {ours}"), apply.Reason);
        Assert.Equal([new KeyValuePair<string, string>("uploads", $"5 {ours}")], apply.Values);
        Assert.Equal("gw3: delete 5, gw3: delete b", await CalledNodes.OfAsync(run, Uploads, ("uploads", "5 b")));

        run.Intend(Uploads, ("uploads", "5"));
        Assert.Equal(Message.Of("wait.delete-uploads", "gw3"), Assert.IsType<Verdict.Wait>(run.Judge(Uploads)).Reason);
        run.Accepted.Add(StepKey.Parse(Uploads));
        Assert.IsType<Verdict.Wait>(run.Judge(Uploads));

        // Who does not tell what it holds has not shown that they are gone.
        NodeObservation seen = run["gw3"];
        run["gw3"] = seen with { Uploads = null };
        Assert.IsType<Verdict.Wait>(run.Judge(Uploads));
        run["gw3"] = seen with { Uploads = [Held("6"), Held("7")] };
        Assert.Equal(new Verdict.Done(Message.Of("done.delete-uploads", "gw3")), run.Judge(Uploads));
    }

    [Fact]
    public void A_node_that_does_not_tell_its_uploads_is_waited_for()
    {
        CutRun run = RollingBack("R1 R1b R2 R3 R4a R4");
        run["gw3"] = run["gw3"] with { Problem = "no answer" };
        DateTimeOffset until = run.Now + run.Plan.Policy.InstallTimeout;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.silent", "gw3", "no answer"), until), run.Judge(Uploads));
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { Deletes = false } };
        Assert.Equal(new Verdict.Wait(Message.Of("wait.silent", "gw3", "no answer"), until), run.Judge(Uploads));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.silent", "gw3", "no answer")), run.Judge(Uploads));
    }

    [Theory]
    [InlineData(false, true, false)]
    [InlineData(false, true, true)]
    [InlineData(true, false, true)]
    public void Where_nothing_can_be_deleted_a_late_start_is_outwaited(bool deletes, bool lists, bool installs)
    {
        CutRun run = RollingBack("R1 R1b R2 R3 R4a R4");
        run["gw3"] = run["gw3"] with
        {
            UploadWay = UploadWay.Observed with { Deletes = deletes, Lists = lists, Installs = installs },
            Uploads = lists ? [Held($"{run.Plan.RunId}-gw3-0")] : null,
        };
        run.Intend("S8/gw3/0", (Marks.Upload, "5"));
        AssertOutwaited();

        // A former driver's clock proves nothing, and the start of another node is not of this one.
        run.Now += TimeSpan.FromMinutes(1);
        run.TakeOver();
        AssertOutwaited();
        run.Now += TimeSpan.FromMinutes(1);
        run.Intend("S8/gw1/0", (Marks.Upload, "6"));
        run.Intend("S7/gw3/0", (Marks.Upload, "7"));
        Assert.IsType<Verdict.Done>(run.Judge(Uploads));

        void AssertOutwaited()
        {
            DateTimeOffset began = run.Now;
            run.Now = began + DirectWorld.RequestLimit - Tick;
            Verdict.Wait wait = new(Message.Of("wait.outwait", DirectWorld.RequestLimit), began + DirectWorld.RequestLimit);
            Assert.Equal(wait, run.Judge(Uploads));
            run.Now += Tick;
            Assert.Equal(new Verdict.Done(Message.Of("done.uploads-stay", "gw3")), run.Judge(Uploads));
            run.Now = began;
        }
    }

    [Fact]
    public void Where_nothing_is_listed_every_upload_that_was_started_is_deleted_once()
    {
        CutRun run = RollingBack("R1 R1b R2 R3 R4a R4");
        run.Intend("S8/gw3/0", (Marks.Upload, "5"));
        run["gw3"] = run["gw3"] with { UploadWay = UploadWay.Observed with { Lists = false } };
        Assert.Equal("5", Assert.IsType<Verdict.Apply>(run.Judge(Uploads)).Values["uploads"]);
        run.Intend(Uploads, ("uploads", "5"));
        Assert.IsType<Verdict.Wait>(run.Judge(Uploads));
        run.Accepted.Add(StepKey.Parse(Uploads));
        Assert.Equal(new Verdict.Done(Message.Of("done.delete-uploads", "gw3")), run.Judge(Uploads));
        run.Outcome(Uploads, StepOutcome.FailedNoEffect);
        Assert.IsType<Verdict.Apply>(run.Judge(Uploads));
    }

    [Fact]
    public async Task A_reverted_node_runs_the_old_build_and_is_well()
    {
        CutRun run = Verifying();
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Reverted));
        Assert.Equal(Message.Of("done.reverted", "gw3", Old, "gw2"), done.Evidence);
        Assert.Equal([("build", "2.0.1.6960"), ("role", "secondary")], done.Values!.Select(v => (v.Key, v.Value)).Order());
        TimeSpan stable = run.Plan.Policy.StabilityInterval;
        run["gw3"] = run["gw3"] with { SteadySince = run.Now - stable };
        Assert.IsType<Verdict.Done>(run.Judge(Reverted));
        run["gw3"] = run["gw3"] with { SteadySince = run.Now - stable + Tick };
        AssertWaitsThenStops(run, null, steadyIn: stable);
        run["gw3"] = run["gw3"] with { SteadySince = null };
        AssertWaitsThenStops(run, null);
        Assert.Equal("gw3: secondary", await CalledNodes.OfAsync(run, Reverted));
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("build")]
    [InlineData("service")]
    [InlineData("no-control")]
    public void What_a_reverted_node_is_not_is_waited_for(string what)
    {
        CutRun run = Verifying();
        NodeObservation seen = run["gw3"];
        Message problem = what switch
        {
            "silent" => Message.Of("wait.silent", "gw3", "no answer"),
            "build" => Message.Of("hinder.build", "gw3", "2.1.0.7854", Old),
            "service" => NodeHealth.Text("gw3", [Ailment.Refusal("service", "clamav", ServiceState.Failed) with { Subject = "clamav" }]),
            _ => Message.Of("finished.no-control"),
        };
        run["gw3"] = what switch
        {
            "silent" => seen with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer", Status = null },
            "build" => seen with { About = new AboutInfo(run.Plan.To.ToString(), run.Plan.To) },
            "service" => seen with { Status = seen.Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } },
            _ => seen,
        };
        if (what == "no-control")
        {
            SetRole(run, "gw2", NodeRole.Secondary);
        }

        AssertWaitsThenStops(run, problem);
    }

    /// <summary>A snapshot of the Control node comes back as one.</summary>
    [Fact]
    public void A_reverted_node_beside_another_Control_node_gives_the_role_up()
    {
        CutRun run = Verifying();
        SetRole(run, "gw3", NodeRole.Control);
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Reverted));
        Assert.Equal(Message.Of("apply.demote-reverted", "gw3", "gw2"), apply.Reason);
        Assert.Equal([new KeyValuePair<string, string>("prior.role", "control")], apply.Values);
        run.Intend(Reverted, ("prior.role", "control"));
        Assert.Equal(Message.Of("wait.demote", "gw3"), Assert.IsType<Verdict.Wait>(run.Judge(Reverted)).Reason);
        SetRole(run, "gw2", NodeRole.Secondary);
        Verdict.Done alone = Assert.IsType<Verdict.Done>(run.Judge(Reverted));
        Assert.Equal((Message.Of("done.reverted", "gw3", Old, "gw3"), "control"), (alone.Evidence, alone.Values!["role"]));

        // Two others are not this node's doing.
        CutRun others = Verifying();
        SetRole(others, "gw1", NodeRole.Control);
        Assert.Equal(Message.Of("done.reverted", "gw3", Old, "gw2, gw1"), Assert.IsType<Verdict.Done>(others.Judge(Reverted)).Evidence);
        SetRole(others, "gw3", NodeRole.Control);
        Assert.Equal(Message.Of("apply.demote-reverted", "gw3", "gw2, gw1"), Assert.IsType<Verdict.Apply>(others.Judge(Reverted)).Reason);
    }

    /// <summary>gw3 was installed and is on its way back to its snapshot, so far.</summary>
    private static CutRun RollingBack(string done)
    {
        CutRun run = new("after S8/gw3");
        run.Mark("gw3", Marks.RollingBack);
        foreach (string step in done.Split(' '))
        {
            run.Outcome($"{step}/gw3/-", StepOutcome.Done);
        }

        SetRole(run, "gw1", NodeRole.Secondary);
        SetRole(run, "gw2", NodeRole.Control);
        return run;
    }

    private static CutRun Verifying()
    {
        CutRun run = RollingBack("R1 R1b R2 R3 R4a R4 R4b");
        run["gw3"] = Back(run["gw3"]);
        return run;
    }

    private static NodeObservation Back(NodeObservation seen) => seen with { About = new AboutInfo(Old.ToString(), Old) };

    private static UploadedUpdate Held(string id) => new() { Id = id, FileName = "any" };

    private static QueueSummary Queued(long mail) => new() { Mta = mail, KataQuarantine = 0, AntiSpamQuarantine = 0 };

    private static string Name(CutRun run) => SnapshotStep.Name(run.Plan, run.Plan.Nodes.Single(n => n.Name == "gw3"), SnapshotStep.Drained);

    private static DateTimeOffset Until(CutRun run) => run.Records[^1].At + run.Plan.Policy.DrainTimeout;

    private static void SetRole(CutRun run, string node, NodeRole role) => run[node] = run[node] with { Status = run[node].Status! with { Role = role } };

    private static void AssertWaitsThenStops(CutRun run, Message? problem, TimeSpan steadyIn = default)
    {
        DateTimeOffset until = run.Now + run.Plan.Policy.InstallTimeout;
        Assert.Equal(new Verdict.Wait(problem ?? Message.Of("wait.verify", "gw3"), until), run.Judge(Reverted));
        if (steadyIn == default)
        {
            DateTimeOffset now = run.Now;
            run.Now = until;
            Assert.IsType<Verdict.Wait>(run.Judge(Reverted));
            run.Now += Tick;
            Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.verify", "gw3", run.Plan.Policy.InstallTimeout, problem)), run.Judge(Reverted));
            run.Now = now;
        }
    }
}
