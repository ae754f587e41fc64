using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Plays a random case: processes drive it one after the other, and between them a human repairs what can be repaired.</summary>
internal sealed class RandomRun
{
    /// <summary>How often somebody resumes before the run counts as stuck.</summary>
    private const int MostRounds = 16;

    /// <summary>How long a process may drive before the run counts as endless; the time-outs of all steps together are shorter.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromHours(4);

    private static readonly TimeSpan LeaseDuration = TimeSpan.FromSeconds(15);
    private static readonly TimeSpan Hop = TimeSpan.FromSeconds(10);

    /// <summary>How long the last look may take until the end is written: four pages of a node that answers as slowly as it may.</summary>
    private static readonly TimeSpan LongestLook = DirectWorld.RequestLimit * 4;

    /// <summary>Which step's intent announces which effect.</summary>
    private static readonly Dictionary<string, string[]> Announced = new(StringComparer.Ordinal)
    {
        ["install-started"] = ["S8"],
        ["upload-started"] = ["S7"],
        ["role-assigned"] = ["S6", "S11", "S16a"],
        ["load-switched"] = ["S1", "S15"],
        ["snapshot-started"] = ["S4a", "S4b"],
        ["receiving-switched"] = ["S2", "S9", "S13", "S14b"],
        ["config-written"] = ["S12"],
        ["queue-flushed"] = ["S3"],
    };

    private readonly RandomCase _case;
    private readonly VirtualRig _rig;
    private readonly UpgradePlan _plan;
    private bool _isUnchecked;
    private IReadOnlyList<SimulatedViolation>? _atEnd;
    private DateTimeOffset? _endedAt;

    public RandomRun(RandomCase random)
    {
        _case = random;

        // Senders reach the nodes through the simulated balancer alone: a run that does not know of it is played without them.
        _rig = new VirtualRig(random.Nodes, random.Policy, random.World, mailPerSecond: random.LoadBalancer ? 0.5 : 0)
        {
            WithoutLoadBalancer = !random.LoadBalancer,
            Recorded = JudgeEnd,
            Bend = BentWorld.Balancing((node, state) => _isUnchecked && node == random.Unchecked?.Node ? state with { Healthy = null } : state),
        };

        _isUnchecked = random.Unchecked is { From: 0 };
        _plan = _rig.Plan();
    }

    /// <summary>Plays it to its end and checks what must hold.</summary>
    public UpgradeEnd Play()
    {
        True(!_plan.IsRefused, () => string.Join('\n', _plan.Findings));
        foreach (TimedFault timed in _case.Faults)
        {
            _rig.Time.CreateTimer(_ => Arm(timed.Fault), null, TimeSpan.FromSeconds(timed.After), Timeout.InfiniteTimeSpan);
        }

        if (_case.Unchecked is { From: > 0 } late)
        {
            _rig.Time.CreateTimer(_ => _isUnchecked = true, null, TimeSpan.FromSeconds(late.From), Timeout.InfiniteTimeSpan);
        }

        for (int round = 0; round < MostRounds && !State.IsEnded; round++)
        {
            Mishap mishap = round < _case.Mishaps.Count ? _case.Mishaps[round] : new Mishap(MishapKind.None, 0);
            Drive(mishap);
            True(State.State != UpgradeEnd.Running || mishap.Kind != MishapKind.None, () => "Nobody drives the run, and it says nothing.");
            if (Exists && !State.IsEnded)
            {
                Repair();
            }
        }

        if (Exists)
        {
            _rig.AssertNoEndlessWait(_plan.RunId);
        }

        Check();
        return State.State;
    }

    private RunState State => RunState.Fold(Journal);

    /// <summary>A process can die before there is a run.</summary>
    private bool Exists => _rig.Journal.ListAsync().Result.Count > 0;

    private IReadOnlyList<JournalRecord> Journal => Exists ? _rig.Journal.ReadAsync(_plan.RunId).Result : [];

    private void Arm(SimulatedFault fault)
    {
        try
        {
            _rig.Cluster.Faults.Arm(fault);
        }
        catch (ApiRefusal)
        {
            // What a human tries can be refused.
        }
    }

    private void Drive(Mishap mishap)
    {
        try
        {
            _rig.Time.Run(() => DriveAsync(mishap), Limit);
        }
        catch (Exception e) when (e is TimeoutException or InvalidOperationException)
        {
            True(false, () => e.Message);
        }
    }

