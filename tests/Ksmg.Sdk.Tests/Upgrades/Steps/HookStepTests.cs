using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>When hooks are called, what they are told and what is made of their answers, asked directly: those before gw3 and before the run.</summary>
public sealed class HookStepTests
{
    private const string BeforeNode = "H2/gw3/-";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(8);

    [Fact]
    public void Hooks_are_called_for_a_node_or_for_the_run()
    {
        CutRun run = Hooked();
        Message words = StepId.HooksBeforeNode.InWords();
        Verdict.Apply apply = Assert.IsType<Verdict.Apply>(run.Judge(BeforeNode));
        Assert.Equal(Message.Of("apply.hooks", words, "gw3"), apply.Reason);
        Assert.Empty(apply.Values);
        Verdict ofRun = run.Judge("H1/-/-");
        Assert.Equal(Message.Of("apply.hooks", StepId.HooksBeforeRun.InWords(), run.Plan.Cluster), Assert.IsType<Verdict.Apply>(ofRun).Reason);

        run.Intend(BeforeNode);
        run.InFlight.Add(StepKey.Parse(BeforeNode));
        DateTimeOffset until = run.Now + run.Step(BeforeNode).Timeout;
        Assert.Equal(new Verdict.Wait(Message.Of("wait.hooks", words, "gw3"), until, Soon: false), run.Judge(BeforeNode));

        // Nothing tells whether a call whose answer nobody wrote down was made: it is made again.
        run.InFlight.Clear();
        run.TakeOver();
        Assert.IsType<Verdict.Apply>(run.Judge(BeforeNode));
    }

    /// <summary>Letting the run go on calls them again; only a human does without them.</summary>
    [Fact]
    public void Hooks_that_failed_stop_the_run_until_a_human_lets_it_go_on()
    {
        CutRun run = Hooked();
        run.Override(Checks.HookFailed);
        Assert.IsType<Verdict.Apply>(run.Judge(BeforeNode));
        run.Records.RemoveAt(run.Records.Count - 1);

        run.Intend(BeforeNode);
        run.Outcome(BeforeNode, StepOutcome.FailedNoEffect);
        Message cause = Message.Said("so it was");
        Assert.Equal(new Verdict.Stop(StopKind.Human, Message.Of("stop.hooks", cause), Check: Checks.HookFailed), run.Judge(BeforeNode));
        State(run, UpgradeEnd.NeedsHuman);
        State(run, UpgradeEnd.Running);
        Assert.IsType<Verdict.Apply>(run.Judge(BeforeNode));
        run.Override(Checks.HookFailed);
        Assert.Equal(new Verdict.Done(Message.Of("done.hooks-without", cause)), run.Judge(BeforeNode));
    }

    /// <summary>Those of a driver that is gone may never have been called; those of this one were, and would take as long again.</summary>
    [Fact]
    public void Hooks_that_outlast_what_the_plan_gives_them_are_called_again_by_the_next_driver_alone()
    {
        CutRun run = Hooked();
        run.Intend(BeforeNode);
        run.Outcome(BeforeNode, StepOutcome.Unknown);
        Message stop = Message.Of("stop.hooks", Message.Said("so it was"));
        Assert.Equal(new Verdict.Stop(StopKind.Human, stop, Check: Checks.HookFailed), run.Judge(BeforeNode));

        run.TakeOver();
        Assert.IsType<Verdict.Apply>(run.Judge(BeforeNode));
    }

    [Fact]
    public async Task Each_hook_of_the_place_is_called_in_turn_and_told_where_it_is()
    {
        CutRun run = Hooked();
        List<(string Hook, HookCall Call)> calls = [];
        RecordedHook slow = new("slow", HookPoint.BeforeNode) { Calls = calls };
        CalledNodes called = new(run)
        {
            Hooks = [slow, new RecordedHook("later", HookPoint.AfterNode) { Calls = calls }, new RecordedHook("quick") { Calls = calls }],
        };
        slow.Does = (_, _) =>
        {
            called.Time.Advance(TimeSpan.FromSeconds(3));
            return Task.FromResult(new HookResult(true, " \n "));
        };
        StepReply reply = Assert.IsType<StepReply>(await called.CauseAsync(BeforeNode));
        Message quick = Message.Sentences(Message.Of("hook.done", "quick", TimeSpan.Zero), Message.Of("hook.said", "quick is fine"));
        Message told = Message.Sentences([Message.Sentences(Message.Of("hook.done", "slow", TimeSpan.FromSeconds(3)), null), quick]);
        Assert.Equal(new StepReply(StepOutcome.Done, told), reply);
        Assert.Equal(["slow", "quick"], calls.Select(c => c.Hook));
        HookCall expected = new()
        {
            Point = HookPoint.BeforeNode,
            RunId = run.Plan.RunId,
            Cluster = run.Plan.Cluster,
            Node = "gw3",
            From = run.Plan.From,
            To = run.Plan.To,
            Attempt = 1,
            Key = $"{run.Plan.RunId}/{BeforeNode}/slow",
        };
        Assert.Equal(expected, calls[0].Call);
    }

