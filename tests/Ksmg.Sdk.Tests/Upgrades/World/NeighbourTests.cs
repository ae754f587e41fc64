using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>A neighbour that never answers holds nothing up: the run goes on without it, or says whom it waits for and stops.</summary>
public sealed class NeighbourTests
{
    private static readonly TimeSpan InTime = TimeSpan.FromHours(1);

    [Theory]
    [InlineData("balancer")]
    [InlineData("snapshots")]
    [InlineData("configuration")]
    [InlineData("probe")]
    public void A_neighbour_that_never_answers_is_named_and_the_run_stops_in_time(string which)
    {
        bool hangs = false;
        VirtualRig rig = new() { Bend = world => Hang(world, which, _ => hangs) };
        UpgradePlan plan = rig.Plan();
        VirtualProcess process = new() { At = point => hangs |= point.StartsWith($"{VirtualProcess.AfterOutcome} S2/gw2", StringComparison.Ordinal) };
        TimeSpan began = rig.Time.Elapsed;

        UpgradeReport report = rig.Start(plan, process);

        Assert.True(report.End is UpgradeEnd.Paused or UpgradeEnd.NeedsHuman, report.Reason);
        Assert.Contains("did not answer", rig.Story(plan.RunId), StringComparison.Ordinal);
        Assert.InRange(rig.Time.Elapsed - began, TimeSpan.Zero, InTime);
    }

    [Theory]
    [InlineData("balancer")]
    [InlineData("snapshots")]
    [InlineData("configuration")]
    [InlineData("probe")]
    [InlineData("evidence")]
    public void A_neighbour_that_answers_again_is_waited_for(string which)
    {
        VirtualRig? rig = null;
        TimeSpan until = TimeSpan.Zero;
        rig = new() { Bend = world => Hang(world, which, _ => rig!.Time.Elapsed < until) };
        UpgradePlan plan = rig.Plan();
        VirtualProcess process = new()
        {
            At = point =>
                until = until == TimeSpan.Zero && point.StartsWith($"{VirtualProcess.AfterOutcome} S2/gw2", StringComparison.Ordinal)
                    ? rig.Time.Elapsed + TimeSpan.FromMinutes(1)
                    : until,
        };

        UpgradeReport report = rig.Start(plan, process);

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        rig.AssertNoViolation();
    }

    /// <summary>Who lets go of a run is not held by a neighbour either.</summary>
    [Fact]
    public void A_hanging_neighbour_does_not_hold_who_stops()
    {
        bool hangs = false;
        VirtualRig rig = new() { Bend = world => Hang(world, "balancer", _ => hangs) };
        UpgradePlan plan = rig.Plan();
        TimeSpan took = rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator(
                    new VirtualProcess
                    {
                        At = point => hangs |= point.StartsWith($"{VirtualProcess.AfterOutcome} S2/gw2", StringComparison.Ordinal),
                    }).StartAsync(plan);
                await Task.Delay(TimeSpan.FromMinutes(1), rig.Time);
                Assert.True(hangs);
                TimeSpan asked = rig.Time.Elapsed;
                await rig.StandingStillAsync(run.StopAsync());
                return rig.Time.Elapsed - asked;
            },
            VirtualRig.Limit);

        Assert.InRange(took, TimeSpan.Zero, TimeSpan.FromSeconds(30));
    }

    [Fact]
    public void A_notifier_that_hangs_or_fails_holds_up_neither_the_run_nor_the_others()
    {
        Told told = new(null, TimeSpan.Zero);
        VirtualRig rig = new()
        {
            Bend = world => world with { Ports = world.Ports with { Notifiers = [Hanging<INotifier>.Of(null, _ => true), new Failing(), told] } },
        };
        UpgradePlan plan = rig.Plan();
        TimeSpan began = rig.Time.Elapsed;

        UpgradeReport report = rig.Start(plan);

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Equal(UpgradeEventKind.RunEnded, told.Events[^1].Kind);
        Assert.InRange(rig.Time.Elapsed - began, TimeSpan.Zero, TimeSpan.FromMinutes(5));
    }

    /// <summary>A slow notifier tells everything in order, while the run goes on.</summary>
    [Fact]
    public void A_slow_notifier_is_told_in_order()
    {
        VirtualRig? rig = null;
        Told? slow = null;
        rig = new(policy: VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.Each })
        {
            Bend = world => world with { Ports = world.Ports with { Notifiers = [slow ??= new Told(rig!.Time, TimeSpan.FromSeconds(5))] } },
        };
        UpgradePlan plan = rig.Plan();
        rig.Start(plan);
        rig.Tell(plan.RunId, run => run.ApproveAsync("human", plan.Hash));
        rig.Resume(plan.RunId);

        Assert.Equal(slow!.Events.OrderBy(e => e.At).Select(e => e.Text), slow.Events.Select(e => e.Text));
        Assert.Equal(2, slow.Events.Count(e => e.Kind == UpgradeEventKind.Paused));
    }

    private static UpgradeWorld Hang(UpgradeWorld world, string which, Func<string, bool> hangs) => world with { Ports = Hang(world.Ports, which, hangs) };

    private static UpgradePorts Hang(UpgradePorts ports, string which, Func<string, bool> hangs) => which switch
    {
        "balancer" => ports with { LoadBalancer = Hanging<ILoadBalancer>.Of(ports.LoadBalancer, hangs) },
        "snapshots" => ports with { Snapshots = Hanging<ISnapshotProvider>.Of(ports.Snapshots, hangs) },
        "configuration" => ports with { Configuration = Hanging<IConfigurationFiles>.Of(ports.Configuration, hangs) },
        "probe" => ports with { MailProbe = Hanging<IMailProbe>.Of(ports.MailProbe, hangs) },
        _ => ports with { BuildEvidence = Hanging<IBuildEvidence>.Of(new Silent(), hangs) },
    };

    private sealed class Silent : IBuildEvidence
    {
        public Task<BuildEvidence?> GetAsync(string node, CancellationToken cancellationToken = default) => Task.FromResult<BuildEvidence?>(null);
    }

    private sealed class Failing : INotifier
    {
        public Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default) => throw new InvalidOperationException("no");
    }

    internal sealed class Told(TimeProvider? time, TimeSpan takes) : INotifier
    {
        public List<UpgradeEvent> Events { get; } = [];

        public async Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default)
        {
            if (time is not null)
            {
                await Task.Delay(takes, time, cancellationToken);
            }

            Events.Add(upgradeEvent);
        }
    }
}
