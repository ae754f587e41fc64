using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A handle on a run: an id. It may be driven by this process or by another one, or by nobody; what humans say through it reaches
/// whoever drives it.
/// </summary>
public class UpgradeRun
{
    private static readonly TimeSpan WatchInterval = TimeSpan.FromMilliseconds(250);

    private readonly IUpgradeJournal _journal = null!;
    private readonly TimeProvider _time = TimeProvider.System;
    private readonly RunFeed? _feed;
    private readonly CancellationTokenSource? _stop;
    private readonly Task? _driving;

    /// <summary>For test doubles.</summary>
    protected UpgradeRun()
    {
        Id = string.Empty;
    }

    internal UpgradeRun(string id, IUpgradeJournal journal, TimeProvider time, RunFeed? feed, CancellationTokenSource? stop, Task? driving)
    {
        Id = id;
        _journal = journal;
        _time = time;
        _feed = feed;
        _stop = stop;
        _driving = driving;
    }

    /// <summary>The id.</summary>
    public virtual string Id { get; }

    /// <summary>The plan it carries out.</summary>
    public virtual Task<UpgradePlan> GetPlanAsync(CancellationToken cancellationToken = default) => _journal.GetPlanAsync(Id, cancellationToken);

    /// <summary>What it has done so far, from its journal.</summary>
    public virtual async Task<UpgradeReport> GetReportAsync(CancellationToken cancellationToken = default)
    {
        UpgradePlan plan = await GetPlanAsync(cancellationToken).ConfigureAwait(false);
        return ReportBuilder.Build(plan, await _journal.ReadAsync(Id, 0, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>
    /// The events of the run, from its beginning. For a run driven by this process with waits and progress, until the driving ends; for
    /// another one from its journal, until it is not active any more.
    /// </summary>
    /// <param name="cancellationToken">Ends the watching; the run goes on.</param>
    public virtual IAsyncEnumerable<UpgradeEvent> WatchAsync(CancellationToken cancellationToken = default) =>
        _feed is not null ? _feed.ReadAsync(cancellationToken) : WatchJournalAsync(cancellationToken);

    /// <summary>
    /// Waits until the run is not driven any more: ended, paused, or in need of a human. A run of another process is waited for until
    /// its journal says so.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; the run goes on.</param>
    /// <exception cref="LeaseLostException">Another process took the run over.</exception>
    /// <exception cref="JournalException">The journal could not be written; no effect was started since.</exception>
    public virtual async Task<UpgradeReport> WaitAsync(CancellationToken cancellationToken = default)
    {
        if (_driving is not null)
        {
            await _driving.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await foreach (UpgradeEvent _ in WatchJournalAsync(cancellationToken).ConfigureAwait(false))
            {
            }
        }

        return await GetReportAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Asks for a pause at the next safe point. Returns when the wish is durable.</summary>
    public virtual Task PauseAsync(string by, string? reason = null, CancellationToken cancellationToken = default) =>
        PostAsync(new RunCommand { Id = NewId(), Kind = RunCommandKind.Pause, By = by, At = _time.GetUtcNow(), Reason = reason }, cancellationToken);

    /// <summary>
    /// Gives the consent the run waits for, bound to the hash of the plan the human looked at. Returns when it is durable; a run that
    /// nobody drives takes it up with the next <see cref="RollingUpgradeOrchestrator.ResumeAsync"/>.
    /// </summary>
    public virtual Task ApproveAsync(string by, string planHash, string? node = null, CancellationToken cancellationToken = default) =>
        PostAsync(new RunCommand { Id = NewId(), Kind = RunCommandKind.Approve, By = by, At = _time.GetUtcNow(), PlanHash = planHash, Node = node }, cancellationToken);

    /// <summary>
    /// Stops driving the run in this process: no new effect starts, a call under way ends or is cut at its limit, and the lease is
    /// given back. The run stays resumable.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting for it.</param>
    public virtual async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (_stop is null || _driving is null)
        {
            return;
        }

        _stop.Cancel();
        await _driving.WaitAsync(cancellationToken).ConfigureAwait(false);
    }

    private static string NewId() => Guid.CreateVersion7().ToString("N");

    private Task PostAsync(RunCommand command, CancellationToken cancellationToken) => _journal.PostCommandAsync(Id, command, cancellationToken);

    private async IAsyncEnumerable<UpgradeEvent> WatchJournalAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        RunState state = new();
        while (true)
        {
            foreach (JournalRecord record in await _journal.ReadAsync(Id, state.LastSequence, cancellationToken).ConfigureAwait(false))
            {
                state.Apply(record);
                if (RunEvents.From(Id, record) is { } upgradeEvent)
                {
                    yield return upgradeEvent;
                }
            }

            if (state.State != UpgradeEnd.Running)
            {
                yield break;
            }

            await Task.Delay(WatchInterval, _time, cancellationToken).ConfigureAwait(false);
        }
    }
}