    [Fact]
    public async Task The_first_that_fails_is_the_last_that_is_called()
    {
        RecordedHook never = new("never");
        Message good = Message.Sentences(Message.Of("hook.done", "good", TimeSpan.Zero), Message.Of("hook.said", "good is fine"));
        Message Failed(string? said) =>
            Message.Sentences(good, Message.Sentences(Message.Of("hook.failed", "bad"), said is null ? null : Message.Of("hook.said", said)));
        Assert.Equal(new StepReply(StepOutcome.FailedNoEffect, Failed("no ticket")), await Replied(RecordedHook.Fails("no\nticket")));
        Assert.Equal(new StepReply(StepOutcome.FailedNoEffect, Failed(null)), await Replied(RecordedHook.Fails(null!)));
        Assert.Equal(
            new StepReply(StepOutcome.FailedNoEffect, Failed("broken")), await Replied((_, _) => throw new InvalidOperationException("broken")));
        Assert.Empty(never.Calls);

        async Task<StepReply?> Replied(Func<HookCall, CancellationToken, Task<HookResult>> does) =>
            await new CalledNodes(Hooked()) { Hooks = [new RecordedHook("good"), new RecordedHook("bad") { Does = does }, never] }.CauseAsync(BeforeNode);
    }

    /// <summary>What a hook says when it is ended for that is not why it failed.</summary>
    [Theory]
    [InlineData(7, false)]
    [InlineData(8, true)]
    public async Task A_hook_that_takes_too_long_is_ended(int seconds, bool isOver)
    {
        RecordedHook hook = new("slow") { TimeLimit = Limit };
        CalledNodes called = new(Hooked()) { Hooks = [hook] };
        hook.Does = (_, ends) =>
        {
            called.Time.Advance(TimeSpan.FromSeconds(seconds));
            Assert.Equal(isOver, ends.IsCancellationRequested);
            ends.ThrowIfCancellationRequested();
            throw new InvalidOperationException("broken");
        };
        Message told = isOver
            ? Message.Sentences(Message.Of("hook.too-long", "slow", Limit), null)
            : Message.Sentences(Message.Of("hook.failed", "slow"), Message.Of("hook.said", "broken"));
        Assert.Equal(new StepReply(StepOutcome.FailedNoEffect, Message.Sentences([told])), await called.CauseAsync(BeforeNode));
    }

    /// <summary>A run that is stopped does not say that its hook failed.</summary>
    [Fact]
    public async Task A_hook_is_ended_with_its_run()
    {
        using CancellationTokenSource ends = new();
        RecordedHook hook = new("slow");
        CalledNodes called = new(Hooked()) { Hooks = [hook], Ends = ends.Token };
        hook.Does = async (_, either) =>
        {
            await ends.CancelAsync();
            Assert.True(either.IsCancellationRequested);
            either.ThrowIfCancellationRequested();
            return new HookResult(true, string.Empty);
        };
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => called.CauseAsync(BeforeNode));
    }

    /// <summary>The end tells how it came out. Characters of two and three bytes are not cut through.</summary>
    [Theory]
    [InlineData("", 'é', 2048, "", false, 2048)]
    [InlineData("a", 'é', 2048, "", true, 2048)]
    [InlineData("", 'é', 2048, "a", true, 2047)]
    [InlineData("", '€', 1366, "", true, 1365)]
    [InlineData("", '€', 1366, "a", true, 1365)]
    [InlineData("", 'x', 4096, "", false, 4096)]
    [InlineData("", 'x', 4097, "", true, 4096)]
    public async Task Of_what_a_hook_says_the_end_is_kept(string before, char many, int count, string after, bool isCut, int left)
    {
        RecordedHook hook = new("wordy") { Does = (_, _) => Task.FromResult(new HookResult(true, before + new string(many, count) + after)) };
        StepReply reply = Assert.IsType<StepReply>(await new CalledNodes(Hooked()) { Hooks = [hook] }.CauseAsync(BeforeNode));
        string said = (isCut ? "…" : before) + new string(many, left) + after;
        Message told = Message.Sentences(Message.Of("hook.done", "wordy", TimeSpan.Zero), Message.Of("hook.said", said));
        Assert.Equal(Message.Sentences([told]), reply.Text);
    }

    /// <summary>A run with hooks before it and before gw3.</summary>
    private static CutRun Hooked()
    {
        CutRun run = new("before S1/gw3");
        PlannedStep Hooks(StepId id, string? node) => Procedure.Plan(run.Plan.Policy, id, node, run.Step("S1/gw3/-").After);
        run.Plan = run.Plan with { Steps = [.. run.Plan.Steps, Hooks(StepId.HooksBeforeRun, null), Hooks(StepId.HooksBeforeNode, "gw3")] };
        return run;
    }

    private static void State(CutRun run, UpgradeEnd state) => run.Write(new JournalEntry
    {
        Kind = JournalEntryKind.State,
        Text = Message.Said("odd"),
        Values = new Dictionary<string, string>(StringComparer.Ordinal) { [Marks.State] = $"{state}" },
    });
}
