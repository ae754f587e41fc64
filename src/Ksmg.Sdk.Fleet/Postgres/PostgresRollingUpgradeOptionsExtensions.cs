using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Runs in PostgreSQL.</summary>
public static class PostgresRollingUpgradeOptionsExtensions
{
    /// <summary>Keeps the runs in PostgreSQL, where any number of machines sees them and one at a time drives each.</summary>
    /// <param name="upgrade">The upgrades of the cluster.</param>
    /// <param name="connection">Npgsql's connection string, without a password: <c>Host=db.example;Database=ksmg;Username=ksmg</c>.</param>
    /// <param name="configure">Where the password comes from, and the schema.</param>
    public static RollingUpgradeOptions UsePostgresStore(
        this RollingUpgradeOptions upgrade, string connection, Action<PostgresStoreOptions>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(upgrade);
        PostgresStoreOptions options = new();
        configure?.Invoke(options);
        return upgrade.UseStore(provider => new PostgresRunStore(connection, options, (TimeProvider?)provider.GetService(typeof(TimeProvider))));
    }
}
