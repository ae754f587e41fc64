namespace Ksmg.Sdk.Upgrades;

/// <summary>The hypervisor that holds the nodes' virtual machines.</summary>
public interface ISnapshotProvider
{
    /// <summary>All snapshots of a node's machine, ours and others.</summary>
    Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default);

    /// <summary>Starts the creation of a snapshot; it is done when the list shows it complete.</summary>
    Task CreateAsync(string node, string name, CancellationToken cancellationToken = default);

    /// <summary>Takes the machine back to a snapshot.</summary>
    Task RevertAsync(string node, string name, CancellationToken cancellationToken = default);
}
