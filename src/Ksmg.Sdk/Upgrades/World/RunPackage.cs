namespace Ksmg.Sdk.Upgrades;

/// <summary>The package of a run, opened when the first upload needs it.</summary>
/// <param name="path">Where it is now.</param>
/// <param name="planned">What the plan says of it.</param>
/// <param name="uploadsAtOnce">How many nodes get the first file of it at the same time.</param>
internal sealed class RunPackage(string path, IReadOnlyList<PlannedPackage> planned, int uploadsAtOnce) : IAsyncDisposable
{
    private readonly SemaphoreSlim _gate = new(1, 1);
    private UpdatePackage? _package;

    /// <exception cref="PackageException">The file is gone, damaged, or not the one the plan was made for.</exception>
    public async Task<UpdatePackageFile> OpenAsync(PlannedPackage wanted, CancellationToken cancellationToken)
    {
        await _gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            if (_package is null)
            {
                _package = await OpenAsPlannedAsync(cancellationToken).ConfigureAwait(false);
                _package.Files[0].ShareReading(Math.Max(1, uploadsAtOnce));
            }

            return Find(_package, wanted);
        }
        finally
        {
            _gate.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        if (_package is not null)
        {
            await _package.DisposeAsync().ConfigureAwait(false);
        }

        _gate.Dispose();
    }

    /// <summary>Reads all of it once, before the first byte goes to a node: name and size alone do not tell a package from another one.</summary>
    private async Task<UpdatePackage> OpenAsPlannedAsync(CancellationToken cancellationToken)
    {
        UpdatePackage package = await UpdatePackage.OpenAsync(path, PlannedPackage.Hints(planned), cancellationToken).ConfigureAwait(false);
        foreach (PlannedPackage other in planned.Where(p => Find(package, p).SizeBytes != p.SizeBytes))
        {
            throw Changed(other);
        }

        await package.VerifyAsync(null, cancellationToken).ConfigureAwait(false);
        foreach (PlannedPackage other in planned.Where(p => !string.Equals(Find(package, p).Sha256, p.Sha256, StringComparison.OrdinalIgnoreCase)))
        {
            throw Changed(other);
        }

        return package;
    }

    /// <summary>The files are asked for one by one, in the plan's order, and come in it.</summary>
    private UpdatePackageFile Find(UpdatePackage package, PlannedPackage wanted) => package.Files[planned.Index().First(p => p.Item == wanted).Index];

    private PackageException Changed(PlannedPackage wanted) => new(Words.Get("package.changed", path, wanted.Name)) { Path = path, Entry = wanted.Name };
}
