using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>A handle on a fleet: what it does can be read, and people tell it things, wherever it is driven.</summary>
public class FleetRun
{
    /// <summary>How long whoever says something waits to be heard.</summary>
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(30);

    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(2);

    private readonly KsmgFleet _fleet = null!;

    /// <summary>For test doubles.</summary>
    protected FleetRun()
    {
        Id = string.Empty;
    }

    internal FleetRun(KsmgFleet fleet, string id)
    {
        _fleet = fleet;
        Id = id;
    }

    /// <summary>The id.</summary>
    public virtual string Id { get; }

    /// <summary>The plan it carries out.</summary>
    public virtual Task<FleetPlan> GetPlanAsync(CancellationToken cancellationToken = default) => _fleet.Journal.GetPlanAsync(Id, cancellationToken);

    /// <summary>Where it stands, from its journal and a look at its runs. No node is asked.</summary>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="JournalException">There is no such fleet, or it cannot be read.</exception>
    public virtual async Task<FleetReport> GetReportAsync(CancellationToken cancellationToken = default)
    {
        FleetPlan plan = await GetPlanAsync(cancellationToken).ConfigureAwait(false);
        FleetState state = await GetStateAsync(cancellationToken).ConfigureAwait(false);
        Dictionary<string, string> begun = state.Clusters.Where(c => c.Value.RunId is not null)
            .ToDictionary(c => c.Value.RunId!, c => c.Key, StringComparer.Ordinal);
        IReadOnlyDictionary<string, RunGlance> seen = await _fleet.Glances.LookAsync(begun.Keys, cancellationToken).ConfigureAwait(false);
        FleetInput input = new()
        {
            Plan = plan,
            State = state,
            Now = _fleet.Time.GetUtcNow(),
            Runs = seen.ToDictionary(s => begun[s.Key], s => s.Value, StringComparer.Ordinal),
            LookedAfter = state.LastSequence,
        };
        IReadOnlyDictionary<string, Message> idle = await IdleClusters.ReadAsync(_fleet.Journal, Id, input, cancellationToken).ConfigureAwait(false);
        return FleetReportBuilder.Build(input, idle, await FindHolderAsync(cancellationToken).ConfigureAwait(false));
    }

