using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>When a node is drained, how long mail is waited for and when its delivery is asked for, asked directly. Of gw3.</summary>
public sealed class DrainStepTests
{
    private const string Drain = "S3/gw3/-";

    private static readonly TimeSpan Tick = TimeSpan.FromTicks(1);
    private static readonly QueueSummary Empty = new() { Mta = 0, KataQuarantine = 0, AntiSpamQuarantine = 0 };
    private static readonly QueueSummary Mail = Empty with { Mta = 7 };
    private static readonly QueueSummary Kata = Empty with { KataQuarantine = 2 };
    private static readonly Message MailLeft = Message.Sentences(QueueReport.Left("gw3", Mail), null);

    [Fact]
    public void A_node_is_drained_when_enough_looks_found_it_empty()
    {
        CutRun run = Draining(Empty);
        TimeSpan stable = run.Plan.Policy.PollInterval * (run.Plan.Policy.DrainStablePolls - 1);
        DateTimeOffset since = Since(run);

        // What was empty before nothing reached the node any more proves nothing.
        run["gw3"] = run["gw3"] with { EmptySince = since - TimeSpan.FromHours(1) };
        run.Now = since + stable - Tick;
        Assert.Equal(new Verdict.Wait(Message.Sentences(QueueReport.Left("gw3", Empty), null), Limit(run)), run.Judge(Drain));
        run.Now = since + stable;
        Assert.Equal(new Verdict.Done(Message.Of("done.drain", 3)), run.Judge(Drain));

        run["gw3"] = run["gw3"] with { EmptySince = since + Tick };
        Assert.IsType<Verdict.Wait>(run.Judge(Drain));
        run.Now += Tick;
        Assert.IsType<Verdict.Done>(run.Judge(Drain));
        run["gw3"] = run["gw3"] with { EmptySince = null };
        Assert.IsType<Verdict.Wait>(run.Judge(Drain));
    }

    [Fact]
    public void A_human_may_vouch_for_what_is_left()
    {
        CutRun run = Draining(Mail);
        Assert.IsType<Verdict.Wait>(run.Judge(Drain));
        run.Override(Checks.Drained);
        Assert.Equal(new Verdict.Done(Message.Of("done.drain", 3)), run.Judge(Drain));
    }

    /// <summary>Nor does a count that tells nothing.</summary>
    [Fact]
    public void A_node_that_does_not_tell_its_queues_is_not_drained()
    {
        foreach (QueueSummary? told in new[] { null, Empty with { Mta = -1 } })
        {
            CutRun run = Draining(told);
            run["gw3"] = run["gw3"] with { ProblemKind = NodeProblemKind.Silent, Problem = "no answer", EmptySince = run.Now - TimeSpan.FromHours(1) };
            run.Now = Limit(run);
            Assert.Equal(new Verdict.Wait(Message.Of("wait.silent", "gw3", "no answer"), run.Now), run.Judge(Drain));
            run.Now += Tick;
            Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.silent", "gw3", "no answer")), run.Judge(Drain));
        }
    }

    /// <summary>A drain that goes on is given its whole time, and one that stands still no longer than that is allowed.</summary>
    [Fact]
    public void Mail_is_waited_for_as_long_as_it_becomes_less()
    {
        CutRun run = Draining(Mail).With(p => p with { NoProgressTimeout = TimeSpan.FromMinutes(1) });
        DateTimeOffset since = Since(run);
        DateTimeOffset stuck = since + TimeSpan.FromMinutes(1);
        foreach (QueueProgress? progress in new[] { null, Progress(run, TimeSpan.FromHours(-1)) })
        {
            run["gw3"] = run["gw3"] with { Progress = progress };
            run.Now = stuck;
            Assert.Equal(new Verdict.Wait(MailLeft, stuck), run.Judge(Drain));
            run.Now += Tick;
            Assert.Equal(Stopped("stop.drain-stuck", TimeSpan.FromMinutes(1)), run.Judge(Drain));
        }

        run["gw3"] = run["gw3"] with { Progress = Progress(run, TimeSpan.FromMinutes(1)) };
        Assert.Equal(stuck + TimeSpan.FromMinutes(1), Assert.IsType<Verdict.Wait>(run.Judge(Drain)).Until);

        run["gw3"] = run["gw3"] with { Progress = Progress(run, TimeSpan.FromMinutes(4.5)) };
        run.Now = Limit(run);
        Assert.Equal(new Verdict.Wait(MailLeft, Limit(run)), run.Judge(Drain));
        run.Now += Tick;
        Assert.Equal(Stopped("stop.drain", run.Plan.Policy.DrainTimeout), run.Judge(Drain));

        // That it stood still is what is said until the whole time is over, too.
        run["gw3"] = run["gw3"] with { Progress = null };
        Assert.Equal(Stopped("stop.drain", run.Plan.Policy.DrainTimeout), run.Judge(Drain));
        run.Now = Limit(run);
        Assert.Equal(Stopped("stop.drain-stuck", TimeSpan.FromMinutes(1)), run.Judge(Drain));
    }

