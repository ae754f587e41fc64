using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Plans and entries for tests of journals and of what is made from them.</summary>
internal static class JournalSamples
{
    public static readonly BuildNumber Old = new(2, 0, 1, 6960);
    public static readonly BuildNumber New = new(2, 1, 0, 7854);

    public static UpgradePlan Plan(string runId = "run-1", string cluster = "mail-eu", int nodes = 3) => Hashed(new UpgradePlan
    {
        RunId = runId,
        Cluster = cluster,
        CreatedAt = new DateTimeOffset(2026, 1, 5, 8, 0, 0, TimeSpan.Zero),
        From = Old,
        To = New,
        PackagePath = "ksmg_2.1.zip",
        Packages = [new PlannedPackage("ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz", Old, New, 1_500_000_000, new string('a', 64))],
        Nodes = [.. Enumerable.Range(1, nodes).Select(i => Node(i, nodes))],
        Steps =
        [
            Step("S0", "preflight", null),
            .. Enumerable.Range(1, nodes).SelectMany(i => new[]
            {
                Step("S1", "load-off", $"gw{i}"), Step("S2", "receive-off", $"gw{i}"), Step("S8", "install", $"gw{i}", 0), Step("S10", "verify", $"gw{i}"),
                Step("S15", "load-on", $"gw{i}"), Step("S16", "gate", $"gw{i}"),
            }),
            Step("S17", "commit", null),
        ],
        Policy = new UpgradePolicy { RequiredFreeBytes = new Dictionary<string, long> { ["/var"] = 4L << 30, ["/tmp"] = 1536L << 20 } },
        Findings = [new PlanFinding(FindingSeverity.Warning, "test", "gw1", Message.Said("Grüße: \"1 < 2\" & more"))],
        Hash = string.Empty,
    });

    /// <summary>The plan under the hash of what it holds.</summary>
    public static UpgradePlan Hashed(UpgradePlan plan) => plan with { Hash = PlanJson.Hash(plan) };

    public static JournalEntry Full(string text = "Zeile 1\nlinea 2, Ω, \"x\"") => new()
    {
        Kind = JournalEntryKind.Outcome,
        Step = "S8/gw1/0",
        Node = "gw1",
        Attempt = 2,
        Outcome = StepOutcome.Unknown,
        Deadline = new DateTimeOffset(2026, 1, 5, 9, 30, 0, 250, TimeSpan.FromHours(1)),
        Text = Message.Said(text),
        Values = new Dictionary<string, string>(StringComparer.Ordinal) { ["prior.receiving"] = "true", ["Ключ"] = "знач" },
    };

    public static JournalEntry Observation(string text) => new() { Kind = JournalEntryKind.Observation, Text = Message.Said(text) };

    public static JournalEntry Ended(UpgradeEnd end = UpgradeEnd.Completed) => new()
    {
        Kind = JournalEntryKind.RunEnded,
        Text = Message.Said("All nodes run the new build."),
        Values = new Dictionary<string, string>(StringComparer.Ordinal) { ["end"] = end.ToString() },
    };

    public static RunCommand Command(string id, int minute = 0) => new()
    {
        Id = id,
        Kind = RunCommandKind.Approve,
        By = "anna",
        At = new DateTimeOffset(2026, 1, 5, 8, minute, 0, TimeSpan.Zero),
        PlanHash = new string('b', 64),
        Node = "gw1",
        Reason = "looks good",
    };

    private static PlannedNode Node(int i, int nodes) => new()
    {
        Name = $"gw{i}",
        ClusterAddress = $"10.0.0.1{i}:9045",
        Role = i == nodes ? NodeRole.Control : NodeRole.Secondary,
        Build = Old,
        Receiving = true,
        Load = LoadMode.Ready,
        Promote = i == 1 && nodes > 1,
        FormerControl = i == nodes && nodes > 1,
    };

    private static PlannedStep Step(string id, string name, string? node, int? package = null) => new()
    {
        Id = new StepId(id),
        Name = name,
        Node = node,
        Package = package,
        After = [],
        Timeout = TimeSpan.FromMinutes(5),
    };
}

internal static class JournalClocks
{
    /// <summary>Moves the clock; xUnit's context would send what its timers continue to other threads.</summary>
    public static void Pass(this VirtualTimeProvider clock, double seconds)
    {
        SynchronizationContext? context = SynchronizationContext.Current;
        SynchronizationContext.SetSynchronizationContext(null);
        clock.Advance(TimeSpan.FromSeconds(seconds));
        SynchronizationContext.SetSynchronizationContext(context);
    }

    /// <summary>Takes a run while the clock moves.</summary>
    public static RunLease Acquire(this VirtualTimeProvider clock, UpgradeJournal journal, double wait) =>
        clock.Run(() => journal.AcquireAsync("run-1", TimeSpan.FromSeconds(wait)), TimeSpan.FromMinutes(1));
}
