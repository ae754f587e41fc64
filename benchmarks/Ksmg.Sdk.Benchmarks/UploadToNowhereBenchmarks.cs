using System.Net;
using BenchmarkDotNet.Attributes;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>64 MB into a handler that forgets them: what each way costs without TLS and network.</summary>
[MemoryDiagnoser]
public class UploadToNowhereBenchmarks
{
    private static readonly Uri Nowhere = new("https://nowhere.invalid/upload");

    private PackageFixture _package = null!;
    private HttpClient _http = null!;

    [Params(PackageKind.Stored, PackageKind.Deflated)]
    public PackageKind Kind { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _package = new PackageFixture(Kind);
        _http = new HttpClient(new DrainingHandler());
    }

    [GlobalCleanup]
    public void Cleanup()
    {
        _http.Dispose();
        _package.Dispose();
    }

    [Benchmark(Baseline = true)]
    public Task ReadAhead() => UploadWays.ReadAhead(_http, Nowhere, _package.File);

    [Benchmark]
    public Task Inline() => UploadWays.Inline(_http, Nowhere, _package.File);

    [Benchmark]
    public Task HashingStreamContent() => UploadWays.HashingStreamContent(_http, Nowhere, _package.File);

    [Benchmark]
    public Task TemporaryFile() => UploadWays.TemporaryFile(_http, Nowhere, _package.File);

    [Benchmark]
    public Task InMemory() => UploadWays.InMemory(_http, Nowhere, _package.File);

    private sealed class DrainingHandler : HttpMessageHandler
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            await request.Content!.CopyToAsync(Stream.Null, cancellationToken);
            return new HttpResponseMessage(HttpStatusCode.OK);
        }
    }
}