    /// <summary>Begins nothing more; what is worked on comes to its end or to its next wait for people.</summary>
    /// <param name="by">Who says so.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <returns>
    /// The answer of whoever drives the fleet; <see langword="null"/> when nobody does, or does not answer within half a minute: what was said is
    /// durable, and the next one hears it.
    /// </returns>
    /// <exception cref="CommandRefusedException">It changes nothing, or concerns another plan; says why.</exception>
    public virtual Task<RunCommandAnswer?> PauseAsync(string by, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(FleetCommandKind.Pause, by, reason, null, cancellationToken);

    /// <summary>
    /// Lets the fleet go on that waits for people: at a gate, after a pause, in spite of failures. With a cluster: lets that one go on, at the gate
    /// of its run, or tries again what failed.
    /// </summary>
    /// <param name="by">Who says so.</param>
    /// <param name="cluster">The cluster; <see langword="null"/>: the fleet.</param>
    /// <param name="reason">Why.</param>
    /// <param name="waitHash">
    /// What was looked at, as <see cref="FleetReport.WaitHash"/> or <see cref="FleetClusterReport.WaitHash"/> has it: the approval is refused if
    /// something else is waited for by the time it is heard. <see langword="null"/>: it is of whatever is waited for.
    /// </param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="PauseAsync" path="/returns"/>
    /// <inheritdoc cref="PauseAsync" path="/exception"/>
    public virtual async Task<RunCommandAnswer?> ApproveAsync(
        string by, string? cluster = null, string? reason = null, string? waitHash = null, CancellationToken cancellationToken = default)
    {
        FleetState fleet = await GetStateAsync(cancellationToken).ConfigureAwait(false);
        ClusterState? state = cluster is null || fleet.IsEnded ? null : fleet[cluster];
        bool isShown = waitHash is null || (state is not null && waitHash == FleetWaitHash.Of(state));
        return isShown && state is { Phase: ClusterPhase.Standing, IsOut: false, RunId: { } run }
            && await WaitsAtGateAsync(run, cancellationToken).ConfigureAwait(false) is { } gate
            ? await ApproveRunAsync(gate.Plan, gate.Node, by, reason, cancellationToken).ConfigureAwait(false)
            : await TellAsync(FleetCommandKind.Approve, by, reason, cluster, cancellationToken, waitHash).ConfigureAwait(false);
    }

    /// <summary>Keeps a cluster back: it is not begun, and when its run stands it does not go on. The waves go on without waiting for it.</summary>
    /// <inheritdoc cref="LeaveOutAsync"/>
    public virtual Task<RunCommandAnswer?> HoldAsync(string by, string cluster, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(FleetCommandKind.Hold, by, reason, cluster, cancellationToken);

    /// <summary>Takes a cluster up again that was kept back or left out.</summary>
    /// <inheritdoc cref="LeaveOutAsync"/>
    public virtual Task<RunCommandAnswer?> ReleaseAsync(string by, string cluster, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(FleetCommandKind.Release, by, reason, cluster, cancellationToken);

    /// <summary>Goes on and ends without a cluster, whatever becomes of it.</summary>
    /// <param name="by">Who says so.</param>
    /// <param name="cluster">The cluster.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="PauseAsync" path="/returns"/>
    /// <inheritdoc cref="PauseAsync" path="/exception"/>
    public virtual Task<RunCommandAnswer?> LeaveOutAsync(string by, string cluster, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(FleetCommandKind.LeaveOut, by, reason, cluster, cancellationToken);

    /// <summary>Waits until the fleet has ended or only people can go on, whoever drives it.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public virtual async Task<FleetReport> WaitAsync(CancellationToken cancellationToken = default)
    {
        long? standsSince = null;
        for (string? seen = null; ;)
        {
            seen = await _fleet.Journal.WaitForChangeAsync(Id, seen, LookInterval, cancellationToken).ConfigureAwait(false);
            FleetState state = await GetStateAsync(cancellationToken).ConfigureAwait(false);
            bool isDrivenHere = _fleet.Worker?.Driven.Contains((Id, null)) == true;
            if (state.IsEnded && !isDrivenHere)
            {
                return await GetReportAsync(cancellationToken).ConfigureAwait(false);
            }

            if (isDrivenHere || state.State == UpgradeEnd.Running)
            {
                standsSince = null;
                continue;
            }

            // Whoever drives it elsewhere may not have looked yet at what people have said.
            standsSince ??= _fleet.Time.GetTimestamp();
            if (!await IsDrivenAsync(cancellationToken).ConfigureAwait(false) || _fleet.Time.GetElapsedTime(standsSince.Value) > 2 * _fleet.Times.Look)
            {
                return await GetReportAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>
    /// Lets go of everything that is driven in this process: no new effect starts, a call under way ends or is cut at its limit, and the leases
    /// are given back. The fleet can be gone on with here or elsewhere.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting for it.</param>
    public virtual Task StopAsync(CancellationToken cancellationToken = default) =>
        _fleet.Worker?.StopAsync().WaitAsync(cancellationToken) ?? Task.CompletedTask;

    private async Task<FleetState> GetStateAsync(CancellationToken cancellationToken) =>
        FleetState.Fold(await _fleet.Journal.ReadAsync(Id, 0, cancellationToken).ConfigureAwait(false));

    private async Task<bool> IsDrivenAsync(CancellationToken cancellationToken) => await FindHolderAsync(cancellationToken).ConfigureAwait(false) is not null;

    private async Task<string?> FindHolderAsync(CancellationToken cancellationToken) =>
        (await _fleet.Journal.ListAsync(cancellationToken).ConfigureAwait(false)).FirstOrDefault(f => f.FleetId == Id)?.Holder;

    private async Task<RunCommandAnswer?> TellAsync(
        FleetCommandKind kind, string by, string? reason, string? cluster, CancellationToken cancellationToken, string? waitHash = null)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        FleetPlan plan = await GetPlanAsync(cancellationToken).ConfigureAwait(false);
        FleetCommand command = new()
        {
            Id = Guid.CreateVersion7().ToString("N"),
            Kind = kind,
            By = by,
            At = _fleet.Time.GetUtcNow(),
            PlanHash = plan.Hash,
            Cluster = cluster,
            WaitHash = waitHash,
            Reason = reason is null ? null : Message.Said(reason),
        };
        FleetState state = await GetStateAsync(cancellationToken).ConfigureAwait(false);
        (JournalEntry? entry, Message text) = FleetCommands.Judge(plan, state, _fleet.Time.GetUtcNow(), command);
        if (entry is null)
        {
            throw new CommandRefusedException(text);
        }

        await _fleet.Journal.PostAsync(Id, command, cancellationToken).ConfigureAwait(false);
        long asked = _fleet.Time.GetTimestamp();
        for (string? seen = null; ;)
        {
            seen = await _fleet.Journal.WaitForChangeAsync(Id, seen, LookInterval, cancellationToken).ConfigureAwait(false);
            RunCommandAnswer? answer = await _fleet.Journal.GetAnswerAsync(Id, command.Id, cancellationToken).ConfigureAwait(false);
            if (answer is { Accepted: false })
            {
                throw new CommandRefusedException(answer.Text);
            }

            if (answer is not null || _fleet.Time.GetElapsedTime(asked) > AnswerPatience || !await IsDrivenAsync(cancellationToken).ConfigureAwait(false))
            {
                return answer;
            }
        }
    }

    /// <summary>The plan of a run that waits at a gate, and the node whose gate it is; <see langword="null"/>: it waits at none.</summary>
    private async Task<(UpgradePlan Plan, string? Node)?> WaitsAtGateAsync(string run, CancellationToken cancellationToken)
    {
        try
        {
            UpgradePlan plan = await _fleet.Runs.GetPlanAsync(run, cancellationToken).ConfigureAwait(false);
            RunState state = RunState.Fold(await _fleet.Runs.ReadAsync(run, 0, cancellationToken).ConfigureAwait(false));
            return new Position(plan, state, _fleet.Time.GetUtcNow()).Gate is { } gate ? (plan, gate.Node) : null;
        }
        catch (JournalException)
        {
            // There is no run yet, or none that can be read: the fleet is told instead.
            return null;
        }
    }

    /// <summary>Approves the gate of a run; the fleet sees that it was told something, and has it driven.</summary>
    private async Task<RunCommandAnswer?> ApproveRunAsync(
        UpgradePlan plan, string? node, string by, string? reason, CancellationToken cancellationToken)
    {
        RunCommand approval = new()
        {
            Id = Guid.CreateVersion7().ToString("N"),
            Kind = RunCommandKind.Approve,
            By = by,
            Owner = RunOwner.Of(plan),
            At = _fleet.Time.GetUtcNow(),
            PlanHash = plan.Hash,
            Node = node,
            Reason = reason,
        };
        await _fleet.Runs.PostCommandAsync(plan.RunId, approval, cancellationToken).ConfigureAwait(false);
        return null;
    }
}
