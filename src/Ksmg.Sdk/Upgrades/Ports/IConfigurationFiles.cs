namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The hand-edited configuration files of the nodes. The port only lists, reads and writes; what is saved, compared and written back
/// is decided by the run.
/// </summary>
public interface IConfigurationFiles
{
    /// <summary>The configured files that exist on a node right now.</summary>
    Task<IReadOnlyList<ConfigurationFile>> ListAsync(string node, CancellationToken cancellationToken = default);

    /// <summary>The content of a file.</summary>
    Task<ReadOnlyMemory<byte>> ReadAsync(string node, string path, CancellationToken cancellationToken = default);

    /// <summary>Writes a file: beside it first, then renamed over it, with mode and owner.</summary>
    Task WriteAsync(string node, ConfigurationFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default);

    /// <summary>
    /// SHA-256 (hex) of the file as a build ships it, or <see langword="null"/> where nobody knows.
    /// </summary>
    Task<string?> GetPristineSha256Async(string node, string path, BuildNumber build, CancellationToken cancellationToken = default);

    /// <summary>
    /// The file as a build ships it, or <see langword="null"/> where only its digest is known or nothing. It tells people what the vendor
    /// changed; nothing is decided by it.
    /// </summary>
    Task<ReadOnlyMemory<byte>?> ReadPristineAsync(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
        Task.FromResult<ReadOnlyMemory<byte>?>(null);
}
