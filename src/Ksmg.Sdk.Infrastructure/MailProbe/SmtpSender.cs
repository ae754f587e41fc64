using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// Speaks SMTP with one server, one conversation per call. System.Net.Mail can neither stop after RCPT nor tell a message that was refused
/// from one that nobody knows about.
/// </summary>
internal sealed class SmtpSender(MailServer server, SmtpTls tls, ServerTrust? trust, TimeSpan limit, TimeProvider time)
{
    private const int MaxReplyLines = 100;
    private const int MaxText = 300;

    /// <summary>Asks whether mail would be taken: up to RCPT, then RSET and QUIT.</summary>
    public Task<SmtpOutcome> AskAsync(string from, string to, CancellationToken cancellationToken) =>
        TalkAsync(from, [to], message: null, login: null, cancellationToken);

    /// <summary>Hands a message over; it is taken for all recipients or not sent at all.</summary>
    /// <param name="from">The sender's address.</param>
    /// <param name="to">The recipients' addresses.</param>
    /// <param name="message">The message: CR LF at the end of each line, dots as they are.</param>
    /// <param name="login">Name and password, if the server asks for them; only ever sent in TLS.</param>
    /// <param name="cancellationToken">Ends the conversation; whether the message was taken is then unknown.</param>
    public Task<SmtpOutcome> SendAsync(string from, IReadOnlyList<string> to, ReadOnlyMemory<byte> message, (string User, string Password)? login, CancellationToken cancellationToken) =>
        TalkAsync(from, to, message, login, cancellationToken);

