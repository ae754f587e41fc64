using System.Collections.Concurrent;
using Ksmg.Sdk.Tests.Support.Exploration;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A run whose journal is that of a whole run in virtual time, cut off somewhere, and its cluster as it is seen then while all is well: for asking what
/// is decided there, and what when one thing is not well.
/// </summary>
internal sealed class CutRun
{
    private static readonly ConcurrentDictionary<(int Nodes, string? Keeper), Lazy<(UpgradePlan Plan, IReadOnlyList<JournalRecord> Records)>> Whole = new();

    private readonly Dictionary<string, NodeObservation> _nodes;

    /// <param name="at">Where it is cut: <c>after STEP/NODE</c>, after it was done, or <c>before STEP/NODE</c>, before the intent.</param>
    /// <param name="nodes">How many nodes it has.</param>
    /// <param name="keeper">The node that is to have the Control role at the end.</param>
    public CutRun(string at, int nodes = 3, string? keeper = null)
    {
        (Plan, IReadOnlyList<JournalRecord> whole) = Whole.GetOrAdd((nodes, keeper), k => new(() => Run(k.Nodes, k.Keeper))).Value;
        bool after = at.StartsWith("after ", StringComparison.Ordinal);
        JournalEntryKind kind = after ? JournalEntryKind.Outcome : JournalEntryKind.Intent;
        string step = at[(at.IndexOf(' ', StringComparison.Ordinal) + 1)..];
        JournalRecord cut = whole.First(r => r.Entry.Kind == kind && (!after || r.Entry.Outcome == StepOutcome.Done)
            && r.Entry.Step?.StartsWith(step + "/", StringComparison.Ordinal) == true);
        Records = [.. whole.Where(r => after ? r.Sequence <= cut.Sequence : r.Sequence < cut.Sequence)];
        Now = Records[^1].At;
        _nodes = Plan.Nodes.ToDictionary(n => n.Name, Well, StringComparer.Ordinal);
    }

    public UpgradePlan Plan { get; set; }

    public List<JournalRecord> Records { get; }

    public DateTimeOffset Now { get; set; }

    /// <summary>The wall clock is another one than that of the run.</summary>
    public DateTimeOffset WallNow => Now + TimeSpan.FromDays(3);

    public HashSet<StepKey> InFlight { get; } = [];

    public HashSet<StepKey> Accepted { get; } = [];

    public bool IsComplete { get; set; } = true;

    public DateTimeOffset? NoControlSince { get; set; }

    public IReadOnlyList<GateReading> Gates { get; set; } = [];

    /// <summary>Why the load balancer could not be read.</summary>
    public string? LoadProblem { get; set; }

    /// <summary>The servers of the load balancer that are not the nodes they are called after.</summary>
    public IReadOnlyList<PlanFinding> ServerFindings { get; set; } = [];

    /// <summary>Whether the load balancer was read.</summary>
    public bool IsBalanced { get; set; }

    /// <summary>What the neighbours' tests of themselves found.</summary>
    public IReadOnlyList<PortSelfTest> SelfTests { get; set; } = [];

    /// <summary>Whether what fails of them is to be asked once more.</summary>
    public bool IsTestedAgain { get; set; }

    public NodeObservation this[string node]
    {
        get => _nodes[node];
        set => _nodes[node] = value;
    }

    public DeciderInput Input => new()
    {
        Position = new Position(Plan, RunState.Fold(Records), WallNow),
        Cluster = new ClusterObservation
        {
            At = Now,
            Nodes = _nodes,
            IsComplete = IsComplete,
            NoControlSince = NoControlSince,
            Gates = Gates,
            LoadProblem = LoadProblem,
            ServerFindings = ServerFindings,
            IsBalanced = IsBalanced,
            SelfTests = SelfTests,
            IsTestedAgain = IsTestedAgain,
        },
        Now = Now,
        WallNow = WallNow,
        RequestLimit = DirectWorld.RequestLimit,
        InFlight = InFlight,
        Accepted = Accepted,
    };

    /// <summary>The same with another policy.</summary>
    public CutRun With(Func<UpgradePolicy, UpgradePolicy> policy)
    {
        Plan = Plan with { Policy = policy(Plan.Policy) };
        return this;
    }

    /// <summary>A node that the plan found like this.</summary>
    public void Found(string node, Func<PlannedNode, PlannedNode> found) =>
        Plan = Plan with { Nodes = [.. Plan.Nodes.Select(n => n.Name == node ? found(n) : n)] };

    public void Override(string check) => Write(Explorer.Override(check));

    public void Write(JournalEntry entry) => Records.Add(new JournalRecord(Records[^1].Sequence + 1, Now, Records[^1].Epoch, entry, string.Empty));

