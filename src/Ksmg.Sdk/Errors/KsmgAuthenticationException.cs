namespace Ksmg.Sdk;

/// <summary>The node refused the login.</summary>
public class KsmgAuthenticationException : KsmgApiException
{
    /// <summary>Creates the exception.</summary>
    public KsmgAuthenticationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
