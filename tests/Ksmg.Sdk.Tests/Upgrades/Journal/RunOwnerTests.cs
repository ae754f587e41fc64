using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>A run belongs to the cluster it was planned for, by its name and its nodes; and the world must be the one that its journal tells of.</summary>
public sealed class RunOwnerTests
{
    private static readonly RunOwner Ours = Site("site-a", "a");

    /// <summary>Whoever is somebody else, and what the refusal names.</summary>
    private static readonly Dictionary<string, (RunOwner Owner, string Names)> Others = new(StringComparer.Ordinal)
    {
        ["another cluster"] = (Site("site-b", "b"), "site-b"),
        ["another cluster of the same name"] = (Site("site-a", "b"), "https://b-gw2.test"),
        ["a renamed cluster"] = (Site("site-z", "a"), "site-z"),
        ["another case of the name"] = (Site("Site-A", "a"), "Site-A"),
        ["one node at another address"] = (With(Ours, 1, n => n with { Address = new Uri("https://elsewhere.test") }), "https://elsewhere.test"),
        ["one node at another port"] = (With(Ours, 1, n => n with { Address = new Uri("https://a-gw2.test:8443") }), "8443"),
        ["one node with another in-cluster address"] = (With(Ours, 1, n => n with { ClusterAddress = "10.9.9.9:9045" }), "10.9.9.9:9045"),
        ["two nodes swapped"] = (
            new RunOwner(
                "site-a", [Ours.Nodes[0], Ours.Nodes[1] with { Address = Ours.Nodes[2].Address }, Ours.Nodes[2] with { Address = Ours.Nodes[1].Address }]),
            "gw2"),
        ["a node is lost"] = (new RunOwner("site-a", [.. Ours.Nodes.Take(2)]), "gw3"),
        ["a node is added"] = (new RunOwner("site-a", [.. Ours.Nodes, new RunOwnerNode("gw4", new Uri("https://a-gw4.test"))]), "gw4"),
        ["a node is renamed"] = (With(Ours, 1, n => n with { Name = "gw22" }), "gw22"),
        ["no node is left"] = (new RunOwner("site-a", []), "gw1"),
    };

    public static TheoryData<string> Strangers => [.. Others.Keys];

    [Theory]
    [MemberData(nameof(Strangers))]
    public void Nobody_else_drives_explains_or_commands_a_run(string who)
    {
        (VirtualRig rig, UpgradePlan plan) = StoppedAfterTheDrain();
        (RunOwner owner, string names) = Others[who];
        RollingUpgradeOrchestrator stranger = Orchestrator(rig, owner);
        UpgradeRun run = stranger.GetRun(plan.RunId);
        int asked = rig.Cluster.GetRequests().Count;
        int caused = rig.Cluster.GetEffects().Count(e => e.Cause == EffectCause.Client);
        Func<Task>[] refused =
        [
            () => stranger.ResumeAsync(plan.RunId),
            () => stranger.StartAsync(plan),
            () => stranger.FindRunAsync(plan.RunId),
            () => run.ExplainAsync(),
            () => run.ApproveAsync("eve", plan.Hash),
            () => run.PauseAsync("eve"),
            () => run.PauseAfterAsync("eve", PausePoint.None),
            () => run.ParkAsync("eve", "gw2"),
            () => run.SkipAsync("eve", "gw3"),
            () => run.AbortAsync("eve"),
            () => run.RollbackAllAsync("eve"),
            () => run.OverrideAsync("eve", UpgradeOverrides.Budget, "so", rig.Time.GetUtcNow() + TimeSpan.FromHours(1)),
        ];

        Assert.All(refused, say =>
        {
            ForeignRunException e = Assert.Throws<ForeignRunException>(() => rig.Time.Run(
                async () =>
                {
                    await say();
                    return true;
                },
                VirtualRig.Limit));
            Assert.Equal((plan.RunId, "site-a"), (e.RunId, e.Owner.Cluster));
            Assert.Contains(plan.RunId, e.Message, StringComparison.Ordinal);
            Assert.Contains(names, e.Message, StringComparison.Ordinal);
        });
        Assert.Equal(asked, rig.Cluster.GetRequests().Count);
        Assert.Equal(caused, rig.Cluster.GetEffects().Count(e => e.Cause == EffectCause.Client));
        Assert.Empty(Done(rig.Journal.ReadCommandsAsync(plan.RunId)));
    }

