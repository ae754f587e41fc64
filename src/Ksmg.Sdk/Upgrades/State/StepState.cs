using System.Collections.Frozen;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Where a step stands.</summary>
internal enum StepStatus
{
    NotBegun,

    /// <summary>An intent is durable and no outcome is.</summary>
    Open,

    Done,
    FailedNoEffect,
    Unknown,
    Skipped,
}

/// <summary>Where a step stands, folded from the journal.</summary>
internal sealed record StepState
{
    private static readonly FrozenSet<string> OfThePage = FrozenSet.Create("notSupported", "emergencyMode", "otherBuild", "notControl", Marks.NotFound);

    public static StepState None { get; } = new();

    public StepStatus Status { get; init; }

    /// <summary>How often it was tried in the life of the run; never falls, so that idempotency keys never repeat.</summary>
    public int Attempt { get; init; }

    /// <summary>Attempts in a row that are proven to have changed nothing, those of drivers that died meanwhile left out.</summary>
    public int Failures { get; init; }

    public long Epoch { get; init; }

    public DateTimeOffset IntentAt { get; init; }

    public DateTimeOffset OutcomeAt { get; init; }

    /// <summary>
    /// The upload of the last attempt was seen to be gone, or its request is outwaited: no request of that attempt finds anything to install any more.
    /// </summary>
    public bool IsFenced { get; init; }

    /// <summary>Fenced by time alone: the upload is still there, and nobody can delete it.</summary>
    public bool IsOutwaited { get; init; }

    /// <summary>The request of the last attempt was seen to have arrived: it cannot arrive any more.</summary>
    public bool HasArrived { get; init; }

    /// <summary>
    /// Of an upload, on a node that cannot be asked for it: its id by the answer to the last attempt, as long as nothing tells that it is gone.
    /// </summary>
    public string? ToldId { get; init; }

    /// <summary>The values of the last intent.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = FrozenDictionary<string, string>.Empty;

    /// <summary>The evidence of the last outcome.</summary>
    public Message? Text { get; init; }

    /// <summary>The pages that refused to do it since it was last looked at anew.</summary>
    public IReadOnlyList<string> RefusedPages { get; init; } = [];

    /// <summary>Why the last attempt came to nothing: what its call said, where it said something, else what was seen.</summary>
    public Message? Cause { get; init; }

    public bool IsSettled => Status is StepStatus.Done or StepStatus.Skipped;

    /// <summary>An effect may have happened, and nobody has seen yet whether it did.</summary>
    public bool IsUndecided => Status is StepStatus.Open or StepStatus.Unknown;

    /// <summary>Whether a node's word for its refusal is its page's alone: another page may do it.</summary>
    public static bool IsRefusalOfThePage(string? code) => code is not null && OfThePage.Contains(code);

    public string? Value(string name) => Values.GetValueOrDefault(name);
}
