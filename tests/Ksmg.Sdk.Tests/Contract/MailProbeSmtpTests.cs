using System.Net.Sockets;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>What SMTP servers can say, and what the probe makes of it.</summary>
public sealed class MailProbeSmtpTests
{
    private const string MessageId = "<ksmg-upgrade.run1.gw1.1@ksmg-upgrade.invalid>";
    private static readonly TimeSpan _long = TimeSpan.FromSeconds(10);

    [Fact]
    public async Task Asking_stops_after_the_recipient()
    {
        await using ScriptedServer server = new("220-one\r\n220 two\r\n", Good);
        ProbeAnswer answer = await Probe(server).AskAsync("GW1");
        Assert.Equal(new ProbeAnswer(Accepted: true, "250 2.1.5 Ok (without TLS)"), answer);
        Assert.StartsWith("EHLO ", server.Heard[0], StringComparison.Ordinal);
        Assert.Equal(["MAIL FROM:<from@example.test>", "RCPT TO:<to@example.test>", "RSET", "QUIT"], server.Heard.Skip(1));
    }

    [Fact]
    public async Task A_message_is_sent_whole_with_its_id()
    {
        await using ScriptedServer server = new("220 x\r\n", Good);
        Assert.True((await Probe(server).SendAsync("gw1", MessageId)).Accepted);
        Assert.Contains("Message-Id: " + MessageId, server.Heard);
        Assert.Equal([".", "QUIT"], server.Heard.TakeLast(2));
        Assert.Contains("Auto-Submitted: auto-generated", server.Heard);
    }