    private async Task DriveAsync(Mishap mishap)
    {
        VirtualProcess process = new(
            mishap.Kind == MishapKind.Dies ? mishap.At : int.MaxValue, journalFailsAt: mishap.Kind == MishapKind.JournalFails ? mishap.At / 4 : int.MaxValue);
        try
        {
            RollingUpgradeOrchestrator orchestrator = _rig.Orchestrator(process);
            UpgradeRun run = Exists ? await orchestrator.ResumeAsync(_plan.RunId) : await orchestrator.StartAsync(_plan);
            Task driving = run.WaitAsync();
            await MeetAsync(mishap, driving);
            await driving;
        }
        catch (CrashedException)
        {
        }
        catch (JournalException) when (mishap.Kind == MishapKind.IsOvertaken)
        {
        }
        catch (JournalException) when (mishap.Kind == MishapKind.JournalFails)
        {
        }

        if (process.IsDead && Exists)
        {
            _rig.Journal.Abandon(_plan.RunId);
        }
    }

    /// <summary>What others do while the process drives.</summary>
    private async Task MeetAsync(Mishap mishap, Task driving)
    {
        if (mishap.Kind is not (MishapKind.HasRival or MishapKind.IsOvertaken or MishapKind.IsInterrupted))
        {
            return;
        }

        await Task.Delay(TimeSpan.FromSeconds(mishap.At), _rig.Time);
        if (mishap.Kind == MishapKind.IsInterrupted)
        {
            UpgradeRun handle = _rig.Orchestrator().GetRun(_plan.RunId);
            await SayAsync(handle.PauseAsync("one"));
            await SayAsync(handle.ApproveAsync("another", mishap.At % 2 == 0 ? _plan.Hash : "an older plan"));
            return;
        }

        if (mishap.Kind == MishapKind.IsOvertaken)
        {
            _rig.Journal.Abandon(_plan.RunId);

            // Losing the lease wakes a sleeping driver on another thread: the clock stands still until it has gone.
            _rig.Time.CreateTimer(_ => SpinWait.SpinUntil(() => driving.IsCompleted, Hop), null, LeaseDuration, Timeout.InfiniteTimeSpan);
            await Task.Delay(TimeSpan.FromSeconds(mishap.At % 20), _rig.Time);
        }

        try
        {
            UpgradeRun second = await _rig.Orchestrator().ResumeAsync(_plan.RunId);
            await second.WaitAsync();
        }
        catch (LeaseHeldException) when (mishap.Kind == MishapKind.HasRival)
        {
        }
        catch (UpgradeException) when (State.IsEnded)
        {
        }
    }

    /// <summary>What people do who find a run stopped: end what is wrong, approve, and say resume.</summary>
    private void Repair()
    {
        _rig.Cluster.Faults.Clear();
        _isUnchecked &= _case.Unchecked is { From: 0 };
        RunState state = State;
        foreach (SimulatedNode node in _rig.Cluster.World.Nodes)
        {
            node.Repair();
            node.NeverSynchronizes = false;
            foreach (ServiceStatus service in node.GetStatus().Services)
            {
                node.SetService(service.Name, ServiceState.Running);
            }

            _rig.Cluster.Act(node.Name, "power-on");
            if (state[new StepKey(StepId.LoadOn, node.Name)].Status == StepStatus.Done)
            {
                // Finished, and yet out of work: the balancer lied, or somebody meddled.
                Arm(new SimulatedFault { Fault = "human-act", Node = node.Name, Value = "receive-on" });
                Arm(new SimulatedFault { Fault = "human-act", Node = node.Name, Value = "undrain" });
            }
        }

        UpgradeRun run = _rig.Orchestrator().GetRun(_plan.RunId);
        _rig.Time.Run(() => SayAsync(run.ApproveAsync("human", _plan.Hash)), VirtualRig.Limit);
        if (_case.Faults.Any(f => f.Fault.Value == "edit-settings"))
        {
            DateTimeOffset until = _rig.Time.GetUtcNow() + TimeSpan.FromHours(2);
            _rig.Time.Run(() => SayAsync(run.OverrideAsync("human", UpgradeOverrides.ForeignChange, "It was me.", until)), VirtualRig.Limit);
        }

        _rig.Time.Advance(TimeSpan.FromMinutes(2));
    }

    /// <summary>A human may be refused; then nothing happens.</summary>
    private static async Task SayAsync(Task<RunCommandAnswer?> saying)
    {
        try
        {
            await saying;
        }
        catch (CommandRefusedException)
        {
        }
    }

