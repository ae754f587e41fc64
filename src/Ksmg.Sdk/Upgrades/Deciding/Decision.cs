namespace Ksmg.Sdk.Upgrades;

/// <summary>A step and what is to become of it.</summary>
internal sealed record StepDecision(PlannedStep Step, Verdict Verdict);

/// <summary>Every step that is ready, with its verdict; at most one of them touches a node's mail flow, role or build.</summary>
internal sealed record Decision(IReadOnlyList<StepDecision> Steps)
{
    /// <summary>The notice of two Control nodes for a long time.</summary>
    public const string Handover = "handover";

    /// <summary>The notice that a window is closed, before the time at which it opens.</summary>
    public const string Window = "window/";

    /// <summary>The notice of what would stop the run when a window opens, before that time.</summary>
    public const string Ahead = "ahead/";

    /// <summary>The notice that the monitoring cannot be kept quiet.</summary>
    public const string Silence = "silence";

    /// <summary>The notice that a node waits for external gates, before its name.</summary>
    public const string Gate = "external-gate/";

    /// <summary>How the run is over, when nothing is left to do.</summary>
    public (UpgradeEnd End, Message Reason)? End { get; init; }

    /// <summary>Something that people are told once, by a key.</summary>
    public (string Key, Message Text)? Notice { get; init; }

    /// <summary>Until when nothing is done since the window is closed; <see langword="null"/>: something else is waited for or done.</summary>
    public DateTimeOffset? ClosedUntil => Steps is [{ Verdict: Verdict.Wait { Check: Checks.MaintenanceWindow } closed }] ? closed.Until : null;

    public static Decision Over(UpgradeEnd end, Message reason) => new([]) { End = (end, reason) };
}
