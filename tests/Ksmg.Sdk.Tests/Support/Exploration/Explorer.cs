using System.Globalization;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>What an exploration may meet.</summary>
internal sealed record ExplorerOptions
{
    /// <summary>How often the driver dies, loses its lease or stops for people, and another one takes over.</summary>
    public int Takeovers { get; init; } = 2;

    /// <summary>Requests that arrive late: uploads and starts at any later time, the others within the limit of a call.</summary>
    public int LateRequests { get; init; } = 1;

    /// <summary>
    /// Requests or answers that are lost, uploads that are not let be deleted, installations that end with the old build, nodes that come up
    /// receiving.
    /// </summary>
    public int Faults { get; init; } = 1;

    /// <summary>
    /// What others do to the cluster meanwhile: between two turns of the driver, since no check can see what happens after it.
    /// </summary>
    public int Foreign { get; init; }

    /// <summary>With what the foreign acts begin that may happen; empty: all.</summary>
    public string ForeignActs { get; init; } = string.Empty;

    public PromotionRule Promotion { get; init; } = PromotionRule.LeavesTwo;

    /// <summary>The node that is to have the Control role at the end.</summary>
    public string? PreferredControl { get; init; }

    /// <summary>One of the names of <see cref="UploadSwitches"/>.</summary>
    public string Uploads { get; init; } = UploadSwitches.OurIds;

    /// <summary>What is taken away: checks (<see cref="Checks"/>), or what else a run rests on.</summary>
    public IReadOnlyList<string> Without { get; init; } = [];

    /// <summary>That what nobody can delete counts as fenced only when its limit is over.</summary>
    public const string Outwaiting = "outwaiting";

    /// <summary>That an intent to upload says what was there before.</summary>
    public const string Before = "before";

    /// <summary>An exploration that is larger than this is stopped and fails.</summary>
    public int MostStates { get; init; } = 5_000_000;
}

/// <summary>What an exploration found.</summary>
internal sealed record ExplorerResult(int States, long Transitions, int Left, int Journals, string? Violation, IReadOnlyList<string> Path)
{
    public override string ToString() =>
        $"{States} states, {Transitions} transitions, {Journals} journals, "
        + $"{(Violation is null ? $"frontier {(Left == 0 ? "empty" : $"cut off with {Left} left")}, 0 violations" : $"violated: {Violation}")}";
}

/// <summary>
/// Walks breadth-first through everything that <see cref="UpgradeDecider"/> and a small world can do to each other. A turn of the driver is
/// not atomic: it looks and decides; it appends each record; each request is sent, arrives, is answered, and the answer is read: between
/// any two of these the world goes on, the driver may be gone, and another one takes over.
/// A driver that has lost its lease can append nothing any more: all that is left of it are its requests on the wire.
/// </summary>
internal sealed class Explorer
{
    private static readonly string[] Names = ["gw1", "gw2", "gw3"];

    private readonly ExplorerOptions _options;
    private readonly UploadWay _uploads;
    private readonly UpgradePlan _plan;
    private readonly SmallJournal _journal;
    private readonly SmallWorld _world;
    private readonly Interner<Driver> _drivers = new(d => d.Key);
    private readonly Interner<List<LateRequest>> _late = new(l => string.Join(';', l));
    private readonly Dictionary<StepKey, PlannedStep> _steps;
    private readonly List<(SmallState State, string What, string? Of)> _next = [];
    private string? _violation;

    public Explorer(ExplorerOptions options)
    {
        _options = options;
        _uploads = UploadSwitches.Of(options.Uploads);
        _plan = SmallWorld.Plan(_uploads, options.PreferredControl);
        _journal = new SmallJournal(_plan);
        _world = new SmallWorld(_plan, options.Promotion, _uploads);
        _steps = _plan.Steps.ToDictionary(s => s.Key);
        _drivers.Add(Driver.None);
        _late.Add([]);
    }

