using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>How a rehearsed run went.</summary>
public sealed record RehearsedRun
{
    /// <summary>The names of what went wrong on purpose.</summary>
    public required IReadOnlyList<string> Faults { get; init; }

    /// <summary>How it ended, or where it stands.</summary>
    public required UpgradeEnd End { get; init; }

    /// <summary>Whether a human has to decide or to do something before it goes on.</summary>
    public bool NeedsSomebody => End is UpgradeEnd.Paused or UpgradeEnd.NeedsHuman;

    /// <summary>How long it took until then; an approval takes no time.</summary>
    public required TimeSpan Took { get; init; }

    /// <summary>The approvals it asked for on the way, which were given at once.</summary>
    public required IReadOnlyList<Message> Approvals { get; init; }

    /// <summary>Why it stands or ended there.</summary>
    public required Message Reason { get; init; }

    /// <summary>The step that stopped it there; <see langword="null"/> where no human has to decide.</summary>
    public StepId? Step { get; init; }

    /// <summary>Its node; <see langword="null"/> for steps of the run.</summary>
    public string? Node { get; init; }

    /// <summary>What a human can do then.</summary>
    public IReadOnlyList<HumanOption> Options { get; init; } = [];

    /// <summary>How long each node was out of work.</summary>
    public required IReadOnlyDictionary<string, TimeSpan> OutOfService { get; init; }

    /// <summary>What became of the mail; a test message that a fault swallowed is not called lost.</summary>
    public required MailFigures Mail { get; init; }

    /// <summary>Promises that the run broke; there should be none.</summary>
    public required IReadOnlyList<SimulatedViolation> Violations { get; init; }
}
