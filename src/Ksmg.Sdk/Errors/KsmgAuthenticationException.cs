namespace Ksmg.Sdk;

/// <summary>The node refuses the login, or none was spent on it after a refusal by another node of its cluster.</summary>
public class KsmgAuthenticationException : KsmgApiException
{
    /// <summary>Creates the exception.</summary>
    public KsmgAuthenticationException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>Why, as far as the node says it in words that are known.</summary>
    public LoginRefusal Reason { get; init; }
}
