using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What holds for every step beside its own verdict.</summary>
public sealed class StepJudgeTests
{
    [Theory]
    [InlineData("S13/gw3/-", nameof(StopKind.Park))]
    [InlineData("S5/gw3/-", nameof(StopKind.PutBack))]
    [InlineData("S6/gw1/-", nameof(StopKind.Human))]
    public void A_step_is_given_up_after_three_attempts_that_changed_nothing(string step, string kind)
    {
        CutRun run = new($"before {step[..^2]}");
        Fail(run, step);
        Fail(run, step);
        Assert.IsType<Verdict.Apply>(run.Judge(step));
        Fail(run, step);
        StepKey key = StepKey.Parse(step);
        Message reason = Message.Of("stop.failed", key.Id.InWords(), key.Node, 3, Message.Said("so it was"));
        Assert.Equal(new Verdict.Stop(Enum.Parse<StopKind>(kind), reason), run.Judge(step));

        run.Intend(step);
        Assert.NotEqual(reason, (run.Judge(step) as Verdict.Stop)?.Reason);
    }

    /// <summary>A node whose installation was begun is finished or parked, never put back.</summary>
    [Theory]
    [InlineData("after S3/gw3", nameof(StopKind.PutBack))]
    [InlineData("after S8/gw3", nameof(StopKind.Park))]
    public void Nobody_is_put_back_after_the_installation(string at, string kind)
    {
        CutRun run = new(at);
        run["gw3"] = run["gw3"] with { Load = new LoadState(LoadMode.Ready, 0, Healthy: true) };
        for (int attempt = 0; attempt < StepJudge.MostFailures; attempt++)
        {
            Fail(run, "S1/gw3/-");
        }

        Assert.Equal(kind, Assert.IsType<Verdict.Stop>(run.Judge("S1/gw3/-")).Kind.ToString());
        run.Override(Checks.NoReturnAfterInstall);
        Assert.Equal(StopKind.PutBack, Assert.IsType<Verdict.Stop>(run.Judge("S1/gw3/-")).Kind);
    }

    /// <summary>What stops for another reason than to be put back stops like that anywhere.</summary>
    [Fact]
    public void Another_way_to_stop_is_left_as_it_is()
    {
        CutRun run = new("after S16/gw3");
        run.Outcome("S6/gw1/-", StepOutcome.Undone);
        Fail(run, "S6/gw1/-");
        Fail(run, "S6/gw1/-");
        Fail(run, "S6/gw1/-");
        run.Intend("S8/gw1/0", (Marks.Upload, "up-1"));
        Assert.Equal(StopKind.Human, Assert.IsType<Verdict.Stop>(run.Judge("S6/gw1/-")).Kind);
    }

    [Theory]
    [InlineData("S7/gw3/0", nameof(StopKind.PutBack))]
    [InlineData("S8/gw3/0", nameof(StopKind.Park))]
    public void A_fence_that_cannot_be_brought_about_is_a_stop_in_the_end(string step, string kind)
    {
        CutRun run = new($"before {step[..^2]}");
        run.Intend(step, (Marks.Upload, "up-1"));
        PlannedStep planned = run.Step(step);
        run.Now += planned.Timeout;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.fence", "gw3", "up-1"), run.Now, Fences: true), StepJudge.Fence(run.Input, planned));

        run.Now += TimeSpan.FromTicks(1);
        Message reason = Message.Of("stop.unfenced", "gw3", "up-1", planned.Timeout, UpgradeOverrides.LateStart);
        Assert.Equal(new Verdict.Stop(Enum.Parse<StopKind>(kind), reason, Check: Checks.LateStart), StepJudge.Fence(run.Input, planned));
    }

    /// <summary>
    /// The last net under all steps: none waits longer than it says. A poll that lies before the wait stands for one that would; what this process is
    /// at has its own limit.
    /// </summary>
    [Fact]
    public void A_wait_that_nobody_ends_is_a_humans()
    {
        CutRun run = new("before S13/gw3");
        run.Intend("S13/gw3/-", ("page", "gw2"));
        PlannedStep step = run.Step("S13/gw3/-");
        Verdict.Wait wait = new(Message.Of("wait.receive-on", "gw3"), run.Now + step.Timeout);
        run.With(p => p with { PollInterval = -step.Timeout });
        Assert.Equal(wait, run.Judge("S13/gw3/-"));

        run.With(p => p with { PollInterval = p.PollInterval - TimeSpan.FromTicks(1) });
        Message reason = Message.Of("stop.overdue", StepId.ReceiveOn.InWords(), "gw3", wait.Reason);
        Assert.Equal(new Verdict.Stop(StopKind.Human, reason, Check: StepJudge.EndlessWait), run.Judge("S13/gw3/-"));
        run.InFlight.Add(step.Key);
        Assert.Equal(wait, run.Judge("S13/gw3/-"));
    }

    /// <summary>What this process causes right now, and whether its call came back, is known to the step.</summary>
    [Fact]
    public void A_step_knows_what_its_process_does()
    {
        CutRun run = new("before S13/gw3");
        run.Intend("S13/gw3/-", ("page", "gw2"));
        run.Now += TimeSpan.FromHours(1);
        Assert.Equal(new Verdict.NotInEffect(Message.Of("wait.receive-on", "gw3")), run.Judge("S13/gw3/-"));
        run.Accepted.Add(StepKey.Parse("S13/gw3/-"));
        Assert.Equal(new Verdict.NotInEffect(Message.Of("seen.not-in-time", Message.Of("wait.receive-on", "gw3"))), run.Judge("S13/gw3/-"));
        run.InFlight.Add(StepKey.Parse("S13/gw3/-"));
        Assert.Equal(Message.Of("wait.receive-on", "gw3"), Assert.IsType<Verdict.Wait>(run.Judge("S13/gw3/-")).Reason);
    }

    private static void Fail(CutRun run, string step)
    {
        run.Intend(step, (Marks.Upload, "up-1"));
        run.Outcome(step, StepOutcome.FailedNoEffect);
    }
}
