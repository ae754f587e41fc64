namespace Ksmg.Sdk.Upgrades;

/// <summary>When packages are uploaded to a node.</summary>
public enum StageUploads
{
    /// <summary>When its queues are empty.</summary>
    AfterDrain,

    /// <summary>While its queues empty.</summary>
    WhileDraining,
}
