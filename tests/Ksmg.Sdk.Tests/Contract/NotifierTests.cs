using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Notifications to a real HTTPS receiver and to a mail relay.</summary>
public sealed class NotifierTests : IDisposable
{
    private const string Secret = "a-secret-of-32-characters-and-ü";
    private static readonly UpgradeEvent _event = new()
    {
        RunId = "run1",
        At = new DateTimeOffset(2026, 11, 22, 20, 0, 0, TimeSpan.Zero),
        Kind = UpgradeEventKind.NeedsHuman,
        Node = "gw1",
        Step = StepId.Install,
        Text = Message.Said("Die Installation läuft länger als erwartet.\n.\nQUIT"),
        Values = new Dictionary<string, string> { ["build"] = "2.1.0.7854" },
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-notifier-");

    [Fact]
    public async Task A_receiver_can_prove_where_an_event_comes_from()
    {
        ManualTime time = new();
        Received received = null!;
        await using TestServer server = await TestServer.StartAsync(async context => received = await Received.FromAsync(context));
        await Webhook(server, time: time).NotifyAsync(_event);

        Assert.Equal(("POST", "application/json; charset=utf-8"), (received.Method, received.ContentType));
        string[] parts = received.Signature.Split(',');
        string seconds = parts[0]["t=".Length..];
        Assert.Equal(time.GetUtcNow().ToUnixTimeSeconds().ToString(), seconds);
        byte[] signed = [.. Encoding.ASCII.GetBytes(seconds + "."), .. received.Body];
        byte[] expected = HMACSHA256.HashData(Encoding.UTF8.GetBytes(Secret), signed);
        Assert.Equal("v1=" + Convert.ToHexStringLower(expected), parts[1]);

        JsonElement json = JsonDocument.Parse(received.Body).RootElement;
        Assert.Equal(
            ("run1", "NeedsHuman", "gw1", "S8"),
            (
                json.GetProperty("runId").GetString(),
                json.GetProperty("kind").GetString(),
                json.GetProperty("node").GetString(),
                json.GetProperty("step").GetString()));
        Assert.Equal(_event.Text, json.GetProperty("text").GetString());
        Assert.Equal("2.1.0.7854", json.GetProperty("values").GetProperty("build").GetString());
    }

    [Theory]
    [InlineData(500, 2)]
    [InlineData(503, 2)]
    [InlineData(429, 2)]
    [InlineData(302, 1)]
    [InlineData(400, 1)]
    [InlineData(401, 1)]
    public async Task What_may_pass_is_tried_once_more_and_nothing_else(int status, int attempts)
    {
        int seen = 0;
        await using TestServer server = await TestServer.StartAsync(context =>
        {
            seen++;
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return Task.CompletedTask;
        });
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Webhook(server, "/token-in-the-path").NotifyAsync(_event));
        Assert.Equal(attempts, seen);
        Assert.Contains($"answers {status}", e.Message, StringComparison.Ordinal);
        AssertNoSecret(e.ToString());
    }

    [Fact]
    public async Task A_passing_fault_is_survived()
    {
        int seen = 0;
        await using TestServer server = await TestServer.StartAsync(context =>
        {
            if (++seen == 1)
            {
                context.Abort();
            }

            return Task.CompletedTask;
        });
        await Webhook(server).NotifyAsync(_event);
        Assert.Equal(2, seen);
    }

    [Fact]
    public async Task Nothing_is_sent_to_a_receiver_that_is_not_the_right_one()
    {
        bool reached = false;
        await using TestServer server = await TestServer.StartAsync(_ =>
        {
            reached = true;
            return Task.CompletedTask;
        });
        using var other = TestServer.CreateCertificate();
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(
            () => Webhook(server, "/token-in-the-path", o => o.Fingerprint = ServerTrust.FingerprintOf(other)).NotifyAsync(_event));
        Assert.Contains(server.Fingerprint, e.Message, StringComparison.Ordinal);
        AssertNoSecret(e.ToString());
        e = await Assert.ThrowsAsync<KsmgException>(() => Webhook(server, change: o => o.Fingerprint = null).NotifyAsync(_event));
        Assert.Contains("not trusted", e.Message, StringComparison.Ordinal);
        Assert.False(reached);
    }

