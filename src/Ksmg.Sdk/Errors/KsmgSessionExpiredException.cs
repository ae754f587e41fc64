namespace Ksmg.Sdk;

/// <summary>
/// The session ended while a call was made that must not simply be repeated. A new session stands, unless the inner exception says
/// why the login failed; the caller looks at the node before it sends anything again.
/// </summary>
public sealed class KsmgSessionExpiredException : KsmgApiException
{
    /// <summary>Creates the exception.</summary>
    public KsmgSessionExpiredException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
