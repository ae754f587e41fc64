using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Looks into a real Dovecot's mailbox, and into those of servers that misbehave.</summary>
public sealed class ImapServerTests : IDisposable
{
    private const string MessageId = "<ksmg-upgrade.run1.gw1.1@ksmg-upgrade.invalid>";
    private const string Greeting = "* OK ready\r\n";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-imap-");

    [ServerFact("dovecot")]
    public async Task A_wrong_password_and_a_wrong_certificate_are_told_apart_and_told_to_nobody()
    {
        await using DovecotServer dovecot = await DovecotServer.StartAsync();
        SmtpImapMailProbe probe = Probe(dovecot, o => o.ImapPasswordFile = Write("wrong-secret"));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => probe.FindAsync(MessageId));
        Assert.Contains("the login of 'probe'", e.Message, StringComparison.Ordinal);
        Assert.Contains("AUTHENTICATIONFAILED", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-secret", e.ToString(), StringComparison.Ordinal);

        using var other = TestServer.CreateCertificate();
        e = await Assert.ThrowsAsync<KsmgException>(() => Probe(dovecot, o => o.ImapFingerprint = ServerTrust.FingerprintOf(other)).FindAsync(MessageId));
        Assert.Contains(ServerTrust.FingerprintOf(dovecot.Certificate), e.Message, StringComparison.Ordinal);
        Assert.Contains(ServerTrust.FingerprintOf(other), e.Message, StringComparison.Ordinal);

        e = await Assert.ThrowsAsync<KsmgException>(() => Probe(dovecot, o => o.ImapFingerprint = null).FindAsync(MessageId));
        Assert.Contains("not trusted", e.Message, StringComparison.Ordinal);

        e = await Assert.ThrowsAsync<KsmgException>(() => Probe(dovecot, o => o.ImapFolder = "No \"such\" \\ folder").FindAsync(MessageId));
        Assert.Contains("No \"such\" \\ folder", e.Message, StringComparison.Ordinal);

        string roots = Write(dovecot.Certificate.ExportCertificatePem());
        Assert.Empty(await Probe(dovecot, o => (o.ImapFingerprint, o.ImapRootsFile) = (null, roots)).FindAsync(MessageId));
    }

