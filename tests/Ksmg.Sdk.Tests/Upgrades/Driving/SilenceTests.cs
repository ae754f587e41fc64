using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The monitoring is quiet about the node in hand for as long as somebody works on it, and about no other.</summary>
public sealed class SilenceTests
{
    private static readonly TimeSpan Lasts = TimeSpan.FromMinutes(2);

    [Fact]
    public void A_silence_is_renewed_while_a_node_is_in_hand_and_lifted_when_it_is_back()
    {
        (VirtualRig rig, Monitoring monitoring) = Rig();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = "1", For = TimeSpan.FromMinutes(4) });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(report.RunId));
        Assert.Empty(monitoring.On);
        Assert.True(monitoring.All.Count(s => s.Renews && s.Silence.Node == "gw2") >= 3, "a long drain needs several");
        foreach (NodeReport node in report.Nodes)
        {
            Said[] said = [.. monitoring.All.Where(s => s.Silence.Node == node.Name)];
            DateTimeOffset taken = node.Steps.Single(s => s.Id == StepId.LoadOff).StartedAt!.Value;
            DateTimeOffset back = node.Steps.Single(s => s.Id == StepId.LoadOn).FinishedAt!.Value;

            Assert.True(said[0].At <= taken, $"{node.Name} is silenced at {said[0].At}, and taken out of work at {taken}");
            Assert.All(said[..^1], s => Assert.True(s.Renews));
            Assert.All(said[..^1], s => Assert.Equal(s.At + Lasts, s.Silence.Until));
            Assert.All(said.Zip(said.Skip(1)), pair => Assert.InRange(pair.Second.At, pair.First.At, pair.First.Silence.Until));
            Assert.False(said[^1].Renews);
            Assert.True(said[^1].At >= back, "alerts are not wanted before the node is back in load");
            Assert.Equal(report.RunId, said[0].Silence.RunId);
            Assert.Contains(node.Name, said[0].Silence.Comment, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_silence_lapses_when_the_run_waits_for_a_human_and_begins_anew_when_it_goes_on()
    {
        (VirtualRig rig, Monitoring monitoring) = Rig();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = "3" });
        UpgradeReport stopped = rig.Upgrade();
        DateTimeOffset stoppedAt = rig.Time.GetUtcNow();

        Assert.Equal(UpgradeEnd.NeedsHuman, stopped.End);
        NodeSilence left = Assert.Single(monitoring.On);
        Assert.Equal("gw2", left.Node);
        Assert.InRange(left.Until, stoppedAt, stoppedAt + Lasts);
        int said = monitoring.All.Count;
        Pass(rig, Lasts);
        Assert.Equal(said, monitoring.All.Count);
        Assert.Empty(monitoring.On);

        rig.Cluster.Faults.Clear();
        UpgradeReport report = rig.Resume(stopped.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(report.RunId));
        Assert.True(monitoring.All[said].Renews && monitoring.All[said].Silence.Node == "gw2");
        Assert.Empty(monitoring.On);
    }

    [Fact]
    public void A_run_that_waits_for_an_approval_silences_nothing()
    {
        (VirtualRig rig, Monitoring monitoring) = Rig(VirtualRig.FastPolicy(3) with { PauseAfter = PausePoint.First, SilenceDuration = Lasts });
        UpgradeReport stopped = rig.Upgrade();
        Assert.Equal(UpgradeEnd.Paused, stopped.End);
        Assert.Empty(monitoring.On);

        int said = monitoring.All.Count;
        Assert.Equal(UpgradeEnd.Paused, rig.Resume(stopped.RunId).End);
        Assert.Equal(said, monitoring.All.Count);
    }

    [Fact]
    public void A_silence_lapses_when_the_driver_is_gone_and_the_next_one_renews_it()
    {
        (VirtualRig rig, Monitoring monitoring) = Rig();
        UpgradePlan plan = rig.Plan();
        VirtualProcess mortal = new() { DiesAt = $"{VirtualProcess.AfterIntent} S8/gw2" };
        rig.Crash(plan, mortal, resume: false);
        Assert.True(mortal.IsDead);

        NodeSilence left = Assert.Single(monitoring.On);
        Assert.Equal("gw2", left.Node);
        Pass(rig, Lasts);
        Assert.Empty(monitoring.On);

        UpgradeReport report = rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(plan.RunId));
        Assert.Empty(monitoring.On);
        Assert.False(monitoring.All[^1].Renews);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_monitoring_that_fails_or_hangs_holds_nothing_up_and_is_told_once(bool hangs)
    {
        NeighbourTests.Told told = new(null, TimeSpan.Zero);
        IMonitoringSilence broken = hangs ? Hanging<IMonitoringSilence>.Of(null, _ => true) : new Failing();
        VirtualRig rig = new() { Bend = world => world with { Ports = world.Ports with { Silence = broken, Notifiers = [told] } } };
        TimeSpan began = rig.Time.Elapsed;
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, rig.Story(report.RunId));
        Assert.InRange(rig.Time.Elapsed - began, TimeSpan.Zero, TimeSpan.FromMinutes(10));
        UpgradeEvent notice = Assert.Single(told.Events, e => e.Text.Key == "silence.problem");
        Assert.Contains(hangs ? "did not answer" : "no rights", notice.Text, StringComparison.Ordinal);
        Assert.Equal(UpgradeEventKind.Notice, notice.Kind);
    }

    private static (VirtualRig, Monitoring) Rig(UpgradePolicy? policy = null)
    {
        Monitoring? monitoring = null;
        VirtualRig? rig = null;
        rig = new VirtualRig(policy: policy ?? VirtualRig.FastPolicy(3) with { SilenceDuration = Lasts })
        {
            Bend = world => world with { Ports = world.Ports with { Silence = monitoring } },
        };
        monitoring = new Monitoring(rig.Time);
        return (rig, monitoring);
    }

    private static void Pass(VirtualRig rig, TimeSpan time) => rig.Time.Run(
        async () =>
        {
            await Task.Delay(time, rig.Time);
            return true;
        },
        VirtualRig.Limit);

    private sealed record Said(DateTimeOffset At, bool Renews, NodeSilence Silence);

    /// <summary>A monitoring that lets silences lapse, as every one must.</summary>
    private sealed class Monitoring(TimeProvider time) : IMonitoringSilence
    {
        public List<Said> All { get; } = [];

        /// <summary>The silences that are on now.</summary>
        public IEnumerable<NodeSilence> On => All.GroupBy(s => (s.Silence.RunId, s.Silence.Node)).Select(g => g.Last())
            .Where(s => s.Renews && s.Silence.Until > time.GetUtcNow()).Select(s => s.Silence);

        public Task RenewAsync(NodeSilence silence, CancellationToken cancellationToken = default) => Say(renews: true, silence);

        public Task LiftAsync(NodeSilence silence, CancellationToken cancellationToken = default) => Say(renews: false, silence);

        private Task Say(bool renews, NodeSilence silence)
        {
            All.Add(new Said(time.GetUtcNow(), renews, silence));
            return Task.CompletedTask;
        }
    }

    private sealed class Failing : IMonitoringSilence
    {
        public Task RenewAsync(NodeSilence silence, CancellationToken cancellationToken = default) => throw new InvalidOperationException("no rights.");

        public Task LiftAsync(NodeSilence silence, CancellationToken cancellationToken = default) => throw new InvalidOperationException("no rights.");
    }
}
