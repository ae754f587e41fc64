using System.Security.Cryptography;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A folder for package files that goes when the test ends.</summary>
internal sealed class PackageFolder : IDisposable
{
    public const string Ktgz = "ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz";

    private readonly DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-packages-");

    public string this[string name] => Path.Combine(folder.FullName, name);

    public string Write(string name, byte[] content)
    {
        File.WriteAllBytes(this[name], content);
        return this[name];
    }

    public string Write(ZipBuilder zip) => Write("update.zip", zip.Build());

    public void Dispose() => folder.Delete(recursive: true);

    /// <summary>Bytes that do not compress, the same for the same seed.</summary>
    public static byte[] Bytes(int length, int seed = 1)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static string Sha256(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static byte[] ReadAll(UpdatePackageFile file)
    {
        using Stream stream = file.OpenRead();
        using MemoryStream copy = new();
        stream.CopyTo(copy);
        return copy.ToArray();
    }
}
