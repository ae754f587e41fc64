using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>
/// A process that drives a fleet and clusters, and can die at a numbered point: before and after each append to the fleet's journal, and after
/// each note, answer, report, ring and look between them.
/// </summary>
/// <param name="crashAt">The number of the point.</param>
internal sealed class FleetProcess(int crashAt = int.MaxValue)
{
    private const string Look = "a look";

    /// <summary>Of looks that nothing follows from few are points.</summary>
    private const int LooksInARow = 25;

    private readonly List<string> _points = [];
    private int _looks;

    /// <summary>The same process as its runs see it.</summary>
    public VirtualProcess Runs { get; } = new(everyPart: false);

    public bool IsDead => Runs.IsDead;

    public string? DiedAt { get; private set; }

    /// <summary>The store of the fleet, as it sees it.</summary>
    public IRunStore SeeFleets(IRunStore store) => new MortalStore(store, this, isFleets: true);

    /// <summary>The store of the runs, as it sees it.</summary>
    public IRunStore SeeRuns(IRunStore store) => new MortalStore(store, this, isFleets: false);

    public IDoorbell See(IDoorbell bell) => new MortalBell(bell, this);

    private void Pass(string what)
    {
        Runs.MustLive();
        _points.Add(what);
        if (_points.Count - 1 == crashAt)
        {
            DiedAt = $"{crashAt}: {what}";
            Runs.Kill();
            Runs.MustLive();
        }
    }

    private sealed class MortalBell(IDoorbell inner, FleetProcess process) : IDoorbell
    {
        public async Task RingAsync(string fleetId, string? cluster, DateTimeOffset at, CancellationToken cancellationToken = default)
        {
            process.Runs.MustLive();
            await inner.RingAsync(fleetId, cluster, at, cancellationToken);
            process.Pass($"rung for {cluster}");
        }
    }

    private sealed class MortalStore(IRunStore inner, FleetProcess process, bool isFleets) : IRunStore
    {
        public TimeSpan LeaseDuration => inner.LeaseDuration;

        public TimeSpan RenewalInterval => inner.RenewalInterval;

        public string Locate(string runId, string? name = null) => inner.Locate(runId, name);

        public Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken = default) => Live(() => inner.LockAsync(cancellationToken));

        public Task CreateAsync(
            string runId, ReadOnlyMemory<byte> plan, ReadOnlyMemory<byte> lines, StoredLease lease, CancellationToken cancellationToken = default)
        {
            process.Runs.MustLive();
            return inner.CreateAsync(runId, plan, lines, lease, cancellationToken);
        }

        public Task<IReadOnlyList<StoredRun>> ListAsync(CancellationToken cancellationToken = default) => Live(() => inner.ListAsync(cancellationToken));

        public async Task<StoredRun?> FindAsync(string runId, CancellationToken cancellationToken = default)
        {
            StoredRun? found = await Live(() => inner.FindAsync(runId, cancellationToken));
            if (!isFleets && (process._points.LastOrDefault() != Look || ++process._looks % LooksInARow == 0))
            {
                process.Pass(Look);
            }

            return found;
        }

        public Task<ReadOnlyMemory<byte>?> ReadAsync(string runId, long after, CancellationToken cancellationToken = default) =>
            Live(() => inner.ReadAsync(runId, after, cancellationToken));

        public async Task<bool> AppendAsync(
            string runId, StoredLease lease, long after, ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default)
        {
            if (!isFleets)
            {
                return await Live(() => inner.AppendAsync(runId, lease, after, line, cancellationToken));
            }

            process.Pass($"before record {after + 1}");
            bool written = await inner.AppendAsync(runId, lease, after, line, cancellationToken);
            process.Pass($"after record {after + 1}");
            return written;
        }

        public Task<StoredLease?> ReadLeaseAsync(string runId, CancellationToken cancellationToken = default) =>
            Live(() => inner.ReadLeaseAsync(runId, cancellationToken));

        public Task<bool> WriteLeaseAsync(string runId, StoredLease? expected, StoredLease lease, CancellationToken cancellationToken = default) =>
            Live(() => inner.WriteLeaseAsync(runId, expected, lease, cancellationToken));

        public async Task<bool> SaveAsync(
            string runId, string name, ReadOnlyMemory<byte> content, StoredLease? lease, bool overwrite, CancellationToken cancellationToken = default)
        {
            bool saved = await Live(() => inner.SaveAsync(runId, name, content, lease, overwrite, cancellationToken));
            if (isFleets)
            {
                process.Pass($"saved {name.Split('/')[0]}");
            }

            return saved;
        }

        public Task<ReadOnlyMemory<byte>?> LoadAsync(string runId, string name, CancellationToken cancellationToken = default) =>
            Live(() => inner.LoadAsync(runId, name, cancellationToken));

        public Task<IReadOnlyCollection<string>> ListFilesAsync(string runId, string folder, CancellationToken cancellationToken = default) =>
            Live(() => inner.ListFilesAsync(runId, folder, cancellationToken));

        public Task<string> WaitForChangeAsync(string runId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default) =>
            Live(() => inner.WaitForChangeAsync(runId, seen, atMost, cancellationToken));

        private Task<T> Live<T>(Func<Task<T>> call)
        {
            process.Runs.MustLive();
            return call();
        }
    }
}
