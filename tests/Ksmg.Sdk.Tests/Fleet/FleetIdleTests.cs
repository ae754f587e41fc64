using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>People are told why a cluster that may be worked on is not.</summary>
public sealed class FleetIdleTests
{
    private static readonly FleetLimits Two = new() { MaxConcurrent = 2, Soak = TimeSpan.Zero };

    [Fact]
    public void A_worker_without_room_says_so_until_it_has_some()
    {
        FleetRig rig = new(2);
        FleetPlan plan = rig.Plan(Two, (c, _) => c with { Wave = "rest" });
        rig.Begin(plan);
        FleetWorker worker = rig.Worker(new FleetWorkerOptions { Capacity = 1, LeavesWhenStanding = true });
        IReadOnlyDictionary<string, Message> idle = Sample(rig, plan, worker, TimeSpan.FromSeconds(30));

        (string cluster, Message why) = Assert.Single(idle);
        Assert.Equal(("fleet.idle", "fleet.no-room"), (why.Key, ((Message)why.Arguments[1]).Key));
        Assert.Equal(ClusterPhase.Working, rig.State(plan)[cluster].Phase);

        FleetState state = rig.Drive(plan, rig.Worker());
        Assert.True(state.State == UpgradeEnd.Completed, rig.Story(plan));
    }

    [Fact]
    public void What_goes_wrong_again_and_again_is_told_while_it_does_and_when_people_are_needed()
    {
        FleetRig rig = new(1);
        FleetPlan plan = rig.Plan(Two, (c, _) => c with { Wave = "rest" });
        rig.Begin(plan);
        FleetWorker worker = rig.Worker(clusters: new Broken());

        Message why = Assert.Single(Sample(rig, plan, worker, TimeSpan.FromSeconds(15))).Value;
        Assert.Equal(("fleet.idle", "the vault is sealed"), (why.Key, why.Arguments[1].ToString()));

        FleetState state = rig.Drive(plan, rig.Worker(clusters: new Broken()));
        Assert.Equal((UpgradeEnd.NeedsHuman, ClusterPhase.Standing, "fleet.poison-why"), (state.State, state["c01"].Phase, state["c01"].Reason!.Key));
        Assert.EndsWith("the vault is sealed", state["c01"].Reason!.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_told_of_what_is_driven_or_was_granted_just_now()
    {
        FleetRig rig = new(1);
        FleetPlan plan = rig.Plan();
        DateTimeOffset granted = await GrantAsync(rig, plan);

        Assert.Empty(await rig.IdleAsync(plan, granted.AddSeconds(30)));
        Assert.Equal("fleet.undriven", (await rig.IdleAsync(plan, granted.AddMinutes(1)))["c01"].Key);
        Assert.Empty(await rig.IdleAsync(plan, granted.AddMinutes(1), ("c01", new RunGlance(UpgradeEnd.Running, IsDriven: true))));
        Assert.Empty(await rig.IdleAsync(plan, granted.AddMinutes(1), ("c01", new RunGlance(UpgradeEnd.NeedsHuman))));
    }

    [Fact]
    public async Task A_run_that_rests_until_its_window_opens_says_until_when_while_nothing_is_done_to_it()
    {
        FleetRig rig = new(1);
        FleetPlan plan = rig.Plan();
        DateTimeOffset granted = await GrantAsync(rig, plan);
        string run = plan.RunIdOf("c01", 1);
        await rig.Journal().NoteAsync(plan.FleetId, RestNote.Of(run), RestNote.Write(7, granted.AddHours(1)));
        (string, RunGlance) RunAt(long last) => ("c01", new RunGlance(UpgradeEnd.Running) { Last = last });

        Message rests = (await rig.IdleAsync(plan, granted.AddMinutes(1), RunAt(7)))["c01"];
        Assert.Equal(("fleet.rests", granted.AddHours(1)), (rests.Key, rests.Arguments[0]));
        Assert.Equal("fleet.undriven", (await rig.IdleAsync(plan, granted.AddMinutes(1), RunAt(8)))["c01"].Key);
        Assert.Equal("fleet.undriven", (await rig.IdleAsync(plan, granted.AddHours(2), RunAt(7)))["c01"].Key);
    }

    /// <summary>What people are told after a while of driving; then the worker lets go.</summary>
    private static IReadOnlyDictionary<string, Message> Sample(FleetRig rig, FleetPlan plan, FleetWorker worker, TimeSpan after) => rig.Time.Run(
        async () =>
        {
            await worker.AnswerAsync(plan.FleetId, cluster: null, CancellationToken.None);
            await Task.Delay(after, rig.Time);
            RunGlances glances = new(rig.Runs, rig.Time);
            FleetState state = rig.State(plan);
            Dictionary<string, string> begun = state.Clusters.ToDictionary(c => c.Value.RunId!, c => c.Key, StringComparer.Ordinal);
            IReadOnlyDictionary<string, RunGlance> seen = await glances.LookAsync(begun.Keys, CancellationToken.None);
            IReadOnlyDictionary<string, Message> idle = await rig.IdleAsync(plan, null, [.. seen.Select(s => (begun[s.Key], s.Value))]);
            Assert.All(seen.Values.Where(run => run.IsDriven), run => Assert.NotNull(run.Holder));
            await worker.StopAsync();
            return idle;
        },
        FleetRig.Limit);

    private static async Task<DateTimeOffset> GrantAsync(FleetRig rig, FleetPlan plan)
    {
        await using RunLease lease = await rig.Journal().CreateAsync(plan);
        return (await rig.Journal().AppendAsync(lease, FleetEntries.Grant("c01", 1, plan.RunIdOf("c01", 1), Message.Of("fleet.begun", "canary")))).At;
    }

    private sealed class Broken : ClusterSource
    {
        public override ValueTask<OpenCluster> OpenAsync(string cluster, CancellationToken cancellationToken) => throw new IOException("the vault is sealed");
    }
}
