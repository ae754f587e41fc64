using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Web;

/// <summary>
/// A run as all who look at it see it: read once for all of them. While a process drives it, what it published is shown; when nobody
/// does, the nodes are asked now and then, in the background.
/// </summary>
/// <param name="run">The run, for whom it is decided in.</param>
/// <param name="recorded">The run as its journal tells it.</param>
/// <param name="time">The clock.</param>
/// <param name="touched">Told whenever somebody looks.</param>
internal sealed class SeenRun(UpgradeRun run, RecordedRun recorded, TimeProvider time, Action? touched = null)
{
    /// <summary>What was asked while nobody drives the run is shown so long.</summary>
    private static readonly TimeSpan AskInterval = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan AskLimit = TimeSpan.FromSeconds(30);

    /// <summary>Between two records a driver has published nothing that still holds: what it showed last is shown on for so long.</summary>
    private static readonly TimeSpan ShownOn = TimeSpan.FromMinutes(1);

    /// <summary>What is read for one is shown to all who ask within this time.</summary>
    private static readonly TimeSpan Fresh = TimeSpan.FromMilliseconds(500);

    private readonly Lock _gate = new();
    private readonly Figures _figures = new();
    private Task<Seen>? _reading;
    private Seen? _seen;
    private long _readAt;
    private Task<UpgradeExplanation?>? _asking;
    private long _askedAt;

    public UpgradeRun Run => run;

    /// <summary>The mail as seen since the page began to look.</summary>
    public IReadOnlyList<Sample> Samples => _figures.All;

    /// <summary>What is seen of it now.</summary>
    /// <exception cref="JournalException">Its journal cannot be read.</exception>
    public Task<Seen> LookAsync(CancellationToken cancellationToken)
    {
        touched?.Invoke();
        lock (_gate)
        {
            if (_reading is null || _reading.IsCompleted && time.GetElapsedTime(_readAt) >= Fresh)
            {
                _readAt = time.GetTimestamp();
                _reading = ReadAsync();
            }

            return _reading.WaitAsync(cancellationToken);
        }
    }

    private async Task<Seen> ReadAsync()
    {
        // What is read for several does not end with one of them.
        UpgradeReport report = await recorded.GetReportAsync(CancellationToken.None).ConfigureAwait(false);
        UpgradeExplanation told = await recorded.ExplainAsync(CancellationToken.None).ConfigureAwait(false);
        if (told.Nodes.Count == 0 && told.State is UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman)
        {
            told = told.Holder is null ? Asked(told) : Since(told);
        }

        _figures.Add(Sample.Of(told));
        Seen now = new(told, report);
        return _seen = _seen is { } before && now.IsAs(before) ? before : now;
    }

    /// <summary>What the driver showed last, until it shows more.</summary>
    private UpgradeExplanation Since(UpgradeExplanation told) =>
        _seen?.Explanation is { Nodes.Count: > 0 } last && told.At - last.At < ShownOn
            ? told with
            {
                At = last.At,
                Nodes = last.Nodes,
                Evidence = last.Evidence,
                Steps = last.State == told.State && last.Since == told.Since ? last.Steps : [],
            }
            : told;

    /// <summary>What the nodes said when they were asked last; they are asked again when that is some time ago. Nobody waits for it here.</summary>
    private UpgradeExplanation Asked(UpgradeExplanation told)
    {
        UpgradeExplanation? asked = _asking is { IsCompletedSuccessfully: true } done ? done.Result : null;
        if (_asking is null || _asking.IsCompleted && time.GetElapsedTime(_askedAt) > AskInterval)
        {
            _askedAt = time.GetTimestamp();
            _asking = Task.Run(AskAsync);
        }

        return asked is not null && asked.State == told.State && asked.Since == told.Since
            ? asked with { Holder = null, Pending = told.Pending }
            : told;
    }

    private async Task<UpgradeExplanation?> AskAsync()
    {
        using CancellationTokenSource limit = new(AskLimit, time);
        try
        {
            return await run.ExplainAsync(limit.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is KsmgException or OperationCanceledException)
        {
            // The journal alone has to do; why a node does not answer is told where it is asked.
            return null;
        }
    }
}
