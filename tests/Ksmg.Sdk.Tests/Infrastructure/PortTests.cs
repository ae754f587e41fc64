using System.ComponentModel.DataAnnotations;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

/// <summary>Adapters of somebody else: by their type, or by a kind of their own in the configuration.</summary>
public sealed class PortTests
{
    [Fact]
    public void Adapters_of_ones_own_are_used_by_their_type()
    {
        ServiceCollection services = new();
        services.AddSingleton("from the services");
        services.AddKsmg("eu", Fill).AddRollingUpgrade()
            .UseLoadBalancer<OwnBalancer>()
                .UseSnapshots<OwnSnapshots>()
                .UseConfigurationFiles<OwnFiles>()
                .UseMailProbe<OwnProbe>()
                .UseBuildEvidence<OwnEvidence>()
            .AddNotifier<OwnNotifier>().AddNotifier<OwnNotifier>();
        using ServiceProvider provider = services.BuildServiceProvider();

        UpgradePorts ports = provider.GetRequiredKeyedService<UpgradePorts>("eu");
        Assert.Equal("from the services", Assert.IsType<OwnBalancer>(ports.LoadBalancer).Address);
        Assert.IsType<OwnSnapshots>(ports.Snapshots);
        Assert.IsType<OwnFiles>(ports.Configuration);
        Assert.IsType<OwnProbe>(ports.MailProbe);
        Assert.IsType<OwnEvidence>(ports.BuildEvidence);
        Assert.Equal(2, ports.Notifiers.OfType<OwnNotifier>().Distinct().Count());
    }

    [Fact]
    public void A_kind_of_ones_own_is_read_from_the_configuration()
    {
        using ServiceProvider provider = Services(new()
        {
            ["Kind"] =
                "f5",
            ["Address"] = "https://f5.test",
            ["Pools:gw1"] = "pool-1",
            ["Names:0"] = "a",
            ["Port"] = "8443",
            ["Timeout"] = "2min",
            ["Rest"] = "never",
            ["Mode"] = "fast",
            ["Strict"] = "true",
            ["TokenFile"] = "token",
        });

        F5Balancer balancer = Assert.IsType<F5Balancer>(provider.GetRequiredKeyedService<UpgradePorts>("").LoadBalancer);
        Assert.Equal("ksmg", balancer.Cluster.Name);
        Assert.Equal(
            (
                new Uri("https://f5.test"),
                "pool-1",
                "a",
                8443,
                TimeSpan.FromMinutes(2),
                null,
                F5Mode.Fast,
                true,
                Path.Combine(Path.GetTempPath(), "token"),
                "gw1"),
            (
                balancer.Options.Address, balancer.Options.Pools["gw1"], balancer.Options.Names.Single(), balancer.Options.Port, balancer.Options.Timeout,
                balancer.Options.Rest,
                balancer.Options.Mode, balancer.Options.Strict, balancer.Options.TokenFile, balancer.Options.First));
    }

