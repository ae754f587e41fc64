using System.Collections.Concurrent;
using Ksmg.Sdk.Fleet;

namespace Ksmg.Web.Fleet;

/// <summary>The fleets as all who look at them see them.</summary>
internal sealed class SeenFleets(KsmgFleet fleet, TimeProvider time)
{
    private const int MostKnown = 50;

    private readonly SharedLook<IReadOnlyList<FleetSummary>> _all = new(() => fleet.ListAsync(), time);
    private readonly ConcurrentDictionary<string, SharedLook<FleetReport>> _reports = new(StringComparer.Ordinal);

    /// <summary>All of them, the newest first.</summary>
    public async Task<IReadOnlyList<FleetSummary>> ListAsync(CancellationToken cancellationToken) =>
        [.. (await _all.LookAsync(cancellationToken).ConfigureAwait(false)).Seen.Reverse()];

    /// <summary>The one of an id; <see langword="null"/>: there is none.</summary>
    public async Task<FleetSummary?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(f => f.FleetId == id);

    /// <summary>How one stands that was listed.</summary>
    public Task<Look<FleetReport>> LookAsync(string id, CancellationToken cancellationToken)
    {
        if (_reports.Count >= MostKnown)
        {
            // What was seen of them is read again when somebody looks.
            _reports.Clear();
        }

        return _reports.GetOrAdd(id, known => new SharedLook<FleetReport>(() => fleet.GetRun(known).GetReportAsync(), time)).LookAsync(cancellationToken);
    }

    /// <summary>One that was listed, to tell it something; what was seen of it is read again.</summary>
    public async Task<T> TellAsync<T>(string id, Func<FleetRun, Task<T>> tell)
    {
        try
        {
            return await tell(fleet.GetRun(id)).ConfigureAwait(false);
        }
        finally
        {
            _all.Forget();
            _reports.GetValueOrDefault(id)?.Forget();
        }
    }
}
