using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Ksmg.Web;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>A simulated cluster with its files and runs, and the page of it, which can go and come back while a run goes on.</summary>
internal sealed class PageSite : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-page-");

    // Bound and never listening: while the page is gone its port is nobody else's, such as that of a browser that looks for the page.
    private readonly Socket? _reservation = OperatingSystem.IsLinux() ? LoopbackListener.Bind(0) : null;
    private ConfiguredCluster _cluster = null!;
    private PageHost _host = null!;
    private Action<KsmgWebOptions>? _configure;

    public SimulatedCluster Simulated { get; private set; } = null!;

    public RollingUpgradeOrchestrator Orchestrator => _cluster.Orchestrator;

    public Uri Page => _host.Page;

    /// <param name="options">The cluster.</param>
    /// <param name="change">What else is changed of its configuration.</param>
    /// <param name="configure">Who may see the page.</param>
    public static async Task<PageSite> StartAsync(
        SimulatedClusterOptions options, Action<JsonNode>? change = null, Action<KsmgWebOptions>? configure = null)
    {
        PageSite site = new();
        try
        {
            site.Simulated = await SimulatedCluster.StartAsync(options);
            await site.Simulated.WriteFilesAsync(site._folder.FullName);
            site._cluster = SocketUpgrade.Configure(site._folder.FullName, dialect: null, section =>
            {
                section["Policy"]!["PauseAfter"] = "First";
                change?.Invoke(section);
            });
            site._configure = configure;
            await site.OpenAsync((site._reservation?.LocalEndPoint as IPEndPoint)?.Port ?? 0);
            return site;
        }
        catch
        {
            await site.DisposeAsync();
            throw;
        }
    }

    /// <summary>Plans and starts a run while mail flows.</summary>
    public async Task<UpgradeRun> UpgradeAsync()
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"));
        UpgradePlan plan = await Orchestrator.PlanAsync(package);
        Simulated.StartMail(20);
        return await Orchestrator.StartAsync(plan);
    }

    /// <summary>The page is gone, and so are those who signed in.</summary>
    public ValueTask CloseAsync() => _host.DisposeAsync();

    /// <summary>The page is back where it was.</summary>
    public Task ReopenAsync() => OpenAsync(Page.Port);

    public async ValueTask DisposeAsync()
    {
        await (_host?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (_cluster?.DisposeAsync() ?? ValueTask.CompletedTask);
        await (Simulated?.DisposeAsync() ?? ValueTask.CompletedTask);
        _reservation?.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task OpenAsync(int port) => _host = await PageHost.StartAsync(
        web =>
        {
            web.Show("lab", _cluster.Orchestrator, _cluster.Journal);
            web.Continue = (run, stop) => run.ContinueAsync(stop);
            web.Heartbeat = TimeSpan.FromSeconds(1);
            _configure?.Invoke(web);
        },
        port);
}