    [Theory]
    [InlineData("Adress", "https://f5.test", "LoadBalancer:Adress: there is no such setting. Did you mean Address?")]
    [InlineData("Pools:gw9", "pool-9", "LoadBalancer: Pools names 'gw9', a node that the cluster does not have. Did you mean gw1?")]
    [InlineData("Timeout", "10", "LoadBalancer:Timeout: '10' has no unit")]
    [InlineData("Timeout", "11min", "LoadBalancer: Timeout 11min is not between 1s and 10min.")]
    [InlineData("Port", "70000", "LoadBalancer:Port: '70000' is not a whole number from 1 to 65535")]
    [InlineData("Mode", "fsat", "LoadBalancer:Mode: 'fsat' is not one of Slow, Fast.")]
    [InlineData("First", "gw7", "LoadBalancer: First is none of the nodes.")]
    public void Options_of_ones_own_are_read_as_strictly_as_any(string setting, string value, string says)
    {
        using ServiceProvider provider = Services(new() { ["Kind"] = "F5", ["Address"] = "https://f5.test", [setting] = value });

        Assert.Contains(
            says,
            Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<IStartupValidator>().Validate()).Message,
            StringComparison.Ordinal);
        Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<UpgradePorts>(""));
    }

    [Fact]
    public void Bounds_hold_for_options_that_are_set_in_code()
    {
        using ServiceProvider provider = Services(new() { ["Kind"] = "F5", ["Address"] = "https://f5.test" }, services => services.ConfigureAll<F5Options>(o =>
        {
            o.Address = null;
            o.Port = 0;
            o.Mode = (F5Mode)7;
            o.Timeout = TimeSpan.Zero;
        }));

        string[] mistakes = [.. Assert.Throws<OptionsValidationException>(() => provider.GetRequiredKeyedService<UpgradePorts>("")).Failures];
        Assert.Equal(4, mistakes.Length);
        Assert.Contains(mistakes, m => m.Contains("Address field is required", StringComparison.Ordinal));
        Assert.Contains(mistakes, m => m.Contains("Port must be between 1 and 65535", StringComparison.Ordinal));
        Assert.Contains("LoadBalancer: Mode '7' is none of Slow, Fast.", mistakes);
        Assert.Contains("LoadBalancer: Timeout 0s is not between 1s and 10min.", mistakes);
    }

    [Fact]
    public void An_unknown_kind_names_those_that_were_added_too()
    {
        using ServiceProvider provider = Services(new() { ["Kind"] = "F6" });

        Assert.Contains(
            "'F6' is not one of HaProxy, Command, F5.",
            Assert.Throws<OptionsValidationException>(() => provider.GetRequiredService<RollingUpgradeOrchestrator>()).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_shipped_kind_can_be_replaced()
    {
        using ServiceProvider provider = Services(new() { ["Kind"] = "HaProxy", ["Address"] = "https://f5.test" }, kind: "HaProxy");

        Assert.IsType<F5Balancer>(provider.GetRequiredKeyedService<UpgradePorts>("").LoadBalancer);
    }

    [Fact]
    public void What_is_no_port_and_what_is_no_setting_is_said_so()
    {
        KsmgBuilder builder = new ServiceCollection().AddKsmg(Fill);

        Assert.Contains(
            "OwnBalancer is no port",
            Assert.Throws<ArgumentException>(() => builder.AddPort<OwnBalancer, F5Options>("X", (_, _) => new OwnBalancer(""))).Message,
            StringComparison.Ordinal);
        Assert.Contains("AddKsmg(section)", Assert.Throws<InvalidOperationException>(() => builder.AddConfiguredUpgrade()).Message, StringComparison.Ordinal);
        ServiceCollection services = new();
        KsmgBuilder configured = services.AddKsmg(Section(new() { ["Kind"] = "Odd" })).AddPort<ILoadBalancer, OddOptions>("Odd", (_, _) => new OwnBalancer(""));
        Assert.Contains(
            "OddOptions.When is a DateTime", Assert.Throws<NotSupportedException>(() => configured.AddConfiguredUpgrade()).Message, StringComparison.Ordinal);
    }

    private static ServiceProvider Services(Dictionary<string, string?> balancer, Action<IServiceCollection>? more = null, string kind = "F5")
    {
        ServiceCollection services = new();
        services.AddKsmg(Section(balancer))
            .AddPort<ILoadBalancer, F5Options>(kind, (options, context) => new F5Balancer(options, context.Cluster))
            .AddConfiguredUpgrade();
        services.ConfigureAll<KsmgOptions>(o => o.Credentials = new KsmgCredentials("Administrator", _ => new("secret")));
        more?.Invoke(services);
        return services.BuildServiceProvider();
    }

    private static IConfigurationSection Section(Dictionary<string, string?> balancer) => new ConfigurationBuilder()
        .AddInMemoryCollection(balancer.ToDictionary(s => "Ksmg:LoadBalancer:" + s.Key, s => s.Value))
        .AddInMemoryCollection(new Dictionary<string, string?>
        {
            ["Ksmg:BasePath"] = Path.GetTempPath(),
            ["Ksmg:Nodes:0:Name"] = "gw1",
            ["Ksmg:Nodes:0:Address"] = "https://gw1.test",
        }).Build().GetSection("Ksmg");

    private static void Fill(KsmgOptions options)
    {
        options.Nodes.Add("gw1", new Uri("https://gw1.test"));
        options.Credentials = new KsmgCredentials("Administrator", _ => new("secret"));
    }

    private enum F5Mode
    {
        Slow,
        Fast,
    }

    private sealed class F5Options : IAdapterOptions
    {
        [Required]
        public Uri? Address { get; set; }

        [PerNode]
        public Dictionary<string, string> Pools { get; } = new Dictionary<string, string>();

        public IList<string> Names { get; } = [];

        [Range(1, 65535)]
        public int Port { get; set; } = 443;

        [TimeBounds("1s", "10min")]
        public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

        public TimeSpan? Rest { get; set; } = TimeSpan.FromSeconds(1);

        public F5Mode Mode { get; set; }

        public bool Strict { get; set; }

        [FilePath]
        public string? TokenFile { get; set; }

        public string? First { get; set; }

        void IAdapterOptions.Complete(KsmgOptions cluster) => First ??= cluster.Nodes[0].Name;

        IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster) =>
            cluster?.Nodes.Any(node => node.Name == First) == false ? ["First is none of the nodes."] : [];
    }

    private sealed class OddOptions
    {
        public DateTime When { get; set; }
    }

    private sealed class F5Balancer(F5Options options, KsmgCluster cluster) : OwnBalancer("")
    {
        public F5Options Options => options;

        public KsmgCluster Cluster => cluster;
    }

    private class OwnBalancer(string address) : ILoadBalancer
    {
        public string Address => address;

        public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class OwnSnapshots : ISnapshotProvider
    {
        public Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task CreateAsync(string node, string name, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task RevertAsync(string node, string name, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class OwnFiles : IConfigurationFiles
    {
        public Task<IReadOnlyList<ConfigurationFile>> ListAsync(string node, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<ReadOnlyMemory<byte>> ReadAsync(string node, string path, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task<string?> GetPristineSha256Async(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public Task WriteAsync(string node, ConfigurationFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();
    }

    private sealed class OwnProbe : IMailProbe
    {
        public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

        public Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class OwnEvidence : IBuildEvidence
    {
        public Task<BuildEvidence?> GetAsync(string node, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }

    private sealed class OwnNotifier : INotifier
    {
        public Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default) => throw new NotSupportedException();
    }
}
