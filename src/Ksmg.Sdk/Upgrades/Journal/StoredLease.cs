namespace Ksmg.Sdk.Upgrades;

/// <summary>A lease as a <see cref="IRunStore"/> keeps it.</summary>
public sealed record StoredLease
{
    /// <summary>Grows with every holder.</summary>
    public required long Epoch { get; init; }

    /// <summary>Who holds it; after a restored backup two holders may have one epoch.</summary>
    public required Guid Owner { get; init; }

    /// <summary>Since when.</summary>
    public required DateTimeOffset Since { get; init; }

    /// <summary>When it was renewed last, by the clock of its holder; for people alone.</summary>
    public required DateTimeOffset BeatAt { get; init; }

    /// <summary>How often it was renewed.</summary>
    public long Beat { get; init; }

    /// <summary>Whether it was given back.</summary>
    public bool IsReleased { get; init; }

    /// <summary>Told by the store: its holder is provably gone, such as a process that has ended.</summary>
    public bool IsAbandoned { get; init; }

    /// <summary>Told by the store: the holder, in words.</summary>
    public string? Holder { get; init; }

    /// <summary>Told by the store: what frees a run whose holder hangs, as a sentence.</summary>
    public string? HowToFree { get; init; }

    /// <summary>Whether the run can be taken at once.</summary>
    internal bool IsFree => IsReleased || IsAbandoned;

    /// <summary>Whether the two are one holder's.</summary>
    public bool IsSameHolding(StoredLease? other) => other is not null && other.Epoch == Epoch && other.Owner == Owner;

    /// <summary>Whether nothing happened between the two, as <see cref="IRunStore.WriteLeaseAsync"/> has to compare them.</summary>
    public bool IsAsExpected(StoredLease? expected) => IsSameHolding(expected) && expected!.Beat == Beat && expected.IsReleased == IsReleased;
}
