using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Ksmg.Sdk.Tests.Fleet.Hosting;

/// <summary>A host with a fleet in it: as a worker, and as one that only tells how it stands.</summary>
public sealed class FleetHostTests : IDisposable
{
    private readonly FleetFolder _folder = new FleetFolder().Cluster("a").Cluster("b").Fleet("""
        "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ], "Waves": [ { "Name": "all", "Approve": "Before" } ]
        """);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_worker_takes_an_unfinished_fleet_up_tells_who_waits_and_lets_go_when_its_host_stops()
    {
        string id = await BeginAsync();
        using IHost host = Host(works: true);
        await host.StartAsync().WaitAsync(Eventually.Limit);

        HealthReportEntry told = default;
        await Eventually.TrueAsync(async () => (told = await AskAsync(host)).Data.GetValueOrDefault("state") is "Paused" or "NeedsHuman");
        Assert.Equal(HealthStatus.Degraded, told.Status);
        Assert.Equal((id, 0), (told.Data["fleet"], told.Data["waiting"]));
        Assert.NotNull(await HolderAsync());

        await host.StopAsync().WaitAsync(Eventually.Limit);
        Assert.Null(await HolderAsync());
    }

    [Fact]
    public async Task A_host_that_does_not_work_tells_that_there_is_none_that_nobody_drives_it_and_that_it_cannot_be_read()
    {
        using IHost host = Host(works: false);
        Assert.Equal((HealthStatus.Healthy, "There is no fleet."), Told(await AskAsync(host)));

        string id = await BeginAsync();
        HealthReportEntry undriven = await AskAsync(host);
        Assert.Equal((HealthStatus.Degraded, "Nobody drives it."), (undriven.Status, undriven.Data["reason"]));

        string journal = Directory.GetFiles(Path.Combine(_folder["runs"], "fleets", id), "journal*").Single();
        await File.WriteAllTextAsync(journal, "nothing of it\n");
        Assert.Equal(HealthStatus.Unhealthy, (await AskAsync(host)).Status);
    }

    [Fact]
    public async Task A_store_that_does_not_answer_is_told()
    {
        _folder.Write("db", "Host=127.0.0.1;Port=1;Database=d;Username=u").Fleet("""
            "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ], "Store": { "Kind": "PostgreSql", "ConnectionStringFile": "db" }
            """);
        using IHost host = Host(works: true, limit: TimeSpan.FromSeconds(1));
        await host.StartAsync().WaitAsync(Eventually.Limit);

        Assert.Equal(HealthStatus.Unhealthy, (await AskAsync(host)).Status);
        await host.StopAsync().WaitAsync(Eventually.Limit);
    }

    private static (HealthStatus, string?) Told(HealthReportEntry entry) => (entry.Status, entry.Description);

    private static async Task<HealthReportEntry> AskAsync(IHost host) =>
        (await host.Services.GetRequiredService<HealthCheckService>().CheckHealthAsync().WaitAsync(Eventually.Limit)).Entries["ksmg-fleet"];

    private IHost Host(bool works, TimeSpan? limit = null)
    {
        HostApplicationBuilder builder = new();
        builder.Services.AddKsmgFleet(_folder.Load());
        builder.Services.AddHealthChecks().AddKsmgFleet(period: TimeSpan.Zero, limit: limit);
        if (works)
        {
            builder.Services.AddKsmgFleetWorker();
        }

        return builder.Build();
    }

    private async Task<string> BeginAsync()
    {
        await using KsmgFleet fleet = KsmgFleet.Create(_folder.Load());
        FleetPlan plan = await _folder.PlanAsync(TimeProvider.System.GetUtcNow());
        await (await fleet.Journal.CreateAsync(plan)).DisposeAsync();
        return plan.FleetId;
    }

    private async Task<string?> HolderAsync()
    {
        await using KsmgFleet fleet = KsmgFleet.Create(_folder.Load());
        return (await fleet.ListAsync())[^1].Holder;
    }
}
