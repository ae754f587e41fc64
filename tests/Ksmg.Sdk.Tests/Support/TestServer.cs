using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A web server on loopback with real TLS, for what no stub can show.</summary>
internal sealed class TestServer : IAsyncDisposable
{
    private readonly WebApplication _app;

    private TestServer(WebApplication app, X509Certificate2 certificate)
    {
        _app = app;
        Certificate = certificate;
        Address = new Uri(app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single());
    }

    public X509Certificate2 Certificate { get; }

    public string Fingerprint => ServerTrust.FingerprintOf(Certificate);

    /// <summary><c>https://127.0.0.1:PORT</c>.</summary>
    public Uri Address { get; }

    public static async Task<TestServer> StartAsync(RequestDelegate handler, X509Certificate2? certificate = null)
    {
        certificate ??= CreateCertificate();
        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelCore().UseKestrelHttpsConfiguration().ConfigureKestrel(k =>
        {
            // Bytes of headers as they are, in both directions.
            k.RequestHeaderEncodingSelector = _ => System.Text.Encoding.Latin1;
            k.ResponseHeaderEncodingSelector = _ => System.Text.Encoding.Latin1;
            k.Listen(IPAddress.Loopback, 0, l => l.UseHttps(certificate));
        });
        WebApplication app = builder.Build();
        app.Run(handler);
        await app.StartAsync();
        return new TestServer(app, certificate);
    }

    /// <summary>A self-signed certificate.</summary>
    public static X509Certificate2 CreateCertificate(bool expired = false, string host = "localhost", bool withLoopback = true)
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=" + host, key, HashAlgorithmName.SHA256);
        var names = new SubjectAlternativeNameBuilder();
        names.AddDnsName(host);
        if (withLoopback)
        {
            names.AddIpAddress(IPAddress.Loopback);
        }

        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        using X509Certificate2 made = request.CreateSelfSigned(now.AddDays(-10), now.AddDays(expired ? -1 : 10));

        // Through PKCS#12, so that the key is usable by the server on every platform.
        return X509CertificateLoader.LoadPkcs12(made.Export(X509ContentType.Pkcs12), null);
    }

    /// <summary>Answers the login; <see langword="true"/> if the request was part of it.</summary>
    public static async Task<bool> AnswerLoginAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        if (path is not ("/web/api/get-auth-info" or "/web/api/user-login"))
        {
            return false;
        }

        context.Response.Cookies.Append(path.EndsWith("login", StringComparison.Ordinal) ? "SID" : "XSRF-TOKEN", "value-of-the-cookie");
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync("""{"data":{"success":true}}""");
        return true;
    }

    /// <summary>A cluster of this one server.</summary>
    public KsmgCluster Connect(ServerTrust? trust = null, Action<KsmgOptions>? configure = null, Uri? address = null)
    {
        var options = new KsmgOptions { Credentials = new KsmgCredentials("Administrator", _ => ValueTask.FromResult("password")) };
        options.Nodes.Add("gw1", address ?? Address, trust ?? ServerTrust.Pinned(Fingerprint), clusterAddress: "10.0.0.1:9045");
        configure?.Invoke(options);
        return KsmgCluster.Create(options);
    }

    public async ValueTask DisposeAsync()
    {
        await _app.StopAsync(new CancellationToken(canceled: true));
        await _app.DisposeAsync();
        Certificate.Dispose();
    }
}
