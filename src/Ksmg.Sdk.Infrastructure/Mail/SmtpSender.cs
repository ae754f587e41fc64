using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Net.Security;
using System.Net.Sockets;
using MailKit;
using MailKit.Net.Smtp;
using MailKit.Security;
using MimeKit;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// Speaks SMTP with one server, one conversation per call. Besides what a mail client does it can stop after RCPT, and it tells a message
/// that was refused from one that nobody knows about.
/// </summary>
internal sealed class SmtpSender(HostPort server, SmtpTls tls, ServerTrust? trust, string? helloName, TimeSpan limit, TimeProvider time)
{
    private const int ImplicitTlsPort = 465;
    private const long MaxBytes = 256 * 1024;

    /// <summary>The longest that a goodbye is waited for: the answer that counts is there already.</summary>
    private static readonly TimeSpan _goodbye = TimeSpan.FromSeconds(2);

    private bool IsImplicit => tls == SmtpTls.Implicit || tls == SmtpTls.Required && server.Port == ImplicitTlsPort;

    /// <summary>Asks whether mail would be taken: login, MAIL FROM, RCPT TO, then RSET and QUIT.</summary>
    public Task<SmtpOutcome> AskAsync(string from, IReadOnlyList<string> to, MailAccount? account, CancellationToken cancellationToken) =>
        TalkAsync(account, (client, talk, token) => client.AskAsync(from, to, token), cancellationToken);

    /// <summary>Hands a message over; it is taken for all recipients or not sent at all.</summary>
    /// <param name="from">The sender's address.</param>
    /// <param name="to">The recipients' addresses.</param>
    /// <param name="message">The message.</param>
    /// <param name="account">The login, if the server asks for one; only ever sent in TLS.</param>
    /// <param name="cancellationToken">Ends the conversation; whether the message was taken is then unknown.</param>
    public Task<SmtpOutcome> SendAsync(string from, IReadOnlyList<string> to, MimeMessage message, MailAccount? account, CancellationToken cancellationToken) =>
        TalkAsync(
            account,
            async (client, talk, token) =>
            {
                FormatOptions format = FormatOptions.Default.Clone();
                format.NewLineFormat = NewLineFormat.Dos;
                string answer = await client.SendAsync(
                    format, message, MailText.Mailbox(from), to.Select(MailText.Mailbox), token, talk).ConfigureAwait(false);
                return "250 " + answer;
            },
            cancellationToken);

