namespace Ksmg.Sdk.Dialects;

/// <summary>A call of a recording that could be an operation of ours.</summary>
internal sealed record OperationMatch(OperationClues Clues, CallGroup Group, int Score, IReadOnlyList<string> Reasons)
{
    /// <summary>How its answer is read, where the operation tells something.</summary>
    public DraftedAnswer? Answer { get; init; }

    /// <summary>Another call that speaks as well for it.</summary>
    public CallGroup? Rival { get; init; }
}
