using System.Collections.Frozen;
using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Everything a run knows of itself: a pure fold over its journal.</summary>
internal sealed class RunState
{
    private readonly Dictionary<StepKey, StepState> _steps = [];
    private readonly Dictionary<string, NodeStanding> _nodes = new(StringComparer.Ordinal);
    private readonly Approvals _approvals = new();
    private readonly HashSet<StepKey> _gates = [];
    private readonly Dictionary<string, DateTimeOffset> _overrides = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<string, string> _settings = new(StringComparer.Ordinal);
    private readonly Dictionary<string, FrozenSet<string>> _baseline = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _problems = new(StringComparer.Ordinal);
    private readonly SortedDictionary<string, string> _known = new(StringComparer.Ordinal);
    private readonly HashSet<string> _rollbacks = new(StringComparer.Ordinal);
    private readonly HashSet<string> _notices = new(StringComparer.Ordinal);
    private readonly Dictionary<string, List<KeyValuePair<string, string>>> _kept = new(StringComparer.Ordinal);
    private readonly HashSet<string> _heard = new(StringComparer.Ordinal);
    private bool _anyLeftOut;
    private bool _pausesThisDriving;

    public long LastSequence { get; private set; }

    public long Epoch { get; private set; }

    public UpgradeEnd State { get; private set; } = UpgradeEnd.Running;

    public Message? Reason { get; private set; }

    /// <summary>When the run was created.</summary>
    public DateTimeOffset BeganAt { get; private set; }

    /// <summary>When somebody last began to drive the run, or a human let it go on: waits are counted from there at the earliest.</summary>
    public DateTimeOffset ResumedAt { get; private set; }

    /// <summary>A human wants a pause at the next safe point.</summary>
    public Message? PauseWanted { get; private set; }

    /// <summary>Where the run waits for approvals, when a human changed that meanwhile.</summary>
    public PausePoint? PauseAfter { get; private set; }

    /// <summary>A human wants the run to end at the next safe point.</summary>
    public Message? AbortWanted { get; private set; }

    /// <summary>Whether a human wants nodes back at the old build: nothing is upgraded any more.</summary>
    public bool IsRollingBack => _rollbacks.Count > 0;

    /// <summary>Whether the run only goes on to come to its end.</summary>
    public bool IsEnding => AbortWanted is not null || IsRollingBack;

    /// <summary>What holds the run up, where a human can override it.</summary>
    public string? StoppedByCheck { get; private set; }

    /// <summary>The step that stopped the run, while it stands there.</summary>
    public StepKey? StoppedAt { get; private set; }

    /// <summary>The same, where the run waits at its gate.</summary>
    public StepKey? StoppedAtGate { get; private set; }

    /// <summary>
    /// The nodes that somebody else had changed when the run stopped, until it acts again: one that cannot be read any more is not well for that.
    /// </summary>
    public IReadOnlyList<string> Changed { get; private set; } = [];

    /// <summary>When the run came to the state it is in.</summary>
    public DateTimeOffset StateSince { get; private set; }

    /// <summary>Since when it stands where it does: what goes on does since it was last taken up.</summary>
    public DateTimeOffset StandsSince => StateSince == default ? ResumedAt : StateSince;

