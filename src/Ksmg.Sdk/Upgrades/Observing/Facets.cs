namespace Ksmg.Sdk.Upgrades;

/// <summary>What can be asked about a node. A step names what it needs; nothing else is asked.</summary>
[Flags]
internal enum Facets
{
    None = 0,
    Status = 1 << 0,
    About = 1 << 1,
    Switches = 1 << 2,
    Queues = 1 << 3,
    Update = 1 << 4,
    Uploads = 1 << 5,
    User = 1 << 6,
    NodeList = 1 << 7,
    Snapshots = 1 << 8,
    Rcpt = 1 << 9,
    Probe = 1 << 10,
    SavedConfiguration = 1 << 11,
    RestorableConfiguration = 1 << 12,

    /// <summary>Whether sessions arrive, as the node tells with its queues; a node that does not tell is no worse for it.</summary>
    Arrivals = 1 << 14,

    /// <summary>What waits in the queues, and why.</summary>
    QueueReasons = 1 << 13,

    /// <summary>Whether the neighbours would answer what the run will ask of them. Asked once for the whole cluster.</summary>
    SelfTests = 1 << 15,

    /// <summary>What the external gates say of beginning the node.</summary>
    Gates = 1 << 16,

    /// <summary>Who it is and whether it takes mail: asked of every node before any effect anywhere.</summary>
    Basic = Status | About | Switches,

    /// <summary>Everything that tells whether a run may start.</summary>
    Preflight = Basic | Queues | Update | Uploads | User | NodeList | Snapshots | Rcpt | SelfTests,
}
