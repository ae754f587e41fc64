using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>What a test message has to show before a node goes back to load, and when it counts as lost, asked directly. Of gw3.</summary>
public sealed class TestMessageStepTests
{
    private const string Probe = "S14/gw3/-";
    private const string Id = "<one@example.org>";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly BuildNumber Old = new(2, 0, 1, 6960);
    private static readonly ProbeCopy Good = new(null, "gw3", new BuildNumber(2, 1, 0, 7854), "today's");

    [Fact]
    public async Task A_message_is_sent_under_a_name_of_its_own()
    {
        CutRun run = new("before S14/gw3");
        AssertSends(run, $"<ksmg-upgrade.{run.Plan.RunId}.gw3.1@ksmg-upgrade.invalid>");
        run["gw3"] = run["gw3"] with { ProbeDomain = "example.org" };
        AssertSends(run, $"<ksmg-upgrade.{run.Plan.RunId}.gw3.1@example.org>");
        run.Intend(Probe, (Marks.MessageId, Id));
        run.Outcome(Probe, StepOutcome.FailedNoEffect);
        AssertSends(run, $"<ksmg-upgrade.{run.Plan.RunId}.gw3.2@example.org>");
        run.InFlight.Add(StepKey.Parse(Probe));
        Assert.Equal(Message.Of("wait.probe", Id), Assert.IsType<Verdict.Wait>(run.Judge(Probe)).Reason);

        Assert.Equal($"message to gw3: {Id}", await CalledNodes.OfAsync(run, Probe, (Marks.MessageId, Id)));
        CalledNodes refusing = new(run) { Answer = new ProbeAnswer(false, "550 no") };
        KsmgApiException refused = await Assert.ThrowsAsync<KsmgApiException>(() => refusing.CauseAsync(Probe, (Marks.MessageId, Id)));
        Assert.Equal(("smtp", "gw3", true), (refused.Operation, refused.Node, refused.HadNoEffect));
        Assert.Contains("550 no", refused.Message, StringComparison.Ordinal);
    }

