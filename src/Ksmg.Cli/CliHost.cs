using System.CommandLine;
using System.Net;
using Ksmg.Cli.Fleet;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Simulator;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Cli;

/// <summary>The cluster, the orchestrator and the ports, made from <c>cluster.json</c> and what is laid over it.</summary>
internal sealed class CliHost : IAsyncDisposable
{
    private readonly ConfiguredCluster made;
    private readonly string runsPath;

    private CliHost(ConfiguredCluster made, string runsPath, UpgradePolicy policy, IConfigurationSection section)
    {
        this.made = made;
        this.runsPath = runsPath;
        Policy = policy;
        IConfigurationSection? simulated = section.GetChildren().FirstOrDefault(part => "Simulator".Equals(part["Kind"], StringComparison.OrdinalIgnoreCase));
        Simulator = Uri.TryCreate(simulated?["Endpoint"], UriKind.Absolute, out Uri? endpoint) ? endpoint : null;
    }

    public KsmgCluster Cluster => made.Cluster;

    public RollingUpgradeOrchestrator Orchestrator => made.Orchestrator;

    /// <summary>The runs of the cluster.</summary>
    public RunsFolder Runs => new(made.Journal, runsPath, Orchestrator) { Known = Known };

    /// <summary>The neighbours of the cluster, as configured.</summary>
    public UpgradePorts Neighbours => made.Ports;

    /// <summary>The cluster as configured.</summary>
    public KsmgOptions Options => made.Options;

    /// <summary>The calls, as shipped and as the configuration replaces them.</summary>
    public OperationCatalogue Catalogue => OperationCatalogue.Of(Options);

    /// <summary>What is known of updates.</summary>
    public KnownDefects Known => KnownDefects.Of(Options);

    public UpgradePolicy Policy { get; }

    /// <summary>The control URL of the simulator that the cluster lives in, if it does.</summary>
    public Uri? Simulator { get; }

    /// <summary>Does the work of a command with the cluster that its options describe.</summary>
    public static async Task<int> UseAsync(
        ParseResult result, CommonOptions common, CliConsole console, Func<CliHost, Output, Task<int>> work,
        IReadOnlyDictionary<string, string?>? policyOptions = null, Action<KsmgBuilder>? configure = null)
    {
        Output output = common.Output(result, console);
        CliHost host = await CreateAsync(
            common.ClusterPath(result), common.PolicyPath(result), common.RunsPath(result), console, policyOptions
                ?? new Dictionary<string, string?>(), configure).ConfigureAwait(false);
        await using (host.ConfigureAwait(false))
        {
            return await work(host, output).ConfigureAwait(false);
        }
    }

    /// <summary>Does the work of a command with a run: of the cluster that its options describe, or of whichever cluster of a fleet it is.</summary>
    public static async Task<int> UseRunAsync(
        ParseResult result, Argument<string> id, CommonOptions common, CliConsole console, Func<CliHost, UpgradeRun, Output, Task<int>> work)
    {
        string text = result.GetRequiredValue(id);
        async Task<int> WorkAsync(CliHost host, Output output) =>
            await work(host, await host.FindRunAsync(text, console.End).ConfigureAwait(false), output).ConfigureAwait(false);

        if (common.FleetPath(result) is not { } file)
        {
            return await UseAsync(result, common, console, WorkAsync).ConfigureAwait(false);
        }

        FleetHost fleet = FleetHost.Open(file, console);
        await using (fleet.ConfigureAwait(false))
        {
            (RecordedRun run, RunSummary summary) = await fleet.Runs.FindAsync(text, console.End).ConfigureAwait(false);
            text = run.Id;
            CliHost host = Create(fleet, run.Id, summary.Cluster ?? string.Empty);
            await using (host.ConfigureAwait(false))
            {
                return await WorkAsync(host, common.Output(result, console)).ConfigureAwait(false);
            }
        }
    }

    public static async Task<CliHost> CreateAsync(
        string clusterPath, string? policyPath, string runsPath, CliConsole console, IReadOnlyDictionary<string, string?> policyOptions,
        Action<KsmgBuilder>? configure = null)
    {
        ClusterFile file = Load(clusterPath, policyPath, policyOptions);
        KsmgCredentials? credentials = null;
        if (AsksForPassword(file))
        {
            // Nobody is asked for a password before everything else is right.
            await Create(file, runsPath, NoPassword(file), clusterPath, configure).DisposeAsync().ConfigureAwait(false);
            credentials = await PasswordPrompt.AskAsync(UserName(file), console).ConfigureAwait(false);
        }

        return Create(file, runsPath, credentials, clusterPath, configure);
    }

    /// <summary>For what asks no node: nobody is asked for a password.</summary>
    public static CliHost CreateWithoutPassword(string clusterPath, string? policyPath, string runsPath)
    {
        ClusterFile file = Load(clusterPath, policyPath, new Dictionary<string, string?>());
        return Create(file, runsPath, NoPassword(file), clusterPath, configure: null);
    }

    /// <summary>What stands for the password while no node is asked; <see langword="null"/> where the configuration says where it is.</summary>
    private static KsmgCredentials? NoPassword(ClusterFile file) =>
        AsksForPassword(file) ? new KsmgCredentials(UserName(file), _ => ValueTask.FromResult(string.Empty)) : null;

