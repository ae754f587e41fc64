namespace Ksmg.Sdk.Upgrades;

/// <summary>The cluster has a run that has not ended; there is only ever one.</summary>
public sealed class ActiveRunException : JournalException
{
    /// <summary>Creates the exception.</summary>
    public ActiveRunException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The active run.</summary>
    public required string RunId { get; init; }

    /// <summary>Who drives it, if somebody does.</summary>
    public string? Holder { get; init; }
}
