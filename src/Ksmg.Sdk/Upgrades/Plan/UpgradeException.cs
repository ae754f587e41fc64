namespace Ksmg.Sdk.Upgrades;

/// <summary>A run cannot be started or driven.</summary>
public sealed class UpgradeException : KsmgException
{
    /// <summary>Creates the exception.</summary>
    public UpgradeException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The step concerned, if one is.</summary>
    public StepId? Step { get; init; }

    /// <summary>Where the run stands.</summary>
    public UpgradeEnd? State { get; init; }
}
