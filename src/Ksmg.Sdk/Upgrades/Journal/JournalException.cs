namespace Ksmg.Sdk.Upgrades;

/// <summary>A journal cannot be read or written; the message names file and line and how to proceed.</summary>
public class JournalException : KsmgException
{
    /// <summary>Creates the exception.</summary>
    public JournalException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