    public ExplorerResult Explore()
    {
        SmallState start = Start();
        Dictionary<SmallState, int> seen = new() { [start] = 0 };
        List<SmallState> states = [start];
        List<int> parents = [-1];
        long transitions = 0;
        for (int at = 0; at < states.Count; at++)
        {
            if (states.Count > _options.MostStates)
            {
                return new ExplorerResult(states.Count, transitions, states.Count - at, _journal.Count, null, []);
            }

            Expand(states[at]);
            foreach ((SmallState state, string what, string? of) in _next)
            {
                transitions++;
                if (seen.TryAdd(state, states.Count))
                {
                    states.Add(state);
                    parents.Add(at);
                }
            }

            if (_violation is { } violation)
            {
                return new ExplorerResult(states.Count, transitions, states.Count - at, _journal.Count, violation, Path(states, parents, at));
            }
        }

        return new ExplorerResult(states.Count, transitions, 0, _journal.Count, null, []);
    }

    private SmallState Start()
    {
        List<JournalEntry> entries =
        [
            new() { Kind = JournalEntryKind.Outcome, Step = new StepKey(StepId.Preflight).ToString(), Outcome = StepOutcome.Done },
            .. _options.Without.Select(Override),
        ];
        SmallNode node = SmallWorld.Node(_uploads);
        return new SmallState
        {
            First = node with { IsControl = true },
            Second = node,
            Third = node,
            Run = _journal.Begin(entries),
            Driver = _drivers.Add(new Driver([], [], 0, [])),
            Takeovers = (byte)_options.Takeovers,
            LateRequests = (byte)_options.LateRequests,
            Faults = (byte)_options.Faults,
            Foreign = (byte)_options.Foreign,
        };
    }

    /// <summary>A check that is waived for ever.</summary>
    public static JournalEntry Override(string check) => new()
    {
        Kind = JournalEntryKind.Command,
        Values = new Dictionary<string, string>(StringComparer.Ordinal)
        {
            [Marks.Command] = nameof(RunCommandKind.Override),
            ["id"] = "without-" + check,
            ["by"] = "test",
            [Marks.Check] = check,
            [Marks.Until] = DateTimeOffset.MaxValue.ToString("O", CultureInfo.InvariantCulture),
        },
    };

    /// <summary>The way to a state, told by expanding it again.</summary>
    private List<string> Path(List<SmallState> states, List<int> parents, int at)
    {
        List<string> path = [];
        string? violation = _violation;
        for (int child = at; parents[child] >= 0; child = parents[child])
        {
            Expand(states[parents[child]]);
            (SmallState _, string what, string? of) = _next.First(n => n.State == states[child]);
            path.Add($"{what} {of}");
        }

        path.Reverse();
        _violation = violation;
        return path;
    }

    private void Expand(SmallState s)
    {
        _next.Clear();
        _violation = null;
        Driver driver = _drivers[s.Driver];
        if (LooksAtTheWorld(driver))
        {
            WorldGoesOn(s);
            LateArrivals(s);
        }

        if (s.Driver == 0)
        {
            TakeOver(s);
        }
        else
        {
            Calls(s, driver);
            Die(s, driver);
            if (driver.Acts.Length > 0)
            {
                Act(s, driver);
            }
            else if (driver.Calls.FirstOrDefault(c => c.Answer != Answer.None) is { } answered)
            {
                Read(s, driver, answered);
            }
            else
            {
                Decide(s, driver);
                if (s.Foreign > 0 && driver.Calls.Length == 0)
                {
                    foreach ((SmallState state, string what, string node) in _world.Foreign(s)
                        .Where(f => f.What.StartsWith(_options.ForeignActs, StringComparison.Ordinal)))
                    {
                        Add(state with { Foreign = (byte)(s.Foreign - 1) }, what, node);
                    }
                }
            }
        }

        _violation ??= _next.Count == 0 && !_journal[s.Run].IsEnded && s.Takeovers > 0 ? "nothing can happen any more" : StateViolation(s);
    }

    /// <summary>
    /// Whether it matters to the driver's next act that the world goes on before it. An append or the reading of an answer looks at nothing
    /// of it: the world may as well go on after it, or after the driver's death, and each order leads to the same state (a partial order
    /// reduction). Calls are not left out: a death ends them.
    /// </summary>
    private static bool LooksAtTheWorld(Driver driver) =>
        driver.Acts.Length > 0 ? driver.Acts[0] is SmallAct.Fence or SmallAct.Outwait : driver.Calls.All(c => c.Answer == Answer.None);

    private void Add(SmallState state, string what, string? of = null) => _next.Add((Canonical(state), what, of));