    [Fact]
    public async Task A_domain_of_other_letters_is_spelt_as_the_name_system_does()
    {
        await using ScriptedServer server = new("220 x\r\n", Good);
        SmtpMaildirMailProbe probe = Probe(server, o => (o.From, o.To) = ("from@bücher.test", "to@bücher.test"));
        string id = $"<ksmg-upgrade.run1.gw1.1@{probe.MessageIdDomain}>";
        Assert.True((await probe.SendAsync("gw1", id)).Accepted);
        Assert.Equal("<ksmg-upgrade.run1.gw1.1@xn--bcher-kva.test>", id);
        Assert.Contains("Message-Id: " + id, server.Heard);
        Assert.Equal(["MAIL FROM:<from@xn--bcher-kva.test>", "RCPT TO:<to@xn--bcher-kva.test>"], server.Heard.Skip(1).Take(2));

        SmtpNotifierOptions options = new() { Relay = server.Address, From = "from@bücher.test", To = { "to@bücher.test" }, Tls = SmtpTls.Never };
        await new SmtpNotifier(options).NotifyAsync(
            new UpgradeEvent { RunId = "r", At = DateTimeOffset.UnixEpoch, Kind = UpgradeEventKind.Paused, Text = Message.Said("text") });
        Assert.EndsWith("@xn--bcher-kva.test>", server.Heard.Last(line => line.StartsWith("Message-Id: ", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("", "554 go away\r\n", "554 go away (answer to the greeting)")]
    [InlineData("EHLO", "501 5.5.4 what\r\n", "501 5.5.4 what (answer to EHLO)")]
    [InlineData("MAIL", "451-4.7.1 wait\r\n451 a little\r\n", "451 4.7.1 wait a little (answer to MAIL FROM)")]
    [InlineData("RCPT", "450 4.7.1 \u0007greylisted\r\n", "450 4.7.1 greylisted (answer to RCPT TO <to@example.test>)")]
    [InlineData("DATA", "452 full\r\n", "452 full (answer to DATA)")]
    [InlineData(".", "554 5.7.1 refused\r\n", "554 5.7.1 refused (answer to the message)")]
    public async Task A_refusal_is_told_with_its_place_and_is_no_exception(string at, string answer, string says)
    {
        await using ScriptedServer server = new(
            at.Length == 0 ? answer : "220 x\r\n",
            line => at.Length > 0 && line.StartsWith(at, StringComparison.Ordinal) || at == "EHLO" && line.StartsWith("HELO", StringComparison.Ordinal)
                ? answer
                : Good(line));
        Assert.Equal(new ProbeAnswer(Accepted: false, says), await Probe(server).SendAsync("gw1", MessageId));
    }

    [Theory]
    [InlineData("SSH-2.0-OpenSSH\r\n", "no SMTP server")]
    [InlineData("220", "no greeting within")]
    [InlineData("22x hello\r\n", "no SMTP server")]
    public async Task What_is_no_smtp_server_is_an_answer_too(string greeting, string says)
    {
        await using ScriptedServer server = new(greeting, _ => "");
        ProbeAnswer answer = await Probe(server, o => o.SmtpTimeout = greeting.EndsWith('\n') ? _long : TimeSpan.FromSeconds(3)).SendAsync("gw1", MessageId);
        Assert.False(answer.Accepted);
        Assert.Contains(says, answer.Text, StringComparison.Ordinal);
        Assert.Contains(server.Address, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Endless_replies_are_cut_off()
    {
        await using ScriptedServer lines = new(string.Concat(Enumerable.Repeat("220-more\r\n", 100_000)), _ => "");
        Assert.Contains("more than any mail server", (await Probe(lines).AskAsync("gw1")).Text, StringComparison.Ordinal);
        await using ScriptedServer line = new("220 " + new string('x', 1_000_000), _ => "");
        Assert.Contains("more than any mail server", (await Probe(line).AskAsync("gw1")).Text, StringComparison.Ordinal);
        await using ScriptedServer longer = new("554 " + new string('x', 10_000) + "\r\n", _ => "");
        Assert.InRange((await Probe(longer).AskAsync("gw1")).Text.Length, 200, 400);
    }

    [Fact]
    public async Task A_message_whose_answer_is_lost_is_neither_taken_nor_refused()
    {
        await using ScriptedServer cut = new("220 x\r\n", line => line == "." ? null : Good(line));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => Probe(cut).SendAsync("gw1", MessageId));
        Assert.Equal("gw1", e.Node);
        Assert.Contains("may arrive or not", e.Message, StringComparison.Ordinal);

        await using ScriptedServer silent = new("220 x\r\n", line => line == "." ? "" : Good(line));
        ManualTime time = new();
        Task<ProbeAnswer> sending = Probe(silent, time: time).SendAsync("gw1", MessageId);
        await Eventually.TrueAsync(() => silent.Heard.Contains("."));
        time.Advance(_long);
        e = await Assert.ThrowsAsync<KsmgException>(() => sending);
        Assert.Contains("may arrive or not", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_farewell_that_fails_changes_nothing()
    {
        await using ScriptedServer server = new("220 x\r\n", line => line is "QUIT" or "RSET" ? null : Good(line));
        Assert.True((await Probe(server).AskAsync("gw1")).Accepted);
        Assert.True((await Probe(server).SendAsync("gw1", MessageId)).Accepted);
    }

    /// <summary>Who has taken the recipient takes mail, however the conversation ends: else a node would count as one that takes none any more.</summary>
    [Fact]
    public async Task A_recipient_that_was_taken_stays_taken_when_nothing_more_is_said()
    {
        await using ScriptedServer server = new("220 x\r\n", line => line == "RSET" ? "" : Good(line));
        ManualTime time = new();
        Task<ProbeAnswer> asking = Probe(server, time: time).AskAsync("gw1");
        await Eventually.TrueAsync(() => server.Heard.Contains("RSET"));
        time.Advance(_long);
        await Eventually.TrueAsync(() =>
        {
            time.Advance(_long);
            return asking.IsCompleted;
        });
        Assert.Equal(new ProbeAnswer(Accepted: true, "250 2.1.5 Ok (without TLS)"), await asking);
    }

    [Fact]
    public async Task What_stays_in_the_clear_behind_the_consent_to_tls_is_told()
    {
        using var certificate = TestServer.CreateCertificate();
        await using ScriptedServer server = new(
            "220 x\r\n", line => line.StartsWith("EHLO", StringComparison.Ordinal) ? "250-x\r\n250 STARTTLS\r\n" : "220 go\r\n250 injected\r\n");
        ProbeAnswer answer = await Probe(server, o => o.SmtpFingerprints["gw1"] = ServerTrust.FingerprintOf(certificate)).AskAsync("gw1");
        Assert.False(answer.Accepted);
        Assert.Contains("is no TLS", answer.Text, StringComparison.Ordinal);
    }

    /// <summary>Taken for an answer in TLS, it would be that to EHLO, and the consent to the sender that to the recipient.</summary>
    [Fact]
    public async Task What_is_said_in_the_clear_behind_the_consent_to_tls_is_not_believed()
    {
        using var certificate = TestServer.CreateCertificate();
        await using ScriptedServer server = new(
            "220 x\r\n",
            line => line.Split(' ')[0] switch
            {
                "EHLO" => "250-x\r\n250 STARTTLS\r\n",
                "STARTTLS" => "220 go\r\n250 injected\r\n",
                "RCPT" => "550 nobody of that name\r\n",
                _ => "250 ok\r\n",
            },
            startTls: certificate);
        ProbeAnswer answer = await Probe(server, o => o.SmtpFingerprints["gw1"] = ServerTrust.FingerprintOf(certificate)).AskAsync("gw1");
        Assert.False(answer.Accepted, answer.Text);
        Assert.DoesNotContain("injected", answer.Text, StringComparison.Ordinal);
        Assert.Contains(server.Heard, line => line.StartsWith("RCPT", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_an_answer_and_one_without_an_address_an_error()
    {
        // Bound and never listening: given back, a server of another test could get the port.
        using Socket reservation = LoopbackListener.Bind(0);
        string address = reservation.LocalEndPoint!.ToString()!;
        ProbeAnswer answer = await new SmtpMaildirMailProbe(Options(), MockCluster.Of(("gw1", address, null))).AskAsync("gw1");
        Assert.False(answer.Accepted);
        Assert.Contains(address, answer.Text, StringComparison.Ordinal);

        SmtpMaildirMailProbe probe = new(Options(), MockCluster.Of(("gw1", null, null)));
        Assert.Equal("gw1", (await Assert.ThrowsAsync<KsmgException>(() => probe.AskAsync("gw1"))).Node);
        Assert.Contains(await probe.TestAsync(["gw1"]), r => r is { Works: false, Subject: "SMTP of gw1", Remedy: not null });
        Assert.Contains(
            "not host:port",
            Assert.Throws<KsmgException>(() => new SmtpMaildirMailProbe(Options(), MockCluster.Of(("gw1", "nonsense", null)))).Message,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("<a@b>\r\nRCPT TO:<c@d>")]
    [InlineData("<a b@c>")]
    [InlineData("<a\"@c>")]
    [InlineData("a@b")]
    [InlineData("<>")]
    public async Task A_message_id_cannot_carry_commands(string messageId)
    {
        await using ScriptedServer server = new("220 x\r\n", Good);
        await Assert.ThrowsAsync<ArgumentException>(() => Probe(server).SendAsync("gw1", messageId));
        await Assert.ThrowsAsync<ArgumentException>(() => Probe(server).FindAsync(messageId));
        Assert.Empty(server.Heard);
    }

    [Fact]
    public async Task The_callers_cancellation_stays_a_cancellation()
    {
        await using ScriptedServer server = new(string.Empty, Good);
        using CancellationTokenSource cancel = new(TimeSpan.FromMilliseconds(50));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => Probe(server).AskAsync("gw1", cancel.Token));
    }

    private static string? Good(string line) => line.Split(' ')[0] switch
    {
        "EHLO" => "250-x\r\n250 SIZE\r\n",
        "MAIL" or "RSET" or "." => "250 ok\r\n",
        "RCPT" => "250 2.1.5 Ok\r\n",
        "DATA" => "354 go\r\n",
        "QUIT" => "221 bye\r\n",
        _ => string.Empty,
    };

    private static SmtpMaildirOptions Options() =>
        new() { From = "from@example.test", To = "to@example.test", Maildir = Path.GetTempPath(), SmtpTimeout = _long };

    private static SmtpMaildirMailProbe Probe(ScriptedServer server, Action<SmtpMaildirOptions>? change = null, TimeProvider? time = null)
    {
        SmtpMaildirOptions options = Options();
        change?.Invoke(options);
        return new SmtpMaildirMailProbe(options, MockCluster.Of(("gw1", server.Address, null)), time);
    }
}
