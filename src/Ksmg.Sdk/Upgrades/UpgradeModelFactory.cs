namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Makes what an orchestrator answers, for the tests of programs that use one: whole, with everything as it is when nothing is wrong. What a
/// test is about it sets by <c>with</c>: <c>UpgradeModelFactory.Report() with { End = UpgradeEnd.NeedsHuman }</c>.
/// </summary>
public static class UpgradeModelFactory
{
    private const string RunId = "20260102-030405-0001";
    private const string Cluster = "ksmg";

    private static readonly BuildNumber _from = new(2, 0, 1, 6960);
    private static readonly BuildNumber _to = new(2, 1, 0, 7854);
    private static readonly DateTimeOffset _start = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    /// <summary>
    /// A plan that may be started, with nothing but its first step. It is hashed as it is made: after a <c>with</c> only test doubles take it.
    /// </summary>
    /// <param name="nodes">The names of the nodes, Control first. Default: <c>gw1</c>, <c>gw2</c>.</param>
    public static UpgradePlan Plan(params IReadOnlyList<string> nodes)
    {
        UpgradePlan plan = new()
        {
            RunId = RunId,
            Cluster = Cluster,
            CreatedAt = _start,
            From = _from,
            To = _to,
            PackagePath = "update.zip",
            Packages = [],
            Nodes =
            [
                .. Names(nodes).Select((name, i) => new PlannedNode
                {
                    Name = name,
                    ClusterAddress = $"{name}:9045",
                    Role = RoleOf(i),
                    Build = _from,
                    Receiving = true,
                }),
            ],
            Steps = [new PlannedStep { Id = StepId.Preflight, Name = nameof(StepId.Preflight), After = [], Timeout = TimeSpan.FromMinutes(1) }],
            Policy = new UpgradePolicy(),
            Findings = [],
            Hash = string.Empty,
        };
        return plan with { Hash = PlanJson.Hash(plan) };
    }

    /// <summary>The report of a run that has completed.</summary>
    /// <param name="nodes">The names of the nodes, Control first. Default: <c>gw1</c>, <c>gw2</c>.</param>
    public static UpgradeReport Report(params IReadOnlyList<string> nodes) => new()
    {
        RunId = RunId,
        Cluster = Cluster,
        End = UpgradeEnd.Completed,
        Reason = Message.Said(null),
        From = _from,
        To = _to,
        StartedAt = _start,
        LastAt = _start.AddHours(1),
        PlanHash = string.Empty,
        Epochs = 1,
        Nodes = [.. Names(nodes).Select((name, i) => Node(name) with { RoleBefore = RoleOf(i), RoleAfter = RoleOf(i) })],
        Steps = [],
    };

    /// <summary>A node of a report, upgraded.</summary>
    /// <param name="name">Its name.</param>
    public static NodeReport Node(string name) => new()
    {
        Name = name,
        Outcome = NodeOutcome.Upgraded,
        RoleBefore = NodeRole.Secondary,
        RoleAfter = NodeRole.Secondary,
        BuildBefore = _from,
        BuildAfter = _to,
        Steps = [],
    };

    /// <summary>What <see cref="UpgradeRun.ExplainAsync"/> says of a run that people paused.</summary>
    public static UpgradeExplanation Explanation() => new()
    {
        RunId = RunId,
        At = _start.AddMinutes(30),
        State = UpgradeEnd.Paused,
        Reason = Message.Said(null),
        Since = _start.AddMinutes(20),
        PlanHash = string.Empty,
        Steps = [],
        Evidence = [],
        Options = [],
    };

    /// <summary>An event of a run.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="text">It in words.</param>
    public static UpgradeEvent Event(UpgradeEventKind kind, string text) =>
        new() { RunId = RunId, Cluster = Cluster, At = _start, Kind = kind, Text = Message.Said(text) };

    /// <summary>A run as a listing shows it, completed.</summary>
    public static RunSummary Run() => new() { RunId = RunId, CreatedAt = _start, End = UpgradeEnd.Completed };

    private static IReadOnlyList<string> Names(IReadOnlyList<string> nodes) => nodes is { Count: > 0 } ? nodes : ["gw1", "gw2"];

    private static NodeRole RoleOf(int index) => index == 0 ? NodeRole.Control : NodeRole.Secondary;
}
