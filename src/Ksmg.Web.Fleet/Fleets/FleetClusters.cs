using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;

namespace Ksmg.Web.Fleet;

/// <summary>
/// The clusters of a fleet whose runs somebody looks at: each is made when it is asked for, with its credentials, and closed when nobody has looked for a
/// while. There may be thousands, of which people look at few.
/// </summary>
internal sealed class FleetClusters(KsmgFleet fleet, TimeProvider time) : IAsyncDisposable
{
    private const int Most = 50;

    /// <summary>Longer than anything takes that was begun by a look.</summary>
    private static readonly TimeSpan Idle = TimeSpan.FromMinutes(2);

    private readonly Lock _gate = new();
    private readonly Dictionary<string, Open> _open = new(StringComparer.Ordinal);

    /// <summary>How many are open.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _open.Count;
            }
        }
    }

    /// <summary>The one of a name.</summary>
    /// <exception cref="FleetException">It is not in the file of the fleet, cannot be made as that says, or too many are looked at.</exception>
    public WebCluster Find(string name)
    {
        List<Open> idle = [];
        try
        {
            lock (_gate)
            {
                if (!_open.TryGetValue(name, out Open? found))
                {
                    idle.AddRange(_open.Values.Where(o => time.GetElapsedTime(o.UsedAt) > Idle));
                    idle.ForEach(o => _open.Remove(o.Shown.Name));
                    found = _open.Count < Most
                        ? new Open(name, fleet.OpenCluster(name), time)
                        : throw new FleetException(Words.Get("fleet.too-many", Most));
                    _open.Add(name, found);
                }

                found.Touch();
                return found.Shown;
            }
        }
        finally
        {
            // Nobody waits for connections to be closed.
            _ = CloseAsync(idle);
        }
    }

    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            Open[] all = [.. _open.Values];
            _open.Clear();
            return new ValueTask(CloseAsync(all));
        }
    }

    private static async Task CloseAsync(IReadOnlyCollection<Open> clusters)
    {
        foreach (Open open in clusters)
        {
            await open.Cluster.DisposeAsync().ConfigureAwait(false);
        }
    }

    private sealed class Open
    {
        private readonly TimeProvider _time;
        private long _usedAt;

        public Open(string name, ConfiguredCluster cluster, TimeProvider time)
        {
            (Cluster, _time) = (cluster, time);
            Shown = new WebCluster(name, cluster.Orchestrator, cluster.Journal, Touch);
        }

        public ConfiguredCluster Cluster { get; }

        public WebCluster Shown { get; }

        public long UsedAt => Interlocked.Read(ref _usedAt);

        public void Touch() => Interlocked.Exchange(ref _usedAt, _time.GetTimestamp());
    }
}