    private async Task<SmtpOutcome> TalkAsync(
        MailAccount? account, Func<Client, Handover, CancellationToken, Task<string>> use, CancellationToken cancellationToken)
    {
        using CancellationTokenSource clock = new(limit, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        MailTalk talk = new();
        Handover handover = new();
        MailStream? stream = null;
        bool secure = false;
        try
        {
            using Client client = await OpenAsync(talk, s => stream = s, both.Token).ConfigureAwait(false);
            secure = client.IsSecure;
            if (account is not null)
            {
                await client.LoginAsync(talk, account, both.Token).ConfigureAwait(false);
            }

            string answer = await use(client, handover, both.Token).ConfigureAwait(false);
            await LeaveAsync(client).ConfigureAwait(false);
            return new SmtpOutcome(Accepted: true, IsUnknown: false, $"{MailSecurity.OneLine(answer)} ({Manner()})");
        }
        catch (SmtpCommandException e)
        {
            return new SmtpOutcome(
                Accepted: false,
                IsUnknown: false,
                Words.Get(secure ? "mail.answer-to-in-tls" : "mail.answer-to", Hidden(Reply((int)e.StatusCode, e.Message)), Place(e, talk)));
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Broken(Words.Get(talk.HasSpoken || stream is null ? "mail.no-answer" : "mail.no-greeting", limit));
        }
        catch (NotSupportedException)
        {
            return new SmtpOutcome(Accepted: false, IsUnknown: false, Words.Get("mail.no-starttls", server));
        }
        catch (SslHandshakeException) when (stream?.AnswersInTls == false)
        {
            return Broken(
                Words.Get(IsImplicit ? "mail.no-tls-at-first" : "mail.no-tls-after"));
        }
        catch (SmtpProtocolException e) when (!talk.HasSpoken)
        {
            return Broken(Words.Get("mail.no-smtp", MailSecurity.Innermost(e)));
        }
        catch (Exception e) when (e is ProtocolException or ServiceNotConnectedException or AuthenticationException or SslHandshakeException
            or SocketException or IOException or System.Security.Authentication.AuthenticationException)
        {
            return Broken(MailSecurity.Innermost(e));
        }
        finally
        {
            if (stream is not null)
            {
                await stream.DisposeAsync().ConfigureAwait(false);
            }
        }

        string Manner() => Words.Get(secure ? "mail.in-tls" : "mail.without-tls");
        string Hidden(string text) => account?.Hide(text) ?? text;
        SmtpOutcome Broken(string how) => new(Accepted: false, IsUnknown: handover.HasBegun, Words.Get("mail.smtp-with", server, Hidden(how).TrimEnd('.')));
    }

    /// <summary>Greeting, EHLO and TLS. Some servers want a host name in EHLO, some an address literal where the name is not known to them.</summary>
    private async Task<Client> OpenAsync(MailTalk talk, Action<MailStream> opened, CancellationToken cancellationToken)
    {
        string? name = helloName ?? OwnName();
        try
        {
            return await ConnectAsync(talk, name, opened, cancellationToken).ConfigureAwait(false);
        }
        catch (SmtpCommandException) when (helloName is null && talk.LastCommand is "EHLO" or "HELO")
        {
            return await ConnectAsync(talk, name is null ? Dns.GetHostName() : null, opened, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<Client> ConnectAsync(MailTalk talk, string? name, Action<MailStream> opened, CancellationToken cancellationToken)
    {
        MailStream stream = await MailStream.ConnectAsync(server, cancellationToken).ConfigureAwait(false);
        opened(stream);
        stream.Allow(MaxBytes);
        IPAddress own = stream.LocalAddress;
        Client client = new(talk, trust ?? ServerTrust.System)
        {
            LocalDomain = name ?? string.Create(CultureInfo.InvariantCulture, $"[{(own.AddressFamily == AddressFamily.InterNetworkV6 ? "IPv6:" : "")}{own}]"),
        };
        try
        {
            SecureSocketOptions how = IsImplicit ? SecureSocketOptions.SslOnConnect
                : tls == SmtpTls.Required ? SecureSocketOptions.StartTls
                : tls == SmtpTls.WhenOffered && trust is not null ? SecureSocketOptions.StartTlsWhenAvailable
                : SecureSocketOptions.None;
            await client.ConnectOverAsync(stream, server, how, cancellationToken).ConfigureAwait(false);
            return how != SecureSocketOptions.StartTlsWhenAvailable || client.IsSecure || !client.Capabilities.HasFlag(SmtpCapabilities.StartTLS)
                ? client
                : throw new SmtpCommandException(
                    SmtpErrorCode.UnexpectedStatusCode, SmtpStatusCode.TemporaryAuthenticationFailure, Words.Get("mail.starttls-refused"));
        }
        catch
        {
            client.Dispose();
            await stream.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }

    /// <summary>The name of this machine, where it is one that others may know.</summary>
    private static string? OwnName()
    {
        IPGlobalProperties machine = IPGlobalProperties.GetIPGlobalProperties();
        return machine.DomainName.Length > 0 && !machine.HostName.Contains('.', StringComparison.Ordinal) ? $"{machine.HostName}.{machine.DomainName}"
            : machine.HostName.Contains('.', StringComparison.Ordinal) ? machine.HostName
            : null;
    }

    /// <summary>Takes leave; nothing that happens here matters.</summary>
    private async Task LeaveAsync(Client client)
    {
        using CancellationTokenSource patience = new(_goodbye, time);
        try
        {
            await client.DisconnectAsync(quit: true, patience.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is ProtocolException or IOException or SocketException or OperationCanceledException or CommandException)
        {
        }
    }

    private static string Place(SmtpCommandException e, MailTalk talk) => e.ErrorCode switch
    {
        SmtpErrorCode.SenderNotAccepted => "MAIL FROM",
        SmtpErrorCode.RecipientNotAccepted => $"RCPT TO <{e.Mailbox?.Address}>",
        _ => talk.LastCommand switch
        {
            "" => Words.Get("mail.the-greeting"),
            MailTalk.Content => Words.Get("mail.the-message"),
            "EHLO" or "HELO" => "EHLO",
            "MAIL" => "MAIL FROM",
            "RCPT" => "RCPT TO",
            string command => command,
        },
    };

    private static string Reply(int code, string text) => MailSecurity.OneLine($"{code.ToString(CultureInfo.InvariantCulture)} {text}");

    /// <summary>Whether content of the message has gone out: from then on a lost answer leaves open what became of it.</summary>
    private sealed class Handover : ITransferProgress
    {
        public bool HasBegun { get; private set; }

        public void Report(long bytesTransferred, long totalSize) => HasBegun = true;

        public void Report(long bytesTransferred) => HasBegun = true;
    }

    private sealed class Client(MailTalk talk, ServerTrust trust) : SmtpClient(talk)
    {
        public async Task<string> AskAsync(string from, IReadOnlyList<string> to, CancellationToken cancellationToken)
        {
            string answer = await SayAsync("MAIL FROM", from, SmtpErrorCode.SenderNotAccepted, cancellationToken).ConfigureAwait(false);
            foreach (string recipient in to)
            {
                answer = await SayAsync("RCPT TO", recipient, SmtpErrorCode.RecipientNotAccepted, cancellationToken).ConfigureAwait(false);
            }

            try
            {
                await SendCommandAsync("RSET", cancellationToken).ConfigureAwait(false);
            }
            catch (Exception e) when (e is ProtocolException or IOException or CommandException or OperationCanceledException)
            {
                // The answer is there, whoever waits in vain for this one.
            }

            return answer;
        }

        protected override SslClientAuthenticationOptions GetSslClientAuthenticationOptions(string host, RemoteCertificateValidationCallback mailKits) =>
            this.CreateSslOptions(trust, host, mailKits);

        private async Task<string> SayAsync(string command, string address, SmtpErrorCode failure, CancellationToken cancellationToken)
        {
            MailboxAddress mailbox = MailText.Mailbox(address);
            SmtpResponse answer = await SendCommandAsync($"{command}:<{mailbox.GetAddress(idnEncode: true)}>", cancellationToken).ConfigureAwait(false);
            return (int)answer.StatusCode is >= 200 and < 300
                ? Reply((int)answer.StatusCode, answer.Response)
                : throw new SmtpCommandException(failure, answer.StatusCode, mailbox, answer.Response);
        }
    }
}

/// <summary>What became of a conversation.</summary>
/// <param name="Accepted">Whether the server's last word on the matter was 2xx.</param>
/// <param name="IsUnknown">Whether the message was sent and no answer came: it may arrive.</param>
/// <param name="Text">The answer, or why there was none.</param>
internal sealed record SmtpOutcome(bool Accepted, bool IsUnknown, string Text);