    [Fact]
    public async Task A_silent_receiver_costs_no_more_than_the_time_limit_and_cancellation_stays_one()
    {
        await using TestServer server = await TestServer.StartAsync(context => Task.Delay(Eventually.Limit, context.RequestAborted));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(
            () => Webhook(server, change: o => o.Timeout = TimeSpan.FromSeconds(0.3)).NotifyAsync(_event));
        Assert.Contains("within 0.3 s", e.Message, StringComparison.Ordinal);
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Webhook(server).NotifyAsync(_event, cancel.Token));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    [InlineData(405)]
    [InlineData(500)]
    public async Task The_self_test_sends_no_event_and_says_that_it_tried_none(int status)
    {
        List<string> methods = [];
        await using TestServer server = await TestServer.StartAsync(context =>
        {
            methods.Add(context.Request.Method);
            context.Response.StatusCode = status;
            return Task.CompletedTask;
        });
        SelfTestResult result = Assert.Single(await Webhook(server, "/token-in-the-path").TestAsync([]));

        Assert.Equal((SelfTestOutcome.NotTried, "ksmg doctor --notify sends a test notification."), (result.Outcome, result.Remedy));
        Assert.Equal(["HEAD"], methods);
    }

    [Fact]
    public async Task A_receiver_that_is_not_there_or_not_the_right_one_fails_the_self_test()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Task.CompletedTask);
        using var other = TestServer.CreateCertificate();
        SelfTestResult stranger = Assert.Single(
            await Webhook(server, "/token-in-the-path", o => o.Fingerprint = ServerTrust.FingerprintOf(other)).TestAsync([]));
        Assert.True(stranger.Fails && stranger.Text.Contains(server.Fingerprint, StringComparison.Ordinal) && stranger.Remedy is not null, stranger.Text);
        AssertNoSecret(stranger.ToString());

        await using TestServer silent = await TestServer.StartAsync(context => Task.Delay(Eventually.Limit, context.RequestAborted));
        Assert.Equal(
            "no answer within 0.3 s", Assert.Single(await Webhook(silent, change: o => o.Timeout = TimeSpan.FromSeconds(0.3)).TestAsync([])).Text);

        SelfTestResult gone = Assert.Single(await Webhook(server, change: o => o.Url = new Uri("https://127.0.0.1:1/token-in-the-path")).TestAsync([]));
        Assert.True(gone.Fails && gone.Text.Contains("refused", StringComparison.Ordinal), gone.Text);
        AssertNoSecret(gone.ToString());
    }

    [Fact]
    public async Task A_short_secret_is_refused_before_anything_is_sent()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Task.CompletedTask);
        WebhookNotifier notifier = Webhook(server, change: o => o.SecretFile = Write("short", "0123456789abcde"));
        Assert.Contains("shorter than 16", (await Assert.ThrowsAsync<KsmgException>(() => notifier.NotifyAsync(_event))).Message, StringComparison.Ordinal);
        Assert.False((await notifier.TestAsync([])).Single().Works);
    }

    [Fact]
    public async Task Neither_the_address_nor_the_secret_gets_into_a_log()
    {
        int posts = 0;
        await using TestServer server = await TestServer.StartAsync(_ =>
        {
            posts++;
            return Task.CompletedTask;
        });
        LogLines lines = new();
        ServiceCollection services = new();
        services.AddLogging(l => l.SetMinimumLevel(LogLevel.Trace).AddProvider(lines));
        services.AddKsmg("eu", o =>
        {
            o.Nodes.Add("gw1", new Uri("https://127.0.0.1:1"), ServerTrust.System);
            o.Credentials = new KsmgCredentials("Administrator", _ => new("secret"));
        }).AddWebhookNotifier(o => (o.Url, o.SecretFile, o.Fingerprint) = (new Uri(
            server.Address, "/token-in-the-path"), Write("secret", Secret), server.Fingerprint));
        await using ServiceProvider provider = services.BuildServiceProvider();
        await provider.GetRequiredKeyedService<INotifier>("eu").NotifyAsync(_event);
        Assert.Equal(1, posts);
        AssertNoSecret(string.Join('\n', lines.Written));
    }

    [Fact]
    public async Task A_mail_says_what_the_event_says_and_ends_where_it_ends()
    {
        await using ScriptedServer relay = new("220 x\r\n", Take);
        await Mail(relay).NotifyAsync(_event);
        Assert.Equal(["RCPT TO:<one@example.test>", "RCPT TO:<two@example.test>"], relay.Heard.Where(l => l.StartsWith("RCPT", StringComparison.Ordinal)));
        Assert.Contains("Subject: ksmg upgrade: needs a human gw1 S8", relay.Heard);
        int body = relay.Heard.IndexOf(string.Empty) + 1;
        string text = Encoding.UTF8.GetString(Convert.FromBase64String(string.Concat(relay.Heard.Skip(body).TakeWhile(l => l != "."))));
        Assert.StartsWith(_event.Text, text, StringComparison.Ordinal);
        Assert.Contains("ksmg explain run1", text, StringComparison.Ordinal);
        Assert.Equal(".", relay.Heard[^2]);

        SelfTestResult tested = (await Mail(relay).TestAsync([])).Single();
        Assert.True(tested.Works, tested.Text);
        Assert.Equal(1, relay.Heard.Count(l => l == "DATA"));
    }

    [Fact]
    public async Task A_relay_that_refuses_is_an_error_and_a_password_never_goes_in_the_clear()
    {
        await using ScriptedServer relay = new("220 x\r\n", line => line.StartsWith("RCPT TO:<two", StringComparison.Ordinal) ? "550 who?\r\n" : Take(line));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Mail(relay).NotifyAsync(_event));
        Assert.Contains("550 who?", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("DATA", relay.Heard);
        Assert.Contains(
            await Mail(relay).TestAsync([]),
            r => r is { Works: false, Remedy: not null } && r.Text.Contains("RCPT TO <two@example.test>", StringComparison.Ordinal));

        SmtpNotifier login = Mail(relay, o => (o.Tls, o.UserName, o.PasswordFile) = (SmtpTls.Required, "user", Write("secret", Secret)));
        e = await Assert.ThrowsAsync<KsmgException>(() => login.NotifyAsync(_event));
        Assert.Contains("does not offer STARTTLS", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(relay.Heard, l => l.StartsWith("AUTH", StringComparison.Ordinal));
        AssertNoSecret(e.ToString());
        Assert.Contains("does not offer STARTTLS", (await login.TestAsync([])).Single().Text, StringComparison.Ordinal);
    }

    [ServerFact("postfix", "dovecot")]
    public async Task A_mail_arrives_through_a_real_relay_with_a_login_in_tls()
    {
        using var certificate = TestServer.CreateCertificate();
        await using DovecotServer dovecot = await DovecotServer.StartAsync();
        await using PostfixServer postfix = await RelayAsync(dovecot, certificate);
        SmtpNotifierOptions options = Through(postfix.Address, certificate, dovecot.PasswordFile);
        await new SmtpNotifier(options).NotifyAsync(_event);
        await ArrivesAsync(dovecot, 1);

        options.PasswordFile = Write("wrong", "wrong-password");
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => new SmtpNotifier(options).NotifyAsync(_event));
        Assert.Contains("uthentication failed", e.Message, StringComparison.Ordinal);
        Assert.Contains($"the login of '{DovecotServer.User}'", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("wrong-password", e.ToString(), StringComparison.Ordinal);
    }

    /// <summary>As on port 465. A token is read when it is needed: they last an hour.</summary>
    [ServerTheory("postfix", "dovecot")]
    [InlineData("oauthbearer xoauth2")]
    [InlineData("xoauth2")]
    [InlineData("plain")]
    public async Task A_mail_arrives_in_tls_from_the_first_byte(string mechanisms)
    {
        using var certificate = TestServer.CreateCertificate();
        await using DovecotServer dovecot = await DovecotServer.StartAsync(mechanisms);
        await using PostfixServer postfix = await RelayAsync(dovecot, certificate);
        bool byToken = mechanisms != "plain";
        SmtpNotifierOptions options = Through(
            postfix.TlsAddress, certificate, byToken ? Write("token", dovecot.Token(TimeSpan.FromHours(1))) : dovecot.PasswordFile);
        (options.Tls, options.Login) = (SmtpTls.Implicit, byToken ? MailLogin.OAuth2 : MailLogin.Password);
        SmtpNotifier notifier = new(options);

        SelfTestResult tested = (await notifier.TestAsync([])).Single();
        Assert.True(tested.Works, tested.Text);
        Assert.EndsWith("(in TLS)", tested.Text, StringComparison.Ordinal);
        await notifier.NotifyAsync(_event);
        await ArrivesAsync(dovecot, 1);

        if (byToken)
        {
            string expired = dovecot.Token(TimeSpan.FromHours(-1));
            Write("token", expired);
            KsmgException refused = await Assert.ThrowsAsync<KsmgException>(() => notifier.NotifyAsync(_event));
            Assert.Contains($"refuses the login of '{DovecotServer.User}'", refused.Message, StringComparison.Ordinal);
            Assert.DoesNotContain(expired, refused.ToString(), StringComparison.Ordinal);
            Write("token", dovecot.Token(TimeSpan.FromHours(1)));
            await notifier.NotifyAsync(_event);
            await ArrivesAsync(dovecot, 2);
        }
    }

    [ServerFact("postfix", "dovecot")]
    public async Task The_wrong_way_into_tls_is_told_with_the_right_one()
    {
        using var certificate = TestServer.CreateCertificate();
        using var other = TestServer.CreateCertificate();
        await using DovecotServer dovecot = await DovecotServer.StartAsync("plain");
        await using PostfixServer postfix = await RelayAsync(dovecot, certificate);

        SmtpNotifierOptions early = Through(postfix.Address, certificate, dovecot.PasswordFile);
        early.Tls = SmtpTls.Implicit;
        Assert.Contains(
            "it does not begin in TLS: try STARTTLS (Required)", (await new SmtpNotifier(early).TestAsync([])).Single().Text, StringComparison.Ordinal);

        SmtpNotifierOptions late = Through(postfix.TlsAddress, certificate, dovecot.PasswordFile);
        late.Timeout = TimeSpan.FromSeconds(3);
        Assert.Contains("no greeting within 3 s", (await new SmtpNotifier(late).TestAsync([])).Single().Text, StringComparison.Ordinal);

        SmtpNotifierOptions stranger = Through(postfix.TlsAddress, other, dovecot.PasswordFile);
        stranger.Tls = SmtpTls.Implicit;
        Assert.Contains(ServerTrust.FingerprintOf(certificate), (await new SmtpNotifier(stranger).TestAsync([])).Single().Text, StringComparison.Ordinal);

        SmtpNotifierOptions token = Through(postfix.Address, certificate, Write("token", dovecot.Token(TimeSpan.FromHours(1))));
        token.Login = MailLogin.OAuth2;
        Assert.Contains("it offers no login that fits: PLAIN", (await new SmtpNotifier(token).TestAsync([])).Single().Text, StringComparison.Ordinal);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static void AssertNoSecret(string text)
    {
        Assert.DoesNotContain(Secret, text, StringComparison.Ordinal);
        Assert.DoesNotContain("token-in-the-path", text, StringComparison.Ordinal);
    }

    private static string? Take(string line) => line.Split(' ')[0] switch
    {
        "EHLO" or "MAIL" or "RCPT" or "RSET" or "." => "250 ok\r\n",
        "DATA" => "354 go\r\n",
        "QUIT" => "221 bye\r\n",
        _ => string.Empty,
    };

    private static SmtpNotifier Mail(ScriptedServer relay, Action<SmtpNotifierOptions>? change = null)
    {
        SmtpNotifierOptions options = new()
        {
            Relay = relay.Address,
            From = "ksmg@example.test",
            To = { "one@example.test", "two@example.test" },
            Tls = SmtpTls.WhenOffered,
        };
        change?.Invoke(options);
        return new SmtpNotifier(options);
    }

    /// <summary>A relay that takes mail of those who log in, in TLS.</summary>
    private Task<PostfixServer> RelayAsync(DovecotServer dovecot, X509Certificate2 certificate)
    {
        string chain = Write("chain.pem", $"{certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()}\n{certificate.ExportCertificatePem()}\n");
        return PostfixServer.StartAsync("relay.example.test", [
            .. dovecot.DeliveryOf("example.test"), "smtpd_tls_security_level = may", $"smtpd_tls_chain_files = {chain}",
            "smtpd_tls_auth_only = yes", "smtpd_sasl_auth_enable = yes", "smtpd_sasl_type = dovecot", $"smtpd_sasl_path = {dovecot.AuthSocket}",
            "mynetworks =", "smtpd_relay_restrictions = permit_sasl_authenticated, reject",
            "smtpd_recipient_restrictions = permit_sasl_authenticated, reject"]);
    }

    private static SmtpNotifierOptions Through(string relay, X509Certificate2 certificate, string passwordFile) => new()
    {
        Relay = relay,
        From = "ksmg@example.test",
        To = { "one@example.test" },
        Fingerprint = ServerTrust.FingerprintOf(certificate),
        UserName = DovecotServer.User,
        PasswordFile = passwordFile,
    };

    private static async Task ArrivesAsync(DovecotServer dovecot, int messages)
    {
        string arrived = Path.Combine(dovecot.Maildir, "new");
        await Eventually.TrueAsync(() => Directory.GetFiles(arrived).Length == messages);
        Assert.All(
            Directory.GetFiles(arrived),
            file => Assert.Contains("Subject: ksmg upgrade: needs a human gw1 S8", File.ReadAllText(file), StringComparison.Ordinal));
    }

    private WebhookNotifier Webhook(TestServer server, string path = "/", Action<WebhookOptions>? change = null, TimeProvider? time = null)
    {
        WebhookOptions options = new() { Url = new Uri(server.Address, path), SecretFile = Write("secret", Secret), Fingerprint = server.Fingerprint };
        change?.Invoke(options);
        return new WebhookNotifier(options, time);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }

    private sealed record Received(string Method, string? ContentType, string Signature, byte[] Body)
    {
        public static async Task<Received> FromAsync(HttpContext context)
        {
            using MemoryStream body = new();
            await context.Request.Body.CopyToAsync(body);
            return new Received(
                context.Request.Method, context.Request.ContentType, context.Request.Headers[WebhookNotifier.SignatureHeader].ToString(), body.ToArray());
        }
    }
}
