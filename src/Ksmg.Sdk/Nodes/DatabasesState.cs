namespace Ksmg.Sdk;

/// <summary>The state of a node's databases. An open enumeration: a value this version does not know survives and never means success.</summary>
/// <param name="Value">The word on the wire.</param>
public readonly record struct DatabasesState(string Value)
{
    /// <summary>The databases are up to date.</summary>
    public static DatabasesState UpToDate { get; } = new("upToDate");

    /// <summary>The databases are out of date.</summary>
    public static DatabasesState OutOfDate { get; } = new("outOfDate");

    /// <summary>The databases are obsolete.</summary>
    public static DatabasesState Obsolete { get; } = new("obsolete");

    /// <summary>Bases error: the databases are missing or damaged.</summary>
    public static DatabasesState Failed { get; } = new("basesFailed");

    /// <summary>The word on the wire.</summary>
    public override string ToString() => Value ?? string.Empty;
}
