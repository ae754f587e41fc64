using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>One fleet after another, in a process that goes on.</summary>
public sealed class FleetSuccessionTests
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    [Fact]
    public async Task The_next_fleet_of_a_process_takes_its_own_package()
    {
        using FleetFolder folder = new FleetFolder().Cluster("a").Fleet(""" "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ] """);
        string cluster = folder["a/cluster.json"];
        await File.WriteAllTextAsync(cluster, (await File.ReadAllTextAsync(cluster)).Replace("192.0.2.1", "127.0.0.1:1", StringComparison.Ordinal));
        await using KsmgFleet fleet = KsmgFleet.Create(folder.Load());

        FleetPlan first = await PlanAsync(folder, fleet, 1000);
        FleetReport silent = await StandAsync(fleet, first);
        await fleet.GetRun(first.FleetId).LeaveOutAsync("ann", "a", "the node is gone");
        await StandAsync(fleet, first);
        FleetPlan second = await PlanAsync(folder, fleet, 2000);
        FleetReport again = await StandAsync(fleet, second);

        Assert.NotEqual(first.FleetId, again.FleetId);
        Assert.Equal(Assert.Single(silent.Clusters).Reason!.ToString(), Assert.Single(again.Clusters).Reason!.ToString());
    }

    private static async Task<FleetPlan> PlanAsync(FleetFolder folder, KsmgFleet fleet, int bytes)
    {
        string path = folder[$"{bytes}.zip"];
        await File.WriteAllBytesAsync(path, new ZipBuilder().Add(PackageFolder.Ktgz, PackageFolder.Bytes(bytes)).Build());
        await using UpdatePackage package = await UpdatePackage.OpenAsync(path);
        return await fleet.PlanAsync(package);
    }

    private static async Task<FleetReport> StandAsync(KsmgFleet fleet, FleetPlan plan) =>
        await (await fleet.StartAsync(plan)).WaitAsync().WaitAsync(Limit);
}