    /// <summary>Leaves out what nothing can depend on any more, so that states which differ in nothing else are one.</summary>
    private SmallState Canonical(SmallState s)
    {
        if (s.Late != 0)
        {
            List<LateRequest> late = _late[s.Late];
            SmallState before = s;
            if (late.Exists(l => IsDead(before, l.Request)))
            {
                s = s with { Late = _late.Add([.. late.Where(l => !IsDead(before, l.Request))]) };
            }
        }

        for (int n = 0; n < Names.Length; n++)
        {
            int node = n;
            if (s[n].Uploads != 0 && IsInstalled(s, Names[n]) && !_late[s.Late].Exists(l => l.Request.Id == "S8" && l.Request.Step.Node == Names[node]))
            {
                s = s.With(n, s[n] with { Uploads = 0, LastUpload = 0 });
            }
        }

        return s;
    }

    private bool IsDead(SmallState s, SmallRequest request) =>
        request.Id == "S7" ? IsInstalled(s, request.Step.Node!) : _world.IsInVain(request, s[NumberOf(request.Step.Node!)]);

    private bool IsInstalled(SmallState s, string node) => _journal[s.Run][new StepKey(StepId.Install, node, 0)].Status == StepStatus.Done;

    private void WorldGoesOn(SmallState s)
    {
        for (int n = 0; n < Names.Length; n++)
        {
            SmallNode node = s[n];
            if (node.HasMail && !node.Receives)
            {
                Add(s.With(n, node with { HasMail = false }), "queue drains", Names[n]);
            }

            if (node.Phase == SmallPhase.Installing)
            {
                Add(s.With(n, node with { Phase = SmallPhase.Restarting }), "restarts", Names[n]);
            }

            if (node.Phase == SmallPhase.Restarting)
            {
                SmallNode up = node with { Phase = SmallPhase.Up };
                Add(s.With(n, up with { IsNew = true }), "is back with the new build", Names[n]);
                if (s.Faults > 0)
                {
                    SmallState less = s with { Faults = (byte)(s.Faults - 1) };
                    Add(less.With(n, up with { HasFailed = true, Failed = (byte)(up.Failed + 1) }), "is back with the old build", Names[n]);
                    Add(less.With(n, up with { IsNew = true, Receives = true, HasMail = true }), "is back with the new build and receives", Names[n]);
                }
            }
        }
    }

    private void LateArrivals(SmallState s)
    {
        List<LateRequest> late = _late[s.Late];
        for (int i = 0; i < late.Count; i++)
        {
            LateRequest request = late[i];
            SmallState without = s with { Late = _late.Add([.. late.Where((_, k) => k != i)]) };
            (SmallState after, bool accepted) = Arrive(without, request.Request);
            if (accepted && request is { IsFenced: true, Request.Id: "S8" })
            {
                _violation ??= $"I12: {request.Request} of an older epoch is accepted after the fence";
            }

            Add(after, "arrives late:", request.Request.ToString());
            if (!request.IsUnbounded)
            {
                Add(without, "never arrives:", request.Request.ToString());
            }
        }
    }

    /// <summary>A request reaches the world; what it must never do there is looked at here.</summary>
    private (SmallState, bool Accepted) Arrive(SmallState s, SmallRequest request)
    {
        (SmallState after, bool accepted, string? violation) = _world.Arrive(s, request);
        _violation ??= violation;
        return (after, accepted);
    }

    private void TakeOver(SmallState s)
    {
        RunState run = _journal[s.Run];
        if (run.IsEnded || s.Takeovers == 0)
        {
            return;
        }

        JournalEntry epoch = new() { Kind = JournalEntryKind.EpochStarted };
        List<SmallAct> acts = [new SmallAct.Append(epoch)];
        int resumed = _journal.Append(s.Run, epoch);
        if (run.State != UpgradeEnd.Running)
        {
            JournalEntry entry = SmallActs.State(UpgradeEnd.Running);
            acts.Add(new SmallAct.Append(entry));
            resumed = _journal.Append(resumed, entry);
        }

        foreach (PlannedStep step in _plan.Steps.Where(p => _journal[resumed][p.Key].Status == StepStatus.Open && !UploadStep.IsFenceable(_plan, p)))
        {
            acts.Add(new SmallAct.Outwait(step));
            acts.Add(new SmallAct.Append(SmallActs.Outcome(step, StepOutcome.Unknown, null)));
        }

        Add(s with { Driver = _drivers.Add(new Driver([], [], 0, [.. acts])), Takeovers = (byte)(s.Takeovers - 1) }, "another driver takes over");
    }

