using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>What an exploration of a fleet may meet.</summary>
internal sealed record FleetExplorerOptions
{
    /// <summary>How many clusters may be worked on at once.</summary>
    public int MaxConcurrent { get; init; } = 1;

    /// <summary>How many failures are allowed, in a wave and in all.</summary>
    public int MaxFailures { get; init; } = 1;

    /// <summary>How many clusters there are.</summary>
    public int Clusters { get; init; } = 3;

    /// <summary>The hours that pass while anything else may happen.</summary>
    public byte Hours { get; init; } = 1;

    /// <summary>How often a worker, the fleet's driver or somebody's own tool dies.</summary>
    public byte Deaths { get; init; } = 1;

    /// <summary>How often people say something, or take up a run by hand.</summary>
    public byte Humans { get; init; } = 1;

    /// <summary>How often a run does not complete, or a worker cannot begin one.</summary>
    public byte Troubles { get; init; } = 1;

    /// <summary>What is taken away: one of the names below.</summary>
    public string? Without { get; init; }

    /// <summary>An exploration that is larger than this is stopped and fails.</summary>
    public int MostStates { get; init; } = 20_000_000;

    public const string Limit = "the limit of clusters at once";
    public const string Order = "the order of waves";
    public const string Soak = "the soak";
    public const string Gates = "the gates";
    public const string Failures = "the limits of failures";
    public const string Labels = "the labels that are never together";
    public const string Windows = "the windows";
    public const string Holding = "holding";
    public const string LeavingOut = "leaving out";
    public const string Pausing = "pausing";
    public const string SecondLook = "the look after the leaving";
    public const string SecondReading = "the second reading of the grant";
    public const string Fence = "the fence of appends";
    public const string News = "that a run stands again only by what it does then";
}

/// <summary>
/// Walks breadth-first through everything that <see cref="FleetDecider"/>, the workers of a fleet, people and time can do to each other. Neither
/// the driver's turn nor a worker's taking of a cluster is atomic: between any two of their steps everybody else goes on, and may die.
/// From every state the fleet has to come to its end when people help.
/// </summary>
internal sealed class FleetExplorer
{
    private const int MostHelp = 400;

    private static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    private readonly FleetExplorerOptions _options;
    private readonly FleetPlan _plan;
    private readonly FleetPlan _decided;
    private readonly string[] _names;
    private readonly FleetSmallJournal _journal;
    private readonly Interner<SmallHead> _heads = new(h => h.Key);
    private readonly List<JournalEntry?> _stale = [null];
    private readonly Dictionary<string, int> _staleNumbers = new(StringComparer.Ordinal);
    private readonly Dictionary<(int Journal, int Head, int Clock), FleetDecision> _decisions = [];
    private readonly HashSet<FleetSmallState> _ends = [];
    private readonly List<(FleetSmallState State, string What)> _next = [];
    private string? _violation;

    public FleetExplorer(FleetExplorerOptions options)
    {
        _options = options;
        _plan = Plan(options);
        _decided = Without(_plan, options.Without);
        _names = [.. _plan.Clusters.Select(c => c.Name)];
        _journal = new FleetSmallJournal(_plan);
        _heads.Add(new SmallHead(false, 0, []));
    }

