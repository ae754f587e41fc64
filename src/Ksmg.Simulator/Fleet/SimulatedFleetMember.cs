namespace Ksmg.Simulator;

/// <summary>A cluster of a simulated fleet.</summary>
public sealed class SimulatedFleetMember
{
    internal SimulatedFleetMember(string name, IReadOnlyDictionary<string, string> labels, SimulatedCluster cluster) =>
        (Name, Labels, Cluster) = (name, labels, cluster);

    /// <summary>Its name in the fleet and in its <c>cluster.json</c>, such as <c>c001</c>.</summary>
    public string Name { get; }

    /// <summary><c>ring</c>: 0, 1 or 2. <c>customer</c>: <c>a</c>, <c>b</c>…, two clusters each.</summary>
    public IReadOnlyDictionary<string, string> Labels { get; }

    /// <summary>The cluster.</summary>
    public SimulatedCluster Cluster { get; }

    /// <summary>What is wrong with it, or will be; <see langword="null"/>: nothing.</summary>
    public SimulatedFault? Fault { get; internal init; }

    /// <summary>What becomes of its first run.</summary>
    public SimulatedOutcome Outcome { get; internal init; }

    /// <summary>What <see cref="FleetWatcher"/> has to know about it. Wave, windows and waits are added by who knows them.</summary>
    public WatchedCluster Watched() => new() { Name = Name, Labels = Labels, Effects = Cluster.GetEffects() };
}
