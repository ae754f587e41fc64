using System.CommandLine;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Simulator;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Cli;

/// <summary>The cluster, the orchestrator and the ports, made from <c>cluster.json</c> and what is laid over it.</summary>
internal sealed class CliHost : IAsyncDisposable
{
    /// <summary>What can stand as <c>Kind</c> of each port in the configuration.</summary>
    private static readonly Dictionary<(string Port, string Kind), Action<KsmgBuilder, IConfigurationSection>> Ports = new()
    {
        [("LoadBalancer", "HaProxy")] = (builder, section) => builder.UseHaProxy(section),
        [("LoadBalancer", "Command")] = (builder, section) => builder.UseCommandLoadBalancer(section),
        [("Snapshots", "Command")] = (builder, section) => builder.UseCommandSnapshots(section),
        [("Snapshots", "Libvirt")] = (builder, section) => builder.UseLibvirtSnapshots(section),
        [("Snapshots", "Simulator")] = (builder, section) => builder.UseSimulatorSnapshots(Endpoint(section)),
        [("Configuration", "Simulator")] = (builder, section) => builder.UseSimulatorConfiguration(Endpoint(section), section.GetSection("Paths").Get<string[]>()),
        [("Configuration", "Ssh")] = (builder, section) => builder.UseSshConfiguration(section),
        [("MailProbe", "Command")] = (builder, section) => builder.UseCommandMailProbe(section),
        [("MailProbe", "Simulator")] = (builder, section) => builder.UseSimulatorMailProbe(Endpoint(section)),
        [("MailProbe", "SmtpImap")] = (builder, section) => builder.UseSmtpImapMailProbe(section),
        [("MailProbe", "SmtpMaildir")] = (builder, section) => builder.UseSmtpMaildirMailProbe(section),
        [("Evidence", "Cef")] = (builder, section) => builder.UseCefEvidence(section),
        [("Notifications", "Command")] = (builder, section) => builder.AddCommandNotifier(section),
        [("Notifications", "Webhook")] = (builder, section) => builder.AddWebhookNotifier(section),
        [("Notifications", "Smtp")] = (builder, section) => builder.AddSmtpNotifier(section),
    };

    private readonly ServiceProvider services;
    private readonly string name;
    private readonly string runsPath;

    private CliHost(ServiceProvider services, string name, string runsPath, UpgradePolicy policy, Uri? simulator)
    {
        this.runsPath = runsPath;
        this.services = services;
        this.name = name;
        Policy = policy;
        Simulator = simulator;
    }

    public KsmgCluster Cluster => services.GetRequiredKeyedService<KsmgCluster>(name);

    public RollingUpgradeOrchestrator Orchestrator => services.GetRequiredKeyedService<RollingUpgradeOrchestrator>(name);

    /// <summary>The neighbours of the cluster, as configured.</summary>
    public UpgradePorts Neighbours => services.GetRequiredKeyedService<UpgradePorts>(name);

    /// <summary>The calls, as shipped and as the configuration replaces them.</summary>
    public OperationCatalogue Catalogue => OperationCatalogue.Shipped.With(services.GetRequiredService<IOptionsMonitor<KsmgOptions>>().Get(name).Catalogue);

    public UpgradePolicy Policy { get; }

    /// <summary>The control URL of the simulator that the cluster lives in, if it does.</summary>
    public Uri? Simulator { get; }

