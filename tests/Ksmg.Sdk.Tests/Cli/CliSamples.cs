using Ksmg.Sdk.Upgrades;

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
