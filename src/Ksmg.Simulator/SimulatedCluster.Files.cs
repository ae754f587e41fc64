using System.IO.Compression;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Simulator;

public sealed partial class SimulatedCluster
{
    private static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    /// <summary>
    /// Writes what a client needs: <c>cluster.json</c>, the password file <c>ksmg-password</c> and <c>update.zip</c>. Of an existing
    /// <c>cluster.json</c> the policy stays, and every section that is not written here, such as <c>Dialect</c>; all else is replaced.
    /// </summary>
    /// <param name="directory">The folder; created if it is missing.</param>
    /// <param name="cancellationToken">Ends the writing; files may be incomplete then.</param>
    /// <exception cref="InvalidOperationException">The cluster runs without sockets.</exception>
    /// <exception cref="IOException">What stands in <c>cluster.json</c> cannot be read, and is left alone; or a file cannot be written.</exception>
    public async Task WriteFilesAsync(string directory, CancellationToken cancellationToken = default)
    {
        await WriteConfigurationAsync(directory, ClusterDocument.Describe(this), cancellationToken).ConfigureAwait(false);
        await WritePackageAsync(Path.Combine(directory, "update.zip"), cancellationToken).ConfigureAwait(false);
    }

    /// <summary><c>cluster.json</c> with what a person put into the one before, and the password file.</summary>
    internal async Task WriteConfigurationAsync(string directory, JsonObject document, CancellationToken cancellationToken)
    {
        Directory.CreateDirectory(directory);
        string path = Path.Combine(directory, "cluster.json");
        if (File.Exists(path))
        {
            ClusterDocument.Keep(await File.ReadAllTextAsync(path, cancellationToken).ConfigureAwait(false), document, path);
        }

        await File.WriteAllTextAsync(path, document.ToJsonString(Indented) + "\n", cancellationToken).ConfigureAwait(false);
        await WritePasswordAsync(Path.Combine(directory, "ksmg-password"), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Writes a ZIP like the vendor's with one stored KTGZ of repeatable random bytes, and makes it known to the nodes.
    /// </summary>
    public async Task WritePackageAsync(string path, CancellationToken cancellationToken = default)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        FileStream file = new(path, FileMode.Create, FileAccess.Write, FileShare.None, 1 << 16, useAsync: true);
        await using (file.ConfigureAwait(false))
        {
            using var zip = new ZipArchive(file, ZipArchiveMode.Create);
            ZipArchiveEntry entry = zip.CreateEntry(Package.FileName, CompressionLevel.NoCompression);
            entry.LastWriteTime = World.StartedAt;
            Stream content = await entry.OpenAsync(cancellationToken).ConfigureAwait(false);
            await using (content.ConfigureAwait(false))
            {
                var random = new Random(Options.Seed);
                byte[] block = new byte[1 << 18];
                for (long left = Options.PackageBytes; left > 0; left -= block.Length)
                {
                    Memory<byte> bytes = block.AsMemory(0, (int)Math.Min(left, block.Length));
                    random.NextBytes(bytes.Span);
                    hash.AppendData(bytes.Span);
                    await content.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                }
            }
        }

        Know(Package with { Sha256 = Convert.ToHexStringLower(hash.GetHashAndReset()) });
    }

    /// <summary>From now on this is the simulator's own package.</summary>
    internal void Know(SimulatedPackage package)
    {
        lock (World.Gate)
        {
            World.Packages.Remove(Package);
            Package = package;
            World.Packages.Add(Package);
        }
    }

    private async Task WritePasswordAsync(string path, CancellationToken cancellationToken)
    {
        var options = new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream file = new(path, options);
        await using (file.ConfigureAwait(false))
        {
            await file.WriteAsync(Encoding.UTF8.GetBytes(Options.Password + "\n"), cancellationToken).ConfigureAwait(false);
        }
    }
}
