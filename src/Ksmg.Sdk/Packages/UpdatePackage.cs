namespace Ksmg.Sdk;

/// <summary>The vendor's ZIP (or a bare KTGZ): an ordered list of one or more update packages that lead from one build to another.</summary>
public sealed class UpdatePackage : IAsyncDisposable
{
    private UpdatePackage()
    {
    }

    /// <summary>The path of the file.</summary>
    public string Path => throw new NotSupportedException();

    /// <summary>The packages in the order of their installation.</summary>
    public IReadOnlyList<UpdatePackageFile> Files => throw new NotSupportedException();

    /// <summary>The build the first package starts from.</summary>
    public BuildNumber From => throw new NotSupportedException();

    /// <summary>The build the last package leads to.</summary>
    public BuildNumber To => throw new NotSupportedException();

    /// <summary>What is unusual but not wrong.</summary>
    public IReadOnlyList<string> Warnings => throw new NotSupportedException();

    /// <summary>Opens a package and reads its directory; contents are read by <see cref="VerifyAsync"/> or by an upload.</summary>
    /// <exception cref="PackageException">The file cannot be used.</exception>
    public static Task<UpdatePackage> OpenAsync(string path, UpdatePackageOptions? options = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Reads everything: proves sizes and CRC-32, and computes <see cref="UpdatePackageFile.Sha256"/>.</summary>
    /// <param name="progress">Bytes read so far, over all packages.</param>
    /// <param name="cancellationToken">Ends the reading; the package stays usable.</param>
    /// <exception cref="PackageException">The file is damaged.</exception>
    public Task VerifyAsync(IProgress<long>? progress = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <inheritdoc/>
    public ValueTask DisposeAsync() => throw new NotSupportedException();
}