    /// <summary>One that did not receive before takes none; one that only receives for the test does.</summary>
    [Fact]
    public void A_node_that_stays_off_gets_no_message()
    {
        CutRun run = new("before S1/gw3");
        Assert.IsType<Verdict.Apply>(run.Judge(Probe));
        run.Found("gw3", n => n with { Receiving = false });
        Assert.Equal(new Verdict.Done(Message.Of("done.probe-none", "gw3")), run.Judge(Probe));
        PlannedStep again = run.Step(Probe) with { Id = StepId.ReceiveOffAgain };
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps, again with { Node = "gw1" }] };
        Assert.IsType<Verdict.Done>(run.Judge(Probe));
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps, again] };
        Assert.IsType<Verdict.Apply>(run.Judge(Probe));
    }

    [Fact]
    public void A_message_that_came_through_this_node_and_build_proves_it()
    {
        CutRun run = Sent(Good);
        Assert.Equal(new Verdict.Done(Message.Of("done.probe", Id, "gw3", "2.1.0.7854", "today's")), run.Judge(Probe));
        run = Sent(new ProbeCopy(null, null, null));
        Assert.Equal(new Verdict.Done(Message.Of("done.probe", Id, "?", "?", "?")), run.Judge(Probe));

        // It counts even when it comes late.
        run.Now += TimeSpan.FromDays(1);
        Assert.IsType<Verdict.Done>(run.Judge(Probe));
    }

    [Fact]
    public void What_came_twice_came_around_somewhere()
    {
        CutRun run = Sent(Good, Good);
        Assert.Equal(Wrong(Message.Of("probe.twice", Id, 2)), run.Judge(Probe));
        run.Override(Checks.OneProbeCopy);
        Assert.IsType<Verdict.Done>(run.Judge(Probe));
    }

    /// <summary>An update may change what a node calls itself. Where nobody knows its name, a strange one accuses nobody.</summary>
    [Theory]
    [InlineData("gw3", null, null, true)]
    [InlineData("other", null, null, true)]
    [InlineData("old.example", "old.example", null, true)]
    [InlineData("new.example", "old.example", "new.example", true)]
    [InlineData("new.example", null, "new.example", true)]
    [InlineData("gw3", "old.example", "new.example", true)]
    [InlineData("other", "old.example", null, false)]
    [InlineData("other", null, "new.example", false)]
    public void What_came_through_another_node_proves_nothing(string via, string? planned, string? shown, bool isNode)
    {
        CutRun run = Sent(Good with { ViaHost = via });
        run.Found("gw3", n => n with { HostName = planned });
        run["gw3"] = run["gw3"] with { Status = run["gw3"].Status! with { HostName = shown } };
        if (isNode)
        {
            Assert.IsType<Verdict.Done>(run.Judge(Probe));
        }
        else
        {
            Assert.Equal(Wrong(Message.Of("probe.elsewhere", Id, via, planned ?? "gw3")), run.Judge(Probe));
        }
    }

    [Fact]
    public void What_another_build_scanned_proves_nothing()
    {
        CutRun run = Sent(Good with { Build = Old });
        Assert.Equal(Wrong(Message.Of("probe.build", Id, Old, run.Plan.To)), run.Judge(Probe));
        run["gw3"] = run["gw3"] with { About = new AboutInfo(Old.ToString(), Old) };
        Assert.Equal(Wrong(Message.Of("probe.build", Id, Old, run.Plan.To)), run.Judge(Probe));

        // A node that goes back to work scans with the build it runs.
        CutRun back = new("after S3/gw3");
        back.Mark("gw3", Marks.PuttingBack);
        back.Outcome("S13/gw3/-", StepOutcome.Done);
        back.Intend(Probe, (Marks.MessageId, Id));
        back["gw3"] = back["gw3"] with { ProbeCopies = [Good with { Build = Old }] };
        Assert.IsType<Verdict.Done>(back.Judge(Probe));
        back["gw3"] = back["gw3"] with { ProbeCopies = [Good] };
        Assert.Equal(Wrong(Message.Of("probe.build", Id, back.Plan.To, Old)), back.Judge(Probe));
        back["gw3"] = back["gw3"] with { About = new AboutInfo(back.Plan.To.ToString(), back.Plan.To) };
        Assert.IsType<Verdict.Done>(back.Judge(Probe));
    }

    [Fact]
    public void A_message_that_does_not_come_is_sent_once_more_and_then_lost()
    {
        CutRun run = Sent();
        TimeSpan limit = run.Plan.Policy.ProbeTimeout;
        DateTimeOffset until = run.Now + limit;
        run.Now = until;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.probe", Id), until), run.Judge(Probe));
        run["gw3"] = run["gw3"] with { ProbeCopies = null };
        Assert.IsType<Verdict.Wait>(run.Judge(Probe));
        run.Now += Tick;
        Verdict.NotInEffect none = new(Message.Of("seen.no-probe", Id, limit));
        Assert.Equal(none, run.Judge(Probe));

        run.Outcome(Probe, StepOutcome.FailedNoEffect);
        run.Intend(Probe, (Marks.MessageId, Id));
        run.Now += limit + Tick;
        Assert.Equal(Lost("-"), run.Judge(Probe));
        run["gw3"] = run["gw3"] with { PortProblem = "mailbox closed" };
        Assert.Equal(Lost("mailbox closed"), run.Judge(Probe));

        // What a driver that is gone was to send may never have been sent.
        run.TakeOver();
        Assert.IsType<Verdict.Wait>(run.Judge(Probe));
        run.Now += limit + Tick;
        Assert.Equal(none, run.Judge(Probe));

        Verdict.Stop Lost(string why) => new(StopKind.Park, Message.Of("stop.probe-lost", "gw3", Id, limit, why));
    }

    private static CutRun Sent(params ProbeCopy[] copies)
    {
        CutRun run = new("before S14/gw3");
        run.Intend(Probe, (Marks.MessageId, Id));
        run["gw3"] = run["gw3"] with { ProbeCopies = copies };
        return run;
    }

    private static Verdict.Stop Wrong(Message wrong) => new(StopKind.Park, Message.Of("stop.probe", "gw3", wrong));

    private static void AssertSends(CutRun run, string id)
    {
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Probe));
        Assert.Equal(Message.Of("apply.probe", "gw3", id), apply.Reason);
        Assert.Equal([new KeyValuePair<string, string>(Marks.MessageId, id)], apply.Values);
    }
}
