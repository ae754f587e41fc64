using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Why clusters that may be worked on are not: as the workers noted it that would, or that let go of them.</summary>
internal static class IdleClusters
{
    /// <summary>Longer than any bell and any lease needs: before that it is no news that nobody drives a cluster.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(45);

    /// <summary>Those of a fleet, by name.</summary>
    public static async Task<IReadOnlyDictionary<string, Message>> ReadAsync(
        FleetJournal journal, string fleetId, FleetInput input, CancellationToken cancellationToken)
    {
        Dictionary<string, Message> idle = new(StringComparer.Ordinal);
        foreach ((string cluster, ClusterState state) in input.State.Clusters.Where(c => c.Value.IsGranted))
        {
            RunGlance? run = input.Runs.GetValueOrDefault(cluster);
            if (run is { IsDriven: true } or { Stands: true } or { IsEnded: true })
            {
                continue;
            }

            if (run is not null && await RestNote.ReadAsync(journal, fleetId, state.RunId!, run.Last, cancellationToken).ConfigureAwait(false) is { } until
                && until > input.Now)
            {
                idle[cluster] = Message.Of("fleet.rests", until);
            }
            else if (await ClusterTries.ReadAsync(journal, fleetId, state.RunId!, cancellationToken).ConfigureAwait(false) is { Reason: { } reason } known)
            {
                idle[cluster] = Message.Of("fleet.idle", known.Since, reason);
            }
            else if (state.Since + Patience < input.Now)
            {
                idle[cluster] = Message.Of("fleet.undriven");
            }
        }

        return idle;
    }
}
