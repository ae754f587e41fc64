using System.IO.Compression;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>A package of <see cref="Megabytes"/>, in memory where the system offers a file system there.</summary>
internal sealed class PackageFixture : IDisposable
{
    /// <summary>Large enough that the start does not count, small enough for a run of a few minutes.</summary>
    public const int Megabytes = 64;

    private readonly string _folder = Directory.CreateDirectory(
        Path.Combine(Directory.Exists("/dev/shm") ? "/dev/shm" : Path.GetTempPath(), Path.GetRandomFileName())).FullName;

    public PackageFixture(PackageKind kind)
    {
        string path = Path.Combine(_folder, "update.zip");
        using (ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create))
        {
            ZipArchiveEntry entry = zip.CreateEntry(
                "ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz", kind == PackageKind.Stored ? CompressionLevel.NoCompression : CompressionLevel.Optimal);
            using Stream stream = entry.Open();
            Random random = new(1);
            byte[] block = new byte[1 << 20];
            for (int i = 0; i < Megabytes; i++)
            {
                random.NextBytes(block);
                if (kind == PackageKind.Deflated)
                {
                    // A little compressible, as gzip's output is, so that codes must be decoded.
                    block.AsSpan().Replace((byte)255, (byte)0);
                    block.AsSpan().Replace((byte)254, (byte)1);
                }

                stream.Write(block);
            }
        }

        File = UpdatePackage.OpenAsync(path).GetAwaiter().GetResult().Files[0];
    }

    public UpdatePackageFile File { get; }

    public void Dispose() => Directory.Delete(_folder, recursive: true);
}

/// <summary>How the KTGZ lies in its ZIP.</summary>
public enum PackageKind
{
    /// <summary>As it is.</summary>
    Stored,

    /// <summary>Compressed once more.</summary>
    Deflated,
}
