namespace Ksmg.Sdk.Upgrades;

/// <summary>The run belongs to another cluster than the configured one. No node was asked, nothing was changed.</summary>
public sealed class ForeignRunException : JournalException
{
    /// <summary>Creates the exception.</summary>
    public ForeignRunException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The cluster it belongs to.</summary>
    public required RunOwner Owner { get; init; }
}
