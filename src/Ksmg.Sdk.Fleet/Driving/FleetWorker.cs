using System.Diagnostics;
using System.Runtime.CompilerServices;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// Whoever answers the bell in this process: drives fleets and clusters, as many at once as it has room for. Each is a task of its own, so that
/// an answer takes no longer than it takes to begin.
/// </summary>
/// <param name="journal">Where the fleets live.</param>
/// <param name="runs">Where the runs are.</param>
/// <param name="runner">Drives a cluster.</param>
/// <param name="bell">Rings elsewhere when there is no room here.</param>
/// <param name="options">How much room there is, and whose fleets are driven.</param>
/// <param name="time">The clock.</param>
/// <param name="logger">Where is logged to.</param>
internal sealed class FleetWorker(
    FleetJournal journal, IRunStore runs, ClusterRunner runner, IDoorbell bell, FleetWorkerOptions options, TimeProvider time, ILogger logger)
    : IAsyncDisposable
{
    private readonly Dictionary<(string Fleet, string? Cluster), Task> _driven = [];
    private readonly RunGlances _glances = new(runs, time);
    private readonly Lock _gate = new();
    private CancellationTokenSource _stop = new();

    /// <summary>What is driven here now.</summary>
    public IReadOnlyCollection<(string Fleet, string? Cluster)> Driven
    {
        get
        {
            lock (_gate)
            {
                return [.. _driven.Keys];
            }
        }
    }

    /// <summary>Answers a ring: what is not driven here is, if it needs it, in the background.</summary>
    public async Task AnswerAsync(string fleetId, string? cluster, CancellationToken cancellationToken)
    {
        if (!TryBegin(fleetId, cluster))
        {
            // Somebody with room hears it, or this process when it has some.
            await bell.RingAsync(fleetId, cluster, time.GetUtcNow() + options.Times.RingAgain / 2, cancellationToken).ConfigureAwait(false);
            await runner.NoteAsync(
                fleetId, cluster!, Message.Of("fleet.no-room", Environment.MachineName, options.Capacity), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Rings for every fleet that has not ended and that nobody drives: whatever was lost is found by this.</summary>
    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        foreach (FleetSummary fleet in await journal.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            if (fleet is { End: null, Damage: null, Holder: null } && (options.Name is null || fleet.Name == options.Name))
            {
                await AnswerAsync(fleet.FleetId, cluster: null, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>Ends when what is driven here of a fleet as a whole has been let go of.</summary>
    public Task WhenLetGoAsync(string fleetId)
    {
        lock (_gate)
        {
            return _driven.GetValueOrDefault((fleetId, null), Task.CompletedTask);
        }
    }

    /// <summary>Answers again, should it have been stopped.</summary>
    public void GoOn()
    {
        lock (_gate)
        {
            _stop = _stop.IsCancellationRequested ? new CancellationTokenSource() : _stop;
        }
    }

    /// <summary>Lets go of everything: no new effect starts, and the leases are given back.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        Task[] all;
        lock (_gate)
        {
            all = [.. _driven.Values];
        }

        await Task.WhenAll(all).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync().ConfigureAwait(false);
        _stop.Dispose();
    }

    /// <summary>Begins to drive, unless it is driven here already; <see langword="false"/>: there is no room.</summary>
    private bool TryBegin(string fleetId, string? cluster)
    {
        (string, string?) key = (fleetId, cluster);
        lock (_gate)
        {
            if (_stop.IsCancellationRequested || _driven.ContainsKey(key))
            {
                return true;
            }

            if (cluster is not null && _driven.Keys.Count(k => k.Cluster is not null) >= options.Capacity)
            {
                return false;
            }

            CancellationToken stop = _stop.Token;
            Task driving = cluster is null ? DriveFleetAsync(fleetId, stop) : runner.DriveAsync(fleetId, cluster, stop);
            Task guarded = GuardAsync(fleetId, cluster, driving, stop);
            if (!guarded.IsCompleted)
            {
                _driven[key] = guarded;
            }

            return true;
        }
    }

    private async Task GuardAsync(string fleetId, string? cluster, Task driving, CancellationToken stop)
    {
        FleetDiagnostics.Drives(cluster is not null, 1);
        try
        {
            await driving.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // It was let go of.
        }
        catch (LeaseHeldException e)
        {
            Log.NotDriven(logger, fleetId, cluster ?? string.Empty, e.Message);
        }
        catch (Exception e)
        {
            // One fleet, or one cluster, must not end the others; the bell rings for it again.
            Log.Faulted(logger, fleetId, cluster ?? string.Empty, e);
        }
        finally
        {
            FleetDiagnostics.Drives(cluster is not null, -1);
            lock (_gate)
            {
                _driven.Remove((fleetId, cluster));
            }
        }
    }

    private async Task DriveFleetAsync(string fleetId, CancellationToken stop)
    {
        using Activity? span = FleetDiagnostics.Start(fleetId, cluster: null);
        FleetPlan plan = await journal.GetPlanAsync(fleetId, stop).ConfigureAwait(false);
        RunLease lease = await journal.AcquireAsync(fleetId, stop).ConfigureAwait(false);
        await using ConfiguredAsyncDisposable held = lease.ConfigureAwait(false);
        FleetDriver driver = new(plan, journal, lease, _glances, bell, time, options.Times, logger);
        await driver.DriveAsync(options.LeavesWhenStanding, stop).ConfigureAwait(false);
    }
}
