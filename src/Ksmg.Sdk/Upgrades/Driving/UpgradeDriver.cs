using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The loop: observe, decide, write the intent, cause the effect, see it, write the outcome. The only impure part; it chooses nothing.
/// </summary>
internal sealed class UpgradeDriver(
    UpgradeWorld world, RunClock clock, UpgradePlan plan, UpgradeJournal journal, RunLease lease, RunFeed feed, Messengers messengers, Silences silences,
    ILogger logger)
{
    /// <summary>In a long wait, how often the run looks whether a human said something.</summary>
    private static readonly TimeSpan HearingInterval = TimeSpan.FromSeconds(2);

    /// <summary>Who watches a long wait hears again that it goes on.</summary>
    private static readonly TimeSpan RepeatInterval = TimeSpan.FromMinutes(1);

    /// <summary>How often what is decided is published anew while nothing is written.</summary>
    private static readonly TimeSpan PublishInterval = TimeSpan.FromSeconds(5);

    private readonly ClusterObserver _observer = new(world, clock, [.. plan.Nodes.Select(n => n.Name)], journal, plan.Policy);
    private readonly EffectsInFlight _effects = new(plan, clock);
    private readonly RunInbox _inbox = new(plan, journal, lease, logger);
    private readonly Dictionary<StepKey, (Message Reason, long At)> _announced = [];
    private readonly RunState _run = new();
    private Position? _position;

    /// <summary>What was published last: the last record it knew, and when.</summary>
    private (long Sequence, long At) _published;

    /// <summary>Whether a run that waits for its window is let go of until it is looked at before that opens: somebody will come back then.</summary>
    public bool LeavesBetweenWindows { get; init; }

    /// <summary>Drives the run until it ends, stops for people, or <paramref name="stop"/> asks to let go of it.</summary>
    public async Task DriveAsync(CancellationToken stop)
    {
        using CancellationTokenSource linked = CancellationTokenSource.CreateLinkedTokenSource(stop, lease.Lost);
        try
        {
            await LoadAsync(linked.Token).ConfigureAwait(false);
            if (_run.IsEnded)
            {
                return;
            }

            await HearCommandsAsync(linked.Token).ConfigureAwait(false);
            if (_run.State != UpgradeEnd.Running)
            {
                await AppendAsync(RunEntries.State(UpgradeEnd.Running, Message.Of("state.resumed")), linked.Token).ConfigureAwait(false);
            }

            if (lease.Epoch > 1 && !await RecognizeAsync(linked.Token).ConfigureAwait(false))
            {
                return;
            }

            await new RunTakeover(world, clock, plan, _run, lease, AppendAsync, Announce, RestHearingAsync).TakeOverAsync(linked.Token).ConfigureAwait(false);
            while (await TurnAsync(linked.Token).ConfigureAwait(false))
            {
            }
        }
        catch (OperationCanceledException) when (stop.IsCancellationRequested)
        {
            // Letting go is not an outcome: what was begun stays an open intent, and whoever resumes looks first.
        }
        catch (Exception e) when (e is LeaseLostException || e is OperationCanceledException && lease.Lost.IsCancellationRequested)
        {
            JournalException why = await LostLease.WhyAsync(journal, lease, plan.RunId, _run.LastSequence, e).ConfigureAwait(false);
            TellLast(why.Message);
            throw why;
        }
        catch (Exception e)
        {
            TellLast(e.Message);
            throw;
        }
        finally
        {
            await _effects.EndAsync(_ => true).ConfigureAwait(false);
            await silences.EndAsync().ConfigureAwait(false);
            await messengers.EndAsync().ConfigureAwait(false);
            TrustCertificates(new RunState());
            feed.Complete();
        }
    }

    private async Task LoadAsync(CancellationToken cancellationToken)
    {
        foreach (JournalRecord record in await journal.ReadAsync(plan.RunId, 0, cancellationToken).ConfigureAwait(false))
        {
            _run.Apply(record with { At = clock.Former(record.At) });
            Publish(RunEvents.From(plan.Cluster, plan.RunId, record));
        }

        foreach ((string name, INodePort node) in world.Nodes)
        {
            node.Recall(_run.KeptOf(name));
        }

        TrustCertificates(_run);
    }

    /// <summary>Beside the pinned ones, those that a journal says.</summary>
    private void TrustCertificates(RunState run)
    {
        foreach ((string name, INodePort node) in world.Nodes)
        {
            node.Trust(run.CertificateOf(name));
        }
    }

    /// <summary>
    /// Whether the nodes are those of the plan and the journal knows what this run did to them: looked at before a takeover has its first effect.
    /// </summary>
    private async Task<bool> RecognizeAsync(CancellationToken cancellationToken)
    {
        Dictionary<string, Facets> traces = plan.Nodes.ToDictionary(n => n.Name, _ => Facets.Uploads | Facets.Snapshots, StringComparer.Ordinal);
        ClusterObservation seen = await _observer.ObserveAsync(traces, plan, _run, complete: true, cancellationToken).ConfigureAwait(false);
        Decision? unknown = Recognition.Check(Input(new Position(plan, _run, clock.Wall), seen));
        return unknown is null || await StopAsync(unknown, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One turn of the loop; <see langword="false"/> when the run is not to be driven any further.</summary>
    private async Task<bool> TurnAsync(CancellationToken cancellationToken)
    {
        bool progress = await CollectEffectsAsync(cancellationToken).ConfigureAwait(false);
        await HearCommandsAsync(cancellationToken).ConfigureAwait(false);
        Position position = Stand();
        (Decision decision, ClusterObservation seen) = await DecideAsync(position, cancellationToken).ConfigureAwait(false);
        if (decision.End is { } end)
        {
            await EndRunAsync(end.End, end.Reason, cancellationToken).ConfigureAwait(false);
            return false;
        }

        silences.Follow(position, decision);
        Message? unsilenced = _run.HasNotified(Decision.Silence) ? null : silences.Problem;
        if ((unsilenced is null ? decision.Notice : (Decision.Silence, unsilenced)) is ({ } key, { } text))
        {
            await AppendAsync(RunEntries.Notice(key, text), cancellationToken).ConfigureAwait(false);
            TrustCertificates(_run);
        }

        foreach (StepDecision step in decision.Steps)
        {
            progress |= await CarryOutAsync(step, seen, cancellationToken).ConfigureAwait(false);
        }

        if (decision.Steps.Any(s => s.Verdict is Verdict.Stop or Verdict.Reached))
        {
            return await StopAsync(decision, cancellationToken).ConfigureAwait(false);
        }

        if (!progress)
        {
            await PublishAsync(seen, cancellationToken).ConfigureAwait(false);
            if (LeavesBetweenWindows && decision.ClosedUntil - clock.Now > plan.Policy.LookAhead)
            {
                return false;
            }

            await RestAsync(decision, cancellationToken).ConfigureAwait(false);
        }

        return true;
    }

    /// <summary>Most turns only wait: they stand where the one before stood. What people override ends by the clock.</summary>
    private Position Stand() => _position is { } known && !_run.HasOverrides ? known : _position = new Position(plan, _run, clock.Wall);

    /// <summary>Decides on what is known; before an effect every node is asked afresh: at once where one is likely, else the decision is made again.</summary>
    private async Task<(Decision, ClusterObservation)> DecideAsync(Position position, CancellationToken cancellationToken)
    {
        ClusterObservation seen = await _observer.ObserveAsync(
            position.Wanted, plan, _run, complete: position.IsEffectLikely, cancellationToken).ConfigureAwait(false);
        Decision decision = Decide(position, seen);
        if (!seen.IsComplete && decision.Steps.Any(s => s.Verdict is Verdict.Apply or Verdict.Stop))
        {
            seen = await _observer.ObserveAsync(position.Wanted, plan, _run, complete: true, cancellationToken).ConfigureAwait(false);
            decision = Decide(position, seen);
        }

        return (decision, seen);
    }

    private Decision Decide(Position position, ClusterObservation seen)
    {
        DeciderInput input = Input(position, seen);
        return Recognition.Check(input) ?? UpgradeDecider.Decide(input);
    }

    private DeciderInput Input(Position position, ClusterObservation seen) => new()
    {
        Position = position,
        Cluster = seen,
        Now = seen.At,
        WallNow = clock.Wall,
        RequestLimit = world.RequestLimit,
        InFlight = _effects.Steps,
        Accepted = _effects.Accepted,
    };

    /// <summary>Tells whoever explains the run elsewhere what is waited for. That this fails ends no run: the nodes are asked then.</summary>
    private async Task PublishAsync(ClusterObservation seen, CancellationToken cancellationToken)
    {
        long sequence = _run.LastSequence;
        if (_published.Sequence == sequence && world.Time.GetElapsedTime(_published.At) < PublishInterval)
        {
            return;
        }

        _published = (sequence, world.Time.GetTimestamp());
        DateTimeOffset wall = clock.Wall;
        (IReadOnlySet<StepKey> inFlight, IReadOnlySet<StepKey> accepted) = (_effects.Steps, _effects.Accepted);
        try
        {
            await journal.PublishAsync(lease, ExplainAsync, cancellationToken).ConfigureAwait(false);
        }
        catch (JournalException e) when (e is not LeaseLostException)
        {
            Log.InboxFailed(logger, plan.RunId, e.Message);
        }

        async Task<byte[]> ExplainAsync()
        {
            // The state as it was then: it may be asked for later, while this one goes on.
            IReadOnlyList<JournalRecord> records = await journal.ReadAsync(plan.RunId, 0, CancellationToken.None).ConfigureAwait(false);
            RunState run = RunState.Fold(records.Where(r => r.Sequence <= sequence).Select(r => r with { At = clock.Written(r.At, r.Epoch == lease.Epoch) }));
            DeciderInput then = Input(new Position(plan, run, wall), seen) with { WallNow = wall, InFlight = inFlight, Accepted = accepted };
            return ReportJson.ToBytes(new PublishedDecision(sequence, RunExplainer.Explain(then, Words.Get("explain.this-process"), [])));
        }
    }

    private async Task<bool> CarryOutAsync(StepDecision decision, ClusterObservation seen, CancellationToken cancellationToken)
    {
        PlannedStep step = decision.Step;
        switch (decision.Verdict)
        {
            case Verdict.Done done:
                await _effects.EndAsync(s => s.Key == step.Key).ConfigureAwait(false);
                await AppendOutcomeAsync(step, StepOutcome.Done, done.Evidence, done.Values, cancellationToken).ConfigureAwait(false);
                return true;
            case Verdict.NotInEffect not:
                await AppendOutcomeAsync(step, StepOutcome.FailedNoEffect, not.Evidence, not.Values, cancellationToken).ConfigureAwait(false);
                return true;
            case Verdict.Apply apply when lease.Remaining > world.RequestLimit:
                await BeginEffectAsync(step, apply, seen, cancellationToken).ConfigureAwait(false);
                return true;
            case Verdict.Wait { Fences: true } fence when lease.Remaining > world.RequestLimit:
                return await FenceAsync(step, fence.Until, cancellationToken).ConfigureAwait(false);
            case Verdict.Wait wait:
                Announce(step, wait.Reason, wait.Until);
                return false;
            default:
                return false;
        }
    }

    /// <summary>Tries to prove that nothing of the step's last attempt can arrive any more; its intent names what is deleted.</summary>
    private async Task<bool> FenceAsync(PlannedStep step, DateTimeOffset until, CancellationToken cancellationToken)
    {
        StepState state = _run[step.Key];
        string upload = state.Value(UploadStep.UploadId)!;
        bool isOutwaited = clock.Now >= StepContext.Later(state.IntentAt, _run.ResumedAt) + world.RequestLimit;
        (string? proof, Message text) = await UploadFence.TryAsync(world.Nodes[step.Node!], plan, step, state, isOutwaited, cancellationToken)
            .ConfigureAwait(false);
        if (proof is null || proof == Marks.Arrived && _run[step.Key].HasArrived)
        {
            // That it has arrived is written once; what is still wanted is that the upload is gone.
            Announce(step, Message.Of("wait.fence-fails", step.Node, upload, text), until);
            return false;
        }

        await AppendOutcomeAsync(step, StepOutcome.Unknown, text, RunEntries.One(Marks.Fence, proof), cancellationToken).ConfigureAwait(false);
        return true;
    }

    private async Task BeginEffectAsync(PlannedStep step, Verdict.Apply apply, ClusterObservation seen, CancellationToken cancellationToken)
    {
        int attempt = _run[step.Key].Attempt + 1;
        await AppendAsync(RunEntries.Intent(step, attempt, clock.Wall + step.Timeout, apply.Reason, apply.Values), cancellationToken).ConfigureAwait(false);
        EffectContext context = new()
        {
            World = world,
            Clock = clock,
            Plan = plan,
            Step = step,
            Attempt = attempt,
            Values = apply.Values,
            Cluster = seen,
            Journal = journal,
            Lease = lease,
            Progress = new UploadEvents(this, step),
        };
        _effects.Begin(context, lease.Lost);
    }

    private async Task<bool> CollectEffectsAsync(CancellationToken cancellationToken)
    {
        (List<PlannedStep> returned, List<JournalEntry> outcomes) = await _effects.CollectAsync().ConfigureAwait(false);
        foreach (PlannedStep step in returned.Where(s => s.Node is not null))
        {
            if (RunEntries.Kept(step, world.Nodes[step.Node!].Kept, _run.KeptOf(step.Node!)) is { } kept)
            {
                await AppendAsync(kept, cancellationToken).ConfigureAwait(false);
            }
        }

        foreach (JournalEntry outcome in outcomes)
        {
            await AppendAsync(outcome, cancellationToken).ConfigureAwait(false);
        }

        return returned.Count > 0;
    }

    private async Task<bool> StopAsync(Decision decision, CancellationToken cancellationToken)
    {
        StepDecision final = decision.Steps.First(s => s.Verdict is Verdict.Stop or Verdict.Reached);
        await _effects.EndAsync(_ => true).ConfigureAwait(false);
        if (final.Verdict is Verdict.Reached reached)
        {
            // The halt first: who dies between the two leaves a node on its detour, and not one that is marked and yet worked on.
            if (reached.Halt is { } halt)
            {
                await AppendAsync(RunEntries.State(halt, reached.Evidence, _run.Node(final.Step.Node!).At), cancellationToken).ConfigureAwait(false);
            }

            await AppendAsync(RunEntries.Mark(final.Step.Node!, reached.Mark.ToString(), reached.Evidence), cancellationToken).ConfigureAwait(false);
            return reached.Halt is null;
        }

        Verdict.Stop stop = (Verdict.Stop)final.Verdict;
        if (stop.ProvenNoEffect)
        {
            await AppendOutcomeAsync(final.Step, StepOutcome.FailedNoEffect, stop.Reason, null, cancellationToken).ConfigureAwait(false);
        }

        string? mark = stop.Kind switch
        {
            StopKind.Park => Marks.Parking,
            StopKind.PutBack => Marks.PuttingBack,
            StopKind.RollBack => Marks.RollingBack,
            _ => null,
        };
        if (mark is not null && final.Step.Node is { } node)
        {
            await AppendAsync(RunEntries.Mark(node, mark, stop.Reason, final.Step.Key), cancellationToken).ConfigureAwait(false);
            return true;
        }

        UpgradeEnd state = stop.Kind == StopKind.Human ? UpgradeEnd.NeedsHuman : UpgradeEnd.Paused;
        JournalEntry stands = RunEntries.State(state, stop.Reason, final.Step.Key, stop.IsGate, stop.Check, stop.Changed);
        await AppendAsync(stands, cancellationToken).ConfigureAwait(false);
        return false;
    }

    private async Task EndRunAsync(UpgradeEnd end, Message reason, CancellationToken cancellationToken)
    {
        await _effects.EndAsync(_ => true).ConfigureAwait(false);
        silences.Lift();
        await AppendAsync(RunEntries.Ended(end, reason), cancellationToken).ConfigureAwait(false);
    }

    private async Task HearCommandsAsync(CancellationToken cancellationToken)
    {
        foreach (RunCommand command in await _inbox.ReadAsync(cancellationToken).ConfigureAwait(false))
        {
            bool before = _run.HasHeard(command.Id);
            (JournalEntry? entry, Message answer) = before ? (null, Message.Of("command.taken-before")) : RunCommands.Judge(plan, _run, command, clock.Wall);
            if (entry is not null)
            {
                await AppendAsync(entry, cancellationToken).ConfigureAwait(false);
            }

            await _inbox.AnswerAsync(command, new RunCommandAnswer(before || entry is not null, answer, clock.Wall), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Waits for the next look: soon when a change is due, later in a long wait, at once when a call comes back.</summary>
    private async Task RestAsync(Decision decision, CancellationToken cancellationToken)
    {
        List<Verdict.Wait> waits = [.. decision.Steps.Select(s => s.Verdict).OfType<Verdict.Wait>()];
        TimeSpan pause = waits.TrueForAll(w => !w.Soon) ? plan.Policy.SlowPollInterval : plan.Policy.PollInterval;
        DateTimeOffset now = clock.Now;
        foreach (Verdict.Wait wait in waits)
        {
            TimeSpan left = wait.Until - now;
            pause = left > TimeSpan.Zero && left < pause ? left + TimeSpan.FromMilliseconds(1) : pause;
        }

        DateTimeOffset until = now + pause;
        while (until - clock.Now is { } left && left > TimeSpan.Zero && !_effects.HasReturned)
        {
            await DelayAsync(left < HearingInterval ? left : HearingInterval, cancellationToken).ConfigureAwait(false);
            if (left > HearingInterval && (await _inbox.ReadAsync(cancellationToken).ConfigureAwait(false)).Count > 0)
            {
                return;
            }
        }
    }

    /// <summary>A rest that nothing shortens, in which people are heard all the same.</summary>
    private async Task RestHearingAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        for (TimeSpan left = time; left > TimeSpan.Zero; left -= HearingInterval)
        {
            await DelayAsync(left < HearingInterval ? left : HearingInterval, cancellationToken).ConfigureAwait(false);
            await HearCommandsAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    private Task DelayAsync(TimeSpan time, CancellationToken cancellationToken)
    {
        silences.Renew();
        return clock.SleepAsync(time, _effects.Calls, cancellationToken);
    }

    private async Task AppendAsync(JournalEntry entry, CancellationToken cancellationToken)
    {
        JournalRecord record = await journal.AppendAsync(lease, entry, cancellationToken).ConfigureAwait(false);

        // Written with wall time, and counted with the run's own.
        JournalRecord counted = record with { At = clock.Now };
        if (entry.Key is { } step)
        {
            UpgradeDiagnostics.StepEnded(plan, counted, _run[step]);
            _announced.Remove(step);
        }

        _run.Apply(counted);
        _position = null;
        UpgradeEvent? upgradeEvent = RunEvents.From(plan.Cluster, plan.RunId, record);
        Publish(upgradeEvent);
        bool concernsPeople = entry.Kind == JournalEntryKind.Observation
            || upgradeEvent?.Kind is UpgradeEventKind.NeedsHuman or UpgradeEventKind.Paused or UpgradeEventKind.RunEnded;
        if (upgradeEvent is not null && concernsPeople)
        {
            messengers.Tell(upgradeEvent);
        }
    }

    /// <summary>Whatever ends the driving, people are told; nobody else may be there to do so.</summary>
    private void TellLast(string reason)
    {
        UpgradeEvent last = new()
        {
            RunId = plan.RunId,
            Cluster = plan.Cluster,
            Sequence = _run.LastSequence,
            At = clock.Wall,
            Kind = UpgradeEventKind.NeedsHuman,
            Text = Message.Of("event.not-driven", reason),
        };
        Publish(last);
        messengers.Tell(last);
    }

    /// <summary>Says what is waited for: each reason at once, and the same one again every minute.</summary>
    private void Announce(PlannedStep step, Message reason, DateTimeOffset until)
    {
        if (_announced.TryGetValue(step.Key, out (Message Reason, long At) last) && last.Reason == reason
            && world.Time.GetElapsedTime(last.At) < RepeatInterval)
        {
            return;
        }

        _announced[step.Key] = (reason, world.Time.GetTimestamp());
        Publish(Event(UpgradeEventKind.Waiting, step, reason, RunEntries.One(Marks.Until, clock.ToWall(until).ToString("O"))));
    }

    public UpgradeEvent Event(UpgradeEventKind kind, PlannedStep step, Message text, Dictionary<string, string> values) => new()
    {
        RunId = plan.RunId,
        Cluster = plan.Cluster,
        Sequence = _run.LastSequence,
        At = clock.Wall,
        Kind = kind,
        Node = step.Node,
        Step = step.Id,
        Text = text,
        Values = values,
    };

    public void Publish(UpgradeEvent? upgradeEvent)
    {
        if (upgradeEvent is not null)
        {
            Log.Upgrade(logger, upgradeEvent);
            feed.Publish(upgradeEvent);
        }
    }

    private Task AppendOutcomeAsync(
        PlannedStep step, StepOutcome outcome, Message text, IReadOnlyDictionary<string, string>? values, CancellationToken cancellationToken) =>
        AppendAsync(RunEntries.Outcome(step, _run[step.Key].Attempt, outcome, text, values), cancellationToken);
}
