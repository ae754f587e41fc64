using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Ksmg.Sdk.Http;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Kestrel over TLS on a free port, with a certificate made for the occasion, and a client that trusts just that one.</summary>
internal sealed class UploadReceiver : IAsyncDisposable
{
    private readonly WebApplication server;
    private readonly X509Certificate2 root;

    private UploadReceiver(WebApplication server, X509Certificate2 root)
    {
        this.server = server;
        this.root = root;
    }

    public Uri Address => new(server.Urls.Single());

    public static async Task<UploadReceiver> StartAsync(RequestDelegate receive)
    {
        X509Certificate2 certificate = CreateCertificate();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate));
        });
        WebApplication app = builder.Build();
        app.Run(receive);
        await app.StartAsync();
        return new UploadReceiver(app, certificate);
    }

    /// <param name="observe">Stands between the gathering of writes and the socket.</param>
    public HttpClient CreateClient(Func<Stream, Stream>? observe = null) => new(new SocketsHttpHandler
    {
        ConnectCallback = observe is null ? GatheringStream.ConnectAsync : async (context, cancellationToken) =>
        {
            Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            await socket.ConnectAsync(context.DnsEndPoint, cancellationToken);
            return new GatheringStream(observe(new NetworkStream(socket, ownsSocket: true)));
        },
        SslOptions = new SslClientAuthenticationOptions
        {
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                CustomTrustStore = { root },
                RevocationMode = X509RevocationMode.NoCheck,
            },
        },
        Expect100ContinueTimeout = TimeSpan.FromSeconds(20),
    })
    {
        BaseAddress = Address,
        Timeout = TimeSpan.FromSeconds(60),
    };

    public async ValueTask DisposeAsync()
    {
        await server.DisposeAsync();
        root.Dispose();
    }

    private static X509Certificate2 CreateCertificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 certificate = request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
        return X509CertificateLoader.LoadPkcs12(certificate.Export(X509ContentType.Pkcs12), password: null);
    }
}
