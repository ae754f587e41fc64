using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>However the driving ends that was not to end, people are told so, and why.</summary>
public sealed class LastBreathTests
{
    private readonly NeighbourTests.Told _told = new(null, TimeSpan.Zero);

    [Fact]
    public void A_journal_that_cannot_be_written_is_told()
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();

        JournalException e = Assert.Throws<JournalException>(() => rig.Start(plan, new VirtualProcess(journalFailsAt: 12)));

        Assert.Contains("no space left", e.Message, StringComparison.Ordinal);
        AssertTold(e.Message);
    }

    [Fact]
    public void A_run_that_was_taken_over_is_told_as_such()
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();
        Exception? e = Record.Exception(() => rig.Time.Run(
            async () =>
            {
                UpgradeRun first = await rig.Orchestrator(At(rig, plan, "S8")).StartAsync(plan);
                await Task.Delay(TimeSpan.FromSeconds(12), rig.Time); // The installation has begun, and the lease has not run out.
                await rig.StandingStillAsync((await rig.Orchestrator().ResumeAsync(plan.RunId)).StopAsync());
                await rig.StandingStillAsync(first.WaitAsync());
            },
            VirtualRig.Limit));

        Assert.IsType<LeaseLostException>(e);
        Assert.Contains("by another process", e.Message, StringComparison.Ordinal);
        Assert.Contains(_told.Events, n => n.Kind == UpgradeEventKind.NeedsHuman && n.Text.ToString().Contains(e.Message, StringComparison.Ordinal));
    }

    /// <summary>Nobody else drives the run: that must not be said.</summary>
    [Fact]
    public void A_lease_that_ran_out_is_told_with_its_cause()
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();

        Exception? e = Record.Exception(() => Drive(rig, rig.Orchestrator(At(rig, plan, "S8")), plan));

        Assert.IsType<JournalException>(e);
        Assert.Contains("Nobody else drives it", e.Message, StringComparison.Ordinal);
        AssertTold(e.Message);
    }

    /// <summary>The file system under the journal fails in the middle of an installation: what is told is what failed.</summary>
    [Fact]
    public void A_disk_that_fails_in_a_long_wait_is_named()
    {
        string root = Directory.CreateTempSubdirectory("ksmg").FullName;
        try
        {
            VirtualRig rig = Rig();
            FileUpgradeJournal journal = new(root, timeProvider: rig.Machine);
            UpgradePlan plan = rig.Plan();
            string lease = Path.Combine(root, plan.RunId, "lease.json");
            VirtualProcess process = new()
            {
                At = point =>
                {
                    if (point.StartsWith($"{VirtualProcess.EffectSent} S8/gw2", StringComparison.Ordinal))
                    {
                        File.Delete(lease);
                        Directory.CreateDirectory(lease);
                    }
                },
            };
            RollingUpgradeOrchestrator orchestrator = new(
                new BentWorld(new DirectWorld(rig.Cluster, rig.Machine, process), Tell), process.See(journal), rig.Policy, NullLogger.Instance);

            Exception? e = Record.Exception(() => Drive(rig, orchestrator, plan));

            Assert.IsType<JournalException>(e);
            Assert.DoesNotContain("another process", e.Message, StringComparison.Ordinal);
            Assert.Contains("lease.json", e.Message, StringComparison.Ordinal);
            AssertTold(e.Message);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }

    [Fact]
    public void What_nobody_foresaw_is_told()
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();
        VirtualProcess process = new()
        {
            At = point =>
            {
                if (point.StartsWith($"{VirtualProcess.AfterOutcome} S3/gw2", StringComparison.Ordinal))
                {
                    throw new InvalidOperationException("out of luck");
                }
            },
        };

        Assert.Throws<InvalidOperationException>(() => rig.Start(plan, process));

        AssertTold("out of luck");
    }

    /// <summary>Whoever stops a run on purpose knows it.</summary>
    [Fact]
    public void Who_stops_a_run_is_not_told()
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();
        rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().StartAsync(plan);
                await Task.Delay(TimeSpan.FromSeconds(20), rig.Time);
                await rig.StandingStillAsync(run.StopAsync());
            },
            VirtualRig.Limit);

        Assert.Empty(_told.Events);
    }

    /// <summary>A call that touches a node is let come back, but not beyond the lease: then somebody else may begin.</summary>
    [Fact]
    public void A_call_under_way_is_cut_when_the_lease_is_lost()
    {
        VirtualRig? rig = null;
        UpgradePlan? plan = null;
        TimeSpan began = TimeSpan.Zero;
        TimeSpan? cut = null;
        rig = new() { Bend = world => world with { Ports = world.Ports with { LoadBalancer = new Holding(world.Ports.LoadBalancer!, Hold) } } };
        plan = rig.Plan();

        Exception? e = Record.Exception(() => Drive(rig, rig.Orchestrator(), plan));

        Assert.IsType<JournalException>(e);
        Assert.Equal(TimeSpan.FromSeconds(15), cut);

        Task Hold(CancellationToken cancellationToken)
        {
            began = rig!.Time.Elapsed;
            rig.Journal.Abandon(plan!.RunId);
            TaskCompletionSource never = new();
            cancellationToken.Register(() =>
            {
                cut = rig.Time.Elapsed - began;
                never.TrySetCanceled(cancellationToken);
            });
            return never.Task;
        }
    }

    private static void Drive(VirtualRig rig, RollingUpgradeOrchestrator orchestrator, UpgradePlan plan) =>
        rig.Time.Run(async () => await rig.StandingStillAsync((await orchestrator.StartAsync(plan)).WaitAsync()), VirtualRig.Limit);

    private VirtualRig Rig() => new() { Bend = Tell };

    private UpgradeWorld Tell(UpgradeWorld world) => world with { Ports = world.Ports with { Notifiers = [_told] } };

    /// <summary>A process whose lease is not renewed any more when the step is under way.</summary>
    private static VirtualProcess At(VirtualRig rig, UpgradePlan plan, string step) => new()
    {
        At = point =>
        {
            if (point.StartsWith($"{VirtualProcess.EffectSent} {step}/", StringComparison.Ordinal))
            {
                rig.Journal.Abandon(plan.RunId);
            }
        },
    };

    private void AssertTold(string reason)
    {
        UpgradeEvent last = _told.Events[^1];
        Assert.Equal(UpgradeEventKind.NeedsHuman, last.Kind);
        Assert.Contains(reason, last.Text, StringComparison.Ordinal);
    }

    private sealed class Holding(ILoadBalancer inner, Func<CancellationToken, Task> hold) : ILoadBalancer
    {
        public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) => inner.GetAsync(cancellationToken);

        public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => hold(cancellationToken);

        public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => inner.CloseSessionsAsync(node, cancellationToken);
    }
}