    /// <summary>What is on the wire arrives, is lost, or is delayed.</summary>
    private void Calls(SmallState s, Driver driver)
    {
        foreach (SmallCall call in driver.Calls.Where(c => c.Answer == Answer.None))
        {
            SmallState Answered(SmallState state, Answer answer) =>
                state with { Driver = _drivers.Add(driver with { Calls = driver.Calls.Replace(call, call with { Answer = answer }) }) };

            (SmallState after, bool accepted) = Arrive(s, call.Request);
            Add(Answered(after, accepted ? Answer.Accepted : Answer.Refused), "arrives:", call.Request.ToString());
            if (s.Faults > 0)
            {
                byte left = (byte)(s.Faults - 1);
                Add(Answered(s with { Faults = left }, Answer.Lost), "is lost:", call.Request.ToString());
                if (accepted)
                {
                    Add(Answered(after with { Faults = left }, Answer.Lost), "arrives, its answer is lost:", call.Request.ToString());
                }

                if (_world.Installs(call.Request))
                {
                    Add(Answered(s with { Faults = left }, Answer.Refused), "is cut before its end was sent:", call.Request.ToString());
                }
            }

            if (s.LateRequests > 0)
            {
                Add(Answered(Delay(s, call.Request), Answer.Lost), "is delayed:", call.Request.ToString());
            }
        }
    }

    private SmallState Delay(SmallState s, SmallRequest request) => s with
    {
        Late = _late.Add([.. _late[s.Late], new LateRequest(request, _world.IsUnbounded(request), IsFenced: false)]),
        LateRequests = (byte)(s.LateRequests - 1),
    };

    /// <summary>The driver is killed, or its lease runs out while it sleeps: what it was about to send may still go out.</summary>
    private void Die(SmallState s, Driver driver)
    {
        if (s.Takeovers == 0)
        {
            // Nobody would take over: no state that matters comes of it.
            return;
        }

        SmallState dead = s with { Driver = 0 };
        Add(dead, "the driver dies");
        if (s.LateRequests > 0)
        {
            foreach (SmallCall call in driver.Calls.Where(c => c.Answer == Answer.None))
            {
                Add(Delay(dead, call.Request), "the driver loses its lease with a request on the way:", call.Request.ToString());
            }
        }
    }

    private void Act(SmallState s, Driver driver)
    {
        SmallAct act = driver.Acts[0];
        Driver rest = driver with { Acts = driver.Acts[1..] };
        switch (act)
        {
            case SmallAct.Append append:
                int run = _journal.Append(s.Run, append.Entry);
                if (append.Entry is { Kind: JournalEntryKind.RunEnded, Values: { } values }
                    && values[Marks.End] is nameof(UpgradeEnd.Completed) or nameof(UpgradeEnd.CompletedWithProblems))
                {
                    _violation ??= s.Foreign == _options.Foreign ? _world.EndViolation(s) : null;
                }

                if (append.Entry is { Outcome: StepOutcome.Done, Key: { } done })
                {
                    rest = rest with
                    {
                        Accepted = rest.Accepted.Remove(done),
                        Busy = _steps[done].Id == StepId.Install ? rest.Busy & ~(1 << NumberOf(_steps[done].Node!)) : rest.Busy,
                    };
                }

                Add(s with { Run = run, Driver = _drivers.Add(rest) }, "appends", append.ToString());
                break;
            case SmallAct.Begin begin:
                int attempt = _journal[s.Run][begin.Step.Key].Attempt + 1;
                IEnumerable<KeyValuePair<string, string>> said = begin.Values.Where(
                    v => v.Key != ExplorerOptions.Before || !_options.Without.Contains(ExplorerOptions.Before));
                Dictionary<string, string> intent = new(said, StringComparer.Ordinal);
                SmallRequest request = new(begin.Step, attempt, intent);
                rest = rest with
                {
                    Calls = rest.Calls.Add(new SmallCall(request, Answer.None)),
                    Accepted = rest.Accepted.Remove(begin.Step.Key),
                    Busy = begin.Step.Id == StepId.Install ? rest.Busy & ~(1 << NumberOf(begin.Step.Node!)) : rest.Busy,
                };
                if (rest.Calls.Count(c => Procedure.Of(c.Request.Step.Id).TouchesNode) > 1)
                {
                    _violation ??= $"I2: {request} touches a node while another call does";
                }

                Add(
                    s with { Run = _journal.Append(s.Run, SmallActs.Intent(begin.Step, attempt, intent)), Driver = _drivers.Add(rest) },
                    "begins",
                    request.ToString());
                break;
            case SmallAct.Await wait:
                // Uploads are cancelled, the others come back first.
                if (driver.Calls.All(c => !wait.Covers(c) || c.Answer != Answer.None || c.Request.Id == "S7"))
                {
                    Add(s with { Driver = _drivers.Add(rest with { Calls = rest.Calls.RemoveAll(wait.Covers) }) }, "forgets its calls");
                }

                break;
            case SmallAct.Fence fence:
                Fence(s, fence.Step, rest);
                break;
            case SmallAct.Outwait outwait:
                if (IsOutwaited(s, outwait.Step))
                {
                    Add(s with { Driver = _drivers.Add(rest) }, "has outwaited", outwait.Step.Key.ToString());
                }

                break;
            default:
                Add(s with { Driver = 0 }, "the driver leaves");
                break;
        }
    }

