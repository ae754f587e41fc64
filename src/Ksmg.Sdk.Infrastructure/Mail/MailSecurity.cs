using System.Net;
using System.Net.Security;
using System.Text;
using MailKit;
using MailKit.Security;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>How clients of MailKit are told whom to trust, and how what goes wrong is told to people.</summary>
internal static class MailSecurity
{
    private const int MaxText = 300;

    /// <summary>
    /// One is tried, the first that is offered: each refused login counts towards a lock-out. All of them go through TLS, where PLAIN is
    /// as safe as any, and works however the server keeps its passwords.
    /// </summary>
    private static readonly string[] _mechanisms = ["PLAIN", "LOGIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "SCRAM-SHA-1", "CRAM-MD5", "NTLM"];

    /// <summary>The certificate decides as everywhere in this SDK. The callback of TLS stays MailKit's, which asks the one that is set here.</summary>
    public static SslClientAuthenticationOptions CreateSslOptions(
        this MailService client, ServerTrust trust, string host, RemoteCertificateValidationCallback mailKits)
    {
        client.ServerCertificateValidationCallback = (_, certificate, chain, errors) => trust.Accept(certificate, chain, errors, host);
        SslClientAuthenticationOptions options = trust.CreateSslOptions();
        options.TargetHost = host;
        options.RemoteCertificateValidationCallback = mailKits;
        return options;
    }

    /// <summary>Begins a session over a connection. What is cancelled while TLS begins is cancelled, and no fault of TLS, which MailKit makes of it.</summary>
    public static async Task ConnectOverAsync(
        this MailService client, MailStream stream, HostPort server, SecureSocketOptions how, CancellationToken cancellationToken)
    {
        try
        {
            await client.ConnectAsync(stream, server.Host, server.Port, how, cancellationToken).ConfigureAwait(false);
        }
        catch (SslHandshakeException e) when (e.InnerException is OperationCanceledException)
        {
            throw new OperationCanceledException(e.Message, e, cancellationToken);
        }
    }

    /// <summary>Logs in by a mechanism that is offered and fits; never without TLS.</summary>
    /// <exception cref="AuthenticationException">The login is refused, or nothing that is offered fits.</exception>
    public static async Task LoginAsync(this MailService client, MailTalk talk, MailAccount account, CancellationToken cancellationToken)
    {
        if (!client.IsSecure)
        {
            throw new AuthenticationException(Words.Get("mail.password-in-clear"));
        }

        string offered = string.Join(' ', client.AuthenticationMechanisms.Order(StringComparer.Ordinal));
        if (await RefusalAsync(client, talk, account, offered, cancellationToken).ConfigureAwait(false) is { } refusal)
        {
            // Without its cause: a server may send the password back in what it says.
            throw new AuthenticationException(refusal);
        }
    }

    /// <summary>The reason of the reason: what MailKit says around it is advice for programmers.</summary>
    public static string Innermost(Exception e)
    {
        while (e.InnerException is { } inner)
        {
            e = inner;
        }

        return OneLine(e.Message);
    }

    /// <summary>Text of a server, fit to stand in a message.</summary>
    public static string OneLine(string text) =>
        Printable.OneLine(new string([.. text.Take(MaxText).Select(c => char.IsAscii(c) ? c : ' ')])).TrimEnd('.');

    private static async Task<string?> RefusalAsync(MailService client, MailTalk talk, MailAccount account, string offered, CancellationToken cancellationToken)
    {
        try
        {
            NetworkCredential credential = new(account.User, account.Password);
            string? mechanism = _mechanisms.FirstOrDefault(client.AuthenticationMechanisms.Contains);
            if (account.IsToken)
            {
                await client.AuthenticateAsync(Token(client, account), cancellationToken).ConfigureAwait(false);
            }
            else if (mechanism is not null)
            {
                await client.AuthenticateAsync(SaslMechanism.Create(mechanism, Encoding.UTF8, credential)!, cancellationToken).ConfigureAwait(false);
            }
            else
            {
                // IMAP has a command of its own for servers that offer no mechanism.
                client.AuthenticationMechanisms.Clear();
                await client.AuthenticateAsync(Encoding.UTF8, credential, cancellationToken).ConfigureAwait(false);
            }

            return null;
        }
        catch (NotSupportedException)
        {
            return Words.Get("mail.no-login-fits", offered.Length > 0 ? offered : Words.Get("mail.none-at-all"));
        }
        catch (AuthenticationException)
        {
            return Words.Get("mail.login-refused", account.User, offered.Length > 0 ? offered : "LOGIN", account.Hide(talk.LastLine));
        }
    }

    private static SaslMechanism Token(MailService client, MailAccount account) =>
        client.AuthenticationMechanisms.Contains("OAUTHBEARER") ? new SaslMechanismOAuthBearer(account.User, account.Password)
        : client.AuthenticationMechanisms.Contains("XOAUTH2") ? new SaslMechanismOAuth2(account.User, account.Password)
        : throw new NotSupportedException(Words.Get("mail.no-tokens"));
}
