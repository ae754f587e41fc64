namespace Ksmg.Sdk.Fleet;

/// <summary>Where a wave waits for people.</summary>
public enum FleetApproval
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>Before its first cluster is begun.</summary>
    Before,

    /// <summary>When it is over, before the next wave.</summary>
    After,
}
