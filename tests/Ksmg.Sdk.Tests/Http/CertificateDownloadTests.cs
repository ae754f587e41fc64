using System.Security.Cryptography.X509Certificates;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Fleet;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests;

/// <summary>
/// A certificate may name places where its issuer, and what is revoked, can be fetched. Whoever stands in a server's place chooses them, so nothing is:
/// a stranger would have this machine ask wherever it can reach, before he proved anything.
/// </summary>
public sealed class CertificateDownloadTests : IAsyncDisposable, IAsyncLifetime
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-downloads-");
    private readonly X509Certificate2 _root = IssuedCertificate.Make("CN=Root", null, ca: true);
    private readonly ScriptedServer _place = new(string.Empty, _ => null);
    private readonly X509Certificate2 _certificate;

    public CertificateDownloadTests()
    {
        using X509Certificate2 intermediate = IssuedCertificate.Make("CN=Intermediate", _root, ca: true);
        _certificate = IssuedCertificate.Make("CN=localhost", intermediate, place: $"http://{_place.Address}");
    }

    /// <summary>Whom a client trusts, and whether the server is one of them.</summary>
    public static TheoryData<string, bool> Trusts => new()
    {
        { "system", false },
        { "roots", false },
        { "pinned", true },
        { "pinned to another", false },
    };

    [Fact]
    public async Task A_platform_that_is_not_told_fetches_them()
    {
        using X509Chain chain = new();
        chain.ChainPolicy.RevocationMode = X509RevocationMode.NoCheck;

        Assert.False(chain.Build(_certificate));

        Assert.Contains("GET /issuer.cer HTTP/1.1", _place.Heard);
    }

    [Theory]
    [MemberData(nameof(Trusts))]
    public async Task A_node_has_nothing_fetched(string trust, bool trusted)
    {
        await using ScriptedServer server = new(
            string.Empty, line => line.Length == 0 ? "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n" : "", _certificate);
        KsmgOptions options = new() { Credentials = new KsmgCredentials("Administrator", _ => ValueTask.FromResult("password")) };
        options.Nodes.Add("gw1", new Uri($"https://{server.Address}"), TrustOf(trust));
        using KsmgCluster cluster = KsmgCluster.Create(options);

        KsmgException e = await Assert.ThrowsAnyAsync<KsmgException>(() => cluster["gw1"].Updates.GetAboutAsync());

        Assert.Equal(trusted, e is not KsmgCertificateException);
        Assert.Empty(_place.Heard);
    }

    [Theory]
    [MemberData(nameof(Trusts))]
    public async Task A_mailbox_has_nothing_fetched(string trust, bool trusted)
    {
        ImapScript script = new(_ => null);
        await using ScriptedServer server = new("* OK IMAP4rev1 ready\r\n", script.Answer, _certificate);
        using SmtpImapMailProbe probe = new(
            new SmtpImapOptions
            {
                From = "probe@example.test",
                To = "probe@example.test",
                Imap = server.Address,
                ImapUserName = "probe",
                ImapPasswordFile = await WriteAsync("secret"),
                ImapRootsFile = trust == "roots" ? await WriteAsync(_root.ExportCertificatePem()) : null,
                ImapFingerprint = trust switch
                {
                    "pinned" => ServerTrust.FingerprintOf(_certificate),
                    "pinned to another" => new string('0', 64),
                    _ => null,
                },
            },
            MockCluster.Of(("gw1", "127.0.0.1:1", null)));

        Exception? e = await Record.ExceptionAsync(() => probe.FindAsync("<a@b>"));

        Assert.Equal(trusted, e is null);
        Assert.True(trusted || e!.Message.Contains(ServerTrust.FingerprintOf(_certificate), StringComparison.Ordinal), $"{e}");
        Assert.Empty(_place.Heard);
    }

    [Theory]
    [MemberData(nameof(Trusts))]
    public async Task A_relay_has_nothing_fetched(string trust, bool trusted)
    {
        await using ScriptedServer server = new("220 x\r\n", _ => "250 ok\r\n", _certificate);
        SmtpSender sender = new(HostPort.Parse(server.Address)!, SmtpTls.Implicit, TrustOf(trust), null, Eventually.Limit, TimeProvider.System);

        SmtpOutcome outcome = await sender.AskAsync("a@x.test", ["b@x.test"], null, CancellationToken.None);

        Assert.Equal(trusted, outcome.Accepted);
        Assert.True(trusted || outcome.Text.Contains(ServerTrust.FingerprintOf(_certificate), StringComparison.Ordinal), outcome.Text);
        Assert.Empty(_place.Heard);
    }

    [Fact]
    public async Task A_server_of_packages_has_nothing_fetched()
    {
        await using ScriptedServer server = new(string.Empty, _ => null, _certificate);
        using FleetPackages packages = new(folder: _folder.FullName);

        PackageException e = await Assert.ThrowsAsync<PackageException>(
            () => packages.GetAsync(FleetPackagesTests.Plan($"https://{server.Address}/update.zip"), CancellationToken.None).AsTask());

        Assert.Contains("its issuer 'CN=Intermediate' is missing", e.Message, StringComparison.Ordinal);
        Assert.Empty(_place.Heard);
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _place.DisposeAsync();
        _certificate.Dispose();
        _root.Dispose();
        _folder.Delete(recursive: true);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    private ServerTrust TrustOf(string name) => name switch
    {
        "system" => ServerTrust.System,
        "roots" => ServerTrust.CustomRoots(_root),
        "pinned" => ServerTrust.Pinned(ServerTrust.FingerprintOf(_certificate)),
        _ => ServerTrust.Pinned(new string('0', 64)),
    };

    private async Task<string> WriteAsync(string text)
    {
        string path = Path.Combine(_folder.FullName, Guid.NewGuid().ToString("N"));
        await File.WriteAllTextAsync(path, text);
        return path;
    }
}
