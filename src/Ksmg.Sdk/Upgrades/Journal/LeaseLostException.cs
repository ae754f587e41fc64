namespace Ksmg.Sdk.Upgrades;

/// <summary>Another process drives the run now; this one must not touch anything any more.</summary>
public sealed class LeaseLostException : JournalException
{
    /// <summary>Creates the exception.</summary>
    public LeaseLostException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
