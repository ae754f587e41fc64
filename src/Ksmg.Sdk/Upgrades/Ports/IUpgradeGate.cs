namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Something outside that must be green before a run begins a node, such as a monitor, a change calendar or an alert. A node in hand is
/// finished; the next one is not begun while a gate is red or does not answer.
/// </summary>
public interface IUpgradeGate
{
    /// <summary>What people, plans and the journal call it; no other gate of the cluster has the same name.</summary>
    string Name { get; }

    /// <summary>How long a run waits for it at a node before it pauses and people have to look. Default: 1 hour.</summary>
    TimeSpan Patience => TimeSpan.FromHours(1);

    /// <summary>Whether a node may be begun now. Asked at each look as long as a node waits for it; what it throws is not green.</summary>
    /// <param name="node">The node that is next.</param>
    /// <param name="cancellationToken">Ends it; that happens after 45 s.</param>
    Task<GateAnswer> AskAsync(string node, CancellationToken cancellationToken = default);
}
