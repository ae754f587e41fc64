using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>What a fleet that cannot be read keeps back.</summary>
public sealed class FleetDamageTests
{
    [Fact]
    public async Task No_fleet_is_begun_beside_one_that_cannot_be_read()
    {
        using FleetFolder folder = new FleetFolder().Cluster("a").Fleet(""" "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ] """);
        await using KsmgFleet fleet = KsmgFleet.Create(folder.Load());
        FleetPlan first = await folder.PlanAsync(TimeProvider.System.GetUtcNow());
        await (await fleet.Journal.CreateAsync(first)).DisposeAsync();
        string records = Directory.GetFiles(Path.GetDirectoryName(folder.Path)!, "*.jsonl", SearchOption.AllDirectories).Single();
        File.WriteAllText(records, File.ReadAllText(records).Replace("{", "#", StringComparison.Ordinal));
        Assert.NotNull((await fleet.ListAsync()).Single().Damage);
        FleetPlan second = await folder.PlanAsync(TimeProvider.System.GetUtcNow().AddMinutes(1));
        await Assert.ThrowsAnyAsync<JournalException>(() => fleet.Journal.CreateAsync(second));
    }
}
