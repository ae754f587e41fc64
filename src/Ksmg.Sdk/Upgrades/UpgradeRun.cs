using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A handle on a run: an id, valid as long as the run is there. It may be driven by this process or by another one, or by nobody; what
/// humans say through it reaches whoever drives it.
/// </summary>
public class UpgradeRun : RecordedRun
{
    private static readonly TimeSpan AnswerPatience = TimeSpan.FromSeconds(30);

    private readonly Func<CancellationToken, Task<UpgradeExplanation>> _explain = null!;
    private readonly RunOwner _owner = null!;
    private readonly Func<CancellationToken, Task<RunDriving>> _takeUp = null!;
    private readonly Func<UpgradePlan, Vigil> _stay = null!;
    private volatile RunDriving? _driving;

    /// <summary>For test doubles.</summary>
    protected UpgradeRun()
    {
    }

    internal UpgradeRun(
        string id,
        UpgradeJournal journal,
        UpgradeWorldSource worlds,
        Func<CancellationToken, Task<UpgradeExplanation>> explain,
        Func<CancellationToken, Task<RunDriving>> takeUp,
        Func<UpgradePlan, Vigil> stay,
        RunDriving? driving)
        : base(journal, id, worlds.Time)
    {
        _explain = explain;
        _takeUp = takeUp;
        _stay = stay;
        _owner = worlds.Owner;
        _driving = driving;
    }

    /// <summary>
    /// The events of the run after a sequence. For a run driven by this process with waits and progress, until the driving ends; for
    /// another one from its journal, until it is not active any more. Whoever goes on with the sequence of the last event misses nothing,
    /// after a pause and from any process.
    /// </summary>
    /// <param name="after">The <see cref="UpgradeEvent.Sequence"/> of the last event that is known; 0: from the beginning.</param>
    /// <param name="cancellationToken">Ends the watching; the run goes on.</param>
    public override async IAsyncEnumerable<UpgradeEvent> WatchAsync(long after = 0, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        RunDriving? own = await GetOwnDrivingAsync(cancellationToken).ConfigureAwait(false);
        IAsyncEnumerable<UpgradeEvent> events = own is not null ? own.Feed.ReadAsync(after, cancellationToken) : base.WatchAsync(after, cancellationToken);
        await foreach (UpgradeEvent upgradeEvent in events.ConfigureAwait(false))
        {
            yield return upgradeEvent;
        }
    }

