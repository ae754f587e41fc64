using System.Net.Security;
using System.Net.Sockets;
using Ksmg.Sdk.Upgrades;
using MailKit;
using MailKit.Net.Imap;
using MailKit.Search;
using MailKit.Security;
using MimeKit;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// The receiving half of a probe: a folder on an IMAP server. One session is kept from look to look, since servers count logins.
/// </summary>
internal sealed class ImapMailbox(SmtpImapOptions options, TimeProvider time) : IDisposable
{
    private const string OwnMessages = "ksmg-upgrade.";
    private const int StartTlsPort = 143;
    private const long MaxBytes = 8 * 1024 * 1024;

    /// <summary>As many as one look reads the headers of, the newest first.</summary>
    private const int MaxMessages = 50;

    /// <summary>Where a search by header is of no use: as many of the last days are told apart by their Message-ID.</summary>
    private const int MaxRecent = 200;

    /// <summary>A search by date counts days, in the server's own time zone.</summary>
    private static readonly TimeSpan _recent = TimeSpan.FromDays(2);
    private static readonly TimeSpan _loginInterval = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _goodbye = TimeSpan.FromSeconds(2);

    private readonly HostPort _server = HostPort.Parse(options.Imap)!;
    private readonly ServerTrust _trust = options.ImapTrust.Resolve() ?? ServerTrust.System;
    private readonly SemaphoreSlim _turn = new(1);
    private Session? _session;
    private long? _lastLogin;

    /// <summary>Every copy of a message: when it arrived, and its headers.</summary>
    public async Task<IReadOnlyList<(DateTimeOffset? ReceivedAt, MessageHeaders Headers)>> FindAsync(string messageId, CancellationToken cancellationToken) =>
        await UseAsync(FolderAccess.ReadOnly, (session, token) => FindAsync(session, messageId, token), cancellationToken).ConfigureAwait(false);

    /// <summary>Deletes test messages older than that; answers how many.</summary>
    public async Task<int> CleanUpAsync(TimeSpan age, CancellationToken cancellationToken) =>
        await UseAsync(
            FolderAccess.ReadWrite,
            async (session, token) =>
            {
                DateTimeOffset before = time.GetUtcNow() - age;
                SearchQuery query = SearchQuery.DeliveredBefore(before.UtcDateTime).And(SearchQuery.HeaderContains("Message-ID", "<" + OwnMessages));
                IList<UniqueId> found = await session.Folder.SearchAsync(query, token).ConfigureAwait(false);
                if (found.Count == 0 || !session.Client.Capabilities.HasFlag(ImapCapabilities.UidPlus))
                {
                    return 0;
                }

                // A search finds parts of headers too: what counts is the header itself.
                UniqueId[] old = [.. (await FetchAsync(session, Newest(found, MaxMessages), token).ConfigureAwait(false))
                    .Where(m => m.InternalDate < before && IdOf(m)?.StartsWith("<" + OwnMessages, StringComparison.Ordinal) == true)
                    .Select(m => m.UniqueId)];
                if (old.Length > 0)
                {
                    await session.Folder.AddFlagsAsync(old, MessageFlags.Deleted, silent: true, token).ConfigureAwait(false);
                    await session.Folder.ExpungeAsync(old, token).ConfigureAwait(false);
                }

                return old.Length;
            },
            cancellationToken).ConfigureAwait(false);

    /// <summary>Makes the very calls a run makes, for a message that cannot exist.</summary>
    public async Task<SelfTestResult> TestAsync(CancellationToken cancellationToken)
    {
        string subject = Words.Get("imap.subject", _server);
        try
        {
            return await UseAsync(
                FolderAccess.ReadOnly,
                async (session, token) =>
                {
                    await FindAsync(session, MailText.ImpossibleId, token).ConfigureAwait(false);
                    string how = session.HeaderSearchRefused is { } refused
                        ? Words.Get("imap.dates", refused)
                        : string.Empty;
                    return new SelfTestResult(
                        subject, SelfTestOutcome.Works, Words.Get("imap.works", options.ImapUserName, session.Folder.Count, options.ImapFolder, how));
                },
                cancellationToken).ConfigureAwait(false);
        }
        catch (KsmgException e)
        {
            return new SelfTestResult(
                subject, SelfTestOutcome.Fails, e.Message, Words.Get("imap.remedy"));
        }
    }

