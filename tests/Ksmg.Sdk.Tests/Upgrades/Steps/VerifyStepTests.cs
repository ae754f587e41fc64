using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>When a node that was installed is back, and when it is what it was to be, asked directly: by what it shows while it runs. Of gw3.</summary>
public sealed class VerifyStepTests
{
    private const string Back = "S9/gw3/0";
    private const string Verify = "S10/gw3/0";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly BuildNumber Old = new(2, 0, 1, 6960);
    private static readonly Ailment Service = Ailment.Refusal("service", "clamav", ServiceState.Failed) with { Subject = "clamav" };

    [Fact]
    public void A_node_is_back_when_it_answers_steadily_and_installs_nothing()
    {
        CutRun run = Returning();
        TimeSpan stable = run.Plan.Policy.StabilityInterval;
        Assert.Equal(new Verdict.Done(Message.Of("done.back", "gw3")), run.Judge(Back));
        run["gw3"] = run["gw3"] with { SteadySince = run.Now - stable };
        Assert.IsType<Verdict.Done>(run.Judge(Back));
        run["gw3"] = run["gw3"] with { SteadySince = run.Now - stable + Tick };
        AssertWaitsThenParks(run, Back, Message.Of("back.unsteady", stable), steadyIn: stable);
        run["gw3"] = run["gw3"] with { SteadySince = null };
        AssertWaitsThenParks(run, Back, Message.Of("back.unsteady", stable));
    }