    [ServerFact("dovecot")]
    public async Task A_server_that_is_gone_is_an_error_that_names_it()
    {
        await using DovecotServer dovecot = await DovecotServer.StartAsync();
        SmtpImapMailProbe probe = Probe(dovecot);
        await dovecot.DropAsync($"Message-ID: {MessageId}\r\n\r\n");
        Assert.Single(await probe.FindAsync(MessageId));
        await dovecot.StopAsync();
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => probe.FindAsync(MessageId));
        Assert.Contains(dovecot.Address, e.Message, StringComparison.Ordinal);
    }

    [ServerFact("dovecot")]
    public async Task Old_test_messages_are_deleted_and_nothing_else()
    {
        await using DovecotServer dovecot = await DovecotServer.StartAsync();
        DateTime now = TimeProvider.System.GetUtcNow().UtcDateTime;
        await dovecot.DropAsync("Message-ID: <ksmg-upgrade.old@x>\r\n\r\n", now.AddDays(-10));
        await dovecot.DropAsync("Message-ID: <ksmg-upgrade.new@x>\r\n\r\n", now.AddDays(-6));
        await dovecot.DropAsync("Message-ID: <somebody.else@x>\r\nSubject: ksmg-upgrade.\r\n\r\n", now.AddDays(-10));
        await dovecot.DropAsync("Message-ID: <not-a<ksmg-upgrade.probe@x>\r\n\r\n", now.AddDays(-10));
        await using ScriptedServer smtp = new("220 x\r\n", line => line.StartsWith("DATA", StringComparison.Ordinal) ? "354 go\r\n" : line is "." || char.IsAsciiLetterUpper(line.FirstOrDefault()) && line.Split(' ')[0] is "EHLO" or "MAIL" or "RCPT" or "QUIT" ? "250 ok\r\n" : "");

        ProbeAnswer answer = await Probe(dovecot, smtp: smtp.Address, change: o => o.CleanUpAfter = null).SendAsync("gw1", MessageId);
        Assert.True(answer.Accepted, answer.Text);
        Assert.Single(await Probe(dovecot).FindAsync("<ksmg-upgrade.old@x>"));

        answer = await Probe(dovecot, smtp: smtp.Address).SendAsync("gw1", MessageId);
        Assert.Equal("250 ok (without TLS)", answer.Text);
        Assert.Empty(await Probe(dovecot).FindAsync("<ksmg-upgrade.old@x>"));
        Assert.Equal(3, Directory.EnumerateFiles(dovecot.Maildir, "*", SearchOption.AllDirectories).Count(path => Path.GetFileName(Path.GetDirectoryName(path)) is "new" or "cur"));
        Assert.Single(await Probe(dovecot).FindAsync("<ksmg-upgrade.new@x>"));

        await dovecot.StopAsync();
        answer = await Probe(dovecot, smtp: smtp.Address).SendAsync("gw1", MessageId);
        Assert.True(answer.Accepted);
        Assert.Contains("old test messages were not deleted", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("* BYE full\r\n", "", "BYE full")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", "", "400 Bad Request")]
    [InlineData(Greeting, "k1 NO no such mechanism\r\n", "AUTHENTICATE PLAIN")]
    [InlineData(Greeting, null, "closed the connection")]
    [InlineData(Greeting, "nonsense\r\n", "AUTHENTICATE PLAIN")]
    public async Task Greetings_and_logins_can_fail(string greeting, string? toLogin, string says) =>
        Assert.Contains(says, (await FailsAsync(greeting, line => line.Contains("AUTHENTICATE", StringComparison.Ordinal) ? toLogin : null)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("* SEARCH 1\r\nk3 OK\r\n", "* 1 FETCH (UID 1 BODY[HEADER] {999999999}\r\n", "larger than any message")]
    [InlineData("* SEARCH 1\r\nk3 OK\r\n", "* 1 FETCH (UID 1 BODY[HEADER] {100}\r\nhalf", null)]
    [InlineData("* SEARCH 1\r\nk3 NO out of order\r\n", "", "refuses the search: \"NO out of order\"")]
    [InlineData("* SEARCH 1\r\nk3 OK\r\n", "k4 BAD what\r\n", "refuses the headers: \"BAD what\"")]
    [InlineData("+ what\r\n", "", "no IMAP")]
    public async Task Answers_can_be_wrong(string toSearch, string toFetch, string? says)
    {
        KsmgException e = await FailsAsync(Greeting, Script(toSearch, toFetch), says is null ? TimeSpan.FromSeconds(1) : null);
        Assert.Contains(says ?? "within 00:00:01", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        Assert.Contains("without an end", (await FailsAsync("* " + new string('x', 100_000), _ => null)).Message, StringComparison.Ordinal);
        string flood = string.Concat(Enumerable.Repeat("* 1 EXISTS\r\n", 20_000));
        Assert.Contains("too large", (await FailsAsync(Greeting, Script(flood, ""))).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_messages_that_were_asked_for_and_carry_the_id_count()
    {
        string headers = $"Message-ID: {MessageId}\r\n\r\n";
        string other = "Message-ID: <x" + MessageId[1..] + "\r\n\r\n";
        string fetched = string.Concat(
            $"* 1 FETCH (INTERNALDATE \" 7-Nov-2026 10:00:00 +0200\" UID 1 FLAGS (\\Seen) BODY[HEADER] {{{headers.Length}}}\r\n{headers})\r\n",
            $"* 2 FETCH (UID 2 BODY[HEADER] {{{headers.Length}}}\r\n{headers})\r\n",
            $"* 3 FETCH (UID 3 BODY[HEADER] {{{other.Length}}}\r\n{other})\r\n",
            $"* 9 FETCH (UID 9 BODY[HEADER] {{{headers.Length}}}\r\n{headers})\r\n",
            "* 4 FETCH (UID 4 BODY[HEADER] NIL)\r\n* 4 FETCH (FLAGS (\\Seen))\r\n* OK [ALERT] {mind the gap}\r\nk4 OK\r\n");
        using var certificate = TestServer.CreateCertificate();
        await using ScriptedServer server = new(Greeting, Script("* SEARCH 1 2\r\n* SEARCH 3 4 x\r\nk3 OK\r\n", fetched), certificate);
        IReadOnlyList<ProbeCopy> copies = await Scripted(server, certificate).FindAsync(MessageId);
        Assert.Equal([new DateTimeOffset(2026, 11, 7, 8, 0, 0, TimeSpan.Zero), null], copies.Select(c => c.ReceivedAt));
        Assert.Contains("k4 UID FETCH 1,2,3,4 (UID INTERNALDATE BODY.PEEK[HEADER])", server.Heard);
        Assert.Contains("k2 EXAMINE \"INBOX\"", server.Heard);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_a_cancellation()
    {
        using var certificate = TestServer.CreateCertificate();
        await using ScriptedServer server = new(string.Empty, _ => "", certificate);
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Scripted(server, certificate).FindAsync(MessageId, cancel.Token));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static Func<string, string?> Script(string toSearch, string toFetch) => line =>
        line.Contains("AUTHENTICATE", StringComparison.Ordinal) ? "+ \r\n"
        : !line.Contains(' ', StringComparison.Ordinal) ? "k1 OK\r\n"
        : line.Contains("EXAMINE", StringComparison.Ordinal) ? "* 7 EXISTS\r\n* FLAGS (\\Seen)\r\nk2 OK [READ-ONLY] done\r\n"
        : line.Contains("SEARCH", StringComparison.Ordinal) ? toSearch
        : line.Contains("FETCH", StringComparison.Ordinal) ? toFetch
        : line.Split(' ')[0] + " OK\r\n";

    private async Task<KsmgException> FailsAsync(string greeting, Func<string, string?> answer, TimeSpan? limit = null)
    {
        using var certificate = TestServer.CreateCertificate();
        await using ScriptedServer server = new(greeting, answer, certificate);
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Scripted(server, certificate, limit).FindAsync(MessageId));
        Assert.Contains(server.Address, e.Message, StringComparison.Ordinal);
        return e;
    }

    private SmtpImapMailProbe Scripted(ScriptedServer server, System.Security.Cryptography.X509Certificates.X509Certificate2 certificate, TimeSpan? limit = null) => new(
        new SmtpImapOptions
        {
            From = "probe@example.test",
            To = "probe@example.test",
            Imap = server.Address,
            ImapUserName = "probe",
            ImapPasswordFile = Write("secret"),
            ImapFingerprint = ServerTrust.FingerprintOf(certificate),
            ImapTimeout = limit ?? TimeSpan.FromSeconds(20),
        },
        MockCluster.Of(("gw1", "127.0.0.1:1", null)));

    private static SmtpImapMailProbe Probe(DovecotServer dovecot, Action<SmtpImapOptions>? change = null, string smtp = "127.0.0.1:1")
    {
        SmtpImapOptions options = new()
        {
            From = "probe@example.test",
            To = "probe@example.test",
            Imap = dovecot.Address,
            ImapUserName = DovecotServer.User,
            ImapPasswordFile = dovecot.PasswordFile,
            ImapFingerprint = ServerTrust.FingerprintOf(dovecot.Certificate),
        };
        change?.Invoke(options);
        return new SmtpImapMailProbe(options, MockCluster.Of(("gw1", smtp, null)));
    }

    private string Write(string text)
    {
        string path = Path.Combine(_folder.FullName, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, text);
        return path;
    }
}
