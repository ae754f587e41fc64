using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Ksmg.Web;
using Microsoft.AspNetCore.Builder;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Documentation;

/// <summary>The pieces of code that the documentation shows, as printed there: what is promised is that they compile.</summary>
internal static class Snippets
{
    /// <summary>The package Ksmg.Sdk.</summary>
    public static async Task<UpgradeReport> SdkAsync(IServiceCollection services, RollingUpgradeOrchestrator orchestrator)
    {
        // <snippet>
        services.AddKsmg(o =>
            {
                o.Nodes.Add("gw1", new Uri("https://10.0.0.11"), ServerTrust.Pinned("ab12…"));
                o.Credentials = new KsmgCredentials("Administrator", _ => ReadPasswordAsync());
            })
            .AddRollingUpgrade(u => u.UseFileJournal("runs"))
            .UseLoadBalancer<MyBalancer>();

        await using UpdatePackage package = await UpdatePackage.OpenAsync("ksmg_2.1.zip");
        UpgradePlan plan = await orchestrator.PlanAsync(package);       // asks every node, changes nothing
        UpgradeRun run = await orchestrator.StartAsync(plan);           // on disk now, and under way
        UpgradeReport report = await run.WaitAsync();
        // </snippet>
        return report;

        static ValueTask<string> ReadPasswordAsync() => new("password");
    }

    /// <summary>The package Ksmg.Sdk.Infrastructure.</summary>
    public static void Infrastructure(IServiceCollection services)
    {
        // <snippet>
        services.AddKsmg(ClusterFile.Load("cluster.json").Section).AddConfiguredUpgrade();
        // </snippet>
    }

    /// <summary>The package Ksmg.Sdk.Dialects.</summary>
    public static void Dialects(IServiceCollection services)
    {
        // <snippet>
        services.AddKsmg(ClusterFile.Load("cluster.json").Section).AddDialects().AddConfiguredUpgrade();
        // </snippet>
    }

    /// <summary>The package Ksmg.Sdk.Fleet.</summary>
    public static void Fleet(IServiceCollection services)
    {
        // <snippet>
        services.AddKsmg(ClusterFile.Load("cluster.json").Section).AddConfiguredUpgrade(upgrade => upgrade
            .UsePostgresStore("Host=db.example;Database=ksmg;Username=ksmg", store => store.PasswordFile = "/run/secrets/ksmg-db"));
        // </snippet>
    }

    /// <summary>The changing calls of a dialect, one at a time.</summary>
    public static async Task DialectByHandAsync()
    {
        // <snippet>
        await using ConfiguredCluster cluster = ConfiguredCluster.Create(ClusterFile.Load("cluster.json").Section, b => b.AddDialects().AddConfiguredUpgrade());
        KsmgNode node = cluster.Cluster.Nodes.Single(n => n.Name == "gw2");

        await node.Queue.SetReceivingAsync(null, enabled: false);          // one of these lines at a time
        await node.Queue.SetSendingAsync(null, enabled: false);
        await node.Nodes.StartIntegrityCheckAsync();
        await node.Updates.DeleteUploadAsync((await node.Updates.ListUploadsAsync())[0].Id);
        await node.Role.AssignControlAsync();
        await node.Role.AssignSecondaryAsync();
        // </snippet>
    }

