using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>
/// The point of no return, asked directly: what must hold before an installation is started, what is proven of one that was, and when nothing is. Of gw3,
/// a node that is neither Control nor to be it; gw2 is to be it.
/// </summary>
public sealed class InstallStepTests
{
    private const string Install = "S8/gw3/0";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly LoadState Drained = new(LoadMode.Drain, 0, Healthy: true);
    private static readonly UpdateStatus Idle = new() { State = UpdateState.Idle };

    /// <summary>What was known before the start goes into its intent.</summary>
    [Fact]
    public void A_node_for_which_all_holds_is_installed_with_its_upload()
    {
        CutRun run = Ready();
        run["gw3"] = run["gw3"] with { Update = new UpdateStatus { State = UpdateState.Completed, UploadId = "old", Message = "well" } };
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Install));
        Assert.Equal(Message.Of("apply.install", run.Plan.Packages[0].Name, "gw3"), apply.Reason);
        string synchronized = run["gw3"].Status!.SynchronizedAt!.Value.ToString("O");
        AssertValues(
            apply,
            ("prior.build", "2.0.1.6960"), ("prior.role", "secondary"), ("synchronizedAt", synchronized), ("update", "completed old well"),
            ("upload", "up-9"));

        run["gw3"] = run["gw3"] with { Update = null, Untold = Facets.Update | Facets.Queues, Queues = null };
        AssertValues(
            Assert.IsType<Verdict.Apply>(run.Judge(Install)),
            ("prior.build", "2.0.1.6960"), ("prior.role", "secondary"), ("synchronizedAt", synchronized), ("upload", "up-9"));
    }

    [Theory]
    [InlineData("queues")]
    [InlineData("update")]
    [InlineData("switches")]
    [InlineData("uploads")]
    public void Nothing_is_started_on_a_node_that_did_not_say_all_that_it_can_be_asked(string what)
    {
        CutRun run = Ready();
        NodeObservation seen = run["gw3"] with { Problem = "no answer" };
        run["gw3"] = what switch
        {
            "queues" => seen with { Queues = null },
            "update" => seen with { Update = null },
            "switches" => seen with { Switches = null },
            _ => seen with { Uploads = null },
        };
        AssertWaitsThenPutsBack(run, Message.Of("wait.silent", "gw3", "no answer"), Message.Of("stop.silent", "gw3", "no answer"));
    }

    [Theory]
    [InlineData(Checks.InstallReceiving, "receiving", "hinder.receiving")]
    [InlineData(Checks.InstallLoad, "load", "hinder.load")]
    [InlineData(Checks.InstallLoad, "no load", "wait.balancer-silent")]
    [InlineData(Checks.InstallQueue, "queue", "hinder.queue")]
    [InlineData(Checks.InstallControl, "control", "hinder.control")]
    [InlineData(Checks.InstallRunning, "running", "hinder.running")]
    [InlineData(Checks.ServiceLost, "others", "hinder.others")]
    public void What_forbids_an_installation_is_waited_for_and_then_the_node_goes_back(string check, string what, string key)
    {
        CutRun run = Ready();
        NodeObservation seen = run["gw3"];
        run["gw3"] = what switch
        {
            "receiving" => seen with { Switches = new MailFlowSwitches(Receiving: true, Sending: true) },
            "load" => seen with { Load = Drained with { Mode = LoadMode.Ready } },
            "no load" => seen with { Load = null },
            "queue" => seen with { Queues = Queue(3) },
            "control" => seen with { Status = seen.Status! with { Role = NodeRole.Control } },
            "running" => seen with { Update = new UpdateStatus { State = UpdateState.Installing } },
            _ => seen,
        };
        if (what == "others")
        {
            run["gw1"] = run["gw1"] with { Load = Drained };
        }

        Message reason = what switch
        {
            "no load" => Message.Of(key, Message.Of("problem.not-in-balancer", "gw3")),
            "queue" => Message.Of(key, "gw3", 3L),
            "others" => Message.Of(key, "gw3", "gw1"),
            _ => Message.Of(key, "gw3"),
        };
        AssertWaitsThenPutsBack(run, reason, reason);
        run.Override(check);
        Assert.IsType<Verdict.Apply>(run.Judge(Install));
    }

    [Fact]
    public void Each_node_that_is_out_of_work_is_told()
    {
        CutRun run = Ready();
        run["gw1"] = run["gw1"] with { Load = Drained };
        run["gw2"] = run["gw2"] with { Load = Drained };
        Message reason = Message.Of("hinder.others", "gw3", "gw2, gw1");
        AssertWaitsThenPutsBack(run, reason, reason);
    }

    [Fact]
    public void A_node_that_runs_another_build_than_the_package_is_for_gets_none_whatever_a_human_says()
    {
        CutRun run = Ready();
        BuildNumber other = new(2, 0, 0, 6478);
        run["gw3"] = run["gw3"] with { About = new AboutInfo(other.ToString(), other) };
        Message reason = Message.Of("hinder.build", "gw3", other.ToString(), run.Plan.Packages[0].From);
        AssertWaitsThenPutsBack(run, reason, reason);
    }

    [Fact]
    public void A_node_that_is_not_well_is_not_installed()
    {
        CutRun run = Ready();
        run["gw3"] = run["gw3"] with { Status = run["gw3"].Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } };
        Message reason = NodeHealth.Text("gw3", [Ailment.Refusal("service", "clamav", ServiceState.Failed) with { Subject = "clamav" }]);
        AssertWaitsThenPutsBack(run, reason, reason);
        run.Override(Checks.NodeFit);
        Assert.IsType<Verdict.Apply>(run.Judge(Install));
    }

    /// <summary>Between two packages a node is finished, whatever comes up.</summary>
    [Fact]
    public void The_second_package_does_not_wait_for_the_others_nor_for_the_nodes_health()
    {
        CutRun run = Ready();
        PlannedStep second = Procedure.Plan(run.Plan.Policy, StepId.Install, "gw3", [], package: 0);
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps.Where(s => s.Key != second.Key), second] };
        PlannedStep first = Procedure.Plan(run.Plan.Policy, StepId.Install, "gw3", [], package: 1);
        run["gw1"] = run["gw1"] with { Load = Drained };
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
        run.Plan = run.Plan with { Steps = [first, .. run.Plan.Steps] };
        Assert.IsType<Verdict.Apply>(run.Judge(Install));
        run["gw3"] = run["gw3"] with { Status = run["gw3"].Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } };
        Assert.IsType<Verdict.Apply>(run.Judge(Install));
    }

    /// <summary>A cluster of one node has no other one that could be Control.</summary>
    [Fact]
    public void The_only_node_is_installed_while_it_is_Control()
    {
        CutRun run = Ready("gw1", nodes: 1);
        Assert.Equal(NodeRole.Control, run["gw1"].Role);
        Assert.IsType<Verdict.Apply>(run.Judge("S8/gw1/0"));
    }

    /// <summary>Only a node that has all settings may become Control, and nobody can waive that by accepting what it carries.</summary>
    [Fact]
    public void The_next_Control_node_is_installed_when_it_is_synchronized()
    {
        CutRun run = Ready("gw2");
        DateTimeOffset synchronized = run["gw2"].Status!.SynchronizedAt!.Value;
        run["gw1"] = run["gw1"] with { Status = run["gw1"].Status! with { SettingsChangedAt = synchronized } };
        Assert.IsType<Verdict.Apply>(run.Judge("S8/gw2/0"));

        run["gw1"] = run["gw1"] with { Status = run["gw1"].Status! with { SettingsChangedAt = synchronized + Tick } };
        Message reason = Message.Of("hinder.synchronized", "gw2");
        Assert.Equal(reason, Assert.IsType<Verdict.Wait>(run.Judge("S8/gw2/0")).Reason);
        run.Override(Checks.InstallSynchronized);
        Assert.IsType<Verdict.Apply>(run.Judge("S8/gw2/0"));
        NodeObservation well = run["gw2"];
        run["gw2"] = well with { Status = well.Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } };
        Assert.IsType<Verdict.Wait>(run.Judge("S8/gw2/0"));
        run["gw2"] = well;
        run.Records.RemoveAt(run.Records.Count - 1);

        // The latest change counts, wherever it was made.
        run["gw3"] = run["gw3"] with { Status = run["gw3"].Status! with { Role = NodeRole.Control, SettingsChangedAt = synchronized - Tick } };
        Assert.Equal(reason, Assert.IsType<Verdict.Wait>(run.Judge("S8/gw2/0")).Reason);
        run["gw3"] = run["gw3"] with { Status = run["gw3"].Status! with { Role = NodeRole.Secondary } };

        run["gw1"] = run["gw1"] with { Status = run["gw1"].Status! with { SettingsChangedAt = null } };
        run["gw2"] = run["gw2"] with { Status = run["gw2"].Status! with { SynchronizedAt = null } };
        Assert.Equal(reason, Assert.IsType<Verdict.Wait>(run.Judge("S8/gw2/0")).Reason);

        CutRun other = Ready();
        other["gw3"] = other["gw3"] with { Status = other["gw3"].Status! with { SynchronizedAt = null } };
        Assert.NotEqual(Message.Of("hinder.synchronized", "gw3"), (other.Judge(Install) as Verdict.Wait)?.Reason);
    }

    /// <summary>The balancer leads sessions to a node that it says is drained.</summary>
    [Fact]
    public void A_node_that_got_sessions_since_it_stopped_receiving_goes_back()
    {
        CutRun run = Ready();
        run.Intend("S2/gw3/-", ("sessionsTotal", "5"));
        run.Outcome("S2/gw3/-", StepOutcome.Done);
        run["gw3"] = run["gw3"] with { Load = Drained with { SessionsTotal = 5 } };
        Assert.IsType<Verdict.Apply>(run.Judge(Install));
        run["gw3"] = run["gw3"] with { Load = Drained with { SessionsTotal = 6 } };
        Message reason = Message.Of("stop.drain-does-not-hold", "gw3");
        Assert.Equal(new Verdict.Stop(StopKind.PutBack, reason, Check: Checks.DrainHolds), run.Judge(Install));
        run.Override(Checks.DrainHolds);
        Assert.IsType<Verdict.Apply>(run.Judge(Install));
    }

    /// <summary>What came before this driver, in between two drains, or by a count that nobody has, proves nothing.</summary>
    [Theory]
    [InlineData("taken over")]
    [InlineData("taken over at once")]
    [InlineData("drained anew")]
    [InlineData("ready")]
    [InlineData("unknown")]
    [InlineData("not counted")]
    [InlineData("not counted before")]
    public void Only_what_came_while_the_drain_of_this_driver_stood_is_held_against_it(string how)
    {
        CutRun run = Ready();
        run.Override(Checks.InstallLoad);
        run.Intend("S2/gw3/-", how == "not counted before" ? [] : [("sessionsTotal", "5")]);
        run.Outcome("S2/gw3/-", StepOutcome.Done);
        run.Outcome("S1/gw3/-", StepOutcome.Done);
        run["gw3"] = run["gw3"] with { Load = Drained with { SessionsTotal = 6 } };
        if (how != "not counted before")
        {
            Assert.IsType<Verdict.Stop>(run.Judge(Install));
        }

        run.Now += how == "taken over at once" ? TimeSpan.Zero : Tick;
        switch (how)
        {
            case "taken over" or "taken over at once":
                run.TakeOver();
                break;
            case "drained anew":
                run.Outcome("S1/gw3/-", StepOutcome.Done);
                break;
            case "ready":
                run["gw3"] = run["gw3"] with { Load = Drained with { Mode = LoadMode.Ready, SessionsTotal = 6 } };
                break;
            case "unknown":
                run["gw3"] = run["gw3"] with { Load = null };
                break;
            case "not counted":
                run["gw3"] = run["gw3"] with { Load = Drained };
                break;
            default:
                break;
        }

        Assert.IsType<Verdict.Apply>(run.Judge(Install));
    }

    [Fact]
    public void Without_its_upload_nothing_is_installed_and_the_upload_is_done_again()
    {
        CutRun run = Ready();
        run["gw3"] = run["gw3"] with { Uploads = [] };
        Verdict.NotInEffect redo = Assert.IsType<Verdict.NotInEffect>(run.Judge(Install));
        Assert.Equal(Message.Of("seen.no-upload", "gw3", run.Plan.Packages[0].Name), redo.Evidence);
        Assert.Equal([new KeyValuePair<string, string>(Marks.Redo, "S7/gw3/0")], redo.Values!);
    }

    [Fact]
    public void A_node_that_loses_its_upload_three_times_is_given_it_no_more()
    {
        CutRun run = Ready();
        run["gw3"] = run["gw3"] with { Uploads = [] };
        for (int losses = 0; losses < 2; losses++)
        {
            Assert.IsType<Verdict.NotInEffect>(run.Judge(Install));
            run.Outcome(Install, StepOutcome.FailedNoEffect);
        }

        Message lost = Message.Of("seen.no-upload", "gw3", run.Plan.Packages[0].Name);
        Assert.Equal(
            new Verdict.Stop(StopKind.PutBack, Message.Of("stop.failed", StepId.Upload.InWords(), "gw3", 3, lost)), run.Judge(Install));
    }

    [Fact]
    public void An_upload_that_must_not_be_used_is_not_installed()
    {
        CutRun run = Ready();
        run["gw3"] = run["gw3"] with { Uploads = [Ours(run) with { Id = $"{run.Plan.RunId}-gw3-0-1", Sha256 = null }] };
        Assert.Equal(UpgradeConsents.UploadWithoutHash, Assert.IsType<Verdict.Stop>(run.Judge(Install)).Check);
    }

    [Fact]
    public void Where_uploading_installs_the_package_is_sent_under_a_name_of_the_attempt()
    {
        CutRun run = Installing();
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Install));
        Assert.Equal(Message.Of("apply.install-by-upload", run.Plan.Packages[0].Name, "gw3"), apply.Reason);
        Assert.Equal($"{run.Plan.RunId}-gw3-0-1", apply.Values[Marks.Upload]);
        run.Intend(Install);
        run.Outcome(Install, StepOutcome.FailedNoEffect);
        Assert.Equal($"{run.Plan.RunId}-gw3-0-2", Assert.IsType<Verdict.Apply>(run.Judge(Install)).Values[Marks.Upload]);
    }

    [Fact]
    public void A_node_that_runs_the_new_build_and_installs_nothing_is_installed()
    {
        CutRun run = Started();
        run["gw3"] = run["gw3"] with { About = new AboutInfo("2.1.0.7854", run.Plan.To), Update = null };
        Verdict.Done done = Assert.IsType<Verdict.Done>(run.Judge(Install));
        Assert.Equal((Message.Of("done.install", "gw3", "2.1.0.7854"), "2.1.0.7854"), (done.Evidence, done.Values!["build"]));
        run["gw3"] = run["gw3"] with { Update = Idle };
        Assert.IsType<Verdict.Done>(run.Judge(Install));
        run["gw3"] = run["gw3"] with { Update = new UpdateStatus { State = UpdateState.Restarting } };
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
    }

    [Fact]
    public void A_certificate_that_is_not_trusted_parks_the_node()
    {
        CutRun run = Started();
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Certificate, Problem = "unknown issuer" };
        Assert.Equal(new Verdict.Stop(StopKind.Park, Message.Of("stop.certificate", "gw3", "unknown issuer")), run.Judge(Install));
    }

    [Fact]
    public void A_certificate_that_changes_is_never_trusted_before_the_installation_began()
    {
        CutRun run = new("before S8/gw3");
        run.Plan = run.Plan with { Policy = run.Plan.Policy with { Accept = [.. run.Plan.Policy.Accept, UpgradeConsents.NewCertificate] } };
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Certificate, Problem = "another one", OtherFingerprint = "sha256:ab" };
        Assert.Equal(new Verdict.Stop(StopKind.Park, Message.Of("stop.certificate", "gw3", "another one")), run.Judge(Install));

        run.Intend(Install, (Marks.Upload, "up-1"));
        Assert.Equal(
            new Verdict.Wait(Message.Of("wait.new-certificate", "gw3", "sha256:ab"), Deadline(run)), run.Judge(Install));
    }

    [Fact]
    public void While_the_call_is_under_way_it_is_waited_for()
    {
        CutRun run = Started();
        run.InFlight.Add(StepKey.Parse(Install));
        Assert.Equal(new Verdict.Wait(Message.Of("wait.install", "gw3"), Deadline(run)), run.Judge(Install));
    }

    /// <summary>Only the check keeps a second installation from being started beside the first.</summary>
    [Fact]
    public void What_was_started_is_not_started_again()
    {
        CutRun run = Started();
        Assert.IsNotType<Verdict.Apply>(run.Judge(Install));
        run.Override(Checks.InstallOnce);
        Assert.IsType<Verdict.Apply>(run.Judge(Install));
    }

    /// <summary>A preliminary package leaves the build as it is: the node's own word on our upload is all there is to see.</summary>
    [Fact]
    public void A_preliminary_package_is_installed_when_the_node_says_so_of_our_upload()
    {
        CutRun run = Started();
        run.Plan = run.Plan with { Packages = [run.Plan.Packages[0] with { IsPreliminary = true }] };
        UpdateStatus completed = new() { State = UpdateState.Completed, UploadId = "up-9" };
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
        run["gw3"] = run["gw3"] with { Update = completed };
        Message evidence = Message.Of("done.install-preliminary", "gw3", run.Plan.Packages[0].Name);
        Assert.Equal(new Verdict.Done(evidence), run.Judge(Install));

        run["gw3"] = run["gw3"] with { Update = completed with { UploadId = "another" } };
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
        run["gw3"] = run["gw3"] with { Update = completed with { State = UpdateState.Idle } };
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
        run["gw3"] = run["gw3"] with { Update = completed };
        run.Outcome(Install, StepOutcome.FailedNoEffect);
        Assert.IsNotType<Verdict.Done>(run.Judge(Install));

        // What it said before the start is no news.
        CutRun before = Started("completed up-9 ");
        before.Plan = run.Plan;
        before["gw3"] = before["gw3"] with { Update = completed };
        Assert.IsType<Verdict.Wait>(before.Judge(Install));

        // One that failed did.
        CutRun failed = Started();
        failed.Plan = run.Plan;
        failed["gw3"] = failed["gw3"] with { Update = new UpdateStatus { State = UpdateState.Failed, UploadId = "up-9" } };
        Assert.IsType<Verdict.Stop>(failed.Judge(Install));
    }

    [Fact]
    public void A_failure_that_the_node_tells_of_our_upload_parks_it_at_the_old_build()
    {
        CutRun run = Started();
        Update(run, UpdateState.Failed, "up-9", "disk");
        Message reason = Message.Of("stop.old-build", "gw3", "2.0.1.6960", "disk");
        Assert.Equal(new Verdict.Stop(StopKind.Park, reason, ProvenNoEffect: true), run.Judge(Install));

        Update(run, UpdateState.Failed, "up-9", null);
        run["gw3"] = run["gw3"] with { About = new AboutInfo("2.0", run.Plan.From) };
        Assert.Equal(Message.Of("stop.old-build", "gw3", "2.0.1.6960", "-"), Assert.IsType<Verdict.Stop>(run.Judge(Install)).Reason);
        run["gw3"] = run["gw3"] with { About = new AboutInfo("2.0", null) };
        Assert.Equal(Message.Of("stop.old-build", "gw3", "2.0", "-"), Assert.IsType<Verdict.Stop>(run.Judge(Install)).Reason);
    }

    [Fact]
    public void A_failure_of_something_else_proves_nothing()
    {
        CutRun run = Started();
        Update(run, UpdateState.Failed, "another", "disk");
        AssertFences(run);

        CutRun before = Started("failed up-9 disk");
        Update(before, UpdateState.Failed, "up-9", "disk");
        AssertFences(before);

        // Where it was seen to install since the start, or said that it would, it is ours.
        run["gw3"] = run["gw3"] with { LastInstallingAt = run.Input.Run[StepKey.Parse(Install)].IntentAt };
        AssertFences(run);
        run["gw3"] = run["gw3"] with { LastInstallingAt = run["gw3"].LastInstallingAt + Tick };
        Assert.Equal("stop.old-build", (run.Judge(Install) as Verdict.Stop)?.Reason.Key);

        before.Accepted.Add(StepKey.Parse(Install));
        Assert.Equal("stop.old-build", (before.Judge(Install) as Verdict.Stop)?.Reason.Key);
    }

    [Fact]
    public void What_an_interrupted_installation_did_not_know_is_told_at_once()
    {
        CutRun run = Started();
        run.Now = run.Input.Run[StepKey.Parse(Install)].IntentAt;
        string[] objects = [.. Enumerable.Range(1, 12).Select(n => $"o{n}")];
        run["gw3"] = run["gw3"] with { Update = new UpdateStatus { State = UpdateState.Interrupted, UploadId = "up-9", UnknownObjects = objects } };
        Message reason = Message.Of("stop.unknown-objects", "gw3", string.Join(", ", objects.Take(10)));
        Assert.Equal(new Verdict.Stop(StopKind.Park, reason, ProvenNoEffect: true), run.Judge(Install));

        Update(run, UpdateState.Failed, "up-9", "disk");
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
        Update(run, UpdateState.Interrupted, "another", null);
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
    }

    /// <summary>That it was silent for a moment, or that its request may still be under way, proves nothing.</summary>
    [Fact]
    public void Nothing_is_proven_before_the_request_cannot_arrive_and_the_node_is_steady()
    {
        CutRun run = Started();
        Update(run, UpdateState.Failed, "up-9", "disk");
        DateTimeOffset intended = run.Input.Run[StepKey.Parse(Install)].IntentAt;
        run.Now = intended + DirectWorld.RequestLimit - Tick;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.install-running", "gw3", "failed %"), Deadline(run)), run.Judge(Install));
        run.Now += Tick;
        Assert.IsType<Verdict.Stop>(run.Judge(Install));

        TimeSpan stable = run.Plan.Policy.StabilityInterval;
        run["gw3"] = run["gw3"] with { SteadySince = run.Now - stable + Tick };
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
        run["gw3"] = run["gw3"] with { SteadySince = run.Now - stable };
        Assert.IsType<Verdict.Stop>(run.Judge(Install));
        run["gw3"] = run["gw3"] with { SteadySince = null };
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
    }

    [Fact]
    public void A_node_whose_build_cannot_be_told_is_waited_for()
    {
        CutRun run = Started();
        Update(run, UpdateState.Failed, "up-9", "disk");
        run["gw3"] = run["gw3"] with { About = new AboutInfo("2", null) };
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
    }

    [Fact]
    public void A_start_that_was_accepted_and_shows_nothing_is_waited_for_until_it_is_late()
    {
        CutRun run = Started();
        run.Accepted.Add(StepKey.Parse(Install));
        run.Now = Deadline(run);
        Assert.Equal(new Verdict.Wait(Message.Of("wait.install-running", "gw3", "idle %"), Deadline(run)), run.Judge(Install));
        run.Now += Tick;
        Message reason = Message.Of("stop.install-late", "gw3", run.Step(Install).Timeout, "idle %");
        Assert.Equal(new Verdict.Stop(StopKind.Park, reason), run.Judge(Install));
    }

    [Theory]
    [InlineData("progress", "installing 40%")]
    [InlineData("problem", "no answer")]
    [InlineData("version", "2.0.1.6960")]
    public void What_the_node_last_said_is_told(string what, string said)
    {
        CutRun run = Started();
        run["gw3"] = what switch
        {
            "progress" => run["gw3"] with { Update = new UpdateStatus { State = UpdateState.Installing, ProgressPercent = 40 } },
            "problem" => run["gw3"] with { Update = null, ProblemKind = NodeProblemKind.Silent, Problem = "no answer" },
            _ => run["gw3"] with { Update = null },
        };
        Assert.Equal(new Verdict.Wait(Message.Of("wait.install-running", "gw3", said), Deadline(run)), run.Judge(Install));
    }

    /// <summary>The answer to the start was lost, and the node has neither begun nor finished anything since.</summary>
    [Fact]
    public void A_lost_start_is_repeated_when_its_request_is_fenced()
    {
        CutRun run = Started();
        AssertFences(run);
        run.Outcome(Install, StepOutcome.Unknown, (Marks.Fence, Marks.Gone));
        Message evidence = Message.Of("seen.not-started", "gw3", "2.0.1.6960");
        Assert.Equal(new Verdict.NotInEffect(evidence), run.Judge(Install));

        run["gw3"] = run["gw3"] with { Uploads = [] };
        Verdict.NotInEffect redo = Assert.IsType<Verdict.NotInEffect>(run.Judge(Install));
        Assert.Equal((evidence, "S7/gw3/0"), (redo.Evidence, redo.Values![Marks.Redo]));
        run["gw3"] = run["gw3"] with { Uploads = null };
        Assert.NotNull(Assert.IsType<Verdict.NotInEffect>(run.Judge(Install)).Values);

        CutRun vouched = Started();
        vouched.Override(Checks.LateStart);
        Assert.Equal(new Verdict.NotInEffect(evidence), vouched.Judge(Install));
    }

    /// <summary>It began, or said that it would: it runs the old build, and nothing can begin any more.</summary>
    [Theory]
    [InlineData("began", true)]
    [InlineData("accepted", true)]
    [InlineData("arrived", true)]
    [InlineData("began", false)]
    public void A_start_that_came_to_nothing_parks_the_node_when_it_is_over(string how, bool fenced)
    {
        CutRun run = Started();
        if (how == "began")
        {
            run["gw3"] = run["gw3"] with { LastInstallingAt = run.Now };
            AssertFences(run);
        }
        else if (how == "accepted")
        {
            run.Accepted.Add(StepKey.Parse(Install));
        }
        else
        {
            run.Outcome(Install, StepOutcome.Unknown, (Marks.Fence, Marks.Arrived));
        }

        if (fenced)
        {
            run.Outcome(Install, StepOutcome.Unknown, (Marks.Fence, Marks.Gone));
        }
        else
        {
            run.Override(Checks.LateStart);
        }

        Message reason = Message.Of("stop.old-build", "gw3", "2.0.1.6960", "-");
        Assert.Equal(new Verdict.Stop(StopKind.Park, reason, ProvenNoEffect: true), run.Judge(Install));
    }

    /// <summary>A human's word on late requests says nothing of a start that was accepted.</summary>
    [Fact]
    public void A_start_that_was_accepted_is_waited_for_even_where_somebody_vouches_for_late_ones()
    {
        CutRun run = Started();
        run.Accepted.Add(StepKey.Parse(Install));
        run.Override(Checks.LateStart);
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
    }

    /// <summary>Nothing can be deleted that would keep an upload that installs from being installed later.</summary>
    [Fact]
    public void What_may_have_reached_the_node_whole_is_never_sent_again_unless_a_human_vouches_for_it()
    {
        CutRun run = Installing();
        run.Intend(Install, (Marks.Upload, "up-9"), ("update", "idle  "));
        run.Now += TimeSpan.FromMinutes(1);
        Assert.Equal(new Verdict.Wait(Message.Of("wait.install-running", "gw3", "idle %"), Deadline(run)), run.Judge(Install));

        run.Override(Checks.LateStart);
        Assert.Equal(new Verdict.NotInEffect(Message.Of("seen.not-started", "gw3", "2.0.1.6960")), run.Judge(Install));
        run.Records.RemoveAt(run.Records.Count - 1);

        run.Now = Deadline(run) + Tick;
        Message reason = Message.Of("stop.upload-unproven", "gw3", run.Step(Install).Timeout, UpgradeOverrides.LateStart);
        Assert.Equal(new Verdict.Stop(StopKind.Park, reason, Check: Checks.LateStart), run.Judge(Install));

        // It cannot know our id: whatever it says that is new is of ours.
        Update(run, UpdateState.Failed, "7", "disk");
        Assert.Equal("stop.old-build", (run.Judge(Install) as Verdict.Stop)?.Reason.Key);
    }

    /// <summary>Right before the installation of a node, all well.</summary>
    private static CutRun Ready(string node = "gw3", int nodes = 3)
    {
        CutRun run = new($"before S8/{node}", nodes);
        run[node] = run[node] with { Queues = Queue(0), Update = Idle, Uploads = [Ours(run)] };
        return run;
    }

    /// <summary>The installation was started, and the answer was lost a minute ago.</summary>
    private static CutRun Started(string updateBefore = "idle  ")
    {
        CutRun run = Ready();
        run.Intend(Install, (Marks.Upload, "up-9"), ("update", updateBefore));
        run.Now += TimeSpan.FromMinutes(1);
        return run;
    }

    /// <summary>The same node where uploading installs: there is no step for its uploads.</summary>
    private static CutRun Installing()
    {
        CutRun run = Ready();
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps.Where(s => s.Key.ToString() != "S7/gw3/0")] };
        return run;
    }

    private static UploadedUpdate Ours(CutRun run)
    {
        PlannedPackage package = run.Plan.Packages[0];
        return new UploadedUpdate { Id = "up-9", FileName = package.Name, SizeBytes = package.SizeBytes, Sha256 = package.Sha256, IsComplete = true };
    }

    private static QueueSummary Queue(long mta) => new() { Mta = mta, KataQuarantine = 0, AntiSpamQuarantine = 0 };

    private static void Update(CutRun run, UpdateState state, string upload, string? message) =>
        run["gw3"] = run["gw3"] with { Update = new UpdateStatus { State = state, UploadId = upload, Message = message } };

    private static DateTimeOffset Deadline(CutRun run) => run.Input.Run[StepKey.Parse(Install)].IntentAt + run.Step(Install).Timeout;

    private static void AssertFences(CutRun run) => Assert.True(run.Judge(Install) is Verdict.Wait { Fences: true });

    private static void AssertWaitsThenPutsBack(CutRun run, Message waits, Message stops)
    {
        DateTimeOffset until = run.Step(Install).After.Max(k => run.Input.Run[k].OutcomeAt) + run.Plan.Policy.StepTimeout;
        Assert.Equal(new Verdict.Wait(waits, until), run.Judge(Install));
        DateTimeOffset now = run.Now;
        run.Now = until;
        Assert.IsType<Verdict.Wait>(run.Judge(Install));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.PutBack, stops), run.Judge(Install));
        run.Now = now;
    }

    private static void AssertValues(Verdict.Apply apply, params (string Name, string Value)[] values) =>
        Assert.Equal(values, apply.Values.Select(v => (v.Key, v.Value)).Order());
}
