using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Npgsql;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>An upgrade of two nodes over sockets while mail flows, its run in a database that forgets some of it on the way.</summary>
internal sealed class PostgresUpgrade : IAsyncDisposable
{
    public static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-postgres-");
    private readonly PostgresServer _server;
    private readonly string _connection;

    private PostgresUpgrade(PostgresServer server, string connection, SimulatedCluster cluster)
    {
        _server = server;
        _connection = connection;
        Cluster = cluster;
    }

    public SimulatedCluster Cluster { get; }

    public string Database => new NpgsqlConnectionStringBuilder(_connection).Database!;

    public int Installed => Cluster.GetEffects().Count(e => e.Effect == "install-started");

    public int Caused => Cluster.GetEffects().Count(e => e.Cause == EffectCause.Client);

    public static async Task<PostgresUpgrade> CreateAsync(PostgresServer server, CancellationToken cancellationToken)
    {
        string connection = await server.CreateDatabaseAsync();
        SimulatedCluster cluster = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 20, PackageBytes = 1 << 20 }, cancellationToken: cancellationToken);
        PostgresUpgrade upgrade = new(server, connection, cluster);
        await cluster.WriteFilesAsync(upgrade._folder.FullName, cancellationToken);
        return upgrade;
    }

    /// <summary>What a process has that drives the run, or goes on with it.</summary>
    public ConfiguredCluster Configure() =>
        SocketUpgrade.Configure(_folder.FullName, dialect: null, keep: upgrade => upgrade.UsePostgresStore(_connection));

    public async Task<UpgradeRun> StartAsync(ConfiguredCluster configured, CancellationToken cancellationToken)
    {
        await using UpdatePackage package = await UpdatePackage.OpenAsync(
            Path.Combine(_folder.FullName, "update.zip"), cancellationToken: cancellationToken);
        UpgradePlan plan = await configured.Orchestrator.PlanAsync(package, cancellationToken: cancellationToken);
        Cluster.StartMail(20);
        return await configured.Orchestrator.StartAsync(plan, cancellationToken);
    }

    /// <summary>Waits until a record stands in the database, told by its kind and the beginning of its step.</summary>
    public Task RecordedAsync(string record) =>
        Eventually.TrueAsync(async () => await _server.AskAsync(Database, RecordHold.Query(record)) is not null, record, Limit);

    /// <summary>Lets the lease of the process before run out, and goes on with what the database knows.</summary>
    public async Task<UpgradeRun> ResumeAsync(ConfiguredCluster configured, string run, CancellationToken cancellationToken)
    {
        await _server.ExecuteAsync(Database, "UPDATE ksmg.run SET beat_at = beat_at - interval '31 seconds'");
        return await configured.Orchestrator.ResumeAsync(run, cancellationToken: cancellationToken);
    }

    /// <summary>Somebody looked at every node, and lets the run go on; nothing is done before.</summary>
    public async Task<UpgradeReport> GoOnAsync(UpgradeRun run, CancellationToken cancellationToken)
    {
        int caused = Caused;
        DateTimeOffset until = TimeProvider.System.GetUtcNow().AddHours(1);
        await run.OverrideAsync("ann", UpgradeOverrides.OlderJournal, "looked at every node", until, cancellationToken);
        Assert.Equal(caused, Caused);
        await run.ContinueAsync(cancellationToken);
        return await run.WaitAsync(cancellationToken);
    }

    /// <summary>However it ended: no node was installed twice, no mail is lost, no rule was broken.</summary>
    public void AssertNothingTwice(UpgradeReport report)
    {
        Cluster.StopMail();
        Assert.All(Cluster.GetEffects().Where(e => e.Effect == "install-started").GroupBy(e => e.Node), installed => Assert.Single(installed));
        Assert.Empty(Cluster.GetMail().Lost);
        bool completed = report.End == UpgradeEnd.Completed;
        Assert.Empty(Cluster.GetViolations(atEnd: completed, completed));
    }

    public async ValueTask DisposeAsync()
    {
        await Cluster.DisposeAsync();
        _folder.Delete(recursive: true);
    }
}