    /// <summary>Whether no call of the step can arrive any more, as far as its limit ends it.</summary>
    private bool IsOutwaited(SmallState s, PlannedStep step) => !_late[s.Late].Exists(l => l.Request.Step.Key == step.Key && !l.IsUnbounded);

    /// <summary>One try of the fence, which looks and deletes at once here; what it proves is appended.</summary>
    private void Fence(SmallState s, PlannedStep step, Driver rest)
    {
        int n = NumberOf(step.Node!);
        SmallNode node = s[n];
        SmallState tried = s with { Driver = _drivers.Add(rest) };
        if (s.Faults > 0 && _uploads.Deletes && node.Phase != SmallPhase.Restarting)
        {
            Add(tried with { Faults = (byte)(s.Faults - 1) }, "is not let fence", step.Key.ToString());
        }

        StepState state = _journal[s.Run][step.Key];
        SmallPort port = new(node, step.Node!, _plan.RunId, _uploads);
        bool isOutwaited = IsOutwaited(s, step) || _options.Without.Contains(ExplorerOptions.Outwaiting);
        (string? proof, Message _) = UploadFence.TryAsync(port, _plan, step, state, isOutwaited, CancellationToken.None).GetAwaiter().GetResult();
        _violation ??= _world.DeleteViolation(node, port.Node);
        if (proof is null)
        {
            Add(tried.With(n, port.Node), "cannot fence", step.Key.ToString());
            return;
        }

        Dictionary<string, string> values = new(StringComparer.Ordinal) { [Marks.Fence] = proof };
        SmallState after = tried with
        {
            Run = _journal.Append(s.Run, SmallActs.Outcome(step, StepOutcome.Unknown, values)),
            Late = _late.Add(
                [
                    .. _late[s.Late].Select(
                        l => l.Request.Step.Node == step.Node && l.Request.Upload == state.Value(UploadStep.UploadId) ? l with { IsFenced = true } : l)]),
        };
        Add(after.With(n, port.Node), "fences", step.Key.ToString());
    }