    /// <summary>
    /// Waits until the run is not driven any more: ended, paused, or in need of a human; <see cref="RecordedRun.WaitingFor"/> says of what. A run of
    /// another process is waited for until its journal says so.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting; the run goes on.</param>
    /// <exception cref="LeaseLostException">Another process took the run over.</exception>
    /// <exception cref="JournalException">The journal could not be written; no effect was started since.</exception>
    public virtual async Task<UpgradeReport> WaitAsync(CancellationToken cancellationToken = default)
    {
        if (await GetOwnDrivingAsync(cancellationToken).ConfigureAwait(false) is { } own)
        {
            await own.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
        else
        {
            await foreach (UpgradeEvent _ in base.WatchAsync(0, cancellationToken).ConfigureAwait(false))
            {
            }
        }

        return await GetReportAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>
    /// Drives the run again in this process, through this handle: after a pause, an approval or a decision, or when its driver has gone.
    /// <see cref="WaitAsync"/> then waits for this driving. Does nothing while this handle drives the run.
    /// </summary>
    /// <param name="cancellationToken">Cancels the start only.</param>
    /// <exception cref="LeaseHeldException">A living process drives it.</exception>
    /// <exception cref="ForeignRunException">The run was planned for another cluster, or for other nodes or addresses.</exception>
    /// <exception cref="UpgradeException">
    /// The run has ended, <see cref="UpgradeException.State"/> says how; or a neighbour that its plan relies on is not configured any more.
    /// </exception>
    public virtual async Task ContinueAsync(CancellationToken cancellationToken = default)
    {
        if (_driving is not { Ended.IsCompleted: false })
        {
            _driving = await _takeUp(cancellationToken).ConfigureAwait(false);
            WaitingFor = null;
        }
    }

    /// <summary>
    /// Waits until somebody has decided something that nobody has carried out yet, from any process: then <see cref="ContinueAsync"/> takes
    /// it up. For whoever stays while a run that is paused or in need of a human is not driven: people are reminded meanwhile
    /// (<see cref="UpgradePolicy.ApprovalReminder"/>), and an approval that nobody gives in time expires (<see cref="UpgradePolicy.ApprovalExpiry"/>).
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>What was decided, the oldest first; nothing when the approval has expired: the run is paused, and who continues it asks again.</returns>
    public virtual async Task<IReadOnlyList<HumanDecision>> WaitForDecisionAsync(CancellationToken cancellationToken = default)
    {
        Vigil vigil = _stay(await GetOwnPlanAsync(_journal, Id, _owner, cancellationToken).ConfigureAwait(false));
        for (string? seen = null; ;)
        {
            seen = await _journal.WaitForChangeAsync(Id, seen, LookInterval, cancellationToken).ConfigureAwait(false);
            UpgradeReport report = await GetReportAsync(cancellationToken).ConfigureAwait(false);
            if (report.Pending.Count > 0 || await vigil.LookAsync(WaitingFor, cancellationToken).ConfigureAwait(false))
            {
                await vigil.EndAsync().ConfigureAwait(false);
                return report.Pending;
            }
        }
    }

    /// <summary>
    /// Asks for a pause at the next safe point: before a node is touched, or when the one in hand is back at work. Asked through the
    /// handle that drives the run it is meant for this driving alone: who drives the run again after it has decided to go on.
    /// </summary>
    /// <param name="by">Who says so.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="ApproveAsync" path="/returns"/>
    public virtual Task<RunCommandAnswer?> PauseAsync(string by, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(Command(RunCommandKind.Pause, by, reason) with { Epoch = _driving?.Epoch }, cancellationToken);

    /// <summary>Changes after which nodes the run waits for an approval, from now on.</summary>
    /// <param name="by">Who says so.</param>
    /// <param name="pauseAfter">Instead of the plan's <see cref="UpgradePolicy.PauseAfter"/>.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="ApproveAsync" path="/returns"/>
    public virtual Task<RunCommandAnswer?> PauseAfterAsync(
        string by, PausePoint pauseAfter, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(Command(RunCommandKind.Pause, by, reason) with { PauseAfter = pauseAfter }, cancellationToken);

    /// <summary>Gives the consent the run waits for, bound to the hash of the plan the human looked at.</summary>
    /// <param name="by">Who says so.</param>
    /// <param name="planHash">The hash of that plan.</param>
    /// <param name="node">The node whose gate is meant; <see langword="null"/>: whichever the run waits at.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <returns>
    /// The answer of whoever drives the run; <see langword="null"/> when nobody does (or does not answer within half a minute): then the
    /// command is durable, and the next <see cref="ContinueAsync"/> takes it up.
    /// </returns>
    /// <exception cref="CommandRefusedException">The run does not take the command; says why.</exception>
    /// <exception cref="ForeignRunException">The run belongs to another cluster than the configured one.</exception>
    public virtual Task<RunCommandAnswer?> ApproveAsync(string by, string planHash, string? node = null, CancellationToken cancellationToken = default) =>
        TellAsync(Command(RunCommandKind.Approve, by, null) with { PlanHash = planHash, Node = node }, cancellationToken);

    /// <summary>Takes the node in hand, or a finished one, out of load and receiving and keeps it there; the run then needs a human.</summary>
    /// <param name="by">Who says so.</param>
    /// <param name="node">The node.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="ApproveAsync" path="/returns"/>
    public virtual Task<RunCommandAnswer?> ParkAsync(string by, string node, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(Command(RunCommandKind.Park, by, reason) with { Node = node }, cancellationToken);

    /// <summary>Leaves a node out: it stays at its build, and is put back to work first when it was taken out already. A parked node stays parked.</summary>
    /// <param name="by">Who says so.</param>
    /// <param name="node">The node; neither the one that is given the Control role nor the one that gives it up.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="ApproveAsync" path="/returns"/>
    public virtual Task<RunCommandAnswer?> SkipAsync(string by, string node, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(Command(RunCommandKind.Skip, by, reason) with { Node = node }, cancellationToken);

    /// <summary>
    /// Ends the run at the next safe point: a node that was taken out of work is put back, one whose installation was started is
    /// finished. Only our own changes are undone; upgraded nodes stay upgraded.
    /// </summary>
    /// <param name="by">Who says so.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="ApproveAsync" path="/returns"/>
    public virtual Task<RunCommandAnswer?> AbortAsync(string by, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(Command(RunCommandKind.Abort, by, reason), cancellationToken);

    /// <summary>
    /// Takes a node back to the snapshot of the drained node. The run asks for an approval that names what would be lost before it
    /// reverts anything, and ends when the node is back at work. A run that has ended is taken up again by the next
    /// <see cref="ContinueAsync"/>.
    /// </summary>
    /// <param name="by">Who says so.</param>
    /// <param name="node">The node.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="ApproveAsync" path="/returns"/>
    public virtual Task<RunCommandAnswer?> RollbackAsync(string by, string node, string? reason = null, CancellationToken cancellationToken = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(node);
        return TellAsync(Command(RunCommandKind.Rollback, by, reason) with { Node = node }, cancellationToken);
    }

    /// <summary>Takes all nodes that this run installed on back, the last one first, as <see cref="RollbackAsync"/> does one.</summary>
    /// <param name="by">Who says so.</param>
    /// <param name="reason">Why.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="ApproveAsync" path="/returns"/>
    public virtual Task<RunCommandAnswer?> RollbackAllAsync(string by, string? reason = null, CancellationToken cancellationToken = default) =>
        TellAsync(Command(RunCommandKind.Rollback, by, reason), cancellationToken);

    /// <summary>Waives a check for a time.</summary>
    /// <param name="by">Who says so.</param>
    /// <param name="check">One of <see cref="UpgradeOverrides"/>.</param>
    /// <param name="reason">Why; it stands in the journal and in the report.</param>
    /// <param name="until">Until when; a day from now at the most.</param>
    /// <param name="cancellationToken">Ends the waiting for an answer; what was said stays said.</param>
    /// <inheritdoc cref="ApproveAsync" path="/returns"/>
    public virtual Task<RunCommandAnswer?> OverrideAsync(
        string by, string check, string reason, DateTimeOffset until, CancellationToken cancellationToken = default) =>
        TellAsync(Command(RunCommandKind.Override, by, reason) with { Check = check, Until = until }, cancellationToken);

    /// <summary>What the run waits for or is about to do, from its journal and a look at the cluster. Changes nothing.</summary>
    /// <param name="cancellationToken">Ends the look.</param>
    public override Task<UpgradeExplanation> ExplainAsync(CancellationToken cancellationToken = default) => _explain(cancellationToken);

    /// <summary>
    /// Stops driving the run in this process: no new effect starts, a call under way ends or is cut at its limit, and the lease is
    /// given back. The run stays resumable.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting for it.</param>
    public virtual async Task StopAsync(CancellationToken cancellationToken = default)
    {
        if (_driving is { } driving)
        {
            driving.Stop.Cancel();
            await driving.Ended.WaitAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>The plan of a run, for the cluster it was made for.</summary>
    /// <exception cref="ForeignRunException">Somebody else asks.</exception>
    internal static async Task<UpgradePlan> GetOwnPlanAsync(UpgradeJournal journal, string runId, RunOwner asks, CancellationToken cancellationToken)
    {
        UpgradePlan plan = await journal.GetPlanAsync(runId, cancellationToken).ConfigureAwait(false);
        RefuseForeign(plan, asks);
        return plan;
    }

    /// <exception cref="ForeignRunException">The plan was made for another cluster than the one that asks.</exception>
    internal static void RefuseForeign(UpgradePlan plan, RunOwner asks)
    {
        RunOwner owner = RunOwner.Of(plan);
        if (owner.WhyNotOf(asks, plan.RunId) is { } why)
        {
            throw new ForeignRunException(why) { RunId = plan.RunId, Owner = owner };
        }
    }

    private RunCommand Command(RunCommandKind kind, string by, string? reason)
    {
        ArgumentException.ThrowIfNullOrWhiteSpace(by);
        return new RunCommand { Id = Guid.CreateVersion7().ToString("N"), Kind = kind, By = by, Owner = _owner, At = _time.GetUtcNow(), Reason = reason };
    }

    private async Task<RunCommandAnswer?> TellAsync(RunCommand command, CancellationToken cancellationToken)
    {
        UpgradePlan plan = await GetOwnPlanAsync(_journal, Id, _owner, cancellationToken).ConfigureAwait(false);
        RunState state = RunState.Fold(await _journal.ReadAsync(Id, 0, cancellationToken).ConfigureAwait(false));
        if (command.Kind == RunCommandKind.Approve && plan.Policy.ApprovalsNeeded > 1)
        {
            // Of two people the first one may have approved while nobody drives the run.
            IReadOnlyList<RunCommand> said = await _journal.ReadCommandsAsync(Id, cancellationToken).ConfigureAwait(false);
            RunCommands.Foresee(plan, state, said.Where(c => c.Kind == RunCommandKind.Approve), _time.GetUtcNow());
        }

        (JournalEntry? entry, string text) = RunCommands.Judge(plan, state, command, _time.GetUtcNow());
        if (entry is null)
        {
            throw new CommandRefusedException(text);
        }

        await _journal.PostCommandAsync(Id, command, cancellationToken).ConfigureAwait(false);
        RunCommandAnswer? answer = await HearAnswerAsync(command.Id, cancellationToken).ConfigureAwait(false);
        return answer is { Accepted: false } ? throw new CommandRefusedException(answer.Text) : answer;
    }

    private async Task<RunCommandAnswer?> HearAnswerAsync(string commandId, CancellationToken cancellationToken)
    {
        long asked = _time.GetTimestamp();
        for (string? seen = null; ;)
        {
            seen = await _journal.WaitForChangeAsync(Id, seen, LookInterval, cancellationToken).ConfigureAwait(false);
            RunCommandAnswer? answer = await _journal.GetAnswerAsync(Id, commandId, cancellationToken).ConfigureAwait(false);
            if (answer is not null || _time.GetElapsedTime(asked) > AnswerPatience || !await IsDrivenAsync(cancellationToken).ConfigureAwait(false))
            {
                // Whoever drove the run may have answered with its last breath.
                return answer ?? await _journal.GetAnswerAsync(Id, commandId, cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The driving of this handle, unless another process has taken the run since it ended.</summary>
    private async ValueTask<RunDriving?> GetOwnDrivingAsync(CancellationToken cancellationToken) =>
        _driving is { Ended.IsCompletedSuccessfully: true } over
        && (await _journal.ReadAsync(Id, 0, cancellationToken).ConfigureAwait(false))[^1].Epoch > over.Epoch ? null : _driving;
}
