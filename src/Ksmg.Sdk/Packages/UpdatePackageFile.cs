namespace Ksmg.Sdk;

/// <summary>One KTGZ: opaque bytes that lead a node from one build to the next.</summary>
public sealed class UpdatePackageFile
{
    /// <summary>The file name, without folders.</summary>
    public string Name => throw new NotSupportedException();

    /// <summary>The build it starts from.</summary>
    public BuildNumber From => throw new NotSupportedException();

    /// <summary>The build it leads to.</summary>
    public BuildNumber To => throw new NotSupportedException();

    /// <summary>Size of the KTGZ in bytes (uncompressed).</summary>
    public long SizeBytes => throw new NotSupportedException();

    /// <summary>SHA-256 in hex, once <see cref="UpdatePackage.VerifyAsync"/> has read the file.</summary>
    public string? Sha256 => throw new NotSupportedException();

    /// <summary>Opens the bytes for a sequential read; each call starts anew. Ends with <see cref="PackageException"/> if the entry is damaged.</summary>
    public Stream OpenRead() => throw new NotSupportedException();
}
