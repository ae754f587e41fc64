using System.Runtime.InteropServices;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>Who holds the lease of a run.</summary>
internal enum SmallHolder : byte
{
    None,
    Worker,

    /// <summary>Somebody with a tool of their own.</summary>
    Hand,

    /// <summary>One that is dead, which nobody knows yet.</summary>
    Gone,
}

/// <summary>The newest run of a cluster.</summary>
internal readonly record struct SmallRun
{
    /// <summary>From 1; 0: there is none.</summary>
    public byte Attempt { get; init; }

    public UpgradeEnd State { get; init; }

    public SmallHolder Holder { get; init; }

    /// <summary>How often it has come to stand.</summary>
    public byte Stood { get; init; }

    public bool HasCommands { get; init; }

    /// <summary>People took it up by hand: no limit counts it until it stands.</summary>
    public bool IsByHand { get; init; }

    /// <summary>The attempt that a worker told of, and how, which nobody has heard.</summary>
    public (byte Attempt, UpgradeEnd End) Told { get; init; }

    public bool IsEnded => Attempt > 0 && State is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman);

    public RunGlance Glance => new(State, null, Holder != SmallHolder.None, HasCommands, Stood);
}

/// <summary>How far a worker is with a cluster.</summary>
internal enum SmallStage : byte
{
    Idle,

    /// <summary>It has read the grant.</summary>
    Granted,

    /// <summary>It has the lease of the run.</summary>
    Leased,

    /// <summary>It has read the grant again, and drives.</summary>
    Driving,
}

[StructLayout(LayoutKind.Auto)]
internal readonly record struct SmallWorker(SmallStage Stage, byte Cluster, byte Attempt);

/// <summary>What the fleet's driver has in its head.</summary>
/// <param name="HasLooked">Whether it looked at the runs in this turn.</param>
/// <param name="Moved">A bit for each cluster that it moved since.</param>
/// <param name="Seen">The runs as it saw them last.</param>
internal sealed record SmallHead(bool HasLooked, int Moved, RunGlance?[] Seen)
{
    public string Key => $"{HasLooked} {Moved} {string.Join(';', Seen.Select(g => g?.ToString()))}";
}

/// <summary>A state of the exploration of a fleet: runs, workers, the fleet's journal as what it folds to, its driver, what is left of one before it.</summary>
internal readonly record struct FleetSmallState
{
    public int Journal { get; init; }

    /// <summary>0: nobody drives the fleet.</summary>
    public int Head { get; init; }

    /// <summary>What a driver whose lease is lost is about to append; 0: nothing.</summary>
    public int Stale { get; init; }

    public SmallRun First { get; init; }

    public SmallRun Second { get; init; }

    public SmallRun Third { get; init; }

    public SmallWorker OneWorker { get; init; }

    public SmallWorker OtherWorker { get; init; }

    /// <summary>In hours.</summary>
    public int Clock { get; init; }

    public byte Hours { get; init; }

    public byte Deaths { get; init; }

    public byte Humans { get; init; }

    public byte Troubles { get; init; }

    public SmallRun this[int cluster] => cluster switch { 0 => First, 1 => Second, _ => Third };

    public SmallWorker Worker(int number) => number == 0 ? OneWorker : OtherWorker;

    public FleetSmallState With(int cluster, SmallRun run) => cluster switch
    {
        0 => this with { First = run },
        1 => this with { Second = run },
        _ => this with { Third = run },
    };

    /// <summary>Workers have no names.</summary>
    public FleetSmallState With(int number, SmallWorker worker)
    {
        SmallWorker other = Worker(1 - number);
        bool isFirst = (worker.Stage, worker.Cluster, worker.Attempt).CompareTo((other.Stage, other.Cluster, other.Attempt)) <= 0;
        return isFirst ? this with { OneWorker = worker, OtherWorker = other } : this with { OneWorker = other, OtherWorker = worker };
    }
}
