using System.Collections.Concurrent;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A journal that lives as long as the object: for tests, rehearsals and simulations, with the same rules as a durable one.
/// Every call completes synchronously, and whoever waits for a change goes on in the call that made it; safe for concurrent use.
/// </summary>
public sealed class InMemoryUpgradeJournal : UpgradeJournal
{
    private readonly InMemoryRunStore _store;
    private readonly ConcurrentDictionary<string, Func<Task<byte[]>>> _decisions = new(StringComparer.Ordinal);

    /// <summary>Creates an empty journal.</summary>
    /// <param name="timeProvider">The clock; <see langword="null"/>: the system's.</param>
    public InMemoryUpgradeJournal(TimeProvider? timeProvider = null)
        : this(new InMemoryRunStore(timeProvider ?? TimeProvider.System), timeProvider)
    {
    }

    private InMemoryUpgradeJournal(InMemoryRunStore store, TimeProvider? timeProvider)
        : base(store, timeProvider)
    {
        _store = store;
    }

    /// <summary>
    /// Acts as if the process that drives the run had been killed or cut off: its lease can be taken at once. The holder itself is not
    /// told; its lease runs out 15 s later, and whatever it appends after a takeover is refused.
    /// </summary>
    public void Abandon(string runId)
    {
        JournalRules.CheckId(runId);
        _store.Abandon(runId)?.StopRenewing();
    }

    /// <inheritdoc/>
    internal override Task PublishAsync(RunLease lease, Func<Task<byte[]>> decision, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(lease);

        // Made when somebody asks, which in simulations nobody does.
        _decisions[lease.RunId] = decision;
        return Task.CompletedTask;
    }

    /// <inheritdoc/>
    internal override async Task<ReadOnlyMemory<byte>?> ReadPublishedAsync(string runId, CancellationToken cancellationToken = default) =>
        _decisions.TryGetValue(runId, out Func<Task<byte[]>>? decision) ? await decision().ConfigureAwait(false) : null;

    private protected override RunLease Hold(string runId, StoredLease lease, long renewedAt)
    {
        RunLease held = base.Hold(runId, lease, renewedAt);
        _store.Remember(runId, held);
        return held;
    }
}
