using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Where a fleet, the runs of its clusters and its bell are kept.</summary>
internal sealed record FleetStores(IRunStore Fleets, IRunStore Runs, BellDatabase? Bell = null) : IAsyncDisposable
{
    private const string FleetsFolder = "fleets";

    /// <summary>The stores that a file names.</summary>
    /// <exception cref="InvalidDataException">The file with the connection string cannot be read.</exception>
    public static FleetStores Of(FleetStoreOptions options, TimeProvider time)
    {
        if (options.Kind == FleetStoreKind.Files)
        {
            FileUpgradeJournalOptions files = new();
            return new FleetStores(
                new FileRunStore(Path.Combine(options.Path, FleetsFolder), files, time), new FileRunStore(options.Path, files, time));
        }

        string connection = options.ReadConnectionString();
        PostgresStoreOptions fleets = new()
        {
            Schema = $"{options.Postgres.Schema}_{FleetsFolder}",
            PasswordFile = options.Postgres.PasswordFile,
            PasswordEnvironment = options.Postgres.PasswordEnvironment,
        };
        foreach (string part in options.Postgres.PasswordCommand)
        {
            fleets.PasswordCommand.Add(part);
        }

        return new FleetStores(
            new PostgresRunStore(connection, fleets, time),
            new PostgresRunStore(connection, options.Postgres, time),
            new BellDatabase(connection, options.Postgres));
    }

    public async ValueTask DisposeAsync()
    {
        foreach (object? store in (object?[])[Fleets, Runs, Bell])
        {
            if (store is IAsyncDisposable disposable)
            {
                await disposable.DisposeAsync().ConfigureAwait(false);
            }
        }
    }
}
