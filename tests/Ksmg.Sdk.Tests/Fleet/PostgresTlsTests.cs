using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Npgsql;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>A server with TLS on 127.0.0.2, which is not the machine itself by the store's measure, under a certificate for that address alone.</summary>
public sealed class PostgresTlsTests(PostgresServer server) : IClassFixture<PostgresServer>, IAsyncDisposable, IAsyncLifetime
{
    private const string There = "127.0.0.2";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-tls-");

    /// <summary>Where its issuer is to be fetched, as the certificate says.</summary>
    private readonly ScriptedServer _place = new(string.Empty, _ => null);

    public Task InitializeAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        await _place.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [ServerFact("postgres")]
    public async Task A_server_is_spoken_to_when_it_proves_who_it_is_and_refused_otherwise()
    {
        (string root, string certificate, string key) = Issue("the authority");
        (string otherRoot, _, _) = Issue("another authority");
        string database = new NpgsqlConnectionStringBuilder(await server.CreateDatabaseAsync()).Database!;
        await server.ExecuteAsync(database, $"GRANT CREATE ON DATABASE {database} TO guarded");

        // It speaks no TLS yet, and gets no password.
        await RefusedAsync(database, There, $";Root Certificate={root}", "SSL");
        await server.UseTlsAsync(certificate, key);
        await RefusedAsync(database, There, $";Root Certificate={otherRoot}", "cannot prove");
        await RefusedAsync(database, There, string.Empty, "cannot prove");
        await RefusedAsync(database, "127.0.0.1", $";SSL Mode=VerifyFull;Root Certificate={root}", "cannot prove");

        await using PostgresRunStore store = Store(database, There, $";Root Certificate={root}");
        await using RunLease lease = await new UpgradeJournal(store).CreateAsync(Plan());
        await new UpgradeJournal(store).AppendAsync(lease, Observation("over TLS"));
        Assert.Equal(
            true, await server.AskAsync(database, "SELECT bool_and(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'guarded'"));
        Assert.Equal(3L, await server.AskAsync(database, "SELECT count(*) FROM ksmg.record"));
        Assert.Empty(_place.Heard);
    }

    private async Task RefusedAsync(string database, string host, string how, string said)
    {
        await using PostgresRunStore store = Store(database, host, how);
        JournalException refused = await Assert.ThrowsAsync<JournalException>(() => new UpgradeJournal(store).ListAsync().WaitAsync(Eventually.Limit));
        Assert.Contains(said, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(PostgresServer.Password, refused.ToString(), StringComparison.Ordinal);
        Assert.Equal(false, await server.AskAsync(database, "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = 'ksmg')"));
    }

    private PostgresRunStore Store(string database, string host, string how)
    {
        string password = Path.Combine(_folder.FullName, "password");
        File.WriteAllText(password, PostgresServer.Password);
        return new PostgresRunStore(server.Connection(database, "guarded", host) + how, new PostgresStoreOptions { PasswordFile = password });
    }

    /// <summary>An authority, and what it says of the server.</summary>
    private (string Root, string Certificate, string Key) Issue(string name)
    {
        using ECDsa authorityKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest authority = new($"CN={name}", authorityKey, HashAlgorithmName.SHA256);
        authority.CertificateExtensions.Add(new X509BasicConstraintsExtension(certificateAuthority: true, false, 0, critical: true));
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        (DateTimeOffset from, DateTimeOffset until) = (now.AddDays(-1), now.AddDays(1));
        using X509Certificate2 root = authority.CreateSelfSigned(from, until);

        using ECDsa serverKey = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=database", serverKey, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Parse(There));
        request.CertificateExtensions.Add(names.Build());
        request.CertificateExtensions.Add(new X509EnhancedKeyUsageExtension([new Oid("1.3.6.1.5.5.7.3.1")], critical: false));
        request.CertificateExtensions.Add(new X509AuthorityInformationAccessExtension(null, [$"http://{_place.Address}/issuer.cer"]));
        using X509Certificate2 certificate = request.Create(root, from, until, [1, 2, 3, 4]);
        string file = Path.Combine(_folder.FullName, $"{name}.pem");
        File.WriteAllText(file, root.ExportCertificatePem());
        return (file, certificate.ExportCertificatePem(), serverKey.ExportPkcs8PrivateKeyPem());
    }
}
