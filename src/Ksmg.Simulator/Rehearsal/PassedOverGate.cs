using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>Stands for an external gate: what is outside of the cluster is not asked in a rehearsal, and taken for green.</summary>
internal sealed class PassedOverGate(string name) : IUpgradeGate
{
    public string Name => name;

    public Task<GateAnswer> AskAsync(string node, CancellationToken cancellationToken = default) =>
        Task.FromResult(new GateAnswer(true, Words.Get("rehearsal.no-gate")));
}
