namespace Ksmg.Sdk;

/// <summary>The password is correct but expired (a year after it was set). The SDK never changes it.</summary>
public sealed class KsmgPasswordExpiredException : KsmgAuthenticationException
{
    /// <summary>Creates the exception.</summary>
    public KsmgPasswordExpiredException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }
}