    /// <summary>A step is tried once more.</summary>
    public void Intend(string step, params (string Name, string Value)[] values)
    {
        StepKey key = StepKey.Parse(step);
        Write(new JournalEntry
        {
            Kind = JournalEntryKind.Intent,
            Step = step,
            Node = key.Node,
            Attempt = Input.Run[key].Attempt + 1,
            Values = values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal),
        });
    }

    /// <summary>What became of a step.</summary>
    public void Outcome(string step, StepOutcome outcome, params (string Name, string Value)[] values) => Write(new JournalEntry
    {
        Kind = JournalEntryKind.Outcome,
        Step = step,
        Node = StepKey.Parse(step).Node,
        Outcome = outcome,
        Text = Message.Said("so it was"),
        Values = values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal),
    });

    /// <summary>Where a node goes, or is: a mark of its standing.</summary>
    /// <param name="node">The node.</param>
    /// <param name="mark">The mark.</param>
    /// <param name="at">The step that brought it there; none: a human did.</param>
    public void Mark(string node, string mark, string? at = null)
    {
        Dictionary<string, string> values = new(StringComparer.Ordinal) { [Marks.Node] = mark };
        if (at is not null)
        {
            values[Marks.StoppedAt] = at;
        }

        Write(new JournalEntry
        {
            Kind = JournalEntryKind.Outcome,
            Node = node,
            Step = Marks.NodePrefix + node,
            Text = Message.Said("odd"),
            Values = values,
        });
    }

    /// <summary>A human's command, as it is written down.</summary>
    public void Command(RunCommandKind kind, params (string Name, string Value)[] values) => Write(new JournalEntry
    {
        Kind = JournalEntryKind.Command,
        Text = Message.Said("ann wants it"),
        Values = values.Concat([(Marks.Command, kind.ToString()), ("id", $"{kind}"), ("by", "ann")])
            .ToDictionary(v => v.Item1, v => v.Item2, StringComparer.Ordinal),
    });

    /// <summary>Another driver goes on with the run.</summary>
    public void TakeOver()
    {
        JournalEntry entry = new() { Kind = JournalEntryKind.EpochStarted };
        Records.Add(new JournalRecord(Records[^1].Sequence + 1, Now, Records[^1].Epoch + 1, entry, string.Empty));
    }

    /// <summary>What is to become of a step of the plan, or of the detour that its node is on.</summary>
    public Verdict Judge(string step) => StepJudge.Judge(Input, Step(step));

    /// <summary>A step of the plan, or the next one of a detour.</summary>
    public PlannedStep Step(string step) => Plan.Steps.FirstOrDefault(s => s.Key == StepKey.Parse(step)) ?? Input.Position.DetourStep!;

    /// <summary>When the last step was over that another one comes after: the time from which what is in its way is waited for.</summary>
    public DateTimeOffset Over(string step) => Input.Run[StepKey.Parse(step)].OutcomeAt;

    private static (UpgradePlan Plan, IReadOnlyList<JournalRecord> Records) Run(int nodes, string? keeper)
    {
        VirtualRig rig = new(nodes, VirtualRig.FastPolicy(nodes) with { PreferredControl = keeper });
        UpgradePlan plan = rig.Plan();
        Assert.Equal(UpgradeEnd.Completed, rig.Start(plan).End);
        return (plan, rig.Records(plan.RunId));
    }

    private NodeObservation Well(PlannedNode node)
    {
        RunState run = RunState.Fold(Records);
        bool IsOver(StepId id) => Plan.StepsOf(node.Name).Any(s => s.Id == id && run.IsSettled(s.Key));
        BuildNumber build = IsOver(StepId.Install) ? Plan.To : node.Build;
        NodeRole role = IsOver(StepId.Promote) ? NodeRole.Control : IsOver(StepId.Demote) ? NodeRole.Secondary : node.Role;
        bool isOut = IsOver(StepId.LoadOff) && !IsOver(StepId.LoadOn);
        return new NodeObservation
        {
            Name = node.Name,
            At = Now,
            WallAt = WallNow,
            About = new AboutInfo(build.ToString(), build),
            Switches = new MailFlowSwitches(!IsOver(StepId.ReceiveOff) || IsOver(StepId.ReceiveOn), Sending: true),
            Load = new LoadState(isOut ? LoadMode.Drain : LoadMode.Ready, 0, Healthy: true),
            SteadySince = Now - TimeSpan.FromHours(1),
            Status = new NodeStatus
            {
                Address = node.ClusterAddress,
                Role = role,
                State = NodeState.Available,
                Databases = DatabasesState.UpToDate,
                License = LicenseState.Active,
                Integrity = new IntegrityCheck(IntegrityState.Passed, null),
                SynchronizedAt = Now,
                Disks = [.. Plan.Policy.RequiredFreeBytes.Select(r => new DiskSpace(r.Key, r.Value, r.Value))],
            },
        };
    }
}