    public void Dispose()
    {
        _session?.Dispose();
        _turn.Dispose();
    }

    /// <summary>
    /// By the header first. Some servers find nothing that way, refuse it, or answer with everything: then the messages of the last days
    /// are told apart by their own Message-ID; where that is refused too, the last ones of the folder.
    /// </summary>
    private async Task<IReadOnlyList<(DateTimeOffset? ReceivedAt, MessageHeaders Headers)>> FindAsync(
        Session session, string messageId, CancellationToken cancellationToken)
    {
        List<IMessageSummary> copies = await MatchAsync(
            session, messageId, await ByHeaderAsync(session, messageId, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
        if (copies.Count == 0)
        {
            UniqueId[] recent = [.. (await RecentAsync(session, cancellationToken).ConfigureAwait(false)).Where(uid => !session.Others.Contains(uid))];
            copies = await MatchAsync(session, messageId, recent, cancellationToken).ConfigureAwait(false);
        }

        return [.. copies.Select(m => (m.InternalDate, new MessageHeaders(m.Headers!)))];
    }

    private static async Task<IReadOnlyList<UniqueId>> ByHeaderAsync(Session session, string messageId, CancellationToken cancellationToken)
    {
        if (session.HeaderSearchRefused is not null)
        {
            return [];
        }

        try
        {
            return Newest(
                await session.Folder.SearchAsync(SearchQuery.HeaderContains("Message-ID", messageId), cancellationToken).ConfigureAwait(false), MaxMessages);
        }
        catch (ImapCommandException e)
        {
            session.HeaderSearchRefused = MailSecurity.OneLine(e.ResponseText ?? e.Message);
            return [];
        }
    }

    private async Task<IReadOnlyList<UniqueId>> RecentAsync(Session session, CancellationToken cancellationToken)
    {
        try
        {
            SearchQuery query = SearchQuery.DeliveredAfter((time.GetUtcNow() - _recent).UtcDateTime);
            return Newest(await session.Folder.SearchAsync(query, cancellationToken).ConfigureAwait(false), MaxRecent);
        }
        catch (ImapCommandException)
        {
            int first = Math.Max(0, session.Folder.Count - MaxMessages);
            return session.Folder.Count == 0 ? []
                : [
                    .. (await session.Folder.FetchAsync(first, -1, new FetchRequest(MessageSummaryItems.UniqueId), cancellationToken).ConfigureAwait(false))
                        .Select(m => m.UniqueId)];
        }
    }

    /// <summary>Those that carry the Message-ID; what carries another one is not looked at again in this session.</summary>
    private static async Task<List<IMessageSummary>> MatchAsync(
        Session session, string messageId, IReadOnlyList<UniqueId> candidates, CancellationToken cancellationToken)
    {
        List<IMessageSummary> copies = [];
        if (candidates.Count > 0)
        {
            foreach (IMessageSummary message in await FetchAsync(session, candidates, cancellationToken).ConfigureAwait(false))
            {
                if (IdOf(message) == messageId)
                {
                    copies.Add(message);
                }
                else if (message.Headers is not null)
                {
                    session.Others.Add(message.UniqueId);
                }
            }
        }

        return copies;
    }

    private static async Task<IEnumerable<IMessageSummary>> FetchAsync(
        Session session, IReadOnlyList<UniqueId> messages, CancellationToken cancellationToken) =>
        (
            await session.Folder.FetchAsync(
                [.. messages],
                new FetchRequest(MessageSummaryItems.UniqueId | MessageSummaryItems.InternalDate | MessageSummaryItems.Headers),
                cancellationToken).ConfigureAwait(false))
            .Where(m => messages.Contains(m.UniqueId)).DistinctBy(m => m.UniqueId);

    private static string? IdOf(IMessageSummary message) => message.Headers is { } headers ? new MessageHeaders(headers).MessageId : null;

    private static IReadOnlyList<UniqueId> Newest(IEnumerable<UniqueId> found, int most) => [.. found.Distinct().OrderByDescending(uid => uid.Id).Take(most)];

    private async Task<T> UseAsync<T>(FolderAccess access, Func<Session, CancellationToken, Task<T>> use, CancellationToken cancellationToken)
    {
        string password = await options.ImapPassword.ReadAsync(cancellationToken).ConfigureAwait(false);
        MailAccount account = new(options.ImapUserName, password, options.ImapLogin == MailLogin.OAuth2);
        using CancellationTokenSource clock = new(options.ImapTimeout, time);
        using CancellationTokenSource farewell = new();
        using CancellationTokenSource all = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, farewell.Token, cancellationToken);
        Session? session = null;
        await TakeTurnAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            session = await KeptAsync(farewell.Cancel, all.Token).ConfigureAwait(false) ?? await ConnectAsync(farewell.Cancel, all.Token).ConfigureAwait(false);
            if (!session.Client.IsAuthenticated)
            {
                _lastLogin = time.GetTimestamp();
                await session.Client.LoginAsync(session.Talk, account, all.Token).ConfigureAwait(false);
                await IdentifyAsync(session.Client, all.Token).ConfigureAwait(false);
            }

            await session.OpenAsync(options.ImapFolder, access, all.Token).ConfigureAwait(false);
            return await use(session, all.Token).ConfigureAwait(false);
        }
        catch (ImapCommandException e)
        {
            // The server says no, and the session goes on.
            throw Failed(e, MailSecurity.OneLine(e.Message));
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested
            && e is OperationCanceledException or ProtocolException or ServiceNotConnectedException
            or ServiceNotAuthenticatedException or FolderNotFoundException or AuthenticationException or SslHandshakeException or NotSupportedException
            or SocketException or IOException or System.Security.Authentication.AuthenticationException or TooManyLoginsException)
        {
            string? said = session?.Talk.Farewell ?? _session?.Talk.Farewell;
            Session? broken = Interlocked.Exchange(ref _session, null);
            string reason = Reason(e, broken);
            broken?.Dispose();
            throw Failed(e, said is null ? reason : Words.Get("imap.ends-session", account.Hide(said)));
        }
        finally
        {
            _turn.Release();
        }

        KsmgException Failed(Exception cause, string reason) =>
            new(
                Words.Get("imap.failed", _server, reason.TrimEnd('.')),
                cause is ImapCommandException or FolderNotFoundException ? cause : null);
    }

