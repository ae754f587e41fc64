namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A step's own verdict; but a node whose installation was started is finished or parked, never put back, no step is tried for ever, and no
/// wait is without end.
/// </summary>
internal static class StepJudge
{
    /// <summary>Attempts in a row that are proven to have changed nothing, before the run stops trying.</summary>
    public const int MostFailures = 3;

    /// <summary>The check that stops a run whose wait nobody ends: what it names is a fault of a step.</summary>
    public const string EndlessWait = "endless-wait";

    public static Verdict Judge(DeciderInput i, PlannedStep step)
    {
        UpgradeStep kind = StepCatalogue.Get(step.Id);
        StepState state = i.Run[step.Key];
        StepContext context = Context(i, step);
        bool givesUp = state.Status == StepStatus.FailedNoEffect && state.Failures >= MostFailures;
        return Bounded(i, step, givesUp
            ? new Verdict.Stop(kind.OnFailure, Message.Of("stop.failed", step.Id.InWords(), step.Node, state.Failures, state.Cause))
            : NewCertificate.Judge(context) ?? kind.Decide(context));
    }

    /// <summary>Nothing is decided of the step before its last attempt is fenced.</summary>
    public static Verdict Fence(DeciderInput i, PlannedStep step) => Bounded(i, step, StepCatalogue.Get(step.Id).Fence(Context(i, step)));

    private static Verdict Bounded(DeciderInput i, PlannedStep step, Verdict verdict)
    {
        switch (verdict)
        {
            case Verdict.Stop { Kind: StopKind.PutBack } stop when !i.Position.IsBeforeInstall(step.Node!) && i.Enforces(Checks.NoReturnAfterInstall):
                return stop with { Kind = StopKind.Park };

            // A wait whose end is past and that nobody has ended would go on for ever: a human decides. No step waits like this; it is the
            // last net under all of them. A call under way has its own limit.
            case Verdict.Wait wait when i.Now > wait.Until + i.Plan.Policy.PollInterval && !i.InFlight.Contains(step.Key):
                return new Verdict.Stop(StopKind.Human, Message.Of("stop.overdue", step.Id.InWords(), step.Node, wait.Reason), Check: EndlessWait);

            default:
                return verdict;
        }
    }

    private static StepContext Context(DeciderInput i, PlannedStep step) => new()
    {
        Plan = i.Plan,
        Run = i.Run,
        Cluster = i.Cluster,
        Step = step,
        Now = i.Now,
        WallNow = i.WallNow,
        RequestLimit = i.RequestLimit,
        IsInFlight = i.InFlight.Contains(step.Key),
        WasAccepted = i.Accepted.Contains(step.Key),
    };
}
