using System.Globalization;
using System.Net.Sockets;
using System.Security.Authentication;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>The receiving half of a probe: a folder on an IMAP server. Each look is a session of its own, so nothing can go stale.</summary>
internal sealed class ImapMailbox(SmtpImapOptions options, TimeProvider time)
{
    private const string OwnMessages = "<ksmg-upgrade.";

    /// <summary>As many as anybody looks at; one would be right.</summary>
    private const int MaxCopies = 50;

    private readonly MailServer _server = MailServer.Parse(options.Imap)!;
    private readonly ServerTrust _trust = SmtpProbeOptionsValidator.Trust(options).Resolve() ?? ServerTrust.System;

    /// <summary>Every copy of a message: when it arrived, and its headers.</summary>
    public async Task<IReadOnlyList<(DateTimeOffset? ReceivedAt, MessageHeaders Headers)>> FindAsync(string messageId, CancellationToken cancellationToken) =>
        await UseAsync(
            toChange: false,
            async (session, _) =>
            {
                // A search finds parts of headers too: what counts is the header itself.
                uint[] found = [.. (await session.SearchAsync($"HEADER Message-ID \"{messageId}\"").ConfigureAwait(false)).Take(MaxCopies)];
                return found.Length == 0
                    ? []
                    : (IReadOnlyList<(DateTimeOffset?, MessageHeaders)>)[.. (await session.FetchAsync(found, "HEADER").ConfigureAwait(false))
                        .Select(m => (m.ReceivedAt, Headers: new MessageHeaders(m.Headers))).Where(m => m.Headers.MessageId == messageId)];
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Deletes test messages older than that; answers how many.</summary>
    public async Task<int> CleanUpAsync(TimeSpan age, CancellationToken cancellationToken) =>
        await UseAsync(
            toChange: true,
            async (session, _) =>
            {
                DateTimeOffset before = time.GetUtcNow() - age;
                string day = before.UtcDateTime.ToString("d-MMM-yyyy", CultureInfo.InvariantCulture);
                uint[] found = [.. (await session.SearchAsync($"BEFORE {day} HEADER Message-ID \"{OwnMessages}\"").ConfigureAwait(false)).Take(MaxCopies)];
                if (found.Length == 0 || !await session.HasAsync("UIDPLUS").ConfigureAwait(false))
                {
                    return 0;
                }

                uint[] old = [.. (await session.FetchAsync(found, "HEADER.FIELDS (MESSAGE-ID)").ConfigureAwait(false))
                    .Where(m => m.ReceivedAt < before && new MessageHeaders(m.Headers).MessageId?.StartsWith(OwnMessages, StringComparison.Ordinal) == true)
                    .Select(m => m.Uid)];
                if (old.Length > 0)
                {
                    await session.DeleteAsync(old).ConfigureAwait(false);
                }

                return old.Length;
            },
            cancellationToken).ConfigureAwait(false);

    public async Task<SelfTestResult> TestAsync(CancellationToken cancellationToken)
    {
        string subject = $"IMAP at {_server}";
        try
        {
            int messages = await UseAsync(toChange: false, (_, count) => Task.FromResult(count), cancellationToken).ConfigureAwait(false);
            return new SelfTestResult(subject, Works: true, $"'{options.ImapUserName}' is let in; {messages} messages in '{options.ImapFolder}'");
        }
        catch (KsmgException e)
        {
            return new SelfTestResult(subject, Works: false, e.Message, "Look at Imap, ImapUserName, the password, ImapFolder and the certificate in MailProbe.");
        }
    }

    private async Task<T> UseAsync<T>(bool toChange, Func<ImapSession, int, Task<T>> use, CancellationToken cancellationToken)
    {
        string password = await SmtpProbeOptionsValidator.Password(options).ReadAsync(cancellationToken).ConfigureAwait(false);
        using CancellationTokenSource clock = new(options.ImapTimeout, time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            using ImapSession session = await ImapSession.ConnectAsync(_server, _trust, both.Token).ConfigureAwait(false);
            await session.LoginAsync(options.ImapUserName, password).ConfigureAwait(false);
            T answer = await use(session, await session.OpenAsync(options.ImapFolder, toChange).ConfigureAwait(false)).ConfigureAwait(false);
            await session.LogoutAsync().ConfigureAwait(false);
            return answer;
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw Failed(new TimeoutException($"no whole answer within {options.ImapTimeout}", e));
        }
        catch (Exception e) when (e is SocketException or IOException or AuthenticationException)
        {
            throw Failed(e);
        }

        KsmgException Failed(Exception cause) => new($"The mailbox of test messages at {_server} cannot be looked into: {cause.Message.TrimEnd('.')}.", cause);
    }
}
