namespace Ksmg.Sdk.Upgrades;

/// <summary>What a run that nobody drives, and that has not ended, waits for.</summary>
public sealed record WaitingFor
{
    /// <summary>What.</summary>
    public required WaitingForKind Kind { get; init; }

    /// <summary>Why, in one sentence.</summary>
    public required Message Reason { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>The hash of the plan; an approval carries it.</summary>
    public required string PlanHash { get; init; }

    /// <summary>The step whose gate it waits at.</summary>
    public StepId? Step { get; init; }

    /// <summary>The node of that step: which one is finished, or would be reverted.</summary>
    public string? Node { get; init; }

    /// <summary>What is lost if the approval is given, where something is.</summary>
    public Message? Losses { get; init; }

    /// <summary>The check that stopped it, where a human can waive it: one of <see cref="UpgradeOverrides"/>.</summary>
    public string? Check { get; init; }

    /// <summary>What a human can do now.</summary>
    public required IReadOnlyList<HumanOption> Options { get; init; }

    /// <summary>What the journal alone says; nothing is asked of the nodes.</summary>
    internal static WaitingFor? Of(Position position, Message reason, bool isDriven, DateTimeOffset now)
    {
        RunState run = position.Run;
        if (isDriven || run.IsEnded)
        {
            return null;
        }

        StepKey? gate = run.State == UpgradeEnd.Paused ? run.StoppedAtGate : null;
        WaitingForKind other = run.State == UpgradeEnd.NeedsHuman ? WaitingForKind.Decision : WaitingForKind.Nothing;
        return new WaitingFor
        {
            Kind = gate is null ? other : WaitingForKind.Approval,
            Reason = reason,
            Since = run.StandsSince,
            PlanHash = position.Plan.Hash,
            Step = gate?.Id,
            Node = gate?.Node,
            Losses = gate is { Id: var id, Node: var node } && id == StepId.RollbackConsent ? run[new StepKey(StepId.RollbackLosses, node)].Text : null,
            Check = run.StoppedByCheck,
            Options = HumanOptions.Of(position, now, isDriven, gate is not null, run.StoppedByCheck),
        };
    }
}
