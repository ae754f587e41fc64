using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// H1 to H4: the hooks of one point, one after the other. Nothing tells afterwards whether they ran but their own answer, so that a call
/// whose answer nobody wrote down is made again.
/// </summary>
internal sealed class HookStep(HookPoint point) : UpgradeStep
{
    private const int MostOutput = 4 * 1024;

    /// <summary>What the hooks themselves do not keep to.</summary>
    private static readonly TimeSpan Grace = TimeSpan.FromMinutes(1);

    public override Facets Facets => Facets.None;

    public override StopKind OnFailure => StopKind.Human;

    public override TimeSpan CallLimit(PlannedStep step) => step.Timeout + Grace;

    public override Verdict Decide(StepContext c)
    {
        if (c.IsInFlight)
        {
            return new Verdict.Wait(Message.Of("wait.hooks", c.Step.Id.InWords(), Subject(c)), c.Deadline, Soon: false);
        }

        // A human lets the run go on by resuming it, which forgets the failures: then the hooks are called again. So are those of a driver
        // that is gone; but those that this one called and that outlast what the plan gives them would do so each time.
        bool outlasted = c.State.Status == StepStatus.Unknown && c.State.Epoch == c.Run.Epoch;
        bool failed = outlasted || c.State.Status == StepStatus.FailedNoEffect;
        if (failed && !c.Enforces(Checks.HookFailed))
        {
            return new Verdict.Done(Message.Of("done.hooks-without", c.State.Cause));
        }

        return failed && (outlasted || c.State.Failures > 0)
            ? new Verdict.Stop(OnFailure, Message.Of("stop.hooks", c.State.Cause), Check: Checks.HookFailed)
            : StepContext.Apply(Message.Of("apply.hooks", c.Step.Id.InWords(), Subject(c)));
    }

    public override async Task<StepReply?> CallAsync(EffectContext e, CancellationToken cancellationToken)
    {
        List<Message> said = [];
        foreach (IUpgradeHook hook in e.World.Ports.Hooks.Where(h => h.Points.Contains(point)))
        {
            (bool succeeded, Message text) = await RunAsync(hook, e, cancellationToken).ConfigureAwait(false);
            said.Add(text);
            if (!succeeded)
            {
                return new StepReply(StepOutcome.FailedNoEffect, Message.Sentences(said));
            }
        }

        return new StepReply(StepOutcome.Done, Message.Sentences(said));
    }

    private static string Subject(StepContext c) => c.Step.Node ?? c.Plan.Cluster;

    private async Task<(bool Succeeded, Message Text)> RunAsync(IUpgradeHook hook, EffectContext e, CancellationToken cancellationToken)
    {
        HookCall call = new()
        {
            Point = point,
            RunId = e.Plan.RunId,
            Cluster = e.Plan.Cluster,
            Node = e.Step.Node,
            From = e.Plan.From,
            To = e.Plan.To,
            Attempt = e.Attempt,
            Key = $"{e.Plan.RunId}/{e.Step.Key}/{hook.Name}",
        };
        DateTimeOffset began = e.Clock.Now;
        using AwakeLimit limit = e.Clock.Limit(hook.TimeLimit);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        HookResult result;
        try
        {
            result = await hook.RunAsync(call, either.Token).ConfigureAwait(false);
        }
        catch (Exception ex) when (!cancellationToken.IsCancellationRequested)
        {
            result = new HookResult(false, limit.IsOver ? string.Empty : ex.Message);
        }

        return (result.Succeeded, Told(hook, result, e.Clock.Now - began, limit.IsOver));
    }

    private static Message Told(IUpgradeHook hook, HookResult result, TimeSpan took, bool isOver)
    {
        string output = Output(result.Output);
        Message? said = output.Length == 0 ? null : Message.Of("hook.said", output);
        if (result.Succeeded)
        {
            return Message.Sentences(Message.Of("hook.done", hook.Name, took), said);
        }

        return Message.Sentences(isOver ? Message.Of("hook.too-long", hook.Name, hook.TimeLimit) : Message.Of("hook.failed", hook.Name), said);
    }

    /// <summary>The end of what a hook said, on one line: the end tells how it came out.</summary>
    private static string Output(string? text)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(text ?? string.Empty);
        int from = Math.Max(0, bytes.Length - MostOutput);
        while (from < bytes.Length && (bytes[from] & 0xC0) == 0x80)
        {
            from++;
        }

        return Printable.OneLine((from > 0 ? "…" : string.Empty) + Encoding.UTF8.GetString(bytes.AsSpan(from)), int.MaxValue);
    }
}