    public bool IsEnded => State is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman);

    /// <summary>What the end of the run found on the nodes that was not there at its start, by node.</summary>
    public IReadOnlyDictionary<string, string> Problems => _problems;

    /// <summary>What it found that was there at the start already, by node.</summary>
    public IReadOnlyDictionary<string, string> KnownProblems => _known;

    public StepState this[StepKey key] => _steps.GetValueOrDefault(key, StepState.None);

    public NodeStanding Node(string name) => _nodes.GetValueOrDefault(name, NodeStanding.None);

    /// <summary>Who approved a gate, by the key of its step; each person once.</summary>
    public IReadOnlyList<string> ApprovalsOf(StepKey gate) => _approvals.Of(gate);

    /// <summary>Whether the run has waited at a gate, by the key of its step: the watch before it is over.</summary>
    public bool HasWaitedAt(StepKey gate) => _gates.Contains(gate);

    /// <summary>Whether nothing of a step is left to do in this run.</summary>
    public bool IsSettled(StepKey key) => this[key].IsSettled || (_anyLeftOut && key.Node is { } node && Node(node) is { LeftOut: true, Mark: not null });

    public bool IsToBeRolledBack(string node) => _rollbacks.Contains(node) && Node(node).Mark != NodeOutcome.RolledBack;

    /// <summary>The time of the last change of settings on a node that the run knows of.</summary>
    public string? SettingsOf(string node) => _settings.GetValueOrDefault(node);

    /// <summary>Whether a node carried this when the run began: then it is told as known, and holds nothing up.</summary>
    public bool WasSoAtTheStart(string node, string ailment) => _baseline.TryGetValue(node, out FrozenSet<string>? keys) && keys.Contains(ailment);

    /// <summary>Whether a command, by its id, was taken: its answer may have got lost in a crash.</summary>
    public bool HasHeard(string command) => _heard.Contains(command);

    /// <summary>A node as our first touch found it: that is what it goes back to. Until then, as planned.</summary>
    public PlannedNode AsFound(PlannedNode node)
    {
        IReadOnlyDictionary<string, string> prior = Node(node.Name).Prior;
        return prior.Count == 0 ? node : node with
        {
            Receiving = prior.TryGetValue(Marks.PriorReceiving, out string? receiving) ? receiving == Marks.Text(true) : node.Receiving,
            Load = prior.TryGetValue(Marks.PriorLoad, out string? load) ? Enum.Parse<LoadMode>(load) : node.Load,
        };
    }

    /// <summary>What a node told for later calls: each name with its values as JSON, as they were told one after another.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> KeptOf(string node) => _kept.GetValueOrDefault(node, []);

    /// <summary>The certificate of a node that is trusted beside the pinned ones: the notice of it ends with its fingerprint.</summary>
    public string? CertificateOf(string node) =>
        _notices.FirstOrDefault(n => n.StartsWith($"{Marks.Certificate}{node}/", StringComparison.Ordinal))?.Split('/')[^1];

    public bool HasNotified(string notice) => _notices.Contains(notice);

    /// <summary>Whether a human has overridden anything so far.</summary>
    public bool HasOverrides => _overrides.Count > 0;

    /// <summary>Whether a human has overridden a check, and the time named with it is not over.</summary>
    public bool IsOverridden(string check, DateTimeOffset now) => _overrides.TryGetValue(check, out DateTimeOffset until) && now < until;

    /// <summary>The keys of the steps whose effect may have happened.</summary>
    public IEnumerable<KeyValuePair<StepKey, StepState>> Undecided => _steps.Where(s => s.Value.IsUndecided);

    public static RunState Fold(IEnumerable<JournalRecord> records)
    {
        RunState state = new();
        foreach (JournalRecord record in records)
        {
            state.Apply(record);
        }

        return state;
    }

    public void Apply(JournalRecord record)
    {
        LastSequence = record.Sequence;
        Epoch = Math.Max(Epoch, record.Epoch);
        JournalEntry entry = record.Entry;
        switch (entry.Kind)
        {
            case JournalEntryKind.RunCreated:
                BeganAt = record.At;
                break;
            case JournalEntryKind.EpochStarted:
                ResumedAt = record.At;
                if (_pausesThisDriving)
                {
                    // It was asked of a process that is gone; whoever begins to drive wants the run to go on.
                    PauseWanted = null;
                }

                if (IsEnded)
                {
                    // Taken up again after its end: for a rollback.
                    State = UpgradeEnd.Paused;
                }
                else if (!IsEnding)
                {
                    // Who ends a run says how the nodes are, not how somebody else saw them before.
                    _steps.Remove(new StepKey(StepId.Commit));
                }

                break;
            case JournalEntryKind.Observation:
                ApplyObservation(entry);
                break;
            case JournalEntryKind.Intent:
                ApplyIntent(record, StepKey.Parse(entry.Step!));
                break;
            case JournalEntryKind.Outcome when StepKey.TryParse(entry.Step, out StepKey key):
                ApplyOutcome(record, key);
                break;
            case JournalEntryKind.Outcome:
                ApplyMark(record);
                break;
            case JournalEntryKind.Command:
                ApplyCommand(record);
                break;
            case JournalEntryKind.State:
                ApplyState(record);
                break;
            case JournalEntryKind.RunEnded:
                State = Enum.Parse<UpgradeEnd>(entry.Values![Marks.End]);
                StateSince = record.At;
                Reason = entry.Text;
                PauseWanted = null;
                AbortWanted = null;
                _rollbacks.Clear();
                break;
            default: break;
        }
    }

    private void ApplyObservation(JournalEntry entry)
    {
        foreach ((string name, string value) in entry.Values ?? StepState.None.Values)
        {
            if (name == Marks.Notice)
            {
                _notices.Add(value);
            }
            else if (entry.Node is { } node && name.StartsWith(Marks.Kept, StringComparison.Ordinal))
            {
                string kept = name[Marks.Kept.Length..];
                _kept.TryAdd(node, []);
                _kept[node].Add(KeyValuePair.Create(kept, value));
                foreach (StepKey key in _steps.Keys.Where(k => k.Id == StepId.Upload && k.Node == node && this[k].Value(Marks.Upload) == kept).ToList())
                {
                    _steps[key] = this[key] with { ToldId = UploadIds.Parse(value), HasArrived = true };
                }
            }
        }
    }

    private void ApplyIntent(JournalRecord record, StepKey key)
    {
        JournalEntry entry = record.Entry;
        _steps[key] = this[key] with
        {
            Status = StepStatus.Open,
            Attempt = entry.Attempt ?? 1,
            Epoch = record.Epoch,
            IntentAt = record.At,
            IsFenced = false,
            IsOutwaited = false,
            HasArrived = false,
            ToldId = null,
            Values = entry.Values ?? StepState.None.Values,
        };
        Changed = [];
        KeepPrior(entry);
    }

    private void ApplyOutcome(JournalRecord record, StepKey key)
    {
        JournalEntry entry = record.Entry;
        StepState before = this[key];
        string? fence = entry.Values?.GetValueOrDefault(Marks.Fence);
        string? code = entry.Values?.GetValueOrDefault(Marks.Code);
        StepStatus status = entry.Outcome switch
        {
            StepOutcome.Done => StepStatus.Done,
            StepOutcome.FailedNoEffect => StepStatus.FailedNoEffect,
            StepOutcome.Skipped => StepStatus.Skipped,
            StepOutcome.Undone => StepStatus.NotBegun,
            _ => StepStatus.Unknown,
        };
        bool isNextPagesTurn = status == StepStatus.FailedNoEffect && StepState.IsRefusalOfThePage(code)
            && before.Value("page") is { } page && !before.RefusedPages.Contains(page);

        // Of the attempt of a driver that is gone nobody knows whether it was ever made: it says nothing of the node. What is seen without one does.
        bool isFailure = status == StepStatus.FailedNoEffect && !isNextPagesTurn && (record.Epoch == before.Epoch || !before.IsUndecided);
        _steps[key] = before with
        {
            Status = status,
            RefusedPages = isNextPagesTurn ? [.. before.RefusedPages, before.Value("page")!] : before.RefusedPages,
            Failures = status is StepStatus.FailedNoEffect or StepStatus.Unknown ? before.Failures + (isFailure ? 1 : 0) : 0,
            OutcomeAt = record.At,
            IsFenced = before.IsFenced || fence is Marks.Gone or Marks.Outwaited,
            IsOutwaited = before.IsOutwaited || fence == Marks.Outwaited,
            HasArrived = before.HasArrived || fence == Marks.Arrived,
            Text = entry.Text,
            // What was seen after a failed call only tells that it failed; the call said why.
            Cause = status == StepStatus.FailedNoEffect && before.Status == StepStatus.Unknown ? before.Cause : entry.Text,
        };
        KeepPrior(entry);
        KeepFindings(key, entry);
        StepKey upload = key with { Id = StepId.Upload };
        if (key.Id == StepId.Install && (fence == Marks.Gone || code == Marks.NotFound) && this[upload].ToldId is not null)
        {
            _steps[upload] = this[upload] with { ToldId = null };
        }

        if (StepKey.TryParse(entry.Values?.GetValueOrDefault(Marks.Redo), out StepKey redo))
        {
            _steps[redo] = this[redo] with { Status = StepStatus.NotBegun };
        }
    }

    private void KeepFindings(StepKey key, JournalEntry entry)
    {
        if (key.Id == StepId.Commit)
        {
            _problems.Clear();
            _known.Clear();
        }

        foreach ((string name, string value) in entry.Values ?? StepState.None.Values)
        {
            int dot = name.IndexOf('.', StringComparison.Ordinal) + 1;
            switch (name[..dot])
            {
                case Marks.Settings: _settings[name[dot..]] = value; break;
                case Marks.Baseline: _baseline[name[dot..]] = value.Split('\n').ToFrozenSet(StringComparer.Ordinal); break;
                case Marks.Problems: _problems[name[dot..]] = value; break;
                case Marks.KnownProblems: _known[name[dot..]] = value; break;
                default: break;
            }
        }
    }

    /// <summary>The first value found is the one to go back to; later touches see our own.</summary>
    private void KeepPrior(JournalEntry entry)
    {
        foreach ((string name, string value) in entry.Values ?? StepState.None.Values)
        {
            if (entry.Node is { } of && name.StartsWith(Marks.Prior, StringComparison.Ordinal) && Node(of) is { } node && !node.Prior.ContainsKey(name))
            {
                _nodes[of] = node with { Prior = new Dictionary<string, string>(node.Prior, StringComparer.Ordinal) { [name] = value } };
            }
        }
    }

    private void ApplyMark(JournalRecord record)
    {
        string node = record.Entry.Node!;
        string mark = record.Entry.Values![Marks.Node];
        switch (mark)
        {
            case Marks.Parking:
                Divert(record, record.Entry.Node!, NodeGoal.Park);
                break;
            case Marks.PuttingBack:
                Divert(record, record.Entry.Node!, NodeGoal.PutBack);
                break;
            case Marks.RollingBack:
                Divert(record, record.Entry.Node!, NodeGoal.RollBack);
                break;
            case nameof(NodeOutcome.PutBack):
                bool leftOut = Node(node).LeftOut;
                NodeOutcome back = leftOut ? NodeOutcome.Skipped : NodeOutcome.PutBack;
                _nodes[node] = NodeStanding.None with { Mark = back, LeftOut = leftOut, Reason = record.Entry.Text, Since = record.At };
                Forget(node, Procedure.AnewAfterPutBack);
                break;
            case nameof(NodeOutcome.Upgraded):
                _nodes[node] = Node(node) with { Goal = NodeGoal.Upgrade, Mark = null };
                break;
            default:
                _nodes[node] = Node(node) with { Mark = Enum.Parse<NodeOutcome>(mark), Reason = record.Entry.Text, Since = record.At };
                break;
        }
    }

    /// <summary>The goal of a node changes: the steps that lead there are looked at anew.</summary>
    private void Divert(JournalRecord record, string node, NodeGoal goal)
    {
        _nodes[node] = Node(node) with { Goal = goal, Mark = null, Reason = record.Entry.Text, At = At(record.Entry), Since = record.At };
        Forget(node, goal switch
        {
            NodeGoal.Park => Procedure.AnewWhenParked,
            NodeGoal.PutBack => Procedure.PutBack,
            _ => Procedure.RollBack,
        });
    }

    private static StepKey? At(JournalEntry entry) => StepKey.TryParse(entry.Values?.GetValueOrDefault(Marks.StoppedAt), out StepKey at) ? at : null;

    /// <summary>Steps that are looked at anew; what was approved of them is asked again.</summary>
    private void Forget(string node, IReadOnlyList<StepId> ids)
    {
        foreach (StepKey key in _steps.Keys.Where(k => k.Node == node && ids.Contains(k.Id)).ToList())
        {
            _steps[key] = _steps[key] with { Status = StepStatus.NotBegun, Failures = 0, RefusedPages = [] };
        }

        _approvals.Forget(k => k.Node == node && ids.Contains(k.Id));
        _gates.RemoveWhere(k => k.Node == node && ids.Contains(k.Id));
    }

    private void Settle(string node, IReadOnlyList<StepId> ids)
    {
        foreach (StepId id in ids)
        {
            StepKey key = new(id, node);
            _steps[key] = this[key] with { Status = StepStatus.Done };
        }
    }

    private void ApplyCommand(JournalRecord record)
    {
        JournalEntry entry = record.Entry;
        _heard.Add(entry.Values!["id"]);
        switch (Enum.Parse<RunCommandKind>(entry.Values![Marks.Command]))
        {
            case RunCommandKind.Approve:
                _approvals.Add(StepKey.Parse(entry.Values[Marks.Gate]), entry.Values["by"]);
                break;
            case RunCommandKind.Pause when entry.Values.TryGetValue(Marks.PauseAfter, out string? after):
                PauseAfter = Enum.Parse<PausePoint>(after);
                break;
            case RunCommandKind.Pause:
                _pausesThisDriving = (PauseWanted is null || _pausesThisDriving) && entry.Values.ContainsKey(Marks.ThisDriving);
                PauseWanted = entry.Text;
                break;
            case RunCommandKind.Override:
                _overrides[entry.Values[Marks.Check]] = DateTimeOffset.Parse(entry.Values[Marks.Until], CultureInfo.InvariantCulture);
                break;
            case RunCommandKind.Park:
                Divert(record, record.Entry.Node!, NodeGoal.Park);
                break;
            case RunCommandKind.Skip:
                Skip(record);
                break;
            case RunCommandKind.Abort:
                AbortWanted = entry.Text;
                Withdraw(record);
                break;
            case RunCommandKind.Rollback:
                _rollbacks.UnionWith(entry.Values[Marks.Nodes].Split(' '));
                break;
            default: break;
        }
    }

    private void Skip(JournalRecord record)
    {
        string node = record.Entry.Node!;
        _anyLeftOut = true;
        if (record.Entry.Values!.ContainsKey(Marks.PuttingBack))
        {
            Divert(record, node, NodeGoal.PutBack);
            _nodes[node] = Node(node) with { LeftOut = true };
            return;
        }

        NodeStanding left = Node(node);
        NodeOutcome mark = left.Mark == NodeOutcome.Parked ? NodeOutcome.Parked : NodeOutcome.Skipped;
        _nodes[node] = left with { LeftOut = true, Mark = mark, Reason = record.Entry.Text, Since = record.At };
    }

    /// <summary>A rollback that was not begun is called off: a node that was only drained for it goes back to work as it is.</summary>
    private void Withdraw(JournalRecord record)
    {
        foreach (string node in _rollbacks.Where(n => this[new StepKey(StepId.Revert, n)].Status == StepStatus.NotBegun).ToList())
        {
            _rollbacks.Remove(node);
            if (Node(node) is { Goal: NodeGoal.RollBack, Mark: null })
            {
                Divert(record, node, NodeGoal.PutBack);
            }
        }
    }

    private void ApplyState(JournalRecord record)
    {
        UpgradeEnd state = Enum.Parse<UpgradeEnd>(record.Entry.Values![Marks.State]);
        StateSince = record.At;
        StoppedByCheck = record.Entry.Values.GetValueOrDefault(Marks.Check);
        if (state != UpgradeEnd.Running)
        {
            Changed = record.Entry.Values.GetValueOrDefault(Marks.Nodes)?.Split(' ') ?? [];
        }

        StoppedAt = At(record.Entry);
        StoppedAtGate = record.Entry.Values.TryGetValue(Marks.Gate, out string? gate) ? StepKey.Parse(gate) : null;
        if (StoppedAtGate is { } at)
        {
            _gates.Add(at);
        }

        if (state == UpgradeEnd.Running && State != UpgradeEnd.Running)
        {
            // Who lets a stopped run go on says: look again, and go on from what you see.
            ResumedAt = record.At;
            PauseWanted = null;
            foreach ((string name, NodeStanding node) in _nodes.ToList())
            {
                if (node is { Goal: NodeGoal.Park, Mark: NodeOutcome.Parked, LeftOut: false } && !IsEnding)
                {
                    // What parking could not bring about is no reason to go back: the installation and what follows look at it again.
                    _nodes[name] = node with { Goal = NodeGoal.Upgrade, Mark = null };
                    Settle(name, Procedure.Park);
                }
            }

            foreach ((StepKey key, StepState step) in _steps.ToList())
            {
                _steps[key] = step with { Failures = 0, RefusedPages = [] };
            }
        }

        State = state;
        Reason = record.Entry.Text;
    }
}
