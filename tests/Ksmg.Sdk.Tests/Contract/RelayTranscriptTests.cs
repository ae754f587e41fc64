using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>What relays of other people say, word for word, and what becomes of a notification there.</summary>
public sealed class RelayTranscriptTests : IDisposable
{
    private const string User = "ksmg";
    private const string Password = "a-password-of-the-relay";
    private const string Opening = "250-relay.example.test\r\n";

    private static readonly UpgradeEvent _event = new()
    {
        RunId = "run1",
        At = new DateTimeOffset(2026, 11, 22, 20, 0, 0, TimeSpan.Zero),
        Kind = UpgradeEventKind.NeedsHuman,
        Text = Message.Said("The installation takes longer than expected."),
    };

    private readonly X509Certificate2 _certificate = TestServer.CreateCertificate();
    private readonly string _passwordFile = Path.GetTempFileName();

    public RelayTranscriptTests() => File.WriteAllText(_passwordFile, Password);

    [Fact]
    public async Task The_mechanism_is_one_that_is_offered()
    {
        await using ScriptedServer relay = Tls(line => line switch
        {
            ['E', 'H', 'L', 'O', ..] => Opening + "250-AUTH LOGIN XOAUTH2\r\n250 SIZE 10240000\r\n",
            "AUTH PLAIN" or ['A', 'U', 'T', 'H', ' ', 'P', ..] => "504 5.7.4 Unrecognized authentication type\r\n",
            "AUTH LOGIN" => "334 VXNlcm5hbWU6\r\n",
            _ when line == Base64(User) => "334 UGFzc3dvcmQ6\r\n",
            _ when line == Base64(Password) => "235 2.7.0 Authentication successful\r\n",
            _ => Take(line),
        });
        await Notifier(relay).NotifyAsync(_event);

        Assert.Equal(["AUTH LOGIN", Base64(User), Base64(Password), "MAIL"], relay.Heard.Skip(1).Take(4).Select((line, i) => i < 3 ? line : line[..4]));
        Assert.Contains("DATA", relay.Heard);
    }

    [Theory]
    [InlineData("GSSAPI NTLM")]
    [InlineData("GSSAPI")]
    [InlineData("EXTERNAL GS2-KRB5 GSSAPI")]
    public async Task Where_no_login_fits_one_line_says_what_is_offered_and_no_password_is_sent(string offered)
    {
        await using ScriptedServer relay = Tls(line => line switch
        {
            ['E', 'H', 'L', 'O', ..] => $"{Opening}250-AUTH {offered}\r\n250 SIZE 10240000\r\n",
            ['A', 'U', 'T', 'H', ..] => "504 5.7.4 Unrecognized authentication type\r\n",
            _ => Take(line),
        });
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Notifier(relay).NotifyAsync(_event));

        Assert.Contains(offered, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        Assert.DoesNotContain(
            relay.Heard, line => line.Contains(Password, StringComparison.Ordinal) || line.Contains(Base64(Password)[..12], StringComparison.Ordinal));
        Assert.DoesNotContain(relay.Heard, line => line.StartsWith("MAIL", StringComparison.Ordinal));
        Assert.Contains(offered, Assert.Single(await Notifier(relay).TestAsync([])).Text, StringComparison.Ordinal);
    }

    /// <summary>Nobody has to say that port 465 begins in TLS.</summary>
    [Fact]
    public async Task Port_465_is_spoken_to_in_tls_from_the_first_byte()
    {
        ScriptedServer relay;
        try
        {
            relay = new ScriptedServer("220 mx ESMTP\r\n", Take, _certificate, new IPEndPoint(IPAddress.Parse("127.46.5.1"), 465));
        }
        catch (SocketException e) when (e.SocketErrorCode == SocketError.AccessDenied)
        {
            // The port is the system's.
            return;
        }

        await using ScriptedServer held = relay;
        SmtpNotifier notifier = Notifier(relay, o => (o.Tls, o.UserName, o.PasswordFile) = (SmtpTls.Required, null, null));
        await notifier.NotifyAsync(_event);

        Assert.Contains("DATA", relay.Heard);
        SelfTestResult tested = Assert.Single(await notifier.TestAsync([]));
        Assert.True(tested.Works && tested.Text.EndsWith("(in TLS)", StringComparison.Ordinal), tested.Text);
    }

