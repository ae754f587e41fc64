namespace Ksmg.Sdk.Infrastructure;

/// <summary>What an account at a mail server is opened with.</summary>
public enum MailLogin
{
    /// <summary>A password, by a mechanism that the server offers (PLAIN, LOGIN, SCRAM, CRAM-MD5, NTLM), in TLS only.</summary>
    Password,

    /// <summary>An access token (XOAUTH2, OAUTHBEARER), read anew for each login from where the password would stand.</summary>
    OAuth2,
}
