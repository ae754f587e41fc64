using Ksmg.Sdk.Packages;

namespace Ksmg.Sdk;

/// <summary>One KTGZ: opaque bytes that lead a node from one build to the next.</summary>
public class UpdatePackageFile
{
    private static readonly TimeSpan SharingPatience = TimeSpan.FromSeconds(5);

    private volatile string? _sha256;

    /// <summary>For mocks.</summary>
    protected UpdatePackageFile()
    {
        Name = string.Empty;
        Source = null!;
    }

    internal UpdatePackageFile(PackageSource source, string name, Hop hop, bool isPreliminary)
    {
        Source = source;
        Name = name;
        From = hop.From;
        To = hop.To;
        IsPreliminary = isPreliminary;
    }

    /// <summary>The file name, without folders.</summary>
    public virtual string Name { get; }

    /// <summary>The build it starts from.</summary>
    public virtual BuildNumber From { get; }

    /// <summary>The build it leads to.</summary>
    public virtual BuildNumber To { get; }

    /// <summary>
    /// Whether another package of the same hop follows, in the operator's order: after this one alone the node does not yet run
    /// <see cref="To"/>, and which build it shows is not known.
    /// </summary>
    public virtual bool IsPreliminary { get; }

    /// <summary>Size of the KTGZ in bytes (uncompressed).</summary>
    public virtual long SizeBytes => Source.Length;

    /// <summary>SHA-256 in hex, once <see cref="UpdatePackage.VerifyAsync"/> or an upload has read the whole file.</summary>
    public virtual string? Sha256
    {
        get => _sha256;
        internal set => _sha256 = value;
    }

    /// <summary>Its name in the ZIP, with folders; a bare KTGZ has none, and a mock may have none.</summary>
    internal string? Entry => Source?.Entry;

    internal PackageSource Source { get; }

    /// <summary>What several uploads read together; <see langword="null"/> when each reads for itself.</summary>
    internal SharedReading? Shared { get; set; }

    /// <summary>
    /// Opens the bytes for a sequential read; each call starts anew, on a file handle of its own. The last bytes are handed out only
    /// when size, CRC-32 and (once known) SHA-256 hold.
    /// </summary>
    /// <exception cref="PackageException">The file is not there any more or was changed; while reading: the entry is damaged.</exception>
    public virtual Stream OpenRead() => Open();

    /// <summary>
    /// Lets the next uploads share one reading of the file: it is read, inflated and hashed once for all of them. An upload that holds up
    /// the others for more than five seconds goes on with a reading of its own, and so does one that begins late.
    /// </summary>
    /// <param name="uploads">How many uploads; the first ones wait for the others as long.</param>
    public virtual void ShareReading(int uploads)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(uploads, 1);
        Shared = uploads == 1 ? null : new SharedReading(Open, uploads, SharingPatience, TimeProvider.System);
    }

    internal PackageReader Open() => Source.OpenRead(Sha256);
}
