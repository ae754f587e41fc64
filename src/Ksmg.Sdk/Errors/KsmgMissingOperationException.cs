namespace Ksmg.Sdk;

/// <summary>The catalogue says that the appliance has no such call. Nothing was sent.</summary>
public sealed class KsmgMissingOperationException : KsmgApiException
{
    /// <summary>Creates the exception.</summary>
    public KsmgMissingOperationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
