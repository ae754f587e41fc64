using System.IO.Compression;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>Makes packages to measure with.</summary>
internal static class Zip
{
    public static int Write(string method, string source, string path)
    {
        using ZipArchive zip = ZipFile.Open(path, ZipArchiveMode.Create);
        zip.CreateEntryFromFile(
            source, "ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz", method == "stored" ? CompressionLevel.NoCompression : CompressionLevel.Optimal);
        return 0;
    }
}