    private void Check()
    {
        RunState state = State;
        True(state.State is not UpgradeEnd.Running, () => "The run has no named state.");
        True(state.IsEnded || _case.NeedsMore, () => $"Everything is repaired, and the run does not complete: {state.Reason}");

        List<SimulatedViolation> violations = [.. (_atEnd ?? _rig.Cluster.GetViolations()).Where(v => v.Cause == EffectCause.Client && !IsExcused(v))];
        True(violations.Count == 0, () => string.Join('\n', violations));
        foreach (SimulatedNode node in _rig.Cluster.World.Nodes)
        {
            CheckInstallations(node.Name);
            True(
                state.State != UpgradeEnd.Completed || _endedAt - LastLook(node.Name) <= LongestLook,
                () => $"The run calls itself completed, and looked at {node.Name} at {LastLook(node.Name):HH:mm:ss} for the last time.");
        }

        foreach (SimulatedEffect effect in _rig.Cluster.GetEffects().Where(e => e.Cause == EffectCause.Client && Announced.ContainsKey(e.Effect)))
        {
            True(
                Journal.Any(
                    r => r.Entry.Kind == JournalEntryKind.Intent
                        && (r.Entry.Node == effect.Node || r.Entry.Values!.GetValueOrDefault("heir") == effect.Node)
                        && r.At <= effect.At
                        && Announced[effect.Effect].Contains(r.Entry.Step!.Split('/')[0])),
                () => $"Nobody announced {effect}.");
        }

        foreach (JournalRecord record in Journal.Where(r => r.Entry is { Kind: JournalEntryKind.Outcome, Outcome: StepOutcome.Unknown }))
        {
            True(
                Journal.Any(
                    r => r.Sequence < record.Sequence
                        && r.Entry.Kind == JournalEntryKind.Intent
                        && r.Entry.Step == record.Entry.Step
                        && r.Entry.Attempt == record.Entry.Attempt),
                () => $"Record {record.Sequence} is an outcome of nothing.");
        }
    }

    /// <summary>Judges the world in the moment in which the run writes its end: what befalls it afterwards is not the run's to tell.</summary>
    private void JudgeEnd(JournalRecord record)
    {
        if (record.Entry.Kind != JournalEntryKind.RunEnded)
        {
            return;
        }

        bool completed = State.State == UpgradeEnd.Completed;
        _endedAt = _rig.Time.GetUtcNow();
        _atEnd = _rig.Cluster.GetViolations(atEnd: completed, completed: completed);
    }

    /// <summary>When the node last told how it is.</summary>
    private DateTimeOffset LastLook(string node) =>
        _rig.Cluster.GetRequests().Last(r => r.At <= _endedAt && r.Node == node && r is { Operation: "get-node-status", Outcome: "ok" }).At;

    /// <summary>What a run cannot know.</summary>
    private bool IsExcused(SimulatedViolation violation) => violation.Watcher switch
    {
        // Only connections prove a drain to be a lie, and between its beginning and the installation none need come: a balancer gives none to a node
        // that it finds closed.
        "W5" => violation.Text.Contains("the load balancer", StringComparison.Ordinal) && _case.Faults.Any(f => f.Fault.Fault == "balancer-lies"),

        // A node that comes up receiving an unproven build is switched off again until it is verified, whoever else is out meanwhile.
        "W1" =>
            Journal.Any(
                r => r.Entry.Kind == JournalEntryKind.Intent
                    && r.Entry.Step!.StartsWith($"S9/{violation.Node}/", StringComparison.Ordinal)
                    && r.At == violation.At),

        // Trouble that somebody brought after the last look at the node; how old that look may be is checked as well.
        "W16" => _rig.Cluster.GetEffects().Any(e => e.Cause is EffectCause.Fault or EffectCause.Human && e.At >= LastLook(violation.Node!) && e.At <= _endedAt),
        _ => false,
    };

    /// <summary>One installation per node, and one more for each that is proven to have failed.</summary>
    private void CheckInstallations(string node)
    {
        int started = _rig.Effects("install-started", node).Count(e => e.Cause == EffectCause.Client);
        int failed = Journal.Count(
            r => r.Entry is { Kind: JournalEntryKind.Outcome, Outcome: StepOutcome.FailedNoEffect }
                && r.Entry.Node == node
                && r.Entry.Step!.StartsWith("S8/", StringComparison.Ordinal));
        int reverted = _rig.Effects("snapshot-reverted", node).Count();
        True(started <= 1 + failed + reverted, () => $"{started} installations on {node}, {failed} failed.");
    }

    private void True(bool condition, Func<string> otherwise)
    {
        if (!condition)
        {
            string effects = string.Join(
                '\n', _rig.Cluster.GetEffects().TakeLast(60).Select(e => $"{e.At:HH:mm:ss.f} {e.Cause} {e.Effect} {e.Node} {e.Detail}"));
            Assert.Fail($"{otherwise()}\n{_case}\n{(Exists ? _rig.Story(_plan.RunId) : "no run")}\n{effects}");
        }
    }
}