    /// <summary>The answer of a call is read.</summary>
    private void Read(SmallState s, Driver driver, SmallCall call)
    {
        Driver rest = driver with { Calls = driver.Calls.Remove(call) };
        if (call.Answer == Answer.Accepted)
        {
            if (call.Request.Id == "S7" && !_uploads.Lists)
            {
                s = s with { Run = _journal.Append(s.Run, SmallActs.Told(call.Request)) };
            }

            Add(
                s with { Driver = _drivers.Add(rest with { Accepted = rest.Accepted.Add(call.Request.Step.Key) }) },
                "reads that it was accepted:",
                call.Request.ToString());
            return;
        }

        StepOutcome outcome = call.Answer == Answer.Refused ? StepOutcome.FailedNoEffect : StepOutcome.Unknown;
        bool byAPage = outcome == StepOutcome.FailedNoEffect && call.Request.Id is "S2" or "S9" or "S13";
        bool inVain = outcome == StepOutcome.FailedNoEffect && _world.IsInVain(call.Request, s[NumberOf(call.Request.Step.Node!)]);
        string? code = byAPage ? "otherBuild" : inVain ? Marks.NotFound : null;
        Dictionary<string, string>? values = code is null ? null : new(StringComparer.Ordinal) { [Marks.Code] = code };
        int run = _journal.Append(s.Run, SmallActs.Outcome(call.Request.Step, outcome, values));
        Add(s with { Run = run, Driver = _drivers.Add(rest) }, $"appends {outcome}", call.Request.ToString());
    }

    private void Decide(SmallState s, Driver driver)
    {
        bool onTheWay = _late[s.Late].Exists(l => !l.IsUnbounded);
        bool shortCall = driver.Calls.Any(c => !_world.Carries(c.Request));
        foreach (SmallClock clock in (ReadOnlySpan<SmallClock>)[SmallClock.Early, SmallClock.Soon, SmallClock.InTime, SmallClock.Late])
        {
            // No call lasts longer than its limit, and nothing of it arrives later: in time and late, all that was sent is there or lost.
            if (clock >= SmallClock.InTime && (onTheWay || shortCall) || clock == SmallClock.Late && driver.Calls.Length > 0)
            {
                continue;
            }

            int busy = driver.Busy | _world.BusyBits(s);
            ClusterObservation seen = _world.Observe(s, busy, clock);
            Decision decision = UpgradeDecider.Decide(new DeciderInput
            {
                Position = new Position(_plan, _journal[s.Run], SmallWorld.Now(clock)),
                Cluster = seen,
                Now = SmallWorld.Now(clock),
                WallNow = SmallWorld.Now(clock),
                RequestLimit = DirectWorld.RequestLimit,
                InFlight = driver.Calls.Select(c => c.Request.Step.Key).ToHashSet(),
                Accepted = driver.Accepted,
            });
            _violation ??= DecisionViolation(s, decision, clock);
            SmallState after = s with { Driver = _drivers.Add(driver with { Busy = busy, Acts = [.. SmallActs.Of(decision, driver)] }) };
            if (after != s)
            {
                Add(after, "looks and decides", clock.ToString());
            }
        }
    }

    private static int NumberOf(string name) => Array.IndexOf(Names, name);