    /// <summary>Does the work of a command with the cluster that its options describe.</summary>
    public static async Task<int> UseAsync(
        ParseResult result, CommonOptions common, CliConsole console, Func<CliHost, Output, Task<int>> work, IReadOnlyDictionary<string, string?>? policyOptions = null)
    {
        Output output = common.Output(result, console);
        CliHost host = await CreateAsync(
            common.ClusterPath(result), common.PolicyPath(result), common.RunsPath(result), console, policyOptions ?? new Dictionary<string, string?>()).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            return await work(host, output).ConfigureAwait(false);
        }
    }

    public static async Task<CliHost> CreateAsync(string clusterPath, string? policyPath, string runsPath, CliConsole console, IReadOnlyDictionary<string, string?> policyOptions)
    {
        IConfigurationSection section = ClusterFile.Load(clusterPath, policyPath, policyOptions);
        ServiceCollection collection = new();
        if (section["Credentials:PasswordFile"] is null && section["Credentials:PasswordEnvironment"] is null)
        {
            string userName = section["Credentials:UserName"] ?? "Administrator";
            KsmgCredentials credentials = await PasswordPrompt.AskAsync(userName, console).ConfigureAwait(false);
            collection.ConfigureAll<KsmgOptions>(options => options.Credentials = credentials);
        }

        return Create(collection, section, runsPath);
    }

    private static CliHost Create(ServiceCollection collection, IConfigurationSection section, string runs)
    {
        UpgradePolicy policy = BindPolicy(section.GetSection("Policy"));
        collection.AddLogging();
        KsmgBuilder builder = collection.AddKsmg(section);
        builder.AddRollingUpgrade(upgrade => upgrade.UseFileJournal(runs));
        foreach (string port in Ports.Keys.Select(key => key.Port).Distinct())
        {
            // Of everything else there is one, but people can be told in several ways.
            foreach (IConfigurationSection adapter in port == "Notifications" ? section.GetSection(port).GetChildren() : [section.GetSection(port)])
            {
                if (port == "Notifications" || adapter["Kind"] is not null)
                {
                    Use(builder, port, adapter);
                }
            }
        }

        Uri? simulator = Ports.Keys.Where(key => key.Kind == "Simulator" && "Simulator".Equals(section[$"{key.Port}:Kind"], StringComparison.OrdinalIgnoreCase))
            .Select(key => Endpoint(section.GetSection(key.Port))).FirstOrDefault();
        return new CliHost(collection.BuildServiceProvider(), builder.Name, runs, policy, simulator);
    }

    /// <summary>The run of that name, with what a listing says of it.</summary>
    /// <exception cref="CliException">There is none; the message names those that are there.</exception>
    public async Task<(UpgradeRun Run, RunSummary Summary)> FindRunAsync(string id, CancellationToken cancellationToken)
    {
        const int Shown = 5;
        IReadOnlyList<RunSummary> runs = await Orchestrator.ListRunsAsync(cancellationToken).ConfigureAwait(false);
        if (runs.FirstOrDefault(run => run.RunId == id) is { } summary)
        {
            return (Orchestrator.GetRun(id), summary);
        }

        string known = runs.Count == 0 ? "There is none at all" : $"The last ones are {string.Join(", ", runs.TakeLast(Shown).Select(run => run.RunId))}";
        throw new CliException(ExitCodes.Usage, $"There is no run '{id}' in '{runsPath}'. {known}; --runs DIR names another folder.");
    }

    /// <summary>Asks every node at once; a node that does not answer is a line of the answer, not its end.</summary>
    public async Task<IReadOnlyList<NodeAnswer<T>>> AskEachAsync<T>(Func<KsmgNode, CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
        where T : class
    {
        return await Task.WhenAll(Cluster.Nodes.Select(async node =>
        {
            try
            {
                return new NodeAnswer<T>(node, await ask(node, cancellationToken).ConfigureAwait(false), null);
            }
            catch (Exception e) when (e is KsmgException or TimeoutException or HttpRequestException)
            {
                return new NodeAnswer<T>(node, default, e.Message);
            }
        })).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => services.DisposeAsync();

    private static void Use(KsmgBuilder builder, string port, IConfigurationSection section)
    {
        string? kind = section["Kind"];
        var key = Ports.Keys.FirstOrDefault(k => k.Port == port && k.Kind.Equals(kind, StringComparison.OrdinalIgnoreCase));
        if (key == default)
        {
            string known = string.Join(", ", Ports.Keys.Where(k => k.Port == port).Select(k => k.Kind));
            throw new CliException(ExitCodes.Usage, $"{port}.Kind '{kind}' is not known. Known: {known}.");
        }

        Ports[key](builder, section);
    }

    private static UpgradePolicy BindPolicy(IConfigurationSection section)
    {
        UpgradePolicyOptions policy = new();
        try
        {
            // A misspelt safety setting must not be a silent default.
            section.Bind(policy, binder => binder.ErrorOnUnknownConfiguration = true);
        }
        catch (InvalidOperationException e)
        {
            throw new CliException(ExitCodes.Usage, $"The policy cannot be understood: {e.Message}", e);
        }

        return policy.ToPolicy();
    }

    private static Uri Endpoint(IConfigurationSection section) =>
        Uri.TryCreate(section["Endpoint"], UriKind.Absolute, out Uri? endpoint)
            ? endpoint
            : throw new CliException(ExitCodes.Usage, $"{section.Key}.Endpoint must be the control URL of the simulator.");
}
