using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>Fleets that are begun on machines whose clocks differ.</summary>
public sealed class FleetClockTests
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    [Fact]
    public async Task The_active_fleet_is_found_though_the_clock_it_was_begun_by_is_behind()
    {
        using FleetFolder folder = new FleetFolder().Cluster("a").Fleet(""" "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ] """);
        FleetPlan first = await BeginAsync(folder, Noon, ends: true);
        FleetPlan second = await BeginAsync(folder, Noon.AddMinutes(-10), ends: false);

        await using KsmgFleet fleet = KsmgFleet.Create(folder.Load());
        Assert.Equal([second.FleetId, first.FleetId], (await fleet.ListAsync()).Select(f => f.FleetId));
        Assert.Equal(second.FleetId, (await fleet.FindAsync())!.Id);
    }

    private static async Task<FleetPlan> BeginAsync(FleetFolder folder, DateTimeOffset now, bool ends)
    {
        ManualTime time = new();
        time.Advance(now - time.GetUtcNow());
        await using KsmgFleet fleet = KsmgFleet.Create(folder.Load(), time: time);
        FleetPlan plan = await folder.PlanAsync(now);
        RunLease lease = await fleet.Journal.CreateAsync(plan);
        if (ends)
        {
            await fleet.Journal.AppendAsync(lease, FleetEntries.Ended(UpgradeEnd.Completed, Message.Said("over")));
        }

        await lease.DisposeAsync();
        return plan;
    }
}
