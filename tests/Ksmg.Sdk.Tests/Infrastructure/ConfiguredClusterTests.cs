using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Moq;

namespace Ksmg.Sdk.Tests.Infrastructure;

/// <summary>A whole cluster out of one file, in a program that knows no service collection.</summary>
public sealed class ConfiguredClusterTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-configured-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_file_alone_makes_nodes_upgrades_and_neighbours()
    {
        ManualTime time = new();
        await using ConfiguredCluster made = ConfiguredCluster.Create(Section("HaProxy", "10.0.0.5:9999"), time: time);

        Assert.Equal(["gw1", "gw2"], made.Cluster.Nodes.Select(node => node.Name));
        Assert.IsType<HaProxyLoadBalancer>(made.Ports.LoadBalancer);
        Assert.IsType<LibvirtSnapshotProvider>(made.Ports.Snapshots);
        Assert.Equal("mail-eu", made.Options.Name);
        Assert.NotNull(made.Orchestrator);
        Assert.IsType<FileUpgradeJournal>(made.Journal);
    }

    [Fact]
    public async Task Kinds_journal_and_adapters_of_ones_own_stand_beside_what_the_file_says()
    {
        InMemoryUpgradeJournal journal = new();
        await using ConfiguredCluster own = ConfiguredCluster.Create(Section("Own", "10.0.0.5:9999"), builder => builder
            .AddPort<ILoadBalancer, HaProxyOptions>("Own", (options, context) =>
                Mock.Of<ILoadBalancer>(balancer => balancer.ToString() == $"{context.Cluster.Name} {options.Endpoint}"))
            .AddConfiguredUpgrade(upgrade => upgrade.UseJournal(_ => journal))
            .AddNotifier<Silent>());

        Assert.Equal("mail-eu 10.0.0.5:9999", own.Ports.LoadBalancer!.ToString());
        Assert.IsType<Silent>(Assert.Single(own.Ports.Notifiers));
        Assert.Same(journal, own.Journal);
        Assert.Empty(await own.Orchestrator.ListRunsAsync());
    }

    [Fact]
    public void Every_mistake_is_told_at_once()
    {
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(
            () => ConfiguredCluster.Create(Section("HaPoxy", "10.0.0.5:9999", "\"RequestLimit\": \"90\", ")));

        Assert.Contains(e.Failures, failure => failure.StartsWith("LoadBalancer:Kind: 'HaPoxy'", StringComparison.Ordinal));
        Assert.Contains(e.Failures, failure => failure.StartsWith("RequestLimit: '90'", StringComparison.Ordinal));
    }

    private IConfigurationSection Section(string balancer, string endpoint, string more = "")
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "pw"), "secret");
        string path = Path.Combine(_folder.FullName, "cluster.json");
        File.WriteAllText(path, $$"""
            { "Ksmg": { "Name": "mail-eu", {{more}}
              "Nodes": [ { "Name": "gw1", "Address": "https://10.0.0.11" }, { "Name": "gw2", "Address": "https://10.0.0.12" } ],
              "Credentials": { "UserName": "Administrator", "PasswordFile": "pw" },
              "LoadBalancer": { "Kind": "{{balancer}}", "Endpoint": "{{endpoint}}", "Backend": "smtp", "Servers": { "gw1": "mx1", "gw2": "mx2" } },
              "Snapshots": { "Kind": "Libvirt", "Uri": "qemu:///system", "Domains": { "gw1": "ksmg-gw1", "gw2": "ksmg-gw2" } } } }
            """);
        return ClusterFile.Load(path).Section;
    }

    private sealed class Silent : INotifier
    {
        public Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default) => Task.CompletedTask;
    }
}