    [Fact]
    public void Why_a_node_is_not_back_is_told()
    {
        CutRun run = Returning();
        run["gw3"] = run["gw3"] with { Update = new UpdateStatus { State = UpdateState.Restarting } };
        AssertWaitsThenParks(run, Back, Message.Of("back.installing"));
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer" };
        AssertWaitsThenParks(run, Back, Message.Said("no answer"));
        run["gw3"] = run["gw3"] with { Update = new UpdateStatus { State = UpdateState.Idle } };
        AssertWaitsThenParks(run, Back, Message.Said("no answer"));
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Certificate };
        Assert.Equal(new Verdict.Stop(StopKind.Park, Message.Of("stop.certificate", "gw3", "no answer")), run.Judge(Back));
    }

    /// <summary>Once: the first one that it shows, and no further one.</summary>
    [Fact]
    public void A_certificate_that_the_update_changed_is_trusted_where_people_agreed_to_it()
    {
        CutRun run = Returning();
        run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Certificate, Problem = "another one", OtherFingerprint = "sha256:ab" };
        Verdict.Stop parks = new(StopKind.Park, Message.Of("stop.certificate", "gw3", "another one"));
        Assert.Equal(parks, run.Judge(Back));

        run.Plan = run.Plan with { Policy = run.Plan.Policy with { Accept = [.. run.Plan.Policy.Accept, UpgradeConsents.NewCertificate] } };
        Assert.Equal(Message.Of("wait.new-certificate", "gw3", "sha256:ab"), Assert.IsType<Verdict.Wait>(run.Judge(Back)).Reason);
        run.Write(RunEntries.Notice("certificate/gw3/sha256:ab", Message.Said("told")));
        Assert.IsType<Verdict.Wait>(run.Judge(Back));

        run["gw3"] = run["gw3"] with { OtherFingerprint = "sha256:cd" };
        Assert.Equal(parks, run.Judge(Back));

        // It is one for whatever is done to the node from then on.
        run["gw3"] = run["gw3"] with { OtherFingerprint = "sha256:ab" };
        Assert.All([Verify, "S13/gw3/-"], step => Assert.Equal(NewCertificate.Reason, Assert.IsType<Verdict.Wait>(run.Judge(step)).Reason.Key));

        // Where a root decides, there is no other one to trust.
        run["gw3"] = run["gw3"] with { OtherFingerprint = null };
        Assert.Equal(parks, run.Judge(Back));
    }

    /// <summary>On purpose and by name, before anything else is looked at.</summary>
    [Fact]
    public async Task A_node_that_comes_up_receiving_is_switched_off()
    {
        CutRun run = Returning();
        run["gw3"] = run["gw3"] with { Switches = new MailFlowSwitches(Receiving: true, Sending: true) };
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Back));
        Assert.Equal((Message.Sentences(Message.Of("apply.came-up-receiving", "gw3", "gw2"), null), "gw2"), (apply.Reason, apply.Values["page"]));
        Assert.Equal("gw3: receiving of itself False", await CalledNodes.OfAsync(run, Back, ("page", "gw3")));
        run.Intend(Back, ("page", "gw2"));
        Assert.Equal(Message.Of("wait.receive-off", "gw3"), Assert.IsType<Verdict.Wait>(run.Judge(Back)).Reason);
    }

    /// <summary>What it is found to be is written down.</summary>
    [Fact]
    public void A_node_that_runs_the_new_build_and_is_well_is_verified()
    {
        CutRun run = new("after S9/gw3");
        run["gw3"] = run["gw3"] with { About = new AboutInfo("2.1", run.Plan.To) };
        Verdict.Done done = Verified(run);
        Assert.Equal(Message.Of("done.verify", "gw3", "2.1.0.7854"), done.Evidence);
        AssertValues(done, ("build", "2.1.0.7854"), ("evidence", string.Empty), ("role", "secondary"), ("settings.gw3", string.Empty));

        NodeObservation seen = run["gw3"];
        run["gw3"] = seen with
        {
            About = new AboutInfo("2.1.0.7854", null),
            Status = seen.Status! with { SettingsChangedAt = run.Now },
            Evidence = new BuildEvidence(run.Plan.To, run.Now, "cef"),
        };
        done = Verified(run);
        Assert.Equal(Message.Of("done.verify", "gw3", "2.1.0.7854"), done.Evidence);
        AssertValues(done, ("build", "2.1.0.7854"), ("evidence", "cef: 2.1.0.7854"), ("role", "secondary"), ("settings.gw3", run.Now.ToString("O")));
    }

    [Fact]
    public void It_is_verified_twice_apart()
    {
        CutRun run = new("after S9/gw3");
        run["gw3"] = run["gw3"] with { SteadySince = run.Now - run.Plan.Policy.StabilityInterval };
        Verified(run);
        run["gw3"] = run["gw3"] with { SteadySince = run["gw3"].SteadySince + Tick };
        Assert.Equal(new Verdict.Wait(Message.Of("wait.verify", "gw3"), Until(run, Verify)), run.Judge(Verify));
        run["gw3"] = run["gw3"] with { SteadySince = null };
        Assert.Equal(new Verdict.Wait(Message.Of("wait.verify", "gw3"), Until(run, Verify)), run.Judge(Verify));
    }

    [Theory]
    [InlineData("silent")]
    [InlineData("build")]
    [InlineData("service")]
    [InlineData("role")]
    public void What_a_node_is_not_is_waited_for_and_the_node_parked(string what)
    {
        CutRun run = new("after S9/gw3");
        NodeObservation seen = run["gw3"];
        (run["gw3"], Message problem) = what switch
        {
            "silent" => (
                seen with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer", Status = null },
                Message.Of("wait.silent", "gw3", "no answer")),
            "build" => (seen with { About = new AboutInfo(Old.ToString(), Old) }, Message.Of("hinder.build", "gw3", Old.ToString(), run.Plan.To)),
            "service" => (
                seen with { Status = seen.Status! with { Services = [new ServiceStatus("clamav", ServiceState.Failed)] } },
                NodeHealth.Text("gw3", [Service])),
            _ => (
                seen with { Status = seen.Status! with { Role = NodeRole.Control } },
                Message.Of("hinder.role", "gw3", NodeRole.Control, "secondary")),
        };
        DateTimeOffset until = Until(run, Verify);
        run.Now = until;
        Assert.Equal(new Verdict.Wait(problem, until), run.Judge(Verify));
        run.Now += Tick;
        Assert.Equal(new Verdict.Stop(StopKind.Park, Message.Of("stop.verify", "gw3", run.Step(Verify).Timeout, problem)), run.Judge(Verify));
        if (what == "build")
        {
            run.Override(Checks.VerifiedBuild);
            Verified(run);
        }
    }

    /// <summary>An update leaves databases behind for a while; what passes first is waited for no longer than that.</summary>
    [Fact]
    public void Databases_are_given_longer_than_services()
    {
        CutRun run = new("after S9/gw3");
        NodeObservation seen = run["gw3"];
        DateTimeOffset since = Until(run, Verify) - run.Step(Verify).Timeout;
        run["gw3"] = seen with { Status = seen.Status! with { Databases = new DatabasesState("obsolete") } };
        Assert.Equal(since + run.Plan.Policy.DatabasesTimeout, Assert.IsType<Verdict.Wait>(run.Judge(Verify)).Until);
        run["gw3"] = seen with
        {
            Status = seen.Status with { Databases = new DatabasesState("obsolete"), Services = [new ServiceStatus("clamav", ServiceState.Failed)] },
        };
        Assert.Equal(since + run.Plan.Policy.StepTimeout, Assert.IsType<Verdict.Wait>(run.Judge(Verify)).Until);
    }

    /// <summary>Evidence may be late or forged: it can make us wait, and never condemns a node that is well.</summary>
    [Fact]
    public void What_others_say_of_its_build_makes_us_wait_and_no_more()
    {
        CutRun run = new("after S9/gw3");
        run["gw3"] = run["gw3"] with { Evidence = new BuildEvidence(Old, run.Now, "cef") };
        DateTimeOffset until = Until(run, Verify);
        run.Now = until;
        Assert.Equal(new Verdict.Wait(Message.Of("hinder.evidence", "gw3", "cef", Old), until), run.Judge(Verify));
        run.Now += Tick;
        Verified(run);

        // What was seen before the node showed this version says nothing of it.
        CutRun stale = new("after S9/gw3");
        stale["gw3"] = run["gw3"] with { Evidence = new BuildEvidence(Old, run["gw3"].SteadySince!.Value - Tick, "cef") };
        Verified(stale);
    }

    /// <summary>gw3 was installed, and answers again as it is to.</summary>
    private static CutRun Returning()
    {
        CutRun run = new("after S8/gw3");
        run["gw3"] = run["gw3"] with { Update = new UpdateStatus { State = UpdateState.Idle } };
        return run;
    }

    private static Verdict.Done Verified(CutRun run) => Assert.IsType<Verdict.Done>(run.Judge(Verify));

    private static DateTimeOffset Until(CutRun run, string step) => run.Step(step).After.Max(k => run.Input.Run[k].OutcomeAt) + run.Step(step).Timeout;

    private static void AssertWaitsThenParks(CutRun run, string step, Message why, TimeSpan steadyIn = default)
    {
        DateTimeOffset now = run.Now;
        DateTimeOffset until = Until(run, step);
        Assert.Equal(new Verdict.Wait(Message.Of("wait.not-back", "gw3", why), until), run.Judge(step));
        if (steadyIn == default)
        {
            run.Now = until + Tick;
            Assert.Equal(new Verdict.Stop(StopKind.Park, Message.Of("stop.not-back", "gw3", run.Step(step).Timeout, why)), run.Judge(step));
            run.Now = until;
            Assert.IsType<Verdict.Wait>(run.Judge(step));
        }

        run.Now = now;
    }

    private static void AssertValues(Verdict.Done done, params (string Name, string Value)[] values) =>
        Assert.Equal(values, done.Values!.Select(v => (v.Key, v.Value)).OrderBy(v => v.Key, StringComparer.Ordinal));
}
