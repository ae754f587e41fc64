namespace Ksmg.Sdk.Fleet;

/// <summary>Where a fleet and its runs are kept.</summary>
public enum FleetStoreKind
{
    /// <summary>In a folder of one machine, without a server.</summary>
    Files,

    /// <summary>In PostgreSQL, for any number of workers.</summary>
    PostgreSql,
}