    [Fact]
    public void Its_own_cluster_goes_on_whatever_else_was_written_differently()
    {
        (VirtualRig rig, UpgradePlan plan) = StoppedAfterTheDrain();
        RunOwner same = new(
            "site-a", [.. Ours.Nodes.Reverse().Select(n => n with { Address = new Uri(n.Address!.AbsoluteUri.ToUpperInvariant().TrimEnd('/') + ":443") })]);

        UpgradeReport report = rig.Time.Run(async () => await (await Orchestrator(rig, same).ResumeAsync(plan.RunId)).WaitAsync(), VirtualRig.Limit);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        rig.AssertNoViolation();
    }

    [Theory]
    [MemberData(nameof(Strangers))]
    public void A_command_from_another_clusters_configuration_is_refused_by_whoever_drives_the_run(string who)
    {
        (VirtualRig rig, UpgradePlan plan) = StoppedAfterTheDrain();
        RunCommand command = new() { Id = "c1", Kind = RunCommandKind.Abort, By = "eve", At = rig.Time.GetUtcNow(), Owner = Others[who].Owner };
        Done(rig.Journal.PostCommandAsync(plan.RunId, command));

        UpgradeReport report = rig.Time.Run(async () => await (await Orchestrator(rig, Ours).ResumeAsync(plan.RunId)).WaitAsync(), VirtualRig.Limit);

        Assert.Equal(UpgradeEnd.Completed, report.End);
        RunCommandAnswer answer = Done(rig.Journal.GetAnswerAsync(plan.RunId, "c1"))!;
        Assert.False(answer.Accepted);
        Assert.Contains(Others[who].Names, answer.Text, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_clusters_run_side_by_side_in_one_journal_and_see_only_their_own()
    {
        VirtualRig rig = new(3, VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.First });
        using SimulatedClusterAtTheTime other = new(rig.Time);
        RollingUpgradeOrchestrator a = Orchestrator(rig, Ours);
        RollingUpgradeOrchestrator b = new(
            new DirectWorld(other.Cluster, rig.Time, new VirtualProcess()) { As = Site("site-b", "b") }, rig.Journal, rig.Policy, NullLogger.Instance);
        UpgradePlan planA = Plan(rig, a);
        Assert.Equal(UpgradeEnd.Paused, Drive(rig, a.StartAsync(planA)).End);
        UpgradePlan planB = Plan(rig, b);
        Assert.Equal(UpgradeEnd.Paused, Drive(rig, b.StartAsync(planB)).End);

        Assert.Equal(planA.RunId, Assert.Single(Done(a.ListRunsAsync())).RunId);
        Assert.Equal(planB.RunId, Assert.Single(Done(b.ListRunsAsync())).RunId);
        Assert.Contains(Plan(rig, a).Findings, f => f.Code == "run-not-ended" && f.Text.ToString().Contains(planA.RunId, StringComparison.Ordinal));
        foreach ((RollingUpgradeOrchestrator orchestrator, UpgradePlan plan) in new[] { (a, planA), (b, planB) })
        {
            rig.Time.Run(() => orchestrator.GetRun(plan.RunId).ApproveAsync("ann", plan.Hash), VirtualRig.Limit);
            Assert.Equal(UpgradeEnd.Completed, Drive(rig, orchestrator.ResumeAsync(plan.RunId)).End);
        }

        rig.AssertNoViolation();
        Assert.Empty(other.Cluster.GetViolations(atEnd: true));
    }

    [Fact]
    public void Another_cluster_of_the_same_name_in_one_journal_is_told()
    {
        (VirtualRig rig, UpgradePlan plan) = StoppedAfterTheDrain();
        using SimulatedClusterAtTheTime other = new(rig.Time, nodes => $"10.77.0.{nodes}:9045");
        RollingUpgradeOrchestrator b = new(
            new DirectWorld(other.Cluster, rig.Time, new VirtualProcess()) { As = Site("site-a", "b") }, rig.Journal, rig.Policy, NullLogger.Instance);

        UpgradePlan planB = Plan(rig, b);

        Assert.False(planB.IsRefused, planB.ToText());
        PlanFinding told = Assert.Single(planB.Findings, f => f.Code == "namesake");
        Assert.Contains(plan.RunId, told.Text, StringComparison.Ordinal);
        Assert.Equal(UpgradeEnd.Completed, Drive(rig, b.StartAsync(planB)).End);
    }

    [Fact]
    public void A_node_is_in_one_active_run_whatever_its_cluster_is_called()
    {
        (VirtualRig rig, UpgradePlan plan) = StoppedAfterTheDrain();

        UpgradePlan renamed = Plan(rig, Orchestrator(rig, Site("site-z", "a")));
        Assert.Contains(renamed.Findings, f => f.Code == "run-not-ended" && f.Text.ToString().Contains(plan.RunId, StringComparison.Ordinal));
        ActiveRunException e = Assert.Throws<ActiveRunException>(() => Done(rig.Journal.CreateAsync(renamed)));
        Assert.Equal(plan.RunId, e.RunId);
        Assert.Contains("site-z", e.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_node_that_says_it_is_another_one_is_left_alone(bool resumed)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        if (resumed)
        {
            VirtualProcess process = Dying(VirtualProcess.AfterIntent + " S7/gw2/0");
            rig.Crash(plan, process, resume: false);
        }

        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "node-renamed", Node = "gw2" });
        int caused = rig.Cluster.GetEffects().Count(e => e.Cause == EffectCause.Client);
        UpgradeReport report = resumed ? rig.Resume(plan.RunId) : rig.Start(plan);

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("127.0.1.1:9045", report.Reason, StringComparison.Ordinal);
        Assert.Contains("gw2", report.Reason, StringComparison.Ordinal);
        Assert.Equal(caused, rig.Cluster.GetEffects().Count(e => e.Cause == EffectCause.Client));
        rig.Cluster.Faults.Clear();
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData(nameof(UpgradePorts.LoadBalancer))]
    [InlineData(nameof(UpgradePorts.Snapshots))]
    [InlineData(nameof(UpgradePorts.Configuration))]
    [InlineData(nameof(UpgradePorts.MailProbe))]
    public void A_configuration_that_lost_a_section_the_plan_relies_on_is_refused_by_its_name(string port)
    {
        (VirtualRig rig, UpgradePlan plan) = StoppedAfterTheDrain();
        RollingUpgradeOrchestrator poor = new(
            new DirectWorld(rig.Cluster, rig.Time, new VirtualProcess())
            {
                As = Ours,
                With = ports => port switch
                {
                    nameof(UpgradePorts.LoadBalancer) => ports with { LoadBalancer = null },
                    nameof(UpgradePorts.Snapshots) => ports with { Snapshots = null },
                    nameof(UpgradePorts.Configuration) => ports with { Configuration = null },
                    _ => ports with { MailProbe = null },
                },
            },
            rig.Journal,
            rig.Policy,
            NullLogger.Instance);
        int asked = rig.Cluster.GetRequests().Count;

        Assert.All(
            [
                () => Assert.Throws<UpgradeException>(() => Drive(rig, poor.ResumeAsync(plan.RunId))),
                () => Assert.Throws<UpgradeException>(() => rig.Time.Run(() => poor.GetRun(plan.RunId).ExplainAsync(), VirtualRig.Limit)),
            ],
            (Func<UpgradeException> refused) => Assert.Contains(port, refused().Message, StringComparison.Ordinal));
        Assert.Equal(asked, rig.Cluster.GetRequests().Count);
        Assert.Equal(UpgradeEnd.Completed, Drive(rig, Orchestrator(rig, Ours).ResumeAsync(plan.RunId)).End);
    }

