using System.Net;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using BenchmarkDotNet.Attributes;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>64 MB to Kestrel over TLS on the loopback, in one process: the receiver's work is in every figure.</summary>
[MemoryDiagnoser]
public class UploadOverTlsBenchmarks
{
    private PackageFixture _package = null!;
    private WebApplication _server = null!;
    private HttpClient _http = null!;
    private Uri _url = null!;

    [Params(PackageKind.Stored, PackageKind.Deflated)]
    public PackageKind Kind { get; set; }

    [GlobalSetup]
    public async Task Setup()
    {
        _package = new PackageFixture(Kind);
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        CertificateRequest request = new("CN=127.0.0.1", key, HashAlgorithmName.SHA256);
        SubjectAlternativeNameBuilder names = new();
        names.AddIpAddress(IPAddress.Loopback);
        request.CertificateExtensions.Add(names.Build());
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        X509Certificate2 certificate = X509CertificateLoader.LoadPkcs12(
            request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1)).Export(X509ContentType.Pkcs12), password: null);

        WebApplicationBuilder builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseKestrelHttpsConfiguration().ConfigureKestrel(kestrel =>
        {
            kestrel.Limits.MaxRequestBodySize = null;
            kestrel.Listen(IPAddress.Loopback, 0, listen => listen.UseHttps(certificate));
        });
        _server = builder.Build();
        _server.Run(async context =>
        {
            byte[] buffer = new byte[256 << 10];
            while (await context.Request.Body.ReadAsync(buffer) > 0)
            {
            }
        });
        await _server.StartAsync();
        _url = new Uri(_server.Urls.First());
        string roots = Path.Combine(Path.GetDirectoryName(_package.File.Source.Path)!, "root.pem");
        await File.WriteAllTextAsync(roots, certificate.ExportCertificatePem());
        _http = UploadWays.CreateClient(_url, roots);
    }

    [GlobalCleanup]
    public async Task Cleanup()
    {
        _http.Dispose();
        await _server.DisposeAsync();
        _package.Dispose();
    }

    [Benchmark(Baseline = true)]
    public Task ReadAhead() => UploadWays.ReadAhead(_http, _url, _package.File);

    [Benchmark]
    public Task Inline() => UploadWays.Inline(_http, _url, _package.File);

    [Benchmark]
    public Task HashingStreamContent() => UploadWays.HashingStreamContent(_http, _url, _package.File);

    [Benchmark]
    public Task TemporaryFile() => UploadWays.TemporaryFile(_http, _url, _package.File);

    [Benchmark]
    public Task InMemory() => UploadWays.InMemory(_http, _url, _package.File);
}