    [Fact]
    public void What_the_mail_waits_for_and_how_long_that_may_take_is_told()
    {
        CutRun run = Draining(Mail);
        WaitingMail waiting = new("example.org", 7, run.WallNow - TimeSpan.FromHours(2), "busy");
        run["gw3"] = run["gw3"] with
        {
            Progress = new QueueProgress(8, run.Now - TimeSpan.FromMinutes(5), 4, run.Now),
            Waiting = [waiting],
            WaitingProblem = "not all of it",
        };
        Message?[] why = [QueueReport.Why([waiting], run.WallNow), QueueReport.Untold("not all of it")];
        Message told = Message.Sentences([QueueReport.Left("gw3", Mail), Message.Of("drain.estimate", TimeSpan.FromMinutes(5)), .. why]);
        Assert.Equal(told, Assert.IsType<Verdict.Wait>(run.Judge(Drain)).Reason);

        run.Now = Limit(run) + Tick;
        why[0] = QueueReport.Why([waiting], run.WallNow);
        Message left = Message.Sentences([QueueReport.Left("gw3", Mail), .. why]);
        Message reason = Message.Of("stop.drain", "gw3", run.Plan.Policy.DrainTimeout, left);
        Assert.Equal(new Verdict.Stop(StopKind.Human, reason), run.Judge(Drain));
        run.With(p => p with { NoProgressTimeout = TimeSpan.FromMinutes(1), DrainTimeout = TimeSpan.FromHours(1) });
        reason = Message.Of("stop.drain-stuck", "gw3", TimeSpan.FromMinutes(1), left);
        Assert.Equal(new Verdict.Stop(StopKind.Human, reason), run.Judge(Drain));
    }

    /// <summary>Quarantines empty at the pace of people.</summary>
    [Fact]
    public void Mail_is_looked_at_often_and_a_quarantine_is_not()
    {
        Assert.True(Assert.IsType<Verdict.Wait>(Draining(Empty).Judge(Drain)).Soon);
        Assert.True(Assert.IsType<Verdict.Wait>(Draining(Mail).Judge(Drain)).Soon);
        Assert.True(Assert.IsType<Verdict.Wait>(Draining(Kata with { Mta = 1 }).Judge(Drain)).Soon);
        Assert.False(Assert.IsType<Verdict.Wait>(Draining(Kata).Judge(Drain)).Soon);
    }

