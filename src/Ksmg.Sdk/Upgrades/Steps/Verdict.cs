namespace Ksmg.Sdk.Upgrades;

/// <summary>What is to become of a step that is ready.</summary>
internal abstract record Verdict
{
    /// <summary>The wanted state was observed.</summary>
    public sealed record Done(Message Evidence, IReadOnlyDictionary<string, string>? Values = null) : Verdict;

    /// <summary>Cause the effect; the values go into the intent.</summary>
    public sealed record Apply(Message Reason, IReadOnlyDictionary<string, string> Values) : Verdict;

    /// <summary>It was observed that the last attempt changed nothing and can change nothing any more.</summary>
    public sealed record NotInEffect(Message Evidence, IReadOnlyDictionary<string, string>? Values = null) : Verdict;

    /// <summary>Wait, but not for ever. <paramref name="Soon"/>: a change is due, poll fast. <paramref name="Fences"/>: nothing goes on before the
    /// upload of the step's last attempt is proven to be gone or in use; at each look its deletion is tried (<see cref="UploadFence"/>).
    /// <paramref name="Check"/>: a human can override it by this name.</summary>
    public sealed record Wait(Message Reason, DateTimeOffset Until, bool Soon = true, bool Fences = false, string? Check = null) : Verdict;

    /// <summary>The run stops here. <paramref name="ProvenNoEffect"/>: what was tried is proven to have changed nothing, and may be tried again.
    /// <paramref name="IsGate"/>: nothing is wrong, a human's approval is all that is missing. <paramref name="Check"/>: a human can override it by this name.
    /// <paramref name="Patience"/>: what may pass by itself is waited for that long.</summary>
    public sealed record Stop(
        StopKind Kind, Message Reason, bool ProvenNoEffect = false, bool IsGate = false, string? Check = null, TimeSpan? Patience = null) : Verdict
    {
        /// <summary>When it passes by itself: it is waited for until then.</summary>
        public DateTimeOffset? PassesAt { get; init; }

        /// <summary>The nodes that somebody else changed.</summary>
        public IReadOnlyList<string> Changed { get; init; } = [];
    }

    /// <summary>The node in hand has reached the goal that replaced its upgrade. <paramref name="Halt"/>: how the run stands now;
    /// <see langword="null"/>: it goes on.</summary>
    public sealed record Reached(NodeOutcome Mark, Message Evidence, UpgradeEnd? Halt) : Verdict;
}

/// <summary>How a run stops.</summary>
internal enum StopKind
{
    /// <summary>Paused; nothing is undone.</summary>
    Pause,

    /// <summary>A human has to decide; nothing is undone.</summary>
    Human,

    /// <summary>Our own changes to the node in hand are undone, then the run is paused.</summary>
    PutBack,

    /// <summary>The node in hand is kept out of work, then a human has to look at it.</summary>
    Park,

    /// <summary>The node is taken back to its snapshot, because a human asked for it.</summary>
    RollBack,
}
