using System.Text.Json.Nodes;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>The simulated hypervisor, over the control URL.</summary>
internal sealed class SimulatorSnapshots : ISnapshotProvider, IDisposable
{
    private readonly SimulatorClient _client;

    /// <summary>Creates the adapter.</summary>
    /// <param name="endpoint">The control URL.</param>
    public SimulatorSnapshots(Uri endpoint) => _client = new SimulatorClient(endpoint);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default)
    {
        SnapshotView[] snapshots = await _client.GetAsync(Path(node), JsonContext.Default.SnapshotViewArray, cancellationToken).ConfigureAwait(false);
        return [.. snapshots.Select(snapshot => new NodeSnapshot(snapshot.Name, snapshot.CreatedAt, snapshot.Complete))];
    }

    /// <inheritdoc/>
    public Task CreateAsync(string node, string name, CancellationToken cancellationToken = default) =>
        _client.PostAsync(Path(node), new JsonObject { ["name"] = name }, cancellationToken);

    /// <inheritdoc/>
    public Task RevertAsync(string node, string name, CancellationToken cancellationToken = default) =>
        _client.PostAsync($"{Path(node)}/{Uri.EscapeDataString(name)}/revert", null, cancellationToken);

    /// <summary>Ends the connections.</summary>
    public void Dispose() => _client.Dispose();

    private static string Path(string node) => "snapshots/" + Uri.EscapeDataString(node);
}
