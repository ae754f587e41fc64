using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>Why there is no connection, or no trust, in words of ours.</summary>
public sealed class HttpConnectionFaultTests
{
    public static TheoryData<string, byte[], string> Ports => new()
    {
        { "plain HTTP", "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), "does not speak TLS" },
        { "mail", "220 gw1.test ESMTP Postfix\r\n"u8.ToArray(), "does not speak TLS" },
        { "an old TLS", [0x15, 0x03, 0x01, 0x00, 0x02, 0x02, 0x46], "version of TLS that is too old" },
        { "no cipher", [0x15, 0x03, 0x03, 0x00, 0x02, 0x02, 0x28], "no TLS cipher in common" },
        { "closes", [], "closed the connection during the TLS handshake" },
    };

    [Theory]
    [MemberData(nameof(Ports))]
    public async Task A_handshake_that_fails_is_told_by_its_reason(string way, byte[] answer, string reason)
    {
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using CancellationTokenSource end = new(Eventually.Limit);
        Task serving = ServeAsync(listener, answer, end.Token);
        string message = await AskAsync(((IPEndPoint)listener.LocalEndpoint).Port);

        Assert.True(message.Contains(reason, StringComparison.Ordinal), $"{way}: {message}");
        Assert.DoesNotContain("inner exception", message, StringComparison.Ordinal);
        await end.CancelAsync();
        await serving;
    }

    [ServerFact("openssl")]
    public async Task A_real_server_of_an_old_version_or_without_a_common_cipher_is_told_as_such()
    {
        string old = await AskOpenSslAsync("-tls1_1", "-cipher", "DEFAULT@SECLEVEL=0");
        string other = await AskOpenSslAsync("-tls1_2", "-cipher", "AES256-SHA@SECLEVEL=0");

        Assert.True(old.Contains("version of TLS that is too old", StringComparison.Ordinal), old);
        Assert.True(other.Contains("no TLS cipher in common", StringComparison.Ordinal), other);
    }

    [Fact]
    public async Task A_port_nobody_listens_on_is_told_as_such()
    {
        // Bound and never listening: given back, another test's server could get it.
        using Socket reservation = LoopbackListener.Bind(0);
        int port = ((IPEndPoint)reservation.LocalEndPoint!).Port;

        Assert.Contains($"nothing listens on 127.0.0.1:{port}", await AskAsync(port), StringComparison.Ordinal);
    }

    public static TheoryData<string, string> Certificates => new()
    {
        { "expired", "it expired on 20" },
        { "early", "it is not valid before 20" },
        { "client", "it may not be used for a server" },
        { "issuer", "its issuer 'CN=Another Root' is missing" },
        { "intermediate", "its issuer 'CN=Intermediate' is missing" },
        { "self-signed", "it is self-signed and not among those that are trusted here" },
    };

    [Theory]
    [MemberData(nameof(Certificates))]
    public async Task A_certificate_that_is_not_trusted_is_told_by_its_reasons(string way, string reason)
    {
        using X509Certificate2 root = IssuedCertificate.Make("CN=Root", null, ca: true);
        using X509Certificate2 another = IssuedCertificate.Make("CN=Another Root", null, ca: true);
        using X509Certificate2 intermediate = IssuedCertificate.Make("CN=Intermediate", root, ca: true);
        using X509Certificate2 leaf = way switch
        {
            "expired" => IssuedCertificate.Make("CN=localhost", root, from: -20, to: -1),
            "early" => IssuedCertificate.Make("CN=localhost", root, from: 1, to: 20),
            "client" => IssuedCertificate.Make("CN=localhost", root, usage: "1.3.6.1.5.5.7.3.2"),
            "issuer" => IssuedCertificate.Make("CN=localhost", another),
            "intermediate" => IssuedCertificate.Make("CN=localhost", intermediate),
            _ => IssuedCertificate.Make("CN=localhost", null),
        };
        using TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        using CancellationTokenSource end = new(Eventually.Limit);
        Task serving = ServeAsync(listener, leaf, end.Token);
        KsmgOptions options = Options(((IPEndPoint)listener.LocalEndpoint).Port, ServerTrust.CustomRoots(root));
        using KsmgCluster cluster = KsmgCluster.Create(options);

        var e = await Assert.ThrowsAsync<KsmgCertificateException>(() => cluster["gw1"].Updates.GetAboutAsync());

        Assert.Contains(reason, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("RemoteCertificate", e.Message, StringComparison.Ordinal);
        await end.CancelAsync();
        await serving;
    }

    private static async Task ServeAsync(TcpListener listener, byte[] answer, CancellationToken cancellationToken)
    {
        try
        {
            while (true)
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(cancellationToken);
                NetworkStream stream = client.GetStream();
                _ = await stream.ReadAsync(new byte[4096], cancellationToken);
                await stream.WriteAsync(answer, cancellationToken);
                client.Client.Shutdown(SocketShutdown.Send);
                while (await stream.ReadAsync(new byte[4096], cancellationToken) > 0)
                {
                }
            }
        }
        catch (Exception e) when (e is OperationCanceledException or IOException or SocketException)
        {
        }
    }

    private static async Task ServeAsync(TcpListener listener, X509Certificate2 certificate, CancellationToken cancellationToken)
    {
        while (!cancellationToken.IsCancellationRequested)
        {
            try
            {
                using TcpClient client = await listener.AcceptTcpClientAsync(cancellationToken);
                await using System.Net.Security.SslStream tls = new(client.GetStream());
                await tls.AuthenticateAsServerAsync(
                    new System.Net.Security.SslServerAuthenticationOptions { ServerCertificate = certificate }, cancellationToken);
            }
            catch (Exception e) when (
                e is OperationCanceledException or IOException or SocketException or System.Security.Authentication.AuthenticationException)
            {
                // The client has seen what it does not trust.
            }
        }
    }

    private static async Task<string> AskOpenSslAsync(params string[] args)
    {
        using X509Certificate2 certificate = MakeRsa();
        string folder = Directory.CreateTempSubdirectory("ksmg-tls-").FullName;
        string file = Path.Combine(folder, "server.pem");
        await File.WriteAllTextAsync(file, certificate.ExportCertificatePem() + "\n" + certificate.GetRSAPrivateKey()!.ExportRSAPrivateKeyPem());
        using Process server = Process.Start(new ProcessStartInfo("openssl", ["s_server", "-accept", "127.0.0.1:0", "-cert", file, "-key", file, .. args])
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            RedirectStandardInput = true,
        })!;
        try
        {
            using CancellationTokenSource limit = new(Eventually.Limit);
            string? line;
            do
            {
                line = await server.StandardOutput.ReadLineAsync(limit.Token);
            }
            while (line is not null && !line.StartsWith("ACCEPT ", StringComparison.Ordinal));

            Assert.NotNull(line);
            return await AskAsync(int.Parse(line[(line.LastIndexOf(':') + 1)..], System.Globalization.CultureInfo.InvariantCulture));
        }
        finally
        {
            server.Kill();
            await server.WaitForExitAsync();
            Directory.Delete(folder, recursive: true);
        }
    }

    private static X509Certificate2 MakeRsa()
    {
        using RSA key = RSA.Create(2048);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return new CertificateRequest(
            "CN=localhost", key, HashAlgorithmName.SHA256, RSASignaturePadding.Pkcs1).CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private static async Task<string> AskAsync(int port)
    {
        KsmgOptions options = Options(port, ServerTrust.Pinned(new string('0', 64)));
        using KsmgCluster cluster = KsmgCluster.Create(options);
        var e = await Assert.ThrowsAsync<KsmgApiException>(() => cluster["gw1"].Updates.GetAboutAsync());
        Assert.True(e.HadNoEffect, e.Message);
        return e.Message;
    }

    private static KsmgOptions Options(int port, ServerTrust trust)
    {
        KsmgOptions options = new() { Credentials = new KsmgCredentials("Administrator", _ => ValueTask.FromResult("password")) };
        options.Nodes.Add("gw1", new Uri($"https://127.0.0.1:{port}"), trust);
        (options.RequestLimit, options.ConnectTimeout) = (Eventually.Limit, Eventually.Limit);
        return options;
    }
}
