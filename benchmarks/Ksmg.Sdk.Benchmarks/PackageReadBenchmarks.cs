using System.IO.Compression;
using System.Security.Cryptography;
using BenchmarkDotNet.Attributes;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>Reading a package of 64 MB once: with every proof, against the framework's reader with SHA-256 alone.</summary>
[MemoryDiagnoser]
public class PackageReadBenchmarks
{
    private PackageFixture _package = null!;

    [Params(PackageKind.Stored, PackageKind.Deflated)]
    public PackageKind Kind { get; set; }

    [GlobalSetup]
    public void Setup() => _package = new PackageFixture(Kind);

    [GlobalCleanup]
    public void Cleanup() => _package.Dispose();

    [Benchmark]
    public long Proven()
    {
        byte[] buffer = new byte[256 << 10];
        using Stream stream = _package.File.OpenRead();
        long total = 0;
        int read;
        while ((read = stream.Read(buffer)) > 0)
        {
            total += read;
        }

        return total;
    }

    [Benchmark(Baseline = true)]
    public byte[] ZipArchive_and_SHA256()
    {
        using ZipArchive zip = ZipFile.OpenRead(_package.File.Source.Path);
        using Stream stream = zip.Entries[0].Open();
        return SHA256.HashData(stream);
    }
}
