namespace Ksmg.Sdk.Upgrades;

/// <summary>S3: every queue is empty and stays empty. Mail is waited for; where the policy says so, delivery is asked for.</summary>
internal sealed class DrainStep : UpgradeStep
{
    private const int MostFlushes = 6;

    public override Facets Facets => Facets.Basic | Facets.Queues | Facets.QueueReasons;

    public override StopKind OnFailure => StopKind.Human;

    public override bool BeginsWithEffect => false;

    public override Verdict Decide(StepContext c)
    {
        DateTimeOffset limit = c.ReadySince + c.Policy.DrainTimeout;
        DateTimeOffset stuck = StepContext.Later(c.Seen.Progress?.LeastAt ?? c.ReadySince, c.ReadySince) + c.Policy.NoProgressTimeout;
        DateTimeOffset until = limit < stuck ? limit : stuck;
        if (c.Seen.Untold.HasFlag(Facets.Queues))
        {
            return Unproven(c, limit);
        }

        if (c.Seen.Queues is not { IsUnusable: false } queues)
        {
            return c.Now > until ? new Verdict.Stop(StopKind.Human, Message.Of("stop.silent", c.NodeName, c.Seen.Problem)) : c.WaitForAnswer(until);
        }

        TimeSpan stable = c.Policy.PollInterval * (c.Policy.DrainStablePolls - 1);
        if (!c.Enforces(Checks.Drained) || c.Seen.EmptySince is { } since && c.Now - StepContext.Later(since, c.ReadySince) >= stable)
        {
            return new Verdict.Done(Message.Of("done.drain", c.Policy.DrainStablePolls));
        }

        Message left = QueueReport.Left(c.NodeName, queues);
        Message?[] why = [QueueReport.Why(c.Seen.Waiting, c.WallNow), QueueReport.Untold(c.Seen.WaitingProblem)];
        if (c.Now > until)
        {
            return new Verdict.Stop(StopKind.Human, c.Now > limit
                ? Message.Of("stop.drain", c.NodeName, c.Policy.DrainTimeout, Message.Sentences([left, .. why]))
                : Message.Of("stop.drain-stuck", c.NodeName, c.Policy.NoProgressTimeout, Message.Sentences([left, .. why])));
        }

        Message? estimate = c.Seen.Progress?.Estimate() is { } rest ? Message.Of("drain.estimate", rest) : null;
        return (Verdict?)Flush(c, queues) ?? new Verdict.Wait(Message.Sentences([left, estimate, .. why]), until, Soon: queues.IsEmpty || queues.Mta > 0);
    }

    /// <summary>
    /// Nobody can be asked what the queues hold: the node gets as long as a drain may take, and whoever agreed to that knows that mail
    /// which could not be delivered by then goes through the update on the node.
    /// </summary>
    private static Verdict Unproven(StepContext c, DateTimeOffset limit)
    {
        if (!c.Accepts(UpgradeConsents.QueueUnproven))
        {
            return new Verdict.Stop(
                StopKind.Human, Message.Of("stop.queue-unproven", c.NodeName, UpgradeConsents.QueueUnproven), Check: UpgradeConsents.QueueUnproven);
        }

        if (c.Now < limit)
        {
            return new Verdict.Wait(Message.Of("wait.queue-unproven", c.NodeName, c.Policy.DrainTimeout), limit);
        }

        return c.Seen.Load is { Sessions: > 0 } load
            ? new Verdict.Stop(
                StopKind.Human,
                Message.Of("stop.queue-unproven-sessions", c.NodeName, Message.Of("count.session", load.Sessions), c.Policy.DrainTimeout))
            : new Verdict.Done(Message.Of("done.queue-unproven", c.Policy.DrainTimeout));
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) =>
        e.Node.FlushAsync(new MessageQueueKind(e.Values["queue"]), cancellationToken);

    private static Verdict.Apply? Flush(StepContext c, QueueSummary queues)
    {
        if (ToBeFlushed(c.Policy, queues) is not { } queue || c.IsInFlight || c.State.Attempt >= MostFlushes)
        {
            return null;
        }

        // Each further delivery attempt waits twice as long as the one before.
        DateTimeOffset next = StepContext.Later(c.State.IntentAt, c.ReadySince) + (c.Policy.SlowPollInterval * Math.Pow(2, c.State.Attempt));
        return c.Now < next ? null : StepContext.Apply(Message.Of("apply.flush", c.NodeName, queue), ("queue", queue.Value));
    }

    private static MessageQueueKind? ToBeFlushed(UpgradePolicy policy, QueueSummary queues) => queues switch
    {
        { Mta: > 0 } when policy.MtaQueue == DrainAction.Flush => MessageQueueKind.Mta,
        { KataQuarantine: > 0 } when policy.KataQuarantine == DrainAction.Flush => MessageQueueKind.KataQuarantine,
        _ => null,
    };
}