    private async Task<SmtpOutcome> TalkAsync(string from, IReadOnlyList<string> to, ReadOnlyMemory<byte>? message, (string User, string Password)? login, CancellationToken cancellationToken)
    {
        using CancellationTokenSource clock = new(limit, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        Conversation? talk = null;
        try
        {
            using TextConnection connection = await TextConnection.ConnectAsync(server, both.Token).ConfigureAwait(false);
            talk = new Conversation(connection, both.Token);
            SmtpOutcome outcome = await OpenAsync(talk, login).ConfigureAwait(false)
                ?? await HandOverAsync(talk, from, to, message).ConfigureAwait(false);
            await talk.QuitAsync(message is null).ConfigureAwait(false);
            return outcome;
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return Broken($"no answer within {limit}");
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            return Broken(e.Message);
        }

        SmtpOutcome Broken(string how) => new(Accepted: false, IsUnknown: talk?.IsHandedOver == true, $"SMTP with {server}: {how.TrimEnd('.')}.");
    }

    /// <summary>Greeting, EHLO, TLS and login; an outcome means that the server does not go that far.</summary>
    private async Task<SmtpOutcome?> OpenAsync(Conversation talk, (string User, string Password)? login)
    {
        Reply reply = await talk.ReadAsync().ConfigureAwait(false);
        if (!reply.IsGood)
        {
            return talk.Refused("the greeting", reply);
        }

        reply = await talk.HelloAsync().ConfigureAwait(false);
        bool offered = reply.Offers("STARTTLS");
        if (tls == SmtpTls.Required && reply.IsGood && !offered)
        {
            return new SmtpOutcome(Accepted: false, IsUnknown: false, $"{server} does not offer STARTTLS, which is required.");
        }

        if (offered && (tls == SmtpTls.Required || (tls == SmtpTls.WhenOffered && trust is not null)))
        {
            reply = await talk.SayAsync("STARTTLS").ConfigureAwait(false);
            if (!reply.IsGood)
            {
                return talk.Refused("STARTTLS", reply);
            }

            await talk.SecureAsync(trust ?? ServerTrust.System, server.Host).ConfigureAwait(false);
            reply = await talk.HelloAsync().ConfigureAwait(false);
        }

        if (!reply.IsGood)
        {
            return talk.Refused("EHLO", reply);
        }

        if (login is { } account)
        {
            if (!talk.IsSecure)
            {
                return new SmtpOutcome(Accepted: false, IsUnknown: false, $"{server}: the password is not sent without TLS.");
            }

            string payload = $"\0{account.User}\0{account.Password}";
            talk.Secret = new SpokenSecret(payload, account.Password);
            reply = await talk.SayAsync("AUTH PLAIN " + Convert.ToBase64String(Encoding.UTF8.GetBytes(payload))).ConfigureAwait(false);
            if (!reply.IsGood)
            {
                return talk.Refused($"the login of {account.User}", reply);
            }
        }

        return null;
    }

    private static async Task<SmtpOutcome> HandOverAsync(Conversation talk, string from, IReadOnlyList<string> to, ReadOnlyMemory<byte>? message)
    {
        Reply reply = await talk.SayAsync($"MAIL FROM:<{from}>").ConfigureAwait(false);
        if (!reply.IsGood)
        {
            return talk.Refused("MAIL FROM", reply);
        }

        foreach (string recipient in to)
        {
            reply = await talk.SayAsync($"RCPT TO:<{recipient}>").ConfigureAwait(false);
            if (!reply.IsGood)
            {
                return talk.Refused("RCPT TO", reply);
            }
        }

        if (message is { } content)
        {
            reply = await talk.SayAsync("DATA").ConfigureAwait(false);
            if (reply.Code != 354)
            {
                return talk.Refused("DATA", reply);
            }

            reply = await talk.HandOverAsync(content).ConfigureAwait(false);
        }

        return reply.IsGood ? new SmtpOutcome(Accepted: true, IsUnknown: false, talk.Told(reply) + talk.Manner) : talk.Refused("the message", reply);
    }

    /// <summary>What a server said: its code, and all lines without it.</summary>
    private sealed record Reply(int Code, IReadOnlyList<string> Lines)
    {
        public bool IsGood => Code is >= 200 and < 300;

        public string Text
        {
            get
            {
                string text = $"{Code.ToString(CultureInfo.InvariantCulture)} {string.Join(' ', Lines)}";
                return new string([.. text.Take(MaxText).Select(c => char.IsAscii(c) && !char.IsControl(c) ? c : ' ')]).TrimEnd();
            }
        }

        public bool Offers(string extension) => IsGood && Lines.Skip(1).Any(line => line.Split(' ')[0].Equals(extension, StringComparison.OrdinalIgnoreCase));
    }

    private sealed class Conversation(TextConnection connection, CancellationToken cancellationToken)
    {
        public bool IsSecure { get; private set; }

        /// <summary>What must not be told from here on, whatever the server says.</summary>
        public SpokenSecret? Secret { get; set; }

        /// <summary>Whether the server may have got the whole message.</summary>
        public bool IsHandedOver { get; private set; }

        public string Manner => IsSecure ? " (in TLS)" : " (without TLS)";

        /// <summary>A reply for people.</summary>
        public string Told(Reply reply) =>
            Secret?.IsIn(string.Join(' ', reply.Lines)) == true ? $"{reply.Code.ToString(CultureInfo.InvariantCulture)} {SpokenSecret.LeftOut}" : reply.Text;

        public SmtpOutcome Refused(string what, Reply reply)
        {
            IsHandedOver = false;
            return new SmtpOutcome(Accepted: false, IsUnknown: false, $"{Told(reply)} (answer to {what}{(IsSecure ? ", in TLS" : string.Empty)})");
        }

        public Task<Reply> HelloAsync()
        {
            // An address literal is right where the own name is not known to DNS.
            System.Net.IPAddress own = connection.LocalAddress;
            return SayAsync(own.AddressFamily == AddressFamily.InterNetworkV6 ? $"EHLO [IPv6:{own}]" : $"EHLO [{own}]");
        }

        public async Task<Reply> SayAsync(string command)
        {
            await connection.WriteLineAsync(command, cancellationToken).ConfigureAwait(false);
            return await ReadAsync().ConfigureAwait(false);
        }

        public async Task SecureAsync(ServerTrust trust, string host)
        {
            await connection.SecureAsync(trust, host, cancellationToken).ConfigureAwait(false);
            IsSecure = true;
        }

        public async Task<Reply> HandOverAsync(ReadOnlyMemory<byte> message)
        {
            byte[] stuffed = Stuffed(message.Span);
            IsHandedOver = true;
            await connection.WriteAsync(stuffed, cancellationToken).ConfigureAwait(false);
            return await ReadAsync().ConfigureAwait(false);
        }

        /// <summary>Takes leave. The answer that counts is there already, so nothing that happens here matters.</summary>
        public async Task QuitAsync(bool reset)
        {
            try
            {
                if (reset)
                {
                    await SayAsync("RSET").ConfigureAwait(false);
                }

                await SayAsync("QUIT").ConfigureAwait(false);
            }
            catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
            {
            }
        }

        public async Task<Reply> ReadAsync()
        {
            List<string> lines = [];
            while (lines.Count < MaxReplyLines)
            {
                string line = await connection.ReadLineAsync(cancellationToken).ConfigureAwait(false);
                if (line.Length < 3 || (line.Length > 3 && line[3] is not (' ' or '-'))
                    || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int code))
                {
                    break;
                }

                lines.Add(line.Length > 4 ? line[4..] : string.Empty);
                if (line.Length == 3 || line[3] == ' ')
                {
                    return new Reply(code, lines);
                }
            }

            throw new IOException("this is no SMTP server");
        }

        /// <summary>A line that begins with a dot gets another one; a lone dot ends the message.</summary>
        private static byte[] Stuffed(ReadOnlySpan<byte> message)
        {
            List<byte> bytes = new(message.Length + 64);
            for (int i = 0; i < message.Length; i++)
            {
                if (message[i] == '.' && (i == 0 || message[i - 1] == '\n'))
                {
                    bytes.Add((byte)'.');
                }

                bytes.Add(message[i]);
            }

            bytes.AddRange(message.EndsWith("\r\n"u8) ? ".\r\n"u8 : "\r\n.\r\n"u8);
            return [.. bytes];
        }
    }
}

/// <summary>What became of a conversation.</summary>
/// <param name="Accepted">Whether the server's last word on the matter was 2xx.</param>
/// <param name="IsUnknown">Whether the message was sent whole and no answer came: it may arrive.</param>
/// <param name="Text">The answer, or why there was none.</param>
internal sealed record SmtpOutcome(bool Accepted, bool IsUnknown, string Text);