    private string Reason(Exception e, Session? broken) => e switch
    {
        OperationCanceledException => Words.Get("imap.no-answer", options.ImapTimeout),
        FolderNotFoundException => Words.Get("imap.no-folder", options.ImapFolder),
        NotSupportedException => Words.Get("imap.no-starttls"),
        SslHandshakeException when broken is { Stream.AnswersInTls: false } => Words.Get("imap.no-tls"),
        ProtocolException when broken is { Talk.HasSpoken: false } => Words.Get("imap.greets", MailSecurity.OneLine(broken.Talk.LastLine)),
        _ => MailSecurity.Innermost(e),
    };

    private async Task TakeTurnAsync(CancellationToken cancellationToken)
    {
        if (!await _turn.WaitAsync(options.ImapTimeout, cancellationToken).ConfigureAwait(false))
        {
            throw new KsmgException(Words.Get("imap.busy", _server, options.ImapTimeout));
        }
    }

    /// <summary>The session of the last look, where the server still holds it.</summary>
    private async Task<Session?> KeptAsync(Action farewell, CancellationToken cancellationToken)
    {
        if (_session is not { Client: { IsConnected: true, IsAuthenticated: true } } session)
        {
            Interlocked.Exchange(ref _session, null)?.Dispose();
            return null;
        }

        // A goodbye that lies there from before is no answer to what is asked now.
        session.Begin(null, MaxBytes);
        try
        {
            await session.Client.NoOpAsync(cancellationToken).ConfigureAwait(false);
            session.Begin(farewell, MaxBytes);
            return session;
        }
        catch (Exception e) when (e is ProtocolException or ServiceNotConnectedException or IOException or SocketException)
        {
            Interlocked.Exchange(ref _session, null)?.Dispose();
            return null;
        }
    }

