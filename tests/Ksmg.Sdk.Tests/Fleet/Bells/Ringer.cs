using System.Collections.Concurrent;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Fleet.Bells;

/// <summary>A worker that does nothing but hear its bell.</summary>
internal sealed class Ringer : IAsyncDisposable
{
    private readonly ConcurrentQueue<(string Fleet, string? Cluster, DateTimeOffset At)> _heard = new();
    private int _sweeps;

    /// <summary>By default Quartz alone rings: the first sweep of its own a worker makes at once, the second after these tests.</summary>
    public static readonly BellTimes QuartzAlone = new() { OwnSweep = TimeSpan.FromHours(1), Sweep = TimeSpan.FromHours(1) };

    private Ringer(string name, BellTimes times, BellDatabase? database) => Bell = new QuartzBell(name, times, TimeProvider.System, Log, database);

    public QuartzBell Bell { get; }

    public LogLines Log { get; } = new();

    public int Sweeps => Volatile.Read(ref _sweeps);

    /// <summary>What becomes of an answer.</summary>
    public Func<string?, Task> Answering { get; set; } = _ => Task.CompletedTask;

    public IReadOnlyCollection<(string Fleet, string? Cluster, DateTimeOffset At)> Heard => _heard;

    public static async Task<Ringer> StartAsync(
        string? connection = null, BellTimes? times = null, Action<PostgresStoreOptions>? configure = null, string name = "fleet")
    {
        PostgresStoreOptions options = new();
        configure?.Invoke(options);
        Ringer ringer = new(name, times ?? QuartzAlone, connection is null ? null : new BellDatabase(connection, options));
        await ringer.Bell.StartAsync(ringer.AnswerAsync, ringer.SweepAsync).WaitAsync(Eventually.Limit);
        return ringer;
    }

    public int Count(string cluster) => _heard.Count(h => h.Cluster == cluster);

    public Task RingAsync(string? cluster, DateTimeOffset? at = null) =>
        Bell.RingAsync("fleet-1", cluster, at ?? TimeProvider.System.GetUtcNow()).WaitAsync(Eventually.Limit);

    public ValueTask DisposeAsync() => Bell.DisposeAsync();

    private Task AnswerAsync(string fleet, string? cluster, CancellationToken cancellationToken)
    {
        _heard.Enqueue((fleet, cluster, TimeProvider.System.GetUtcNow()));
        return Answering(cluster);
    }

    private Task SweepAsync(CancellationToken cancellationToken)
    {
        Interlocked.Increment(ref _sweeps);
        return Task.CompletedTask;
    }
}
