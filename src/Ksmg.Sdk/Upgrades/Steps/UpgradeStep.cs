namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// One step of the procedure: what it looks at, how it decides, what it causes. <see cref="Decide"/> is pure;
/// <see cref="ApplyAsync"/> is called only after a durable intent, and at most once for it.
/// </summary>
internal abstract class UpgradeStep
{
    /// <summary>What has to be observed of the step's node.</summary>
    public abstract Facets Facets { get; }

    /// <summary>How the run stops when the step cannot be brought about.</summary>
    public abstract StopKind OnFailure { get; }

    /// <summary>Whether the roles and builds of the other nodes count too: then every node is asked at each look.</summary>
    public virtual bool LooksAtAllNodes => false;

    /// <summary>Whether its turn begins with an effect as a rule, and not with waiting or looking.</summary>
    public virtual bool BeginsWithEffect => true;

    public abstract Verdict Decide(StepContext c);

    /// <summary>How long the call may take that causes the effect.</summary>
    public virtual TimeSpan CallLimit(PlannedStep step) => step.Timeout;

    public virtual Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Causes the effect. Answers what the call says became of it, or <see langword="null"/> when the effect has to be seen.</summary>
    public virtual async Task<StepReply?> CallAsync(EffectContext e, CancellationToken cancellationToken)
    {
        await ApplyAsync(e, cancellationToken).ConfigureAwait(false);
        return null;
    }

    /// <summary>Nothing is decided before the upload of the last attempt is proven to be gone or in use; past the step's patience a human decides.</summary>
    public Verdict Fence(StepContext c)
    {
        string upload = c.State.Value(UploadStep.UploadId)!;
        return c.PastDeadline
            ? new Verdict.Stop(OnFailure, Message.Of("stop.unfenced", c.NodeName, upload, c.Step.Timeout, UpgradeOverrides.LateStart), Check: Checks.LateStart)
            : new Verdict.Wait(
                UploadFence.Deletes(c) ? Message.Of("wait.fence", c.NodeName, upload) : Message.Of("wait.outwait", c.RequestLimit),
                c.Deadline,
                Fences: true);
    }

    /// <summary>
    /// The common shape of a step that sets something and then sees it: done when seen; while a request may still arrive, wait; after an
    /// unknown attempt that is seen to have changed nothing, that is recorded and the step may be tried again.
    /// </summary>
    protected static Verdict SetAndSee(StepContext c, Message? seen, Message notSeen, Func<Verdict> apply)
    {
        if (seen is not null)
        {
            return new Verdict.Done(seen);
        }

        if (c.IsInFlight)
        {
            return new Verdict.Wait(notSeen, c.Deadline);
        }

        switch (c.State.Status)
        {
            case StepStatus.Open when c.WasAccepted:
                return c.PastDeadline ? new Verdict.NotInEffect(Message.Of("seen.not-in-time", notSeen)) : new Verdict.Wait(notSeen, c.Deadline);
            case StepStatus.Open or StepStatus.Unknown when c.MayStillArrive || !c.Seen.Answers:
                return c.PastDeadline
                    ? new Verdict.Stop(StopKind.Human, Message.Of("stop.unknown", c.NodeName, notSeen))
                    : new Verdict.Wait(notSeen, c.Deadline);
            case StepStatus.Open or StepStatus.Unknown:
                return new Verdict.NotInEffect(notSeen);
            default:
                return apply();
        }
    }
}