    /// <summary>What a driver must never decide in a world like this; who looks a moment later cannot be blamed for it.</summary>
    private string? DecisionViolation(SmallState s, Decision decision, SmallClock clock)
    {
        RunState run = _journal[s.Run];
        foreach ((PlannedStep step, Verdict verdict) in decision.Steps.Where(d => d.Step.Node is not null))
        {
            int n = NumberOf(step.Node!);
            bool othersWork = s.Nodes.Where((_, k) => k != n).All(k => k.TakesMail);
            bool onItsWay = run.Node(step.Node!).Goal == NodeGoal.Upgrade;
            bool firstTouch = step.Id.Value is "S1" or "S2" && onItsWay
                && run[new StepKey(StepId.LoadOff, step.Node)].Attempt == 0 && run[new StepKey(StepId.ReceiveOff, step.Node)].Attempt == 0;
            bool mayStillArrive = _late[s.Late].Exists(l => l.Request.Step.Key == step.Key && step.Id != StepId.Upload && !IsDead(s, l.Request));
            bool mayStillBegin = _late[s.Late].Exists(l => l.Request.Id == "S8" && l.Request.Step.Node == step.Node && !IsDead(s, l.Request));
            bool beyond = s[n].Begun > s[n].Failed && !run[new StepKey(StepId.VerifyBuild, step.Node, 0)].IsSettled;
            string? violation = verdict switch
            {
                Verdict.Done when step.Id == StepId.Drain && s[n].HasMail => "I5: a node with mail in its queue counts as drained",
                Verdict.Done when step.Id == StepId.VerifyBuild && !s[n].IsNew => "I17: a node of the old build counts as verified",
                Verdict.Done when step.Id.Value is "S9" or "S13" or "S15" && onItsWay && s[n] is { IsNew: false, Begun: 0 } =>
                    "I17: a node counts as back whose installation was never begun",
                Verdict.NotInEffect when mayStillArrive && run[step.Key].IsUndecided =>
                    "I14: says that an attempt changed nothing while its request may still arrive",
                Verdict.Apply when onItsWay && s.Nodes.Count(k => k.IsControl) > 1 && !IsHandover(run) =>
                    "I7: goes on with two Control nodes outside of the handover",
                Verdict.Apply when onItsWay && clock == SmallClock.Late && !s.Nodes.Any(k => k.IsControl || k.Phase == SmallPhase.Restarting) =>
                    "I7: goes on for long without a Control node",
                Verdict.Apply when (firstTouch || step.Id.Value is "S6" or "S8" or "S11" or "S16a") && s.Third.IsControl =>
                    "I10: goes on although somebody else has assigned the Control role",
                Verdict.Apply when firstTouch && !othersWork => "I1: touches a node while another one is out of work",
                Verdict.Apply when firstTouch && s.Nodes.Where((_, k) => run[new StepKey(StepId.Gate, Names[k])].IsSettled).Any(k => !k.IsNew) =>
                    "I16: touches a node while a finished one is not at the new build",
                Verdict.Apply when step.Id == StepId.Demote && !s.Nodes.Where((_, k) => k != n).Any(k => k is { IsControl: true, Phase: SmallPhase.Up }) =>
                    "I7: demotes a Control node while no other one answers",
                Verdict.Apply when step.Id == StepId.Install && !othersWork && clock >= SmallClock.InTime => "I1: installs while another node is out of work",
                Verdict.Apply when step.Id == StepId.Install && s[n].Phase == SmallPhase.Installing => "I13: installs while an installation runs",
                Verdict.Apply when step.Id.Value is "S8" or "S13" or "S15" && mayStillBegin =>
                    "I12: installs again, or takes a node back to work, while an installation may still begin",
                Verdict.Apply when step.Id.Value is "S13" or "S15" && beyond => "I18: takes a node back to work whose installation was begun and not verified",
                _ => null,
            };
            if (violation is not null)
            {
                return $"{violation} ({step.Key}, {clock})";
            }
        }

        return ForgottenDrain(s, run, decision);
    }

    /// <summary>A node in hand that gets load again is drained again, at once, until its return to load is due.</summary>
    private string? ForgottenDrain(SmallState s, RunState run, Decision decision)
    {
        for (int n = 0; n < Names.Length && !s.IsBalancerSilent; n++)
        {
            StepState off = run[new StepKey(StepId.LoadOff, Names[n])];
            bool goesOn = decision.Steps.All(d => d.Verdict is Verdict.Wait or Verdict.Apply or Verdict.Done) && run.Node(Names[n]).Goal == NodeGoal.Upgrade;
            if (s[n].InLoad
                && off.Status == StepStatus.Done
                && goesOn
                && run[new StepKey(StepId.ReceiveOff, Names[n])].IsSettled
                && !run[new StepKey(StepId.ReceiveOn, Names[n])].IsSettled)
            {
                return $"I2: {Names[n]} is in hand and in load, and is not drained again";
            }
        }

        return null;
    }

    private bool IsHandover(RunState run) =>
        _steps.Values.Any(p => p.Id == StepId.Promote && run[p.Key].Attempt > 0)
            && !_steps.Values.Where(p => p.Id == StepId.Demote).All(p => run[p.Key].IsSettled)
        || _steps.Values.Any(p => p.Id == StepId.HandOver && HandOverStep.IsUnderWay(run[p.Key]));

    private string? StateViolation(SmallState s)
    {
        if (s.Foreign < _options.Foreign)
        {
            // It was not the run alone that brought the cluster there: what the run does about it is looked at where it decides.
            return null;
        }

        int controls = s.Nodes.Count(n => n.IsControl);
        return s.Nodes.Count(n => !n.TakesMail) > 1 ? "I2: two nodes are out of work"
            : controls == 0 ? "I7: no node is Control"
            : controls > 1 && !IsHandover(_journal[s.Run]) ? "I7: two nodes are Control outside of the handover"
            : null;
    }
}
