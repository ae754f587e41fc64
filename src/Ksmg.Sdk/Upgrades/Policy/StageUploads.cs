namespace Ksmg.Sdk.Upgrades;

/// <summary>When packages are uploaded to a node.</summary>
public enum StageUploads
{
    /// <summary>When its queues are empty.</summary>
    AfterDrain,

    /// <summary>While its queues empty.</summary>
    WhileDraining,

    /// <summary>To all nodes at once, before the first one is touched: the package is read once for all of them.</summary>
    BeforeRun,
}
