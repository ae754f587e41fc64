using Ksmg.Sdk.Upgrades;
using Moq;

namespace Ksmg.Sdk.Tests;

/// <summary>A plan, its report and its events, small and made by hand.</summary>
internal static class CliSamples
{
    private static readonly BuildNumber From = new(2, 0, 1, 6960);
    private static readonly BuildNumber To = new(2, 1, 0, 7854);
    private static readonly string[] Ids = ["S1", "S2", "S3", "S7", "S8", "S9", "S10", "S15", "S16"];

    public static UpgradePlan Plan { get; } = new()
    {
        RunId = "run-1",
        Cluster = "mail-eu",
        CreatedAt = DateTimeOffset.UnixEpoch,
        From = From,
        To = To,
        PackagePath = "update.zip",
        Packages = [],
        Nodes = [Node("gw2", NodeRole.Secondary), Node("gw1", NodeRole.Control)],
        Steps = [
            .. from node in (string[])["gw2", "gw1"] from id in Ids select new PlannedStep
            {
                Id = new StepId(id),
                Name = id,
                Node = node,
                After = [],
                Timeout = TimeSpan.FromMinutes(1),
            }],
        Policy = new UpgradePolicy(),
        Findings = [],
        Hash = new string('a', 64),
    };

    public static UpgradeEvent AtGate { get; } = Event(UpgradeEventKind.Paused, null, null, "gw2 is back at work.", ("gate", "S16/gw2/-"));

    /// <summary>A plan of the same steps for other nodes; the last one is the Control node.</summary>
    public static UpgradePlan PlanOf(params string[] nodes) => Plan with
    {
        Nodes = [.. nodes.Select(name => Node(name, name == nodes[^1] ? NodeRole.Control : NodeRole.Secondary))],
        Steps = [.. from node in nodes from step in Plan.Steps where step.Node == "gw2" select step with { Node = node }],
    };

    /// <summary>What the driver of the run tells: all nodes at work, and what is waited for.</summary>
    public static UpgradeExplanation Explanation(UpgradePlan plan, DateTimeOffset at, params IReadOnlyList<ExplainedStep> steps) => new()
    {
        RunId = "run-1",
        At = at,
        State = UpgradeEnd.Running,
        Reason = Message.Said("The run goes on."),
        Since = at,
        PlanHash = plan.Hash,
        Steps = steps,
        Nodes =
        [
            .. plan.Nodes.Select(node => new ExplainedNode
            {
                Name = node.Name,
                Answers = true,
                Role = node.Role,
                Build = From,
                Receiving = true,
                Sending = true,
                Load = new LoadState(LoadMode.Ready, 12, true, SessionsTotal: 1000),
                Queues = new QueueSummary { Mta = 3, KataQuarantine = 0, AntiSpamQuarantine = 0 },
                QueuesAt = at,
            }),
        ],
        Evidence = [],
        Options = [],
    };

    /// <summary>A run of which nothing more is told than this.</summary>
    public static RecordedRun Told(string runId = "run-1", UpgradeExplanation? explanation = null)
    {
        Mock<RecordedRun> run = new();
        run.Setup(r => r.Id).Returns(runId);
        run.Setup(r => r.ExplainAsync(It.IsAny<CancellationToken>())).ReturnsAsync(explanation ?? Explanation(Plan, DateTimeOffset.UnixEpoch));
        return run.Object;
    }

    public static UpgradeReport Report(UpgradeEnd end) => new()
    {
        RunId = "run-1",
        Cluster = "mail-eu",
        End = end,
        Reason = Message.Said("So it is."),
        From = From,
        To = To,
        StartedAt = DateTimeOffset.UnixEpoch,
        LastAt = DateTimeOffset.UnixEpoch,
        PlanHash = Plan.Hash,
        Nodes = [],
        Steps = [],
    };

    public static UpgradeEvent Event(UpgradeEventKind kind, string? node, string? step, string text, params (string Name, string Value)[] values) => new()
    {
        RunId = "run-1",
        At = new DateTimeOffset(2100, 1, 1, 0, 0, 0, TimeSpan.Zero),
        Kind = kind,
        Node = node,
        Step = step is null ? null : new StepId(step),
        Text = Message.Said(text),
        Values = values.ToDictionary(value => value.Name, value => value.Value),
    };

    private static PlannedNode Node(string name, NodeRole role) =>
        new() { Name = name, ClusterAddress = "10.0.0.1:9045", Role = role, Build = From, Receiving = true };
}
