using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Benchmarks;

/// <summary>Healthy clusters of any size, as a run sees them.</summary>
internal static class Plans
{
    public static readonly DateTimeOffset Now = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    private static readonly BuildNumber From = new(2, 0, 1, 6960);
    private static readonly BuildNumber To = new(2, 1, 0, 7854);

    public static UpgradePlan Of(int nodes) => UpgradePlanner.Plan(Input(nodes));

    public static PlannerInput Input(int nodes)
    {
        string[] names = [.. Enumerable.Range(1, nodes).Select(i => $"gw{i}")];
        return new PlannerInput
        {
            RunId = UpgradePlanner.NewRunId(Now),
            Owner = new RunOwner("benchmark", [.. names.Select(n => new RunOwnerNode(n, new Uri($"https://{n}.example.org")))]),
            PackagePath = "update.zip",
            Packages = [new PlannedPackage("ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz", From, To, 1L << 30, new string('a', 64))],
            Policy = new UpgradePolicy(),
            Adapters = new AdaptersPresent(true, true, true, true, true),
            Observation = Observe(names),
            Runs = [],
        };
    }

    public static ClusterObservation Observe(IReadOnlyList<string> names) => new()
    {
        At = Now,
        IsComplete = true,
        Nodes = names.ToDictionary(name => name, name => new NodeObservation
        {
            Name = name,
            At = Now,
            WallAt = Now,
            Status = new NodeStatus
            {
                Address = $"10.0.0.{name[2..]}:9045",
                HostName = name + ".example.org",
                Role = name == "gw1" ? NodeRole.Control : NodeRole.Secondary,
                State = NodeState.Available,
                SynchronizedAt = Now,
                Databases = DatabasesState.UpToDate,
                License = LicenseState.Active,
                Clock = Now,
                Services = [new ServiceStatus("postfix", ServiceState.Running)],
                Integrity = new IntegrityCheck(IntegrityState.Passed, Now),
            },
            About = new AboutInfo(From.ToString(), From),
            Switches = new MailFlowSwitches(true, true),
            Queues = new QueueSummary { Mta = 0, KataQuarantine = 0, AntiSpamQuarantine = 0 },
            Update = new UpdateStatus { State = UpdateState.Idle },
            Uploads = [],
            Load = new LoadState(LoadMode.Ready, 3, true),
        }, StringComparer.Ordinal),
    };
}