    private async Task<Session> ConnectAsync(Action farewell, CancellationToken cancellationToken)
    {
        if (_lastLogin is { } last && time.GetElapsedTime(last) is var since && since < _loginInterval)
        {
            throw new TooManyLoginsException(
                Words.Get("imap.one-login", _loginInterval, _loginInterval - since));
        }

        MailStream stream = await MailStream.ConnectAsync(_server, cancellationToken).ConfigureAwait(false);
        Session session = new(stream, _trust);
        _session = session;
        session.Begin(farewell, MaxBytes);
        bool startTls = options.ImapTls == ImapTls.StartTls || options.ImapTls == ImapTls.ByPort && _server.Port == StartTlsPort;
        SecureSocketOptions how = startTls ? SecureSocketOptions.StartTls : SecureSocketOptions.SslOnConnect;
        await session.Client.ConnectOverAsync(stream, _server, how, cancellationToken).ConfigureAwait(false);
        return session;
    }

    /// <summary>Some servers open no folder for a client that does not name itself.</summary>
    private static async Task IdentifyAsync(ImapClient client, CancellationToken cancellationToken)
    {
        if (client.Capabilities.HasFlag(ImapCapabilities.Id))
        {
            await client.IdentifyAsync(new ImapImplementation { Name = "ksmg" }, cancellationToken).ConfigureAwait(false);
        }
    }

    private sealed class Session : IDisposable
    {
        private IMailFolder? _folder;

        public Session(MailStream stream, ServerTrust trust)
        {
            Stream = stream;
            Client = new TrustingClient(Talk, trust);
        }

        public MailStream Stream { get; }

        public MailTalk Talk { get; } = new();

        public ImapClient Client { get; }

        public IMailFolder Folder => _folder!;

        public string? HeaderSearchRefused { get; set; }

        /// <summary>Messages that were looked at and are none of ours.</summary>
        public HashSet<UniqueId> Others { get; } = [];

        public void Begin(Action? farewell, long bytes)
        {
            Talk.OnFarewell = farewell;
            Stream.Allow(bytes);
        }

        public async Task OpenAsync(string name, FolderAccess access, CancellationToken cancellationToken)
        {
            _folder ??= name.Equals("INBOX", StringComparison.OrdinalIgnoreCase)
                ? Client.Inbox
                : await Client.GetFolderAsync(name, cancellationToken).ConfigureAwait(false);
            if (!_folder.IsOpen || _folder.Access != access)
            {
                await _folder.OpenAsync(access, cancellationToken).ConfigureAwait(false);
            }
        }

        public void Dispose()
        {
            Talk.OnFarewell = null;
            Client.Timeout = (int)_goodbye.TotalMilliseconds;
            Client.Dispose();
            Stream.Dispose();
        }
    }

    private sealed class TrustingClient(MailTalk talk, ServerTrust trust) : ImapClient(talk)
    {
        protected override SslClientAuthenticationOptions GetSslClientAuthenticationOptions(string host, RemoteCertificateValidationCallback mailKits) =>
            this.CreateSslOptions(trust, host, mailKits);
    }

    /// <summary>A session was lost, and another login now would be one too many.</summary>
    private sealed class TooManyLoginsException(string message) : Exception(message);
}