    /// <summary>The package Ksmg.Simulator.</summary>
    public static async Task SimulatorAsync(IServiceCollection services, string folder)
    {
        // <snippet>
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 3, Speed = 20 });
        await cluster.WriteFilesAsync(folder);      // cluster.json, a password file, update.zip
        cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Node = "gw2", Operation = "start-update" });

        services.AddKsmg(ClusterFile.Load(Path.Combine(folder, "cluster.json")).Section).AddSimulatorAdapters().AddConfiguredUpgrade();
        // </snippet>
    }

    /// <summary>Three ways to run the simulator.</summary>
    public static async Task WaysAsync()
    {
        // <snippet>
        // On loopback, in real time: HTTPS and SMTP per node, the balancer, the control URL.
        await using var cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 3, Speed = 10 });
        await cluster.WriteFilesAsync("simulation");              // cluster.json, ksmg-password, update.zip

        // Without sockets, in virtual time: a whole upgrade takes milliseconds and every run is repeatable.
        var time = new VirtualTimeProvider();
        await using var quick = SimulatedCluster.CreateVirtual(new SimulatedClusterOptions { Seed = 7 }, time);
        time.Run(() => DoTheUpgradeAsync(quick), limit: TimeSpan.FromHours(8));
        // </snippet>

        static Task DoTheUpgradeAsync(SimulatedCluster cluster) => Task.FromResult(cluster);
    }

    /// <summary>Many clusters.</summary>
    public static async Task FleetAsync()
    {
        // <snippet>
        SimulatedFleetOptions options = new() { Clusters = 200, FewestNodes = 2, MostNodes = 5, NeedHuman = 0.05, Refused = 0.02, PartlyUpgraded = 0.2 };
        await using SimulatedFleet fleet = await SimulatedFleet.StartAsync(options with { Cluster = options.Cluster with { Speed = 20 } });
        await fleet.WriteFilesAsync("fleet");              // fleet.json, update.zip, c001/cluster.json, c002/cluster.json…
        // </snippet>
    }

    /// <summary>The judge of a fleet.</summary>
    public static WatchedFleet Judge(SimulatedFleet fleet)
    {
        // <snippet>
        WatchedFleet seen = FleetWatcher.Judge(
            fleet.Members.Select(member => member.Watched() with { Wave = WaveOf(member.Name) }),
            new WatchedLimits { MaxConcurrent = 16, NeverTogether = ["customer"] });
        // </snippet>
        return seen;

        static int WaveOf(string cluster) => cluster.Length;
    }

    /// <summary>Nodes with a real Postfix.</summary>
    public static SimulatedClusterOptions Postfix()
    {
        // <snippet>
        SimulatedClusterOptions options = new() { Postfix = new SimulatedPostfixOptions { NextHop = "lmtp:inet:127.0.0.1:2400" } };
        // </snippet>
        return options;
    }

    /// <summary>The package Ksmg.Web.</summary>
    public static void Page(IServiceCollection services, WebApplication app)
    {
        // <snippet>
        services.AddKsmg(ClusterFile.Load("cluster.json").Section).AddConfiguredUpgrade();
        services.AddKsmgWeb();
        // </snippet>

        // <snippet>
        app.MapKsmg();      // http://127.0.0.1:5000/ksmg/
        // </snippet>
    }

    /// <summary>The package Ksmg.Web.Fleet.</summary>
    public static void PageOfFleets(IServiceCollection services, WebApplication app)
    {
        // <snippet>
        services.AddKsmgFleet(FleetFile.Load("fleet.json"));
        services.AddKsmgWeb();
        services.AddKsmgWebFleet();
        // </snippet>

        // <snippet>
        app.MapKsmg();      // http://127.0.0.1:5000/ksmg/fleet/
        // </snippet>
    }

    /// <summary>Health checks.</summary>
    public static void Health(IServiceCollection services, WebApplication app)
    {
        // <snippet>
        services.AddHealthChecks().AddKsmgCluster().AddKsmgRun();
        app.MapHealthChecks("/health");
        // </snippet>
    }

    /// <summary>Who comes in.</summary>
    public static void PageForOthers(IServiceCollection services, string token)
    {
        // <snippet>
        services.AddKsmgWeb(o =>
        {
            o.AllowRemote = true;                   // behind TLS
            o.Hosts.Add("upgrades.example.org");
            o.Tokens.Add(new KsmgWebToken { Name = "night shift", Value = token, Role = KsmgWebRole.Operator });
        });
        // </snippet>
    }

    /// <summary>A host that stays while people think.</summary>
    public static async Task<UpgradeReport> StayAsync(UpgradeRun run, UpgradeReport report, CancellationToken stop)
    {
        // <snippet>
        while (report.End is UpgradeEnd.Paused or UpgradeEnd.NeedsHuman)
        {
            if ((await run.WaitForDecisionAsync(stop)).Count == 0)
            {
                break; // Nobody approved in time: the run is paused.
            }

            await run.ContinueAsync(stop);
            report = await run.WaitAsync(stop);
        }
        // </snippet>
        return report;
    }

    /// <summary>An adapter of one's own.</summary>
    public static void Adapter(IServiceCollection services, ClusterFile file)
    {
        // <snippet>
        services.AddKsmg(file.Section)
            .AddPort<ILoadBalancer, F5Options>("F5", (options, context) => new F5Balancer(options, context.TimeProvider))
            .AddConfiguredUpgrade();
        // </snippet>
    }

    /// <summary>Events in CEF.</summary>
    public static async Task<BuildEvidence?> CefAsync()
    {
        // <snippet>
        CefListenerOptions options = new() { Endpoint = "0.0.0.0:5514", Senders = { ["gw1"] = "10.0.0.11", ["gw2"] = "10.0.0.12" } };
        await using CefBuildEvidence events = new(options);
        BuildEvidence? last = await events.GetAsync("gw1"); // build, and when it was told
        // </snippet>
        return last;
    }

    private class MyBalancer : ILoadBalancer
    {
        public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyDictionary<string, LoadState>>(new Dictionary<string, LoadState>());

        public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }

    private sealed class F5Balancer(F5Options options, TimeProvider time) : MyBalancer
    {
        public override string ToString() => $"{options} {time}";
    }

    private sealed record F5Options;
}
