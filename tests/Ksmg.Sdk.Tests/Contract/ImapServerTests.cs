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
        Assert.Contains("uthentication failed", e.Message, StringComparison.Ordinal);
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
    public async Task A_real_server_is_reached_in_tls_from_the_first_byte_and_by_starttls()
    {
        await using DovecotServer dovecot = await DovecotServer.StartAsync();
        await dovecot.DropAsync($"Message-ID: {MessageId}\r\n\r\n");
        Assert.Single(await Probe(dovecot).FindAsync(MessageId));
        Assert.Single(await Probe(dovecot, o => o.ImapTls = ImapTls.Implicit).FindAsync(MessageId));
        Assert.Single(await Probe(dovecot, o => (o.Imap, o.ImapTls) = (dovecot.StartTlsAddress, ImapTls.StartTls)).FindAsync(MessageId));

        KsmgException e = await Assert.ThrowsAsync<KsmgException>(
            () => Probe(dovecot, o => (o.Imap, o.ImapTls) = (dovecot.StartTlsAddress, ImapTls.Implicit)).FindAsync(MessageId));
        Assert.Contains("it does not speak TLS here: use port 993, or STARTTLS (ImapTls)", e.Message, StringComparison.Ordinal);
        e = await Assert.ThrowsAsync<KsmgException>(
            () => Probe(dovecot, o => (o.ImapTls, o.ImapTimeout) = (ImapTls.StartTls, TimeSpan.FromSeconds(1))).FindAsync(MessageId));
        Assert.Contains("no whole answer within 1 s", e.Message, StringComparison.Ordinal);
        using var other = TestServer.CreateCertificate();
        e = await Assert.ThrowsAsync<KsmgException>(() =>
            Probe(
                dovecot,
                o => (o.Imap, o.ImapTls, o.ImapFingerprint) = (
                    dovecot.StartTlsAddress, ImapTls.StartTls, ServerTrust.FingerprintOf(other))).FindAsync(MessageId));
        Assert.Contains(ServerTrust.FingerprintOf(dovecot.Certificate), e.Message, StringComparison.Ordinal);
    }

    /// <summary>Access tokens last an hour: each login reads the one there is then.</summary>
    [ServerTheory("dovecot")]
    [InlineData("plain oauthbearer xoauth2")]
    [InlineData("plain xoauth2")]
    public async Task An_access_token_opens_the_mailbox_and_stands_in_no_message(string mechanisms)
    {
        await using DovecotServer dovecot = await DovecotServer.StartAsync(mechanisms);
        await dovecot.DropAsync($"Message-ID: {MessageId}\r\n\r\n");
        string expired = dovecot.Token(TimeSpan.FromHours(-1));
        string token = Write(expired);
        ManualTime time = new();
        SmtpImapMailProbe probe = Probe(dovecot, o => (o.ImapLogin, o.ImapPasswordFile) = (MailLogin.OAuth2, token), time: time);

        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => probe.FindAsync(MessageId));
        Assert.Contains("it refuses the login of 'probe'", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(expired, e.ToString(), StringComparison.Ordinal);

        await File.WriteAllTextAsync(token, dovecot.Token(TimeSpan.FromHours(1)) + "\n");
        time.Advance(TimeSpan.FromMinutes(1));
        Assert.Single(await probe.FindAsync(MessageId));
        Assert.True((await probe.TestAsync([])).Single().Works);
    }

    [Fact]
    public async Task A_token_is_sent_to_no_server_that_takes_none()
    {
        using var certificate = TestServer.CreateCertificate();
        ImapScript script = new(_ => null);
        await using ScriptedServer server = new(Greeting, script.Answer, certificate);
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(
            () => Scripted(server, certificate, change: o => o.ImapLogin = MailLogin.OAuth2).FindAsync(MessageId));
        Assert.Contains("it offers no login that fits: PLAIN", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, script.Count("AUTHENTICATE"));
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
        await using ScriptedServer smtp = new(
            "220 x\r\n",
            line => line.StartsWith("DATA", StringComparison.Ordinal)
                ? "354 go\r\n"
                : line is "." || char.IsAsciiLetterUpper(line.FirstOrDefault()) && line.Split(' ')[0] is "EHLO" or "MAIL" or "RCPT" or "QUIT"
                ? "250 ok\r\n"
                : "");

        ProbeAnswer answer = await Probe(dovecot, smtp: smtp.Address, change: o => o.CleanUpAfter = null).SendAsync("gw1", MessageId);
        Assert.True(answer.Accepted, answer.Text);
        Assert.Single(await Probe(dovecot).FindAsync("<ksmg-upgrade.old@x>"));

        answer = await Probe(dovecot, smtp: smtp.Address).SendAsync("gw1", MessageId);
        Assert.Equal("250 ok (without TLS)", answer.Text);
        Assert.Empty(await Probe(dovecot).FindAsync("<ksmg-upgrade.old@x>"));
        Assert.Equal(
            3,
            Directory.EnumerateFiles(dovecot.Maildir, "*", SearchOption.AllDirectories)
                .Count(path => Path.GetFileName(Path.GetDirectoryName(path)) is "new" or "cur"));
        Assert.Single(await Probe(dovecot).FindAsync("<ksmg-upgrade.new@x>"));

        await dovecot.StopAsync();
        answer = await Probe(dovecot, smtp: smtp.Address).SendAsync("gw1", MessageId);
        Assert.True(answer.Accepted);
        Assert.Contains("old test messages were not deleted", answer.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("* BYE full\r\n", "full")]
    [InlineData("HTTP/1.1 400 Bad Request\r\n", "400 Bad Request")]
    [InlineData("", "within 1 s")]
    public async Task Greetings_can_fail(string greeting, string says) =>
        Assert.Contains(says, (await FailsAsync(greeting, new ImapScript(_ => null), TimeSpan.FromSeconds(1))).Message, StringComparison.Ordinal);

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("AUTHENTICATE", "% NO no such mechanism\r\n", "no such mechanism")]
    [InlineData("AUTHENTICATE", ImapScript.Close, "disconnected")]
    [InlineData("(secret)", "% NO [AUTHENTICATIONFAILED] wrong\r\n", "refuses the login of 'probe'")]
    [InlineData("(secret)", "* BYE Account is locked, call 1234\r\n", "Account is locked, call 1234")]
    [
        InlineData(
            "EXAMINE",
            "* BYE [UNAVAILABLE] Too many connections of this user today; try again at 06:00\r\n",
            "Too many connections of this user today; try again at 06:00")]
    [InlineData("EXAMINE", "% NO no such folder\r\n", "no such folder")]
    [InlineData("UID FETCH", "% BAD what\r\n", "BAD")]
    [InlineData("UID FETCH", "* 1 FETCH (UID 1 BODY[HEADER] {999999999}\r\n", "within 5 s")]
    [InlineData("UID FETCH", "* 1 FETCH (UID 1 BODY[HEADER] {100}\r\nhalf", "within 5 s")]
    [InlineData("UID FETCH", ImapScript.Close, "disconnected")]
    public async Task What_the_server_says_instead_of_an_answer_is_told(string at, string answer, string says)
    {
        ImapScript script = new(
            c => c.StartsWith(at, StringComparison.Ordinal) ? answer : c.Contains("SEARCH", StringComparison.Ordinal) ? "* SEARCH 1\r\n% OK\r\n" : null);
        KsmgException e = await FailsAsync(Greeting, script, answer.StartsWith("* 1 FETCH", StringComparison.Ordinal) ? TimeSpan.FromSeconds(5) : null);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_sends_the_password_back_puts_it_into_no_message()
    {
        string login = Convert.ToBase64String("\0probe\0secret"u8);
        foreach (string echo in (string[])["% NO cannot log in probe with secret\r\n", $"% NO bad {login}\r\n", $"* BYE {login} is locked\r\n"])
        {
            KsmgException e = await FailsAsync(Greeting, new ImapScript(c => c == "(secret)" ? echo : null));
            Assert.DoesNotContain("secret", e.ToString(), StringComparison.Ordinal);
            Assert.DoesNotContain(login, e.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task An_endless_answer_is_cut_off()
    {
        Assert.Contains(
            "more than any mail server", (await FailsAsync("* OK " + new string('x', 9_000_000), new ImapScript(_ => null))).Message, StringComparison.Ordinal);
        string flood = string.Concat(Enumerable.Repeat("* 1 EXISTS\r\n", 800_000));
        Assert.Contains(
            "more than any mail server",
            (await FailsAsync(Greeting, new ImapScript(c => c.Contains("SEARCH", StringComparison.Ordinal) ? flood : null))).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_messages_that_were_asked_for_and_carry_the_id_count()
    {
        string headers = $"message-ID:\r\n {MessageId}\r\n\r\n";
        string other = "Message-ID: <x" + MessageId[1..] + "\r\n\r\n";
        ImapScript script = new(c => c switch
        {
            _ when c.Contains("SEARCH HEADER", StringComparison.Ordinal) => "* SEARCH 1 2 3 4 (MODSEQ 9)\r\n* 8 EXISTS\r\n% OK\r\n",
            _ when c.Contains("FETCH", StringComparison.Ordinal) =>
                ImapScript.Fetched(1, headers) + $"* 2 FETCH (BODY[HEADER] {{{headers.Length}}}\r\n{headers} UID 2)\r\n"
                + ImapScript.Fetched(3, other) + ImapScript.Fetched(9, headers) + "* 4 FETCH (FLAGS (\\Seen))\r\n* OK [ALERT] {mind the gap}\r\n% OK\r\n",
            _ => null,
        });
        await using ImapRig rig = new(this, script);
        IReadOnlyList<ProbeCopy> copies = await rig.Probe.FindAsync(MessageId);
        Assert.Equal([null, new DateTimeOffset(2026, 11, 7, 8, 0, 0, TimeSpan.Zero)], copies.Select(c => c.ReceivedAt).Order());
        Assert.Equal(1, script.Count("EXAMINE"));
        Assert.Equal(0, script.Count("SELECT"));
    }

    /// <summary>Servers whose search by header is of no use.</summary>
    [Theory]
    [InlineData("* SEARCH\r\n% OK\r\n", "* SEARCH 5 6 7\r\n% OK\r\n")]
    [InlineData("% NO [UNAVAILABLE] UID SEARCH Backend error. sc=abc\r\n", "* SEARCH 5 6 7\r\n% OK\r\n")]
    [InlineData("% BAD Could not parse command\r\n", "* SEARCH 5 6 7\r\n% OK\r\n")]
    [InlineData("% BAD Could not parse command\r\n", "% BAD neither this\r\n")]
    [InlineData("many", "* SEARCH\r\n% OK\r\n")]
    public async Task A_message_is_found_where_a_search_by_header_is_of_no_use(string byHeader, string byDate)
    {
        string all = $"* SEARCH {string.Join(' ', Enumerable.Range(1, 121))}\r\n% OK\r\n";
        uint ours = byHeader == "many" ? 121u : 7;
        ImapScript script = new(c => c switch
        {
            _ when c.Contains("SEARCH HEADER", StringComparison.Ordinal) => byHeader == "many" ? all : byHeader,
            _ when c.Contains("SEARCH", StringComparison.Ordinal) => byDate,
            _ when c.StartsWith("FETCH", StringComparison.Ordinal) => "* 7 FETCH (UID 7)\r\n% OK\r\n",
            _ when c.Contains("FETCH", StringComparison.Ordinal) => ImapScript.Fetched(6, "Message-ID: <other@x>\r\n\r\n")
                + (
                    c.Contains(ours.ToString(System.Globalization.CultureInfo.InvariantCulture), StringComparison.Ordinal)
                        ? ImapScript.Fetched(ours, $"Message-ID: {MessageId}\r\n\r\n")
                        : string.Empty) + "% OK\r\n",
            _ => null,
        });
        await using ImapRig rig = new(this, script);
        Assert.Single(await rig.Probe.FindAsync(MessageId));
        Assert.Single(await rig.Probe.FindAsync(MessageId));
        SelfTestResult tested = (await rig.Probe.TestAsync([])).Single();
        Assert.True(tested.Works, tested.Text);
        Assert.Equal(byHeader[0] == '%', tested.Text.Contains("a search by header is refused", StringComparison.Ordinal));
    }

    [Fact]
    public async Task One_session_serves_all_looks_and_logins_are_rare()
    {
        bool cut = false;
        ImapScript script = new(c => cut && c == "NOOP" ? ImapScript.Close : null);
        ManualTime time = new();
        await using ImapRig rig = new(this, script, time: time);
        for (int i = 0; i < 60; i++)
        {
            Assert.Empty(await rig.Probe.FindAsync(MessageId));
            time.Advance(TimeSpan.FromSeconds(1));
        }

        Assert.Equal(1, script.Count("AUTHENTICATE"));
        cut = true;
        Assert.Empty(await rig.Probe.FindAsync(MessageId));
        Assert.Equal(2, script.Count("AUTHENTICATE"));
        Assert.Contains("the next one in", (await Assert.ThrowsAsync<KsmgException>(() => rig.Probe.FindAsync(MessageId))).Message, StringComparison.Ordinal);
        Assert.Equal(2, script.Count("AUTHENTICATE"));
    }

    [Fact]
    public async Task A_server_that_only_knows_login_is_logged_in_at_by_login()
    {
        ImapScript script = new(
            c => c.StartsWith("AUTHENTICATE", StringComparison.Ordinal)
                ? "% NO AUTHENTICATE mechanism not supported\r\n"
                : null)
        { Capabilities = "IMAP4rev1 LOGIN UIDPLUS" };
        await using ImapRig rig = new(this, script);
        Assert.Empty(await rig.Probe.FindAsync(MessageId));
        Assert.Equal((0, 1), (script.Count("AUTHENTICATE"), script.Count("LOGIN")));
    }

    [Fact]
    public async Task A_client_names_itself_where_the_server_wants_that()
    {
        bool named = false;
        ImapScript script = new(c =>
        {
            named |= c.StartsWith("ID ", StringComparison.Ordinal);
            return c.StartsWith("EXAMINE", StringComparison.Ordinal) && !named ? "% NO EXAMINE Unsafe Login. Please contact the help desk\r\n" : null;
        })
        { Capabilities = "IMAP4rev1 AUTH=PLAIN ID" };
        await using ImapRig rig = new(this, script);
        Assert.Empty(await rig.Probe.FindAsync(MessageId));
    }

    [Fact]
    public async Task A_server_that_begins_in_the_clear_is_told_as_such_and_starttls_is_spoken_where_configured()
    {
        await using ScriptedServer clear = new("* OK IMAP4rev1 ready\r\n", new ImapScript(_ => null).Answer);
        using var certificate = TestServer.CreateCertificate();
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Scripted(clear, certificate).FindAsync(MessageId));
        Assert.Contains("use port 993, or STARTTLS", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("frame", e.Message, StringComparison.Ordinal);

        e = await Assert.ThrowsAsync<KsmgException>(() => Scripted(clear, certificate, change: o => o.ImapTls = ImapTls.StartTls).FindAsync(MessageId));
        Assert.Contains("does not offer STARTTLS", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(
            clear.Heard, line => line.Contains("AUTHENTICATE", StringComparison.Ordinal) || line.Contains("LOGIN ", StringComparison.Ordinal));
    }

    /// <summary>While the server says nothing in TLS, and while it does not even begin it.</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_callers_cancellation_stays_a_cancellation(bool inTls)
    {
        using var certificate = TestServer.CreateCertificate();
        await using ScriptedServer server = new(string.Empty, _ => "", inTls ? certificate : null);
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Scripted(server, certificate).FindAsync(MessageId, cancel.Token));
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private async Task<KsmgException> FailsAsync(string greeting, ImapScript script, TimeSpan? limit = null)
    {
        await using ImapRig rig = new(this, script, greeting, limit);
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => rig.Probe.FindAsync(MessageId));
        Assert.Contains(rig.Server.Address, e.Message, StringComparison.Ordinal);
        return e;
    }

    private SmtpImapMailProbe Scripted(
        ScriptedServer server, System.Security.Cryptography.X509Certificates.X509Certificate2 certificate, TimeSpan? limit =
            null, TimeProvider? time = null, Action<SmtpImapOptions>? change = null)
    {
        SmtpImapOptions options = new()
        {
            From = "probe@example.test",
            To = "probe@example.test",
            Imap = server.Address,
            ImapUserName = "probe",
            ImapPasswordFile = Write("secret"),
            ImapFingerprint = ServerTrust.FingerprintOf(certificate),
            ImapTimeout = limit ?? TimeSpan.FromSeconds(20),
        };
        change?.Invoke(options);
        return new SmtpImapMailProbe(options, MockCluster.Of(("gw1", "127.0.0.1:1", null)), time);
    }

    /// <summary>A scripted server in TLS, and a probe that looks into it.</summary>
    private sealed class ImapRig : IAsyncDisposable
    {
        private readonly System.Security.Cryptography.X509Certificates.X509Certificate2 _certificate = TestServer.CreateCertificate();

        public ImapRig(ImapServerTests test, ImapScript script, string greeting = Greeting, TimeSpan? limit = null, TimeProvider? time = null)
        {
            Server = new ScriptedServer(greeting, script.Answer, _certificate);
            Probe = test.Scripted(Server, _certificate, limit, time);
        }

        public ScriptedServer Server { get; }

        public SmtpImapMailProbe Probe { get; }

        public async ValueTask DisposeAsync()
        {
            Probe.Dispose();
            await Server.DisposeAsync();
            _certificate.Dispose();
        }
    }

    private static SmtpImapMailProbe Probe(
        DovecotServer dovecot, Action<SmtpImapOptions>? change = null, string smtp = "127.0.0.1:1", TimeProvider? time = null)
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
        return new SmtpImapMailProbe(options, MockCluster.Of(("gw1", smtp, null)), time);
    }

    private string Write(string text)
    {
        string path = Path.Combine(_folder.FullName, Guid.NewGuid().ToString("N"));
        File.WriteAllText(path, text);
        return path;
    }
}
