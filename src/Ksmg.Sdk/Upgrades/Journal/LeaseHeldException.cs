namespace Ksmg.Sdk.Upgrades;

/// <summary>The run is driven by a living process.</summary>
public sealed class LeaseHeldException : JournalException
{
    /// <summary>Creates the exception.</summary>
    public LeaseHeldException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Who holds the lease: host, process id, since when.</summary>
    public required string Holder { get; init; }
}
