namespace Ksmg.Sdk.Upgrades;

/// <summary>What is done about mail that waits in a queue while a node drains.</summary>
public enum DrainAction
{
    /// <summary>Wait, until <see cref="UpgradePolicy.DrainTimeout"/>.</summary>
    Wait,

    /// <summary>Ask the node for delivery attempts, less and less often.</summary>
    Flush,
}
