using System.Security.Cryptography.X509Certificates;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Test messages through a real Postfix into a real Dovecot's mailbox.</summary>
public sealed class MailProbeServerTests : IAsyncLifetime
{
    private const string Domain = "example.test";
    private const string MessageId = "<ksmg-upgrade.run1.gw1.1@ksmg-upgrade.invalid>";
    private const string Host = "gw1.example.test";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-mailprobe-");
    private DovecotServer? _dovecot;
    private PostfixServer? _postfix;

    public Task InitializeAsync() => Task.CompletedTask;

    [ServerFact("postfix", "dovecot")]
    public async Task A_message_is_found_once_with_the_node_and_the_build_that_handled_it()
    {
        await StartAsync(Prepending("X-KSMG-AntiVirus: Kaspersky Secure Mail Gateway, version 2.1.0.7854, bases: 2026/11/22 08:00:00"));
        SmtpImapMailProbe probe = Imap();
        ProbeAnswer asked = await probe.AskAsync("gw1");
        Assert.True(asked.Accepted, asked.Text);
        Assert.Contains("without TLS", asked.Text, StringComparison.Ordinal);
        Assert.Empty(await probe.FindAsync(MessageId));

        ProbeAnswer sent = await probe.SendAsync("gw1", MessageId);
        Assert.True(sent.Accepted, sent.Text);
        ProbeCopy copy = Assert.Single(await ArrivedAsync(probe, 1));
        Assert.Equal(Host, copy.ViaHost);
        Assert.Equal(new BuildNumber(2, 1, 0, 7854), copy.Build);
        Assert.InRange(copy.ReceivedAt!.Value, TimeProvider.System.GetUtcNow().AddMinutes(-2), TimeProvider.System.GetUtcNow().AddMinutes(2));

        // A part of a Message-ID is another Message-ID.
        Assert.Empty(await probe.FindAsync("<run1.gw1.1@ksmg-upgrade.invalid>"));
        Assert.Equal(copy with { ReceivedAt = null }, Assert.Single(await Maildir().FindAsync(MessageId)) with { ReceivedAt = null });

        await probe.SendAsync("gw1", MessageId);
        await ArrivedAsync(probe, 2);
        Assert.Equal(2, (await Maildir().FindAsync(MessageId)).Count);
    }

    [ServerFact("postfix", "dovecot")]
    public async Task Headers_may_be_missing_or_folded_and_hosts_unknown()
    {
        await StartAsync();
        SmtpImapMailProbe stranger = new(Options(), MockCluster.Of(("gw9", _postfix!.Address, null)));
        await stranger.SendAsync("gw9", MessageId);
        Assert.Equal((null, null), (await ArrivedAsync(stranger, 1)).Select(c => (c.ViaHost, c.Build)).Single());

        const string Folded = "<folded@example.test>";
        await _dovecot!.DropAsync(
            $"Received: from a (b [1.2.3.4])\r\n\tby {Host.ToUpperInvariant()}\r\n (Postfix) with ESMTP; now\r\nX-KSMG-AntiVirus: Kaspersky\r\n\tSecure Mail Gateway, version\r\n 2.0.1.6960, bases: x\r\nmessage-id:\r\n {Folded}\r\n\r\nText\r\n");
        ProbeCopy copy = Assert.Single(await Imap().FindAsync(Folded));
        Assert.Equal((Host, new BuildNumber(2, 0, 1, 6960)), (copy.ViaHost, copy.Build));
    }

    [ServerFact("postfix", "dovecot")]
    public async Task A_refusal_is_an_answer_and_leaves_nothing_behind()
    {
        await StartAsync("smtpd_client_restrictions = defer");
        ProbeAnswer asked = await Imap().AskAsync("gw1");
        Assert.False(asked.Accepted);
        Assert.StartsWith("450 4.3.2", asked.Text, StringComparison.Ordinal);
        Assert.Contains("RCPT TO", asked.Text, StringComparison.Ordinal);
        ProbeAnswer sent = await Imap().SendAsync("gw1", MessageId);
        Assert.False(sent.Accepted);

        await _postfix!.SetAsync("smtpd_client_restrictions = reject");
        await Eventually.TrueAsync(() => Imap().AskAsync("gw1").GetAwaiter().GetResult().Text.StartsWith("554 5.7.1", StringComparison.Ordinal));

        await _postfix.StopAsync();
        asked = await Imap().AskAsync("gw1");
        Assert.False(asked.Accepted);
        Assert.Contains(_postfix.Address, asked.Text, StringComparison.Ordinal);
        Assert.Empty(await Imap().FindAsync(MessageId));
    }

