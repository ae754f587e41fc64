using System.Diagnostics;
using System.Runtime.CompilerServices;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// Drives the run of one cluster in this process, from the bell to the next wait for people, the end, or until it is asked to let go.
/// </summary>
/// <param name="journal">Where the fleet lives.</param>
/// <param name="runs">Where the runs are.</param>
/// <param name="clusters">The clusters as configured here.</param>
/// <param name="packages">The package, as it is found here.</param>
/// <param name="bell">Rings when a window opens.</param>
/// <param name="time">The clock.</param>
/// <param name="times">How often something is tried.</param>
/// <param name="logger">Where is logged to.</param>
internal sealed class ClusterRunner(
    FleetJournal journal, IRunStore runs, ClusterSource clusters, FleetPackages packages, IDoorbell bell, TimeProvider time, FleetTimes times, ILogger logger)
{
    private readonly ClusterTries _tries = new(journal, times, time);
    private readonly UpgradeJournal _records = new(runs, time);

    /// <summary>Drives a cluster, if the fleet grants it and nobody else does.</summary>
    /// <param name="fleetId">The fleet.</param>
    /// <param name="name">The cluster.</param>
    /// <param name="stop">Asks to let go of it.</param>
    public async Task DriveAsync(string fleetId, string name, CancellationToken stop)
    {
        using Activity? span = FleetDiagnostics.Start(fleetId, name);
        FleetPlan plan = await journal.GetPlanAsync(fleetId, stop).ConfigureAwait(false);
        if (plan.Find(name) is not { } cluster || await GetGrantAsync(fleetId, name, stop).ConfigureAwait(false) is not { } grant)
        {
            return;
        }

        try
        {
            long progress = await ProgressAsync(grant.RunId!, stop).ConfigureAwait(false);
            ClusterTry tried = await _tries.CountAsync(fleetId, grant.RunId!, progress, stop).ConfigureAwait(false);
            if (tried.Count > times.MostTries)
            {
                // When people let it go on, it is tried afresh.
                await _tries.ForgetAsync(fleetId, grant.RunId!, stop).ConfigureAwait(false);
                Message poison = tried.Reason is { } why
                    ? Message.Of("fleet.poison-why", name, times.MostTries, why)
                    : Message.Of("fleet.poison", name, times.MostTries);
                await ReportAsync(plan, name, grant, UpgradeEnd.NeedsHuman, poison, stop).ConfigureAwait(false);
                return;
            }

            OpenCluster open = await clusters.OpenAsync(name, stop).ConfigureAwait(false);
            await using ConfiguredAsyncDisposable closed = open.ConfigureAwait(false);
            await DriveAsync(plan, cluster, grant, open.Orchestrator, stop).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NotGrantedException or LeaseHeldException)
        {
            // Somebody else has it, or nobody is to.
        }
        catch (Exception e) when (e is FleetException or ForeignRunException or ActiveRunException or PackageException or UpgradeException)
        {
            // A refusal, which the next try would meet again.
            await ReportAsync(plan, name, grant, UpgradeEnd.NeedsHuman, Message.Said(e.Message), stop).ConfigureAwait(false);
        }
        catch (JournalException e) when (!stop.IsCancellationRequested)
        {
            // Where this happened nothing can be noted either.
            Log.NotDriven(logger, fleetId, name, e.Message);
        }
        catch (Exception e) when (!stop.IsCancellationRequested)
        {
            // It may pass: the bell rings again, and what does not pass is counted.
            await _tries.NoteAsync(fleetId, grant.RunId!, Message.Said(e.Message), stop).ConfigureAwait(false);
            if (e is not (KsmgException or IOException))
            {
                throw;
            }

            Log.NotDriven(logger, fleetId, name, e.Message);
        }
    }

    /// <summary>Notes for people why a cluster that may be worked on is not.</summary>
    public async Task NoteAsync(string fleetId, string name, Message reason, CancellationToken cancellationToken)
    {
        if (await GetGrantAsync(fleetId, name, cancellationToken).ConfigureAwait(false) is { } grant)
        {
            await _tries.NoteAsync(fleetId, grant.RunId!, reason, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task DriveAsync(FleetPlan plan, FleetCluster cluster, ClusterState grant, RollingUpgradeOrchestrator orchestrator, CancellationToken stop)
    {
        if (cluster.Owner.WhyNotOf(orchestrator.Owner, grant.RunId!) is { } why)
        {
            throw new FleetException(why);
        }

        string package = await packages.GetAsync(plan, stop).ConfigureAwait(false);
        orchestrator.Supervision = new RunSupervision(async cancellationToken =>
        {
            // Under the lease of the run: a fleet that looks at the run after it has withdrawn the grant sees that somebody took it.
            ClusterState? now = await GetGrantAsync(plan.FleetId, cluster.Name, cancellationToken).ConfigureAwait(false);
            if (now is null || now.Attempt != grant.Attempt)
            {
                throw new NotGrantedException();
            }
        });
        bool isThere = await StoreCalls.ReadAsync(grant.RunId!, () => runs.FindAsync(grant.RunId!, stop)).ConfigureAwait(false) is not null;
        if ((isThere
            ? await ResumeAsync(orchestrator, grant.RunId!, package, stop).ConfigureAwait(false)
            : await StartAsync(plan, cluster, grant, orchestrator, package, stop).ConfigureAwait(false)) is not { } run)
        {
            return;
        }

        CancellationTokenRegistration letGo = stop.Register(() => _ = run.StopAsync(CancellationToken.None));
        await using (letGo.ConfigureAwait(false))
        {
            UpgradeReport report = await run.WaitAsync(CancellationToken.None).ConfigureAwait(false);
            await _tries.ForgetAsync(plan.FleetId, run.Id, CancellationToken.None).ConfigureAwait(false);
            if (report.End == UpgradeEnd.Running && !stop.IsCancellationRequested)
            {
                await NoteRestAsync(plan, cluster, run.Id, stop).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The run that was begun before; <see langword="null"/>: it has ended.</summary>
    private static async Task<UpgradeRun?> ResumeAsync(RollingUpgradeOrchestrator orchestrator, string run, string package, CancellationToken stop)
    {
        try
        {
            return await orchestrator.ResumeAsync(run, package, stop).ConfigureAwait(false);
        }
        catch (UpgradeException e) when (e.State is { } state && state is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman))
        {
            return null;
        }
    }

    /// <summary>A run that is begun now; <see langword="null"/>: it cannot be, or there is nothing to do, and the fleet was told.</summary>
    private async Task<UpgradeRun?> StartAsync(
        FleetPlan plan, FleetCluster cluster, ClusterState grant, RollingUpgradeOrchestrator orchestrator, string package, CancellationToken stop)
    {
        UpgradePolicy policy = orchestrator.Policy with { Windows = cluster.Windows };
        UpgradePlan run = await orchestrator.PlanAsync(plan.Packages, package, policy, stop).ConfigureAwait(false) with { RunId = grant.RunId! };
        if (run.IsRefused)
        {
            IEnumerable<Message> reasons = run.Findings.Where(f => f.Severity == FindingSeverity.Refusal).Select(f => f.Text);
            await ReportAsync(plan, cluster.Name, grant, UpgradeEnd.NeedsHuman, Message.Of("fleet.refused", reasons), stop).ConfigureAwait(false);
            return null;
        }

        if (run.IsNothingToDo)
        {
            Message nothing = Message.Of("fleet.nothing-to-do", cluster.Name, plan.To);
            await ReportAsync(plan, cluster.Name, grant, UpgradeEnd.Completed, nothing, stop).ConfigureAwait(false);
            return null;
        }

        return await orchestrator.StartAsync(run, stop).ConfigureAwait(false);
    }

    /// <summary>A run that waits for its window: the fleet rings when it is to be looked at before that opens.</summary>
    private async Task NoteRestAsync(FleetPlan plan, FleetCluster cluster, string run, CancellationToken stop)
    {
        if (MaintenanceHours.Next(cluster.Windows, time.GetUtcNow(), cluster.NodeTime) is { } hours && hours.From - cluster.LookAhead > time.GetUtcNow())
        {
            DateTimeOffset until = hours.From - cluster.LookAhead;
            long sequence = await ProgressAsync(run, stop, all: true).ConfigureAwait(false);
            await journal.NoteAsync(plan.FleetId, RestNote.Of(run), RestNote.Write(sequence, until), stop).ConfigureAwait(false);
            await bell.RingAsync(plan.FleetId, cluster.Name, until, stop).ConfigureAwait(false);
        }
    }

    private async Task<ClusterState?> GetGrantAsync(string fleetId, string cluster, CancellationToken cancellationToken)
    {
        FleetState state = FleetState.Fold(await journal.ReadAsync(fleetId, 0, cancellationToken).ConfigureAwait(false));
        return !state.IsEnded && state[cluster] is { IsGranted: true } grant ? grant : null;
    }

    /// <summary>How many records a run has, those left out that every taking of it writes.</summary>
    private async Task<long> ProgressAsync(string run, CancellationToken cancellationToken, bool all = false)
    {
        if (await StoreCalls.ReadAsync(run, () => runs.FindAsync(run, cancellationToken)).ConfigureAwait(false) is null)
        {
            return 0;
        }

        return (await _records.ReadAsync(run, 0, cancellationToken).ConfigureAwait(false))
            .Count(r => all || r.Entry.Kind is not (JournalEntryKind.EpochStarted or JournalEntryKind.State));
    }

    private async Task ReportAsync(FleetPlan plan, string cluster, ClusterState grant, UpgradeEnd end, Message reason, CancellationToken cancellationToken)
    {
        Log.NotDriven(logger, plan.FleetId, cluster, reason.English);
        await journal.PostAsync(
            plan.FleetId,
            new FleetCommand
            {
                Id = Guid.CreateVersion7().ToString("N"),
                Kind = FleetCommandKind.Report,
                By = Environment.MachineName,
                At = time.GetUtcNow(),
                PlanHash = plan.Hash,
                Cluster = cluster,
                Attempt = grant.Attempt,
                End = end,
                Reason = reason,
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The fleet has withdrawn the grant meanwhile.</summary>
    private sealed class NotGrantedException : Exception;
}