    /// <summary>An upload or a snapshot of the run's own that its journal does not know of: the end of the journal is missing.</summary>
    [Theory]
    [InlineData("S0", "S16/gw2", "snapshot")]
    [InlineData("S4a/gw3", "S16/gw2", "snapshot")]
    [InlineData("S2/gw2", "S7/gw2/0", "upload")]
    [InlineData("S1/gw2", "S7/gw2/0", "upload")]
    public void An_older_copy_of_the_journal_is_noticed_before_anything_is_touched(string lastOfTheCopy, string diedAfter, string trace)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, Dying($"{VirtualProcess.AfterOutcome} {diedAfter}"), resume: false);
        VirtualRig older = rig.WithAnEmptyJournal(rig.Policy);
        Restore(rig, older, plan, lastOfTheCopy);
        int caused = rig.Cluster.GetEffects().Count(e => e.Cause == EffectCause.Client);

        UpgradeReport report = older.Resume(plan.RunId);

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains(trace == "upload" ? $"{plan.RunId}-gw2-0-1" : $"ksmg-upgrade.{plan.RunId}.gw2", report.Reason, StringComparison.Ordinal);
        Assert.Equal(caused, rig.Cluster.GetEffects().Count(e => e.Cause == EffectCause.Client));
        Assert.Contains(older.Explain(plan.RunId).Options, o => o is { Kind: HumanOptionKind.Override, Check: UpgradeOverrides.OlderJournal });

        older.Tell(
            plan.RunId, r => r.OverrideAsync("ann", UpgradeOverrides.OlderJournal, "looked at every node", older.Time.GetUtcNow() + TimeSpan.FromHours(8)));
        report = older.Resume(plan.RunId);
        Assert.DoesNotContain("does not know of", report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void The_newest_copy_of_the_journal_goes_on()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, Dying($"{VirtualProcess.AfterOutcome} S7/gw2/0"), resume: false);
        VirtualRig newest = rig.WithAnEmptyJournal(rig.Policy);
        Restore(rig, newest, plan, "S7/gw2/0");

        Assert.Equal(UpgradeEnd.Completed, newest.Resume(plan.RunId).End);
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_inbox_that_cannot_be_read_for_a_while_ends_no_run(bool resumed)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        if (resumed)
        {
            rig.Crash(plan, Dying($"{VirtualProcess.AfterOutcome} S2/gw2"), resume: false);
        }

        DateTimeOffset healed = rig.Time.GetUtcNow() + TimeSpan.FromSeconds(30);
        int failed = 0;
        VirtualProcess deaf = new()
        {
            InboxFails = () => rig.Time.GetUtcNow() < healed && ++failed > 0 ? new JournalException("Too many open files") : null,
            At = _ =>
            {
                if (rig.Time.GetUtcNow() < healed && Done(rig.Journal.ReadCommandsAsync(plan.RunId)).Count == 0)
                {
                    Done(
                        rig.Journal.PostCommandAsync(
                            plan.RunId, new RunCommand { Id = "later", Kind = RunCommandKind.Pause, By = "ann", At = rig.Time.GetUtcNow() }));
                }
            },
        };
        UpgradeReport report = resumed ? rig.Resume(plan.RunId, deaf) : rig.Start(plan, deaf);

        Assert.True(failed > 0);
        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.True(Done(rig.Journal.GetAnswerAsync(plan.RunId, "later"))!.Accepted);
    }

    [Theory]
    [InlineData("site-a", "gw1 - -", "gw1 10.0.0.1:9045 https://a/", true)]
    [InlineData("site-a", "gw1 10.0.0.1:9045 -", "gw1 10.0.0.1:9045 https://a/", true)]
    [InlineData("site-a", "gw1 - https://b/", "gw1 10.0.0.1:9045 https://a/", false)]
    [InlineData("site-a", "gw1 10.0.0.2:9045 https://b/", "gw1 10.0.0.1:9045 https://a/", false)]
    [InlineData("site-a", "gw1 10.0.0.1:9045 https://b/", "gw1 10.0.0.1:9045 https://a/", true)]
    [InlineData("site-a", "", "gw1 10.0.0.1:9045 https://a/", true)]
    [InlineData("site-b", "gw1 10.0.0.1:9045 https://b/", "gw1 10.0.0.1:9045 https://a/", false)]
    [InlineData("site-b", "gw9 10.0.0.1:9045 https://A:443/x", "gw1 10.0.0.1:9045 https://a/", true)]
    [InlineData("site-b", "", "gw1 10.0.0.1:9045 https://a/", false)]
    public void Whether_two_may_be_one_cluster(string name, string nodes, string others, bool same)
    {
        RunOwner one = RunOwner.Parse(name, nodes);
        RunOwner other = RunOwner.Parse("site-a", others);
        Assert.Equal((same, same), (one.MayBe(other), other.MayBe(one)));
        Assert.Equal(other, RunOwner.Parse("site-a", other.NodesToText()));
    }

    /// <summary>The journal in memory answers at once.</summary>
    private static T Done<T>(Task<T> call) => call.GetAwaiter().GetResult();

    private static void Done(Task call) => call.GetAwaiter().GetResult();

    private static RunOwner Site(string cluster, string host) =>
        new(cluster, [.. Enumerable.Range(1, 3).Select(i => new RunOwnerNode($"gw{i}", new Uri($"https://{host}-gw{i}.test"), null))]);

    private static RunOwner With(RunOwner owner, int node, Func<RunOwnerNode, RunOwnerNode> change) =>
        owner with { Nodes = [.. owner.Nodes.Select((n, i) => i == node ? change(n) : n)] };

    private static RollingUpgradeOrchestrator Orchestrator(VirtualRig rig, RunOwner owner, VirtualProcess? process = null)
    {
        VirtualProcess mortal = process ?? new VirtualProcess();
        return new RollingUpgradeOrchestrator(
            new DirectWorld(rig.Cluster, rig.Time, mortal) { As = owner }, mortal.See(rig.Journal), rig.Policy, NullLogger.Instance);
    }

    private static (VirtualRig Rig, UpgradePlan Plan) StoppedAfterTheDrain()
    {
        VirtualRig rig = new();
        UpgradePlan plan = Plan(rig, Orchestrator(rig, Ours));
        VirtualProcess process = Dying($"{VirtualProcess.AfterOutcome} S1/gw2");
        Assert.Throws<CrashedException>(() => Drive(rig, Orchestrator(rig, Ours, process).StartAsync(plan)));
        rig.Journal.Abandon(plan.RunId);
        return (rig, plan);
    }

    private static UpgradePlan Plan(VirtualRig rig, RollingUpgradeOrchestrator orchestrator) =>
        rig.Time.Run(() => orchestrator.PlanAsync(rig.Packages, "update.zip", null, CancellationToken.None), VirtualRig.Limit);

    private static UpgradeReport Drive(VirtualRig rig, Task<UpgradeRun> begun) => rig.Time.Run(async () => await (await begun).WaitAsync(), VirtualRig.Limit);

    /// <summary>A process that dies at the point of that name.</summary>
    private static VirtualProcess Dying(string at) => new() { DiesAt = at };

    /// <summary>The journal as a backup has it: up to the outcome of a step.</summary>
    private static void Restore(VirtualRig from, VirtualRig to, UpgradePlan plan, string last) => to.Time.Run(
        async () =>
        {
            await using RunLease lease = await to.Journal.CreateAsync(plan);
            foreach (JournalRecord record in from.Records(plan.RunId)
                .Where(r => r.Entry.Kind is not (JournalEntryKind.RunCreated or JournalEntryKind.EpochStarted)))
            {
                await to.Journal.AppendAsync(lease, record.Entry);
                if (record.Entry.Kind == JournalEntryKind.Outcome && record.Entry.Step!.StartsWith(last, StringComparison.Ordinal))
                {
                    break;
                }
            }

            foreach (PlannedNode node in plan.Nodes)
            {
                await CopySavedAsync(from, to, lease, ConfigurationManifest.FileName(node.Name));
                ReadOnlyMemory<byte>? manifest = await to.Journal.ReadFileAsync(plan.RunId, ConfigurationManifest.FileName(node.Name));
                foreach (ConfigurationFile file in manifest is { } json ? ManifestJson.Read(json.Span)!.Files : [])
                {
                    await CopySavedAsync(from, to, lease, ConfigurationManifest.ContentName(node.Name, file.Sha256));
                }
            }

            return true;
        },
        VirtualRig.Limit);

    private static async Task CopySavedAsync(VirtualRig from, VirtualRig to, RunLease lease, string name)
    {
        if (await from.Journal.ReadFileAsync(lease.RunId, name) is { } content)
        {
            await to.Journal.SaveFileAsync(lease, name, content);
        }
    }

    /// <summary>A second cluster in the same virtual time.</summary>
    private sealed class SimulatedClusterAtTheTime : IDisposable
    {
        public SimulatedClusterAtTheTime(VirtualTimeProvider time, Func<int, string>? address = null)
        {
            Cluster = SimulatedCluster.CreateVirtual(new SimulatedClusterOptions { Nodes = 3 }, time);
            for (int i = 0; address is not null && i < 3; i++)
            {
                Cluster.World.Nodes[i].ClusterAddress = address(i + 1);
            }
        }

        public SimulatedCluster Cluster { get; }

        public void Dispose() => Cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