    [ServerFact("postfix", "dovecot")]
    public async Task Starttls_is_used_with_the_right_certificate_and_with_no_other()
    {
        using var certificate = TestServer.CreateCertificate();
        string path = Path.Combine(_folder.FullName, "smtp.pem");
        await File.WriteAllTextAsync(path, $"{certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem()}\n{certificate.ExportCertificatePem()}\n");
        string roots = Path.Combine(_folder.FullName, "roots.pem");
        await File.WriteAllTextAsync(roots, certificate.ExportCertificatePem());
        await StartAsync("smtpd_tls_security_level = may", $"smtpd_tls_chain_files = {path}");

        string right = ServerTrust.FingerprintOf(certificate);
        string wrong = ServerTrust.FingerprintOf(_dovecot!.Certificate);
        Assert.EndsWith("(in TLS)", (await AskAsync(o => o.SmtpFingerprints["gw1"] = right, accepted: true)).Text, StringComparison.Ordinal);
        Assert.EndsWith("(in TLS)", (await AskAsync(o => o.SmtpRootsFile = roots, accepted: true)).Text, StringComparison.Ordinal);
        Assert.EndsWith(
            "(in TLS)", (await AskAsync(o => (o.SmtpTls, o.SmtpRootsFile) = (SmtpTls.Required, roots), accepted: true)).Text, StringComparison.Ordinal);
        Assert.EndsWith("(without TLS)", (await AskAsync(o => { }, accepted: true)).Text, StringComparison.Ordinal);
        Assert.EndsWith(
            "(without TLS)", (await AskAsync(o => (o.SmtpTls, o.SmtpRootsFile) = (SmtpTls.Never, roots), accepted: true)).Text, StringComparison.Ordinal);
        Assert.Contains(right, (await AskAsync(o => o.SmtpFingerprints["gw1"] = wrong, accepted: false)).Text, StringComparison.Ordinal);
        Assert.Contains("not trusted", (await AskAsync(o => o.SmtpTls = SmtpTls.Required, accepted: false)).Text, StringComparison.Ordinal);

        await _postfix!.SetAsync("smtpd_tls_security_level = none");
        await Eventually.TrueAsync(
            () => AskAsync(o => (o.SmtpTls, o.SmtpRootsFile) = (SmtpTls.Required, roots))
                .GetAwaiter()
                .GetResult().Text.Contains("does not offer STARTTLS", StringComparison.Ordinal));
        Assert.EndsWith("(without TLS)", (await AskAsync(o => o.SmtpRootsFile = roots, accepted: true)).Text, StringComparison.Ordinal);
    }

    [ServerFact("postfix", "dovecot")]
    public async Task A_self_test_tells_what_works_and_what_to_do_about_the_rest()
    {
        await StartAsync();
        IReadOnlyList<SelfTestResult> results = await Imap().TestAsync(["gw1"]);
        Assert.All(results, r => Assert.True(r.Works, r.Text));
        Assert.Equal(["SMTP of gw1", $"IMAP at {_dovecot!.Address}"], results.Select(r => r.Subject));
        Assert.All(await Maildir().TestAsync(["gw1"]), r => Assert.True(r.Works, r.Text));

        await _postfix!.StopAsync();
        await _dovecot.StopAsync();
        results = await Imap().TestAsync(["gw1", "gw2"]);
        Assert.Equal(3, results.Count);
        Assert.All(results, r => Assert.False(r.Works));
        Assert.All(results, r => Assert.NotNull(r.Remedy));
    }

    public async Task DisposeAsync()
    {
        if (_postfix is not null)
        {
            await _postfix.DisposeAsync();
        }

        if (_dovecot is not null)
        {
            await _dovecot.DisposeAsync();
        }

        _folder.Delete(recursive: true);
    }

    private async Task StartAsync(params string[] mainCf)
    {
        _dovecot = await DovecotServer.StartAsync();
        _postfix = await PostfixServer.StartAsync(Host, [.. _dovecot.DeliveryOf(Domain), .. mainCf]);
    }

    /// <summary>Postfix puts a header before the first one, as the appliance's scan does.</summary>
    private string[] Prepending(string header)
    {
        string path = Path.Combine(_folder.FullName, "header_checks");
        File.WriteAllText(path, $"/^Subject:/ PREPEND {header}\n");
        return [$"header_checks = regexp:{path}"];
    }

    private SmtpImapOptions Options() => new()
    {
        From = "probe@" + Domain,
        To = "probe@" + Domain,
        Imap = _dovecot!.Address,
        ImapUserName = DovecotServer.User,
        ImapPasswordFile = _dovecot.PasswordFile,
        ImapFingerprint = ServerTrust.FingerprintOf(_dovecot.Certificate),
    };

    private SmtpImapMailProbe Imap(Action<SmtpImapOptions>? change = null)
    {
        SmtpImapOptions options = Options();
        change?.Invoke(options);
        return new SmtpImapMailProbe(options, MockCluster.Of(("gw1", _postfix!.Address, Host)));
    }

    private SmtpMaildirMailProbe Maildir() => new(
        new SmtpMaildirOptions
        {
            From = "probe@" + Domain,
            To = "probe@" + Domain,
            Maildir = _dovecot!.Maildir,
        }, MockCluster.Of(("gw1", _postfix!.Address, Host)));

    private async Task<ProbeAnswer> AskAsync(Action<SmtpImapOptions> change, bool? accepted = null)
    {
        ProbeAnswer answer = await Imap(change).AskAsync("gw1");
        Assert.True(accepted is null || accepted == answer.Accepted, answer.Text);
        return answer;
    }

    private static async Task<IReadOnlyList<ProbeCopy>> ArrivedAsync(SmtpImapMailProbe probe, int copies)
    {
        using CancellationTokenSource limit = new(Eventually.Limit);
        while (true)
        {
            IReadOnlyList<ProbeCopy> found = await probe.FindAsync(MessageId, limit.Token);
            if (found.Count >= copies)
            {
                Assert.Equal(copies, found.Count);
                return found;
            }
        }
    }
}