    private static string UserName(ClusterFile file) => file.Section["Credentials:UserName"] ?? "Administrator";

    private static bool AsksForPassword(ClusterFile file) =>
        file.Section["Credentials:PasswordFile"] is null && file.Section["Credentials:PasswordEnvironment"] is null
        && !file.Section.GetSection("Credentials:PasswordCommand").GetChildren().Any();

    /// <exception cref="CliException">A file is missing or cannot be understood.</exception>
    private static ClusterFile Load(string clusterPath, string? policyPath, IReadOnlyDictionary<string, string?> policyOptions)
    {
        try
        {
            IEnumerable<KeyValuePair<string, string?>> options = policyOptions.Select(option => KeyValuePair.Create("Ksmg:Policy:" + option.Key, option.Value));
            return ClusterFile.Load(clusterPath, policyPath, new ConfigurationBuilder().AddInMemoryCollection(options).Build());
        }
        catch (FileNotFoundException e) when (e.FileName == clusterPath)
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.no-cluster", e.Message));
        }
        catch (Exception e) when (e is IOException or InvalidDataException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Usage, e.Message);
        }
    }

    private static CliHost Create(
        ClusterFile file, string runs, KsmgCredentials? credentials, string clusterPath, Action<KsmgBuilder>? configure)
    {
        UpgradePolicyOptions? policy = null;
        IConfigurationSection section = file.Section;
        ConfiguredCluster cluster;
        try
        {
            cluster = ConfiguredCluster.Create(section, builder =>
            {
                if (credentials is not null)
                {
                    builder.Services.ConfigureAll<KsmgOptions>(options => options.Credentials = credentials);
                }

                configure?.Invoke(builder);
                builder.AddDialects().AddSimulatorAdapters().AddConfiguredUpgrade(upgrade => policy = upgrade.UseFileJournal(runs).Policy);
            });
        }
        catch (OptionsValidationException e)
        {
            throw new CliException(ExitCodes.Usage, Words.Get("usage.configuration-at", clusterPath, string.Join(' ', e.Failures.Select(file.WithOrigin))));
        }

        return new CliHost(cluster, runs, policy!.ToPolicy(), section);
    }

    /// <exception cref="CliException">The cluster of the run is not in the file, or cannot be made as its own file says.</exception>
    private static CliHost Create(FleetHost fleet, string run, string name)
    {
        FleetFileCluster cluster = fleet.File.Find(name)
            ?? throw new CliException(ExitCodes.Usage, Words.Get("usage.cluster-not-of-fleet", run, name, fleet.File.Path));
        try
        {
            return new CliHost(fleet.Fleet.OpenCluster(name), fleet.File.Path, cluster.Policy, cluster.Section);
        }
        catch (FleetException e)
        {
            throw new CliException(ExitCodes.Usage, e.Message, e);
        }
    }

    /// <summary>The run of this cluster that a person means.</summary>
    /// <exception cref="ForeignRunException">It is a run of another cluster.</exception>
    /// <exception cref="CliException">There is none, or several are meant; the message names those that are there.</exception>
    public async Task<UpgradeRun> FindRunAsync(string text, CancellationToken cancellationToken)
    {
        (RecordedRun run, _) = await Runs.FindAsync(text, cancellationToken).ConfigureAwait(false);
        return Orchestrator.GetRun(run.Id);
    }

    /// <summary>The node of that name.</summary>
    /// <exception cref="CliException">There is none; the message names those that are there.</exception>
    public KsmgNode GetNode(string name) => Cluster.Nodes.FirstOrDefault(node => node.Name == name)
        ?? throw new CliException(ExitCodes.Usage, Words.Get("usage.no-node", name, string.Join(", ", Cluster.Nodes.Select(node => node.Name))));

    /// <summary>Asks every node at once, or the one that is named; a node that does not answer is a line of the answer, not its end.</summary>
    public async Task<IReadOnlyList<NodeAnswer<T>>> AskEachAsync<T>(
        Func<KsmgNode, CancellationToken, Task<T>> ask, CancellationToken cancellationToken, string? only = null)
        where T : class
    {
        return await Task.WhenAll((only is null ? Cluster.Nodes : [GetNode(only)]).Select(async node =>
        {
            try
            {
                return new NodeAnswer<T>(node, await ask(node, cancellationToken).ConfigureAwait(false), null);
            }
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it is: one node must not hide what the others say.
                return new NodeAnswer<T>(node, default, e);
            }
        })).ConfigureAwait(false);
    }

    /// <summary>Says, once, what to do where nodes answer and no dialect was named by which that could be read.</summary>
    public void HintAtDialect(Output output, IEnumerable<Exception?> faults) => HintAtDialect(output, faults.Any(fault =>
        fault is KsmgApiException { Status: >= HttpStatusCode.OK and < HttpStatusCode.MultipleChoices, Code: null } and not KsmgAuthenticationException));

    /// <inheritdoc cref="HintAtDialect(Output, IEnumerable{Exception?})"/>
    public void HintAtDialect(Output output, bool isUnread)
    {
        if (isUnread && Options.Dialect is null)
        {
            output.Complain(Words.Get("failure.speaks-otherwise"));
        }
    }

    public ValueTask DisposeAsync() => made.DisposeAsync();
}