    [Theory]
    [InlineData("", "", null)]
    [InlineData("AUTH", "535 5.7.8 Error: authentication failed", "UserName")]
    [InlineData("MAIL", "550 5.7.60 Client does not have permissions to send as this sender", "From")]
    [InlineData("RCPT", "550 5.7.60 Client does not have permissions to send as this sender", "to each recipient")]
    public async Task The_self_test_goes_as_far_as_the_recipients_and_says_what_was_refused(string at, string refusal, string? option)
    {
        await using ScriptedServer relay = Tls(line => line switch
        {
            _ when at.Length > 0 && line.StartsWith(at, StringComparison.Ordinal) => refusal + "\r\n",
            ['E', 'H', 'L', 'O', ..] => Opening + "250 AUTH PLAIN\r\n",
            ['A', 'U', 'T', 'H', ..] => "235 2.7.0 Authentication successful\r\n",
            _ => Take(line),
        });
        SelfTestResult tested = Assert.Single(await Notifier(relay).TestAsync([]));

        Assert.DoesNotContain("DATA", relay.Heard);
        Assert.Equal(option is null, tested.Works);
        if (option is null)
        {
            Assert.Equal(["EHLO", "AUTH", "MAIL", "RCPT", "RSET", "QUIT"], relay.Heard.Select(line => line[..4]));
            return;
        }

        Assert.Contains(refusal, tested.Text, StringComparison.Ordinal);
        Assert.Contains(option, tested.Remedy, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("[", "550 5.7.1 HELO: address literal refused, use a host name\r\n", null)]
    [InlineData("", "504 5.5.2 need an address literal\r\n", null)]
    [InlineData("[", "550 5.7.1 HELO: address literal refused, use a host name\r\n", "mx.example.test")]
    public async Task Where_the_name_in_EHLO_is_refused_another_one_is_tried(string refused, string answer, string? own)
    {
        await using ScriptedServer relay = new(
            "220 mx ESMTP\r\n",
            line => line.Split(' ') is ["EHLO" or "HELO", string name] && name.StartsWith('[') == (refused == "[") ? answer : Take(line));
        await Plain(relay, o => o.HelloName = own).NotifyAsync(_event);

        Assert.Contains("DATA", relay.Heard);
        Assert.Equal(own is not null, relay.Heard.Contains($"EHLO {own}"));
    }

    [Theory]
    [InlineData(20, true)]
    [InlineData(15, false)]
    public async Task Who_greets_late_is_waited_for_as_long_as_the_time_limit_says(int limit, bool waitsFor)
    {
        ManualTime time = new();
        await using ScriptedServer relay = new("220-mx\r\n", Take, restOfGreeting: () =>
        {
            time.Advance(TimeSpan.FromSeconds(15));
            return "220 mx ESMTP\r\n";
        });
        Task notified = Plain(relay, o => o.Timeout = TimeSpan.FromSeconds(limit), time).NotifyAsync(_event).WaitAsync(Eventually.Limit);
        if (waitsFor)
        {
            await notified;
            Assert.Contains("DATA", relay.Heard);
            return;
        }

        // The relay sees the connection first: the time may have gone before the sender knows that it has one to be greeted on.
        Assert.Matches($"no (greeting|answer) within {limit} s", (await Assert.ThrowsAsync<KsmgException>(() => notified)).Message);
    }

    /// <summary>What was right before: a relay that hangs up has refused; what it says of itself is told.</summary>
    [Theory]
    [InlineData("RCPT", "421 4.3.2 Service shutting down", "421 4.3.2 Service shutting down")]
    [InlineData("DATA", "421 4.3.2 Service shutting down", "421 4.3.2 Service shutting down")]
    [InlineData(".", "421 4.3.2 Service shutting down", "421 4.3.2 Service shutting down")]
    [InlineData("RCPT", "450-4.2.0 greylisted\r\n450 4.2.0 come again", "450 4.2.0 greylisted")]
    [InlineData("RCPT", "550 \u001b[2Jno \u0007such user", "550")]
    public async Task A_refusal_is_told_as_it_was_said(string at, string answer, string told)
    {
        await using ScriptedServer relay = new("220 mx\r\n", line => line.StartsWith(at, StringComparison.Ordinal) ? answer + "\r\n" : Take(line));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Plain(relay).NotifyAsync(_event));

        Assert.Contains(told, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(e.Message, char.IsControl);
        Assert.Equal(1, relay.Heard.Count(line => line.StartsWith("MAIL", StringComparison.Ordinal)));
    }

    [Theory]
    [InlineData("250-STARTTLS\r\n250 ok\r\n", "454 4.7.0 TLS not available due to local problem\r\n", "454 4.7.0 TLS not available")]
    [InlineData("250-XXXXXXXA\r\n250 ok\r\n", "500 what\r\n", "does not offer STARTTLS")]
    [InlineData("", "", "does not offer STARTTLS")]
    public async Task Without_tls_nothing_is_sent_where_it_is_required(string hello, string startTls, string told)
    {
        await using ScriptedServer relay = new("220 mx\r\n", line => line switch
        {
            ['E', 'H', 'L', 'O', ..] => hello.Length == 0 ? "502 5.5.1 not implemented\r\n" : Opening + hello,
            ['H', 'E', 'L', 'O', ..] => "250 relay.example.test\r\n",
            "STARTTLS" => startTls,
            _ => Take(line),
        });
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Plain(relay, o => o.Tls = SmtpTls.Required).NotifyAsync(_event));

        Assert.Contains(told, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(relay.Heard, line => line.StartsWith("MAIL", StringComparison.Ordinal));
    }

    [Fact]
    public async Task Who_never_begins_tls_does_not_answer_and_a_cancellation_meanwhile_stays_one()
    {
        await using ScriptedServer relay = new(string.Empty, _ => string.Empty);
        SmtpNotifier notifier = Notifier(relay, o => o.Timeout = TimeSpan.FromSeconds(0.5));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => notifier.NotifyAsync(_event).WaitAsync(Eventually.Limit));
        Assert.Contains("within 0.5 s", e.Message, StringComparison.Ordinal);

        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Notifier(relay).NotifyAsync(_event, cancel.Token).WaitAsync(Eventually.Limit));
    }

    public void Dispose()
    {
        _certificate.Dispose();
        File.Delete(_passwordFile);
    }

    private static string Base64(string text) => Convert.ToBase64String(Encoding.UTF8.GetBytes(text));

    private static string? Take(string line) => line.Split(' ', ':')[0] switch
    {
        "EHLO" or "HELO" or "MAIL" or "RCPT" or "RSET" or "." => "250 ok\r\n",
        "DATA" => "354 go\r\n",
        "QUIT" => "221 bye\r\n",
        _ => string.Empty,
    };

    private static SmtpNotifier Plain(ScriptedServer relay, Action<SmtpNotifierOptions>? change = null, TimeProvider? time = null)
    {
        SmtpNotifierOptions options = new() { Relay = relay.Address, From = "ksmg@example.test", To = { "ops@example.test" }, Tls = SmtpTls.Never };
        change?.Invoke(options);
        return new SmtpNotifier(options, time);
    }

    private ScriptedServer Tls(Func<string, string?> answer) => new("220 mx ESMTP\r\n", answer, _certificate);

    private SmtpNotifier Notifier(ScriptedServer relay, Action<SmtpNotifierOptions>? change = null) => Plain(relay, o =>
    {
        (o.Tls, o.Fingerprint, o.UserName, o.PasswordFile) = (SmtpTls.Implicit, ServerTrust.FingerprintOf(_certificate), User, _passwordFile);
        change?.Invoke(o);
    });
}
