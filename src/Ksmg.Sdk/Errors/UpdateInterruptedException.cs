namespace Ksmg.Sdk;

/// <summary>The installation was aborted because the node found objects it does not know. Final: it is not to be retried as is.</summary>
public sealed class UpdateInterruptedException : KsmgException
{
    /// <summary>Creates the exception.</summary>
    public UpdateInterruptedException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The unknown objects, as the node lists them.</summary>
    public required IReadOnlyList<string> UnknownObjects { get; init; }
}
