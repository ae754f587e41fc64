using System.Text.RegularExpressions;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// Plans and explanations as people read them, kept as reviewed files. After a change on purpose:
/// <c>KSMG_ACCEPT_GOLDEN=1 dotnet test --filter GoldenTests</c>, then read the difference.
/// </summary>
public sealed partial class GoldenTests
{
    private static readonly BuildNumber Old = new(2, 0, 1, 6960);
    private static readonly BuildNumber Middle = new(2, 1, 0, 7854);

    private static readonly Dictionary<string, Func<string>> Plans = new(StringComparer.Ordinal)
    {
        ["three-nodes"] = () => Plan(new VirtualRig()),
        ["two-nodes"] = () => Plan(new VirtualRig(2)),
        ["five-nodes-pause-each"] = () => Plan(new VirtualRig(5, VirtualRig.FastPolicy(5) with { PauseAfter = PausePoint.Each })),
        ["one-node"] = () => Plan(new VirtualRig(1)),
        ["one-node-without-consent"] = () => Plan(new VirtualRig(1, VirtualRig.FastPolicy(3))),
        ["no-load-balancer"] = () =>
            Plan(new VirtualRig(policy: VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.NoLoadBalancer] }) { WithoutLoadBalancer = true }),
        ["no-load-balancer-without-consent"] = () => Plan(new VirtualRig { WithoutLoadBalancer = true }),
        ["demote-when-promoted"] = () =>
            Plan(
                new VirtualRig(
                    policy: VirtualRig.FastPolicy(3) with
                    {
                        DemoteFormerControl = DemoteFormerControl.WhenPromoted,
                        Accept = [UpgradeConsents.DemoteWhenPromoted],
                    })),
        ["control-handed-back"] = () => Plan(new VirtualRig(policy: VirtualRig.FastPolicy(3) with { PreferredControl = "gw1" })),
        ["uploads-before-run"] = () => Plan(new VirtualRig(policy: VirtualRig.FastPolicy(3) with { StageUploads = StageUploads.BeforeRun })),
        ["snapshots-before-run-only"] = () => Plan(new VirtualRig(policy: VirtualRig.FastPolicy(3) with { Snapshots = SnapshotPolicy.BeforeRun })),
        ["preliminary-package"] = () =>
        {
            VirtualRig rig = new(2);
            return Plan(rig, new PlannedPackage("preliminary.ktgz", Old, Middle, 1 << 20, "aa", IsPreliminary: true), rig.Packages[0]);
        },
        ["two-hops"] = () =>
        {
            VirtualRig rig = new(2, options: new SimulatedClusterOptions { Build = Old, TargetBuild = Middle });
            return Plan(
                rig, rig.Packages[0], new PlannedPackage("ksmg_upgrade_2.1.0.7854_2.1.1.8310.ktgz", Middle, new BuildNumber(2, 1, 1, 8310), 1 << 20, "bb"));
        },
        ["sending-off"] = () => Plan(Acted("gw3", "send-off")),
        ["two-controls"] = () => Plan(Acted("gw3", "promote")),
        ["half-upgraded"] = () => Plan(AtTheGate().Rig.WithAnEmptyJournal(VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.ForeignRun] })),
        ["nothing-to-do"] = () =>
        {
            VirtualRig rig = new();
            rig.Upgrade();
            return Plan(rig);
        },
    };

    private static readonly Dictionary<string, Func<string>> Explanations = new(StringComparer.Ordinal)
    {
        ["gate"] = () => Explain(AtTheGate()),
        ["gate-approved"] = () =>
        {
            (VirtualRig rig, string run) = AtTheGate();
            rig.Tell(run, r => r.PauseAfterAsync("ann", PausePoint.None));
            return Explain((rig, run));
        },
        ["queue-does-not-drain"] = () => Explain(Stopped(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = "3" })),
        ["came-back-old"] = () => Explain(Stopped(new SimulatedFault { Fault = "install-old-build", Node = "gw2" })),
        ["unknown-objects"] = () => Explain(Stopped(new SimulatedFault { Fault = "unknown-objects", Node = "gw3", Value = "/opt/extra/agent" })),
        ["web-never-returns"] = () => Explain(Stopped(new SimulatedFault { Fault = "ui-never-returns", Node = "gw2" })),
        ["died-while-draining"] = () => Explain(Died("after the intent S7/gw2/0")),
        ["died-while-installing"] = () => Explain(Died("effect sent, answer not read S8/gw3/0 start-update")),
        ["driven-while-installing"] = DrivenWhileInstalling,
        ["died-in-the-handover"] = () => Explain(Died("after the outcome S11/gw2/- Done")),
        ["settings-changed"] = () => Explain(Paused("after the outcome S15/gw2/- Done", rig => rig.Cluster.Act("gw1", "edit-settings"))),
        ["another-node-out-of-work"] = () => Explain(Paused("after the outcome S16/gw2/- Done", rig => rig.Cluster.Act("gw1", "power-off"))),
        ["paused-by-a-human"] = () =>
        {
            VirtualRig rig = new();
            UpgradePlan plan = rig.Plan();
            rig.Start(
                plan,
                VirtualProcess.Once(
                    "effect sent, answer not read S8/gw2/0 start-update",
                    () => _ = rig.Orchestrator().GetRun(plan.RunId).PauseAsync("ann", "the morning mail")));
            return Explain((rig, plan.RunId));
        },
        ["rollback-asks-for-consent"] = () =>
        {
            VirtualRig rig = new();
            string run = rig.Upgrade().RunId;
            rig.Tell(run, r => r.RollbackAsync("ann", "gw3"));
            rig.Resume(run);
            return Explain((rig, run));
        },
        ["completed"] = () =>
        {
            VirtualRig rig = new();
            return Explain((rig, rig.Upgrade().RunId));
        },
        ["aborted"] = () =>
        {
            (VirtualRig rig, string run) = AtTheGate();
            rig.Tell(run, r => r.AbortAsync("ann", "not tonight"));
            rig.Resume(run);
            return Explain((rig, run));
        },
    };

    public static TheoryData<string> PlanNames { get; } = [.. Plans.Keys];

    public static TheoryData<string> ExplanationNames { get; } = [.. Explanations.Keys];

    [Theory]
    [MemberData(nameof(PlanNames))]
    public void A_plan_reads_as_reviewed(string name) => Check($"plan-{name}", Plans[name]());

    [Theory]
    [MemberData(nameof(ExplanationNames))]
    public void An_explanation_reads_as_reviewed(string name) => Check($"explain-{name}", Explanations[name]());

    private static void Check(string name, string text)
    {
        string path = Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", name + ".txt");
        string actual = Variable().Replace(text, m => m.Groups["run"].Success ? "RUN" : m.Groups["hash"].Success ? "HASH" : "process PID");
        if (Environment.GetEnvironmentVariable("KSMG_ACCEPT_GOLDEN") == "1")
        {
            File.WriteAllText(path, actual);
        }

        Assert.True(File.Exists(path), $"{path} is missing; KSMG_ACCEPT_GOLDEN=1 writes it.");
        Assert.Equal(File.ReadAllText(path), actual);
    }

    /// <summary>What differs from run to run: the run's id, the plan's hash, the process.</summary>
    [GeneratedRegex("""(?<run>\d{8}-\d{6}-[0-9a-f]{4})|(?<hash>(?<=hash )[0-9a-f]{64})|process \d+""", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex Variable();

    private static string Plan(VirtualRig rig, params PlannedPackage[] packages) => rig.Plan(packages.Length == 0 ? null : packages).ToText();

    private static string Explain((VirtualRig Rig, string RunId) run) =>
        run.Rig.Explain(run.RunId).ToText(o => HumanCommandLine.Of(run.RunId, o, string.Empty));

    private static VirtualRig Acted(string node, string act)
    {
        VirtualRig rig = new();
        rig.Cluster.Act(node, act);
        return rig;
    }

    private static (VirtualRig Rig, string RunId) AtTheGate()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.First });
        return (rig, rig.Upgrade().RunId);
    }

    private static (VirtualRig Rig, string RunId) Stopped(SimulatedFault fault)
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(fault);
        return (rig, rig.Upgrade().RunId);
    }

    private static (VirtualRig Rig, string RunId) Paused(string at, Action<VirtualRig> act)
    {
        VirtualRig rig = new();
        return (rig, rig.Upgrade(VirtualProcess.Once(at, () => act(rig))).RunId);
    }

    private static (VirtualRig Rig, string RunId) Died(string at)
    {
        VirtualProcess whole = new();
        new VirtualRig().Upgrade(whole);
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(whole.Points.FindIndex(p => p.StartsWith(at, StringComparison.Ordinal))), resume: false);
        return (rig, plan.RunId);
    }

    private static string DrivenWhileInstalling()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        Task<UpgradeExplanation>? explaining = null;
        rig.Start(plan, VirtualProcess.Once(
            "effect sent, answer not read S8/gw2/0 start-update", () => explaining = rig.Orchestrator().GetRun(plan.RunId).ExplainAsync()));
        return rig.Time.Run(() => explaining!, VirtualRig.Limit).ToText(o => HumanCommandLine.Of(plan.RunId, o, string.Empty));
    }
}
