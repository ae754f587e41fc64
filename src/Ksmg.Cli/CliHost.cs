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
    private readonly ConfiguredCluster made;
    private readonly string runsPath;

    private CliHost(ConfiguredCluster made, string runsPath, UpgradePolicy policy, Uri? simulator)
    {
        this.made = made;
        this.runsPath = runsPath;
        Policy = policy;
        Simulator = simulator;
    }

    public KsmgCluster Cluster => made.Cluster;

    public RollingUpgradeOrchestrator Orchestrator => made.Orchestrator;

    /// <summary>The neighbours of the cluster, as configured.</summary>
    public UpgradePorts Neighbours => made.Ports;

    /// <summary>The cluster as configured.</summary>
    public KsmgOptions Options => made.Options;

    /// <summary>The calls, as shipped and as the configuration replaces them.</summary>
    public OperationCatalogue Catalogue => OperationCatalogue.Of(Options);

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

    public static async Task<CliHost> CreateAsync(
        string clusterPath, string? policyPath, string runsPath, CliConsole console, IReadOnlyDictionary<string, string?> policyOptions,
        Action<KsmgBuilder>? configure = null)
    {
        ClusterFile file = Load(clusterPath, policyPath, policyOptions);
        IConfigurationSection section = file.Section;
        KsmgCredentials? credentials = null;
        if (section["Credentials:PasswordFile"] is null && section["Credentials:PasswordEnvironment"] is null
            && !section.GetSection("Credentials:PasswordCommand").GetChildren().Any())
        {
            // Nobody is asked for a password before everything else is right.
            string userName = section["Credentials:UserName"] ?? "Administrator";
            KsmgCredentials none = new(userName, _ => ValueTask.FromResult(string.Empty));
            await Create(file, runsPath, none, clusterPath, configure).DisposeAsync().ConfigureAwait(false);
            credentials = await PasswordPrompt.AskAsync(userName, console).ConfigureAwait(false);
        }

        return Create(file, runsPath, credentials, clusterPath, configure);
    }

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
        catch (Exception e) when (e is FileNotFoundException or InvalidDataException)
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

        IConfigurationSection? simulated = section.GetChildren().FirstOrDefault(part => "Simulator".Equals(part["Kind"], StringComparison.OrdinalIgnoreCase));
        Uri? simulator = Uri.TryCreate(simulated?["Endpoint"], UriKind.Absolute, out Uri? endpoint) ? endpoint : null;
        return new CliHost(cluster, runs, policy!.ToPolicy(), simulator);
    }

    /// <summary>The run of that name of this cluster, with what a listing says of it.</summary>
    /// <exception cref="ForeignRunException">It is a run of another cluster.</exception>
    /// <exception cref="CliException">There is none; the message names those that are there.</exception>
    public async Task<(UpgradeRun Run, RunSummary Summary)> FindRunAsync(string id, CancellationToken cancellationToken)
    {
        UpgradeRun run = await FindRunOfAnyAsync(id, cancellationToken).ConfigureAwait(false);
        return (run, await Orchestrator.FindRunAsync(id, cancellationToken).ConfigureAwait(false));
    }

    /// <summary>The run of that name, whosever it is: to read what it did needs no cluster.</summary>
    /// <exception cref="CliException">There is none; the message names those that are there.</exception>
    public async Task<UpgradeRun> FindRunOfAnyAsync(string id, CancellationToken cancellationToken)
    {
        const int Shown = 5;
        try
        {
            _ = await made.Journal.FindAsync(id, cancellationToken).ConfigureAwait(false);
            return Orchestrator.GetRun(id);
        }
        catch (Exception e) when (e is JournalException or ArgumentException)
        {
            // No run of that name, or no name of a run: people are told which there are.
        }

        IReadOnlyList<RunSummary> runs = await Orchestrator.ListRunsAsync(cancellationToken).ConfigureAwait(false);
        string known = runs.Count == 0
            ? Words.Get("usage.no-runs")
            : Words.Get("usage.last-runs", string.Join(", ", runs.TakeLast(Shown).Select(run => run.RunId)));
        throw new CliException(ExitCodes.Usage, Words.Get("usage.no-run", id, runsPath, known));
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
            catch (Exception e) when (!cancellationToken.IsCancellationRequested)
            {
                // Whatever it is: one node must not hide what the others say.
                return new NodeAnswer<T>(node, default, e);
            }
        })).ConfigureAwait(false);
    }

    public ValueTask DisposeAsync() => made.DisposeAsync();
}
