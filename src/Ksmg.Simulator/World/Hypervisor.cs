namespace Ksmg.Simulator;

/// <summary>A snapshot of a simulated machine.</summary>
internal sealed class MachineSnapshot(string name, DateTimeOffset createdAt, NodeImage image)
{
    public string Name { get; } = name;

    public DateTimeOffset CreatedAt { get; } = createdAt;

    public NodeImage Image { get; } = image;

    public bool IsComplete { get; set; }
}

/// <summary>The machines the nodes run on: snapshots, and reverts with all their consequences.</summary>
internal sealed class Hypervisor(SimulatedWorld world)
{
    private readonly Dictionary<string, List<MachineSnapshot>> _snapshots = new(StringComparer.Ordinal);

    public IReadOnlyList<MachineSnapshot> List(string node) => Of(node);

    /// <summary>Starts a snapshot of the machine as it is now; the list shows when it is complete.</summary>
    public void Create(string node, string name, Caller caller)
    {
        List<MachineSnapshot> snapshots = Of(node);
        if (name.Length is 0 or > 200 || name.Contains('/', StringComparison.Ordinal))
        {
            throw new ApiRefusal(400, "badName", "A snapshot name has 1 to 200 characters and no '/'.");
        }

        if (world.Faults.TryTake("snapshot-quota", node, out _))
        {
            throw new ApiRefusal(507, "quota", "The storage for snapshots is full.");
        }

        if (snapshots.Exists(snapshot => snapshot.Name == name))
        {
            throw new ApiRefusal(409, "exists", $"There is a snapshot '{name}' already.");
        }

        if (world.Faults.TryTake("snapshot-wrong-machine", node, out SimulatedFault? wrong))
        {
            node = wrong.Value ?? world.Nodes.First(other => other.Name != node).Name;
            snapshots = Of(node);
        }

        Begin(node, name, snapshots, caller);
        if (world.Faults.TryTake("snapshot-twice", node, out _))
        {
            Begin(node, name, snapshots, caller);
        }

        if (world.Faults.TryTake("snapshot-unanswered", node, out _))
        {
            throw new NodeConnectionException("The hypervisor does not answer.", connected: true);
        }
    }

    /// <summary>Takes the machine back; without a name to the latest snapshot.</summary>
    public void Revert(string node, string? name, Caller caller)
    {
        MachineSnapshot snapshot = Of(node).FindLast(snapshot => name is null || snapshot.Name == name)
            ?? throw new ApiRefusal(404, "notFound", $"There is no snapshot '{name}' of {node}.");
        if (!snapshot.IsComplete)
        {
            throw new ApiRefusal(409, "incomplete", $"The snapshot '{snapshot.Name}' is not complete.");
        }

        world[node].RevertTo(snapshot.Image, caller);
        world.Effect(node, "snapshot-reverted", caller, snapshot.Name);
    }

    private void Begin(string node, string name, List<MachineSnapshot> snapshots, Caller caller)
    {
        var snapshot = new MachineSnapshot(name, world.Now, world[node].Capture());
        snapshots.Add(snapshot);
        world.Effect(node, "snapshot-started", caller, name);
        if (world.Faults.TryTake("snapshot-stalls", node, out _))
        {
            return;
        }

        TimeSpan time = world.Options.Scaled(world.Options.SnapshotTime);
        if (world.Faults.TryTake("snapshot-slow", node, out SimulatedFault? slow))
        {
            time = slow.For ?? TimeSpan.FromMinutes(5);
        }

        world.After(time, () =>
        {
            snapshot.IsComplete = true;
            world.Effect(node, "snapshot-created", caller, name);
        });
    }

    private List<MachineSnapshot> Of(string node)
    {
        if (!_snapshots.TryGetValue(node, out List<MachineSnapshot>? snapshots))
        {
            _ = world.Find(node) ?? throw new ApiRefusal(404, "notFound", $"There is no node '{node}'.");
            snapshots = [];
            _snapshots.Add(node, snapshots);
        }

        return snapshots;
    }
}