    public ExplorerResult Explore()
    {
        FleetSmallState start = new()
        {
            Head = Turn(new RunGlance?[_names.Length]),
            Hours = _options.Hours,
            Deaths = _options.Deaths,
            Humans = _options.Humans,
            Troubles = _options.Troubles,
        };
        Dictionary<FleetSmallState, int> seen = new() { [start] = 0 };
        List<FleetSmallState> states = [start];
        List<int> parents = [-1];
        long transitions = 0;
        for (int at = 0; at < states.Count; at++)
        {
            if (states.Count > _options.MostStates)
            {
                return new ExplorerResult(states.Count, transitions, states.Count - at, _journal.Count, null, []);
            }

            Expand(states[at]);
            _violation ??= Help(states[at]);
            foreach ((FleetSmallState state, _) in _next)
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

    /// <summary>
    /// A wave of one or two, watched for an hour, and one behind a gate; the first and the last are of one customer, and the second has a window
    /// that opens after an hour.
    /// </summary>
    private static FleetPlan Plan(FleetExplorerOptions options)
    {
        MaintenanceWindow window = new() { Zone = "UTC", From = new TimeOnly(9, 0), To = new TimeOnly(12, 0) };
        return FleetBook.PlanOf(
            new FleetLimits
            {
                MaxConcurrent = options.MaxConcurrent,
                MaxFailures = options.MaxFailures,
                MaxFailuresPerWave = options.MaxFailures,
                Soak = Hour,
                NeverTogether = ["customer"],
            },
            options.Clusters == 2 ? ["one/a", "two/b"] : ["one/a", "one/b", "two/c"],
            c => c with
            {
                Windows = c.Name == "b" ? [window] : [],
                NodeTime = Hour,
                Labels = new Dictionary<string, string> { ["customer"] = c.Name == "b" && options.Clusters == 3 ? "other" : "one" },
            },
            new FleetWave("one"),
            new FleetWave("two", FleetApproval.Before));
    }

    /// <summary>The plan as whoever decides has it: a rule that it says nothing of is a rule that is not there.</summary>
    private static FleetPlan Without(FleetPlan plan, string? rule)
    {
        FleetLimits limits = plan.Limits;
        return rule switch
        {
            FleetExplorerOptions.Limit => plan with { Limits = limits with { MaxConcurrent = 99 } },
            FleetExplorerOptions.Soak => plan with { Limits = limits with { Soak = TimeSpan.Zero } },
            FleetExplorerOptions.Failures => plan with { Limits = limits with { MaxFailures = 99, MaxFailuresPerWave = 99 } },
            FleetExplorerOptions.Labels => plan with { Limits = limits with { NeverTogether = [] } },
            FleetExplorerOptions.Gates => plan with { Waves = [.. plan.Waves.Select(w => w with { Approve = FleetApproval.None })] },
            FleetExplorerOptions.Windows => plan with { Clusters = [.. plan.Clusters.Select(c => c with { Windows = [] })] },
            FleetExplorerOptions.Order => plan with { Waves = [new FleetWave("all")], Clusters = [.. plan.Clusters.Select(c => c with { Wave = "all" })] },
            _ => plan,
        };
    }

    /// <summary>The way to a state, told by expanding it again.</summary>
    private List<string> Path(List<FleetSmallState> states, List<int> parents, int at)
    {
        List<string> path = [];
        for (int child = at; parents[child] >= 0; child = parents[child])
        {
            Expand(states[parents[child]]);
            path.Add(_next.First(n => n.State == states[child]).What);
        }

        path.Reverse();
        return path;
    }

    private void Expand(FleetSmallState s)
    {
        _next.Clear();
        _violation = null;
        if (s.Hours > 0)
        {
            Add(s with { Clock = s.Clock + 1, Hours = (byte)(s.Hours - 1) }, "an hour passes");
        }

        Workers(s);
        Hands(s);
        Fleet(s);
        _violation ??= StateViolation(s);
    }

    private void Add(FleetSmallState state, string what, int? cluster = null) =>
        _next.Add((Canonical(state), cluster is { } c ? $"{what} {_names[c]}" : what));

    /// <summary>Leaves out what nothing can depend on any more.</summary>
    private FleetSmallState Canonical(FleetSmallState s)
    {
        FleetState fleet = _journal[s.Journal];
        for (int c = 0; c < _names.Length; c++)
        {
            if (s[c] is { IsByHand: true, Holder: SmallHolder.None } run && !fleet[_names[c]].HasSlot)
            {
                s = s.With(c, run with { IsByHand = false });
            }
        }

        return s;
    }

    private void Workers(FleetSmallState s)
    {
        for (int w = 0; w < 2; w++)
        {
            SmallWorker worker = s.Worker(w);
            if (w == 1 && worker == s.Worker(0))
            {
                return;
            }

            if (worker.Stage == SmallStage.Idle)
            {
                for (int c = 0; c < _names.Length; c++)
                {
                    if (GrantOf(s, c) is { } attempt)
                    {
                        Add(s.With(w, new SmallWorker(SmallStage.Granted, (byte)c, attempt)), "a worker reads the grant of", c);
                    }
                }

                continue;
            }

            foreach ((FleetSmallState state, string what) in Step(s, w))
            {
                Add(state, what, worker.Cluster);
            }

            if (s.Deaths > 0)
            {
                SmallRun run = s[worker.Cluster];
                FleetSmallState dead = s with { Deaths = (byte)(s.Deaths - 1) };
                bool hasLease = worker.Stage != SmallStage.Granted && worker.Attempt == run.Attempt;
                dead = hasLease ? dead.With(worker.Cluster, run with { Holder = SmallHolder.Gone }) : dead;
                Add(dead.With(w, default(SmallWorker)), "the worker dies that has", worker.Cluster);
            }
        }
    }

    private byte? GrantOf(FleetSmallState s, int cluster) =>
        _journal[s.Journal] is { IsEnded: false } fleet && fleet[_names[cluster]] is { IsGranted: true } grant ? (byte)grant.Attempt : null;

    /// <summary>What a worker that has a cluster does next, or its run becomes.</summary>
    private IEnumerable<(FleetSmallState State, string What)> Step(FleetSmallState s, int w)
    {
        SmallWorker worker = s.Worker(w);
        int c = worker.Cluster;
        SmallRun run = s[c];
        FleetSmallState idle = s.With(w, default(SmallWorker));
        SmallWorker leased = worker with { Stage = SmallStage.Leased };
        switch (worker.Stage)
        {
            case SmallStage.Granted when run.Attempt < worker.Attempt:
                if (run.Attempt > 0 && !run.IsEnded)
                {
                    _violation ??= $"attempts: another run is begun while one of {_names[c]} has not ended";
                }

                yield return (s.With(w, leased).With(c, new SmallRun { Attempt = worker.Attempt, Holder = SmallHolder.Worker }), "a run is begun on");
                if (s.Troubles > 0 && run.Told == default)
                {
                    FleetSmallState less = idle with { Troubles = (byte)(s.Troubles - 1) };
                    yield return (less.With(c, run with { Told = (worker.Attempt, UpgradeEnd.NeedsHuman) }), "a worker cannot begin");
                    yield return (less.With(c, run with { Told = (worker.Attempt, UpgradeEnd.Completed) }), "a worker finds nothing to do on");
                }

                break;
            case SmallStage.Granted when run.Attempt > worker.Attempt || run.IsEnded || run.Holder is SmallHolder.Worker or SmallHolder.Hand:
                yield return (idle, "a worker leaves alone");
                break;
            case SmallStage.Granted when run.Holder == SmallHolder.None:
                yield return (s.With(w, leased).With(c, run with { Holder = SmallHolder.Worker }), "a worker takes the run of");
                break;
            case SmallStage.Leased when GrantOf(s, c) == worker.Attempt || _options.Without == FleetExplorerOptions.SecondReading:
                SmallWorker driving = worker with { Stage = SmallStage.Driving };
                yield return (s.With(w, driving).With(c, run with { State = UpgradeEnd.Running, HasCommands = false }), "a worker drives");
                break;
            case SmallStage.Leased:
                yield return (idle.With(c, run with { Holder = SmallHolder.None }), "a worker finds no grant of");
                break;
            case SmallStage.Driving when run.Attempt > worker.Attempt:
                yield return (idle, "a worker gives back an older run of");
                break;
            case SmallStage.Driving when run.State == UpgradeEnd.Running:
                yield return (s.With(c, run with { State = UpgradeEnd.Completed }), "completed is");
                if (s.Troubles > 0)
                {
                    FleetSmallState less = s with { Troubles = (byte)(s.Troubles - 1) };
                    yield return (less.With(c, run with { State = UpgradeEnd.Aborted }), "ended badly has");
                    yield return (less.With(c, run with { State = UpgradeEnd.Paused, Stood = (byte)(run.Stood + 1) }), "at a gate of its own is");
                    yield return (less.With(c, run with { State = UpgradeEnd.NeedsHuman, Stood = (byte)(run.Stood + 1) }), "people are needed by");
                }

                break;
            case SmallStage.Driving:
                yield return (idle.With(c, run with { Holder = SmallHolder.None }), "a worker gives back");
                break;
        }
    }

    /// <summary>People and their own tools, and the leases of the dead.</summary>
    private void Hands(FleetSmallState s)
    {
        for (int c = 0; c < _names.Length; c++)
        {
            SmallRun run = s[c];
            FleetSmallState less = s with { Humans = (byte)(s.Humans - 1) };
            if (run.Holder == SmallHolder.Gone)
            {
                Add(s.With(c, run with { Holder = SmallHolder.None }), "the lease runs out of", c);
            }
            else if (run.Holder == SmallHolder.Hand)
            {
                Add(s.With(c, run with { State = UpgradeEnd.Completed, Holder = SmallHolder.None }), "completed by hand is", c);
                Add(
                    s.With(c, run with { State = UpgradeEnd.NeedsHuman, Holder = SmallHolder.None, Stood = (byte)(run.Stood + 1) }), "let go by hand is", c);
                if (s.Deaths > 0)
                {
                    Add((s with { Deaths = (byte)(s.Deaths - 1) }).With(c, run with { Holder = SmallHolder.Gone }), "the tool dies that has", c);
                }
            }
            else if (run is { Holder: SmallHolder.None, Attempt: > 0, IsEnded: false } && s.Humans > 0)
            {
                SmallRun taken = run with { Holder = SmallHolder.Hand, State = UpgradeEnd.Running, HasCommands = false, IsByHand = true };
                Add(less.With(c, taken), "somebody takes by hand", c);
                if (run is { State: UpgradeEnd.Paused or UpgradeEnd.NeedsHuman, HasCommands: false })
                {
                    Add(less.With(c, run with { HasCommands = true }), "somebody approves the run of", c);
                }
            }
        }
    }

    private void Fleet(FleetSmallState s)
    {
        if (s.Stale > 0)
        {
            int journal = _options.Without == FleetExplorerOptions.Fence ? Append(s, _stale[s.Stale]!) : s.Journal;
            Add(s with { Stale = 0, Journal = journal }, "a driver of the fleet that lost its lease appends");
        }

        if (s.Head == 0)
        {
            if (!_journal[s.Journal].IsEnded)
            {
                Add(s with { Head = Turn(new RunGlance?[_names.Length]) }, "another driver takes the fleet");
            }

            return;
        }

        SmallHead head = _heads[s.Head];
        FleetDecision? decision = head.HasLooked ? Decide(s) : null;
        if (s.Deaths > 0)
        {
            Add(s with { Head = 0, Deaths = (byte)(s.Deaths - 1) }, "the driver of the fleet dies");
            if (decision?.Entry is { } entry && s.Stale == 0)
            {
                Add(s with { Head = 0, Deaths = (byte)(s.Deaths - 1), Stale = StaleOf(entry) }, "the driver of the fleet falls asleep");
            }
        }

        if (decision is not null)
        {
            (FleetSmallState state, string what) = Do(s, head, decision);
            Add(state, what);
            return;
        }

        Hear(s);
        if (!_journal[s.Journal].IsEnded)
        {
            Add(Look(s, head, all: true), "the driver looks");
            Add(Look(s, head, all: false), "the driver looks at what is worked on");
        }
    }

    private int StaleOf(JournalEntry entry)
    {
        string key = $"{entry.Kind} {entry.Node} {entry.Attempt} {entry.Text?.English} {string.Join(',', entry.Values!)}";
        if (!_staleNumbers.TryGetValue(key, out int number))
        {
            number = _stale.Count;
            _stale.Add(entry);
            _staleNumbers.Add(key, number);
        }

        return number;
    }

    /// <summary>What people say, and what workers told.</summary>
    private void Hear(FleetSmallState s)
    {
        if (s.Humans > 0)
        {
            FleetSmallState less = s with { Humans = (byte)(s.Humans - 1) };
            foreach (FleetCommandKind kind in (FleetCommandKind[])[FleetCommandKind.Pause, FleetCommandKind.Approve])
            {
                Say(s, less, new FleetCommand { Id = "1", Kind = kind, By = "anna", At = default });
            }

            foreach (string name in _names)
            {
                foreach (FleetCommandKind kind in Enum.GetValues<FleetCommandKind>().Where(k => k is not (FleetCommandKind.Pause or FleetCommandKind.Report)))
                {
                    Say(s, less, new FleetCommand { Id = "1", Kind = kind, By = "anna", At = default, Cluster = name });
                }
            }
        }

        for (int c = 0; c < _names.Length; c++)
        {
            if (s[c].Told is { Attempt: > 0 } told)
            {
                FleetSmallState heard = s.With(c, s[c] with { Told = default });
                if (Judge(heard, Told(c, told)) is { } journal)
                {
                    heard = heard with { Journal = journal };
                }

                Add(heard, "the fleet hears of", c);
            }
        }
    }

    private FleetCommand Told(int cluster, (byte Attempt, UpgradeEnd End) told) => new()
    {
        Id = "1",
        Kind = FleetCommandKind.Report,
        By = "worker",
        At = default,
        Cluster = _names[cluster],
        Attempt = told.Attempt,
        End = told.End,
    };

    private void Say(FleetSmallState s, FleetSmallState after, FleetCommand command)
    {
        if (Judge(s, command) is { } journal)
        {
            Add(after with { Journal = journal }, $"people say {command.Kind} {command.Cluster}");
        }
    }

    /// <summary>The journal with what was said; <see langword="null"/>: it is refused.</summary>
    private int? Judge(FleetSmallState s, FleetCommand command) =>
        FleetCommands.Judge(_decided, _journal[s.Journal], FleetSmallJournal.At(s.Clock), command).Entry is { } entry
            ? _journal.Append(s.Journal, s.Clock, entry)
            : null;

    private int Turn(RunGlance?[] seen) => _heads.Add(new SmallHead(false, 0, seen));

    private FleetSmallState Look(FleetSmallState s, SmallHead head, bool all)
    {
        FleetState fleet = _journal[s.Journal];
        RunGlance?[] seen = new RunGlance?[_names.Length];
        for (int c = 0; c < _names.Length; c++)
        {
            ClusterState cluster = fleet[_names[c]];
            bool looks = cluster.HasSlot || cluster.IsWanted || all && cluster.Phase == ClusterPhase.Standing;
            seen[c] = !looks ? head.Seen[c] : s[c].Attempt > 0 && s[c].Attempt == cluster.Attempt ? s[c].Glance : null;
        }

        return s with { Head = _heads.Add(new SmallHead(true, 0, seen)) };
    }

    private FleetDecision Decide(FleetSmallState s)
    {
        if (_decisions.TryGetValue((s.Journal, s.Head, s.Clock), out FleetDecision? decision))
        {
            return decision;
        }

        SmallHead head = _heads[s.Head];
        FleetState fleet = _journal[s.Journal];
        FleetState decided = _options.Without switch
        {
            FleetExplorerOptions.Holding => Deaf(s.Journal, FleetCommandKind.Hold),
            FleetExplorerOptions.LeavingOut => Deaf(s.Journal, FleetCommandKind.LeaveOut),
            FleetExplorerOptions.Pausing => Deaf(s.Journal, FleetCommandKind.Pause),
            _ => fleet,
        };
        long[] moved = [.. _names.Where((_, c) => (head.Moved & (1 << c)) != 0).Select(n => fleet[n].Sequence)];
        Dictionary<string, RunGlance> runs = new(StringComparer.Ordinal);
        for (int c = 0; c < _names.Length; c++)
        {
            if (head.Seen[c] is { } glance)
            {
                bool forgets = _options.Without == FleetExplorerOptions.News && fleet[_names[c]].HasSlot;
                runs[_names[c]] = forgets ? glance with { Sequence = null } : glance;
            }
        }

        decision = FleetDecider.Decide(new FleetInput
        {
            Plan = _decided,
            State = decided,
            Now = FleetSmallJournal.At(s.Clock),
            Runs = runs,
            LookedAfter = _options.Without == FleetExplorerOptions.SecondLook ? long.MaxValue : moved.Length > 0 ? moved.Min() - 1 : fleet.LastSequence,
        });
        _decisions.Add((s.Journal, s.Head, s.Clock), decision);
        return decision;
    }

    /// <summary>The fleet of somebody who does not hear one kind of command.</summary>
    private FleetState Deaf(int journal, FleetCommandKind kind) => FleetState.Fold(
        _journal.Records(journal).Where(r => r.Entry.Kind != JournalEntryKind.Command || r.Entry.Values![FleetEntries.Command] != kind.ToString()));

    private (FleetSmallState State, string What) Do(FleetSmallState s, SmallHead head, FleetDecision decision)
    {
        if (decision.Entry is not { } entry)
        {
            // What is worked on is looked at anew before anything else is decided.
            FleetState fleet = _journal[s.Journal];
            return (s with { Head = Turn([.. head.Seen.Select((g, c) => fleet[_names[c]].Phase == ClusterPhase.Standing ? g : null)]) }, "the driver rests");
        }

        _violation ??= EntryViolation(s, entry);
        int moved = entry.Node is { } node ? head.Moved | (1 << Array.IndexOf(_names, node)) : head.Moved;
        return (
            s with { Journal = Append(s, entry), Head = _heads.Add(head with { Moved = moved }) },
            $"the driver writes {entry.Kind} {entry.Node} {(entry.Values is null ? null : string.Join(' ', entry.Values.Select(v => v.Value)))}");
    }

    private int Append(FleetSmallState s, JournalEntry entry) => _journal.Append(s.Journal, s.Clock, entry);

    /// <summary>What must never be written, told from the journal and the world without the rules that decided it.</summary>
    private string? EntryViolation(FleetSmallState s, JournalEntry entry)
    {
        FleetState fleet = _journal[s.Journal];
        if (fleet.IsEnded)
        {
            return "end: something is written after it";
        }

        if (entry.Node is not { } name)
        {
            return null;
        }

        int at = Array.IndexOf(_names, name);
        ClusterState cluster = fleet[name];
        if (entry.Kind == JournalEntryKind.Outcome)
        {
            return entry.Values![FleetEntries.Act] == nameof(ClusterPhase.Standing) && cluster.Report is null && cluster.Seen is { } seen && s[at].Stood <= seen
                ? $"news: {name} stands again, and nothing was tried since people let it go on"
                : entry.Values[FleetEntries.Act] == nameof(ClusterPhase.Over) && cluster.Report is null && !(s[at].IsEnded && s[at].Attempt == cluster.Attempt)
                    ? $"end: {name} is over, and its run has not ended"
                    : null;
        }

        bool isForced = cluster.HasSlot || entry.Text!.Key == "fleet.by-hand";
        return isForced ? null
            : cluster.IsOut ? $"out: {name} goes on"
            : cluster.IsHeld ? $"held: {name} goes on"
            : fleet.PauseWanted is not null ? $"paused: {name} goes on"
            : _names.Count(n => fleet[n].HasSlot) >= _plan.Limits.MaxConcurrent ? $"limit: {name} goes on beside others"
            : entry.Attempt > cluster.Attempt ? BeginViolation(s, at, fleet)
            : null;
    }

    private string? BeginViolation(FleetSmallState s, int at, FleetState fleet)
    {
        FleetCluster cluster = _plan.Clusters[at];
        FleetCluster[] others = [.. _plan.Clusters.Where(c => c != cluster)];
        FleetCluster[] before = [.. others.Where(c => string.CompareOrdinal(c.Wave, cluster.Wave) < 0)];
        bool Failed(ClusterState c) => c is { IsOut: false, IsAccepted: false, End: UpgradeEnd.NeedsHuman or UpgradeEnd.Aborted }
            && c.Phase is ClusterPhase.Standing or ClusterPhase.Over;
        TimeSpan clock = FleetSmallJournal.At(s.Clock).TimeOfDay;
        return before.Any(c => fleet[c.Name] is { Phase: ClusterPhase.Waiting, IsHeld: false, IsOut: false } or { HasSlot: true }
                or { Phase: ClusterPhase.Standing, End: UpgradeEnd.Paused, IsHeld: false, IsOut: false }) ? $"order: {cluster.Name} is begun before its wave"
            : before.Any(c => fleet[c.Name] is { Attempt: > 0 } b && b.Since + Hour > FleetSmallJournal.At(s.Clock)) ? $"soak: {cluster.Name} is begun too soon"
            : cluster.Wave == "two" && !fleet.IsApproved("two", FleetApproval.Before) ? $"gate: {cluster.Name} is begun"
            : _names.Count(n => Failed(fleet[n])) > _plan.Limits.MaxFailures ? $"failures: {cluster.Name} is begun"
            : cluster.Windows.Count > 0 && !(clock >= Hour * 9 && clock <= Hour * 11) ? $"window: {cluster.Name} is begun outside of it"
            : others.Any(c => c.Labels["customer"] == cluster.Labels["customer"] && fleet[c.Name] is { HasSlot: true }
                or { Phase: ClusterPhase.Standing, IsOut: false }) ? $"label: {cluster.Name} is begun while another of its customer is at stake"
            : null;
    }

    private string? StateViolation(FleetSmallState s)
    {
        FleetState fleet = _journal[s.Journal];
        int[] driven = [.. from w in Enumerable.Range(0, 2)
                           let worker = s.Worker(w)
                           let run = s[worker.Cluster]
                           where worker.Stage == SmallStage.Driving && worker.Attempt == run.Attempt && run.State == UpgradeEnd.Running
                           select (int)worker.Cluster];
        int[] counted = [.. driven.Where(c => !s[c].IsByHand)];
        return driven.Any(c => !fleet[_names[c]].HasSlot) ? "grant: a cluster is driven that has no place"
            : driven.Length != driven.Distinct().Count() ? "attempts: two drive one cluster"
            : driven.Any(c => s[c].Attempt != fleet[_names[c]].Attempt) ? "attempts: another run is driven than the granted one"
            : counted.Length > _plan.Limits.MaxConcurrent ? "limit: more clusters are driven at once than allowed"
            : counted.Length == 2 && _plan.Clusters[counted[0]].Labels["customer"] == _plan.Clusters[counted[1]].Labels["customer"]
                ? "label: two of one customer are driven at once"
            : null;
    }

    /// <summary>
    /// Everybody does their best from here on, and people allow whatever is asked: the fleet has to come to its end. States from which that is
    /// known are remembered.
    /// </summary>
    private string? Help(FleetSmallState s)
    {
        FleetSmallState at = s with { Hours = 0, Deaths = 0, Humans = 0, Troubles = 0 };
        List<FleetSmallState> way = [];
        while (!_journal[at.Journal].IsEnded && !_ends.Contains(at))
        {
            way.Add(at);
            if (way.Count > MostHelp || Helped(at) is not { } next)
            {
                return "end: the fleet does not come to one whatever people do";
            }

            at = Canonical(next);
        }

        _ends.UnionWith(way);
        return null;
    }

    private FleetSmallState? Helped(FleetSmallState s)
    {
        for (int c = 0; c < _names.Length; c++)
        {
            if (s[c].Holder is SmallHolder.Gone or SmallHolder.Hand)
            {
                return s.With(c, s[c] with { Holder = SmallHolder.None, State = s[c].Holder == SmallHolder.Hand ? UpgradeEnd.Completed : s[c].State });
            }

            if (s[c].Told is { Attempt: > 0 } told && s.Head != 0 && !_heads[s.Head].HasLooked)
            {
                FleetSmallState heard = s.With(c, s[c] with { Told = default });
                return Judge(heard, Told(c, told)) is { } said ? heard with { Journal = said } : heard;
            }
        }

        for (int w = 0; w < 2; w++)
        {
            if (s.Worker(w).Stage != SmallStage.Idle && Step(s, w).Select(n => (FleetSmallState?)n.State).FirstOrDefault() is { } stepped)
            {
                return stepped;
            }
        }

        if (s.Head == 0)
        {
            return s with { Head = Turn(new RunGlance?[_names.Length]) };
        }

        SmallHead head = _heads[s.Head];
        if (!head.HasLooked)
        {
            return Look(s, head, all: true);
        }

        FleetDecision decision = Decide(s);
        FleetSmallState rested = Do(s, head, decision).State;
        if (decision.Entry is not null)
        {
            return rested;
        }

        for (int c = 0; c < _names.Length; c++)
        {
            if (GrantOf(s, c) is { } attempt && s[c].Holder == SmallHolder.None && (s[c].Attempt < attempt || !s[c].IsEnded))
            {
                return rested.With(0, new SmallWorker(SmallStage.Granted, (byte)c, attempt));
            }
        }

        return decision.Until is { } until
            ? rested with { Clock = (int)Math.Ceiling((until - FleetSmallJournal.At(0)) / Hour) }
            : _names.Any(n => _journal[s.Journal][n].HasSlot) ? rested
            : Allow(rested);
    }

    /// <summary>What people can say that changes something: the fleet first, then cluster by cluster.</summary>
    private FleetSmallState? Allow(FleetSmallState s)
    {
        IEnumerable<FleetCommand> all =
        [
            new() { Id = "1", Kind = FleetCommandKind.Approve, By = "anna", At = default },
            .. from kind in (FleetCommandKind[])[FleetCommandKind.Release, FleetCommandKind.Approve]
               from name in _names
               where _journal[s.Journal][name] is { IsWanted: true } or { Phase: not ClusterPhase.Over }
               select new FleetCommand { Id = "1", Kind = kind, By = "anna", At = default, Cluster = name },
        ];
        return all.Select(c => Judge(s, c)).FirstOrDefault(j => j is not null) is { } journal ? s with { Journal = journal } : null;
    }
}