    [Fact]
    public void Where_nobody_can_be_asked_what_is_left_somebody_has_to_agree()
    {
        CutRun run = Draining(Empty);
        run["gw3"] = run["gw3"] with { Untold = Facets.Queues | Facets.Update, Queues = null };
        Message asked = Message.Of("stop.queue-unproven", "gw3", UpgradeConsents.QueueUnproven);
        Assert.Equal(new Verdict.Stop(StopKind.Human, asked, Check: UpgradeConsents.QueueUnproven), run.Judge(Drain));
        run["gw3"] = run["gw3"] with { Untold = Facets.Update };
        Assert.IsType<Verdict.Wait>(run.Judge(Drain));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Who_agreed_waits_the_whole_time_and_for_every_session(bool inPolicy)
    {
        CutRun run = Draining(null);
        run["gw3"] = run["gw3"] with { Untold = Facets.Queues };
        if (inPolicy)
        {
            run.With(p => p with { Accept = [UpgradeConsents.QueueUnproven] });
        }
        else
        {
            run.Override(UpgradeConsents.QueueUnproven);
        }

        TimeSpan time = run.Plan.Policy.DrainTimeout;
        run.Now = Limit(run) - Tick;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.queue-unproven", "gw3", time), Limit(run)), run.Judge(Drain));
        run.Now += Tick;
        Verdict.Done done = new(Message.Of("done.queue-unproven", time));
        Assert.Equal(done, run.Judge(Drain));
        run["gw3"] = run["gw3"] with { Load = run["gw3"].Load! with { Sessions = 1 } };
        Message reason = Message.Of("stop.queue-unproven-sessions", "gw3", Message.Of("count.session", 1), time);
        Assert.Equal(new Verdict.Stop(StopKind.Human, reason), run.Judge(Drain));
        run["gw3"] = run["gw3"] with { Load = null };
        Assert.Equal(done, run.Judge(Drain));
    }

    [Fact]
    public async Task Where_the_policy_says_so_delivery_is_asked_for_ever_less_often()
    {
        CutRun run = Draining(Mail).With(p => p with { DrainTimeout = TimeSpan.FromHours(1) });
        run.Now = Since(run) + TimeSpan.FromMinutes(1);
        Assert.IsType<Verdict.Wait>(run.Judge(Drain));
        run.With(p => p with { MtaQueue = DrainAction.Flush });
        DateTimeOffset from = Since(run);
        for (int attempt = 0; attempt < 6; attempt++)
        {
            run.Now = from + (run.Plan.Policy.SlowPollInterval * (1 << attempt)) - Tick;
            Assert.IsType<Verdict.Wait>(run.Judge(Drain));
            run.Now += Tick;
            Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(Drain));
            Assert.Equal(Message.Of("apply.flush", "gw3", MessageQueueKind.Mta), apply.Reason);
            Assert.Equal([new KeyValuePair<string, string>("queue", MessageQueueKind.Mta.Value)], apply.Values);
            run.Intend(Drain, ("queue", MessageQueueKind.Mta.Value));
            from = run.Now;
        }

        // That is enough of it.
        run.With(p => p with { NoProgressTimeout = TimeSpan.FromHours(1) });
        run.Now = from + TimeSpan.FromMinutes(30);
        Assert.IsType<Verdict.Wait>(run.Judge(Drain));
        Assert.Equal("gw3: flush mta", await CalledNodes.OfAsync(run, Drain, ("queue", MessageQueueKind.Mta.Value)));
    }

    [Theory]
    [InlineData(7, 2, true, true, "mta")]
    [InlineData(7, 2, false, true, "kata")]
    [InlineData(7, 2, true, false, "mta")]
    [InlineData(0, 2, true, true, "kata")]
    [InlineData(0, 2, true, false, null)]
    [InlineData(7, 0, false, true, null)]
    [InlineData(0, 0, true, true, null)]
    public void Only_the_queues_that_the_policy_names_are_flushed_the_mail_first(long mta, long kata, bool flushesMail, bool flushesKata, string? flushed)
    {
        CutRun run = Draining(new QueueSummary { Mta = mta, KataQuarantine = kata, AntiSpamQuarantine = 0 }).With(p => p with
        {
            MtaQueue = flushesMail ? DrainAction.Flush : DrainAction.Wait,
            KataQuarantine = flushesKata ? DrainAction.Flush : DrainAction.Wait,
        });
        run.Now = Since(run) + run.Plan.Policy.SlowPollInterval;
        string? queue = flushed switch
        {
            "mta" => MessageQueueKind.Mta.Value,
            "kata" => MessageQueueKind.KataQuarantine.Value,
            _ => null,
        };
        Assert.Equal(queue, (run.Judge(Drain) as Verdict.Apply)?.Values["queue"]);
        run.InFlight.Add(StepKey.Parse(Drain));
        Assert.IsType<Verdict.Wait>(run.Judge(Drain));
    }

    /// <summary>gw3 is out of work, and its queues hold this.</summary>
    private static CutRun Draining(QueueSummary? queues)
    {
        CutRun run = new("after S2/gw3");
        run["gw3"] = run["gw3"] with { Queues = queues };
        return run;
    }

    private static QueueProgress Progress(CutRun run, TimeSpan least) => new(7, Since(run), 7, Since(run) + least);

    private static DateTimeOffset Since(CutRun run) => run.Step(Drain).After.Max(k => run.Input.Run[k].OutcomeAt);

    private static DateTimeOffset Limit(CutRun run) => Since(run) + run.Plan.Policy.DrainTimeout;

    private static Verdict.Stop Stopped(string key, TimeSpan after) => new(StopKind.Human, Message.Of(key, "gw3", after, MailLeft));
}
