using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests.Fleet.Configuration;

/// <summary>What a <c>fleet.json</c> means, and what is refused.</summary>
public sealed class FleetFileTests : IDisposable
{
    private const string Window = """{ "Zone": "Europe/Berlin", "Days": "Mon-Thu", "From": "22:00", "To": "04:00", "Except": [ "2026-12-24" ]""";

    private readonly FleetFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_file_of_the_manual_is_read_as_a_whole()
    {
        _folder.Cluster("berlin", nodes: 2).Cluster("customers/c").Cluster("customers/a").Cluster("customers/b").Fleet($$"""
            "Name": "autumn",
            "Clusters": [ { "File": "berlin/cluster.json", "Labels": { "customer": "a", "ring": "0" } },
                          { "Files": "customers/*/cluster.json", "Labels": { "ring": "1" } } ],
            "Waves": [ { "Name": "canary", "Match": { "ring": "0" }, "Approve": "After" }, { "Name": "half", "Percent": 50 }, { "Name": "rest" } ],
            "MaxConcurrent": 7, "MaxFailuresPerWave": 1, "MaxFailures": 5, "NeverTogether": [ "customer" ], "Soak": "10min",
            "Windows": [ {{Window}}, "Match": { "customer": "a" } } ],
            "Store": { "Kind": "Files", "Path": "state/runs" }
            """);

        FleetFile file = _folder.Load();

        Assert.Equal("autumn", file.Name);
        Assert.Equal(["berlin canary", "a half", "b half", "c rest"], file.Clusters.Select(c => $"{c.Name} {c.Wave}"));
        Assert.Equal("customer=a ring=0", string.Join(' ', file.Clusters[0].Labels.OrderBy(l => l.Key).Select(l => $"{l.Key}={l.Value}")));
        Assert.Equal(["gw1", "gw2"], file.Clusters[0].Owner.Nodes.Select(n => n.Name));
        Assert.Equal(new DateOnly(2026, 12, 24), Assert.Single(Assert.Single(file.Clusters[0].Policy.Windows).Except));
        Assert.Empty(file.Clusters[1].Policy.Windows);
        Assert.Equal(_folder["state/runs"], file.Options.Store.Path);
        Assert.Equal((7, 1, 5, TimeSpan.FromMinutes(10)), Limits(file.Options));
    }

    [Fact]
    public void What_is_not_given_has_the_defaults_of_the_limits_one_wave_and_a_folder_of_runs()
    {
        _folder.Cluster("a").Fleet("""  "Name": "f", "Clusters": [ { "File": "a/cluster.json" } ]  """);

        FleetFile file = _folder.Load();

        FleetLimits limits = new();
        Assert.Equal((limits.MaxConcurrent, limits.MaxFailuresPerWave, limits.MaxFailures, limits.Soak), Limits(file.Options));
        Assert.Equal(("all", "all"), (Assert.Single(file.Options.Waves).Name, file.Clusters[0].Wave));
        Assert.Equal((FleetStoreKind.Files, _folder["runs"]), (file.Options.Store.Kind, file.Options.Store.Path));
    }

    [Fact]
    public async Task The_runs_of_a_cluster_keep_the_windows_of_the_fleet()
    {
        _folder.Cluster("a").Fleet($$"""  "Name": "f", "Clusters": [ { "File": "a/cluster.json" } ], "Windows": [ {{Window}} } ]  """);

        FleetFileCluster cluster = Assert.Single(_folder.Load().Clusters);

        UpgradePolicy? policy = null;
        await using ConfiguredCluster made = ConfiguredCluster.Create(
            cluster.Section, b => b.AddConfiguredUpgrade(u => policy = u.Policy.ToPolicy()));
        Assert.Equal(cluster.Owner, made.Orchestrator.Owner);
        Assert.Equal(cluster.Policy.Windows.Select(w => w.ToString()), policy!.Windows.Select(w => w.ToString()));
        Assert.Equal("Mon-Thu", MaintenanceWindowOptions.Of(Assert.Single(policy.Windows)).Days);
    }

    [Fact]
    public void Every_mistake_is_told_at_once_with_its_place()
    {
        _folder.Cluster("a", policy: "\"NodeTim\": \"1h\"").Cluster("b", name: "x y").Fleet("""
            "Name": "f", "MaxConcurent": 3, "Soak": "30",
            "Clusters": [ { "File": "a/cluster.json" }, { "File": "b/cluster.json" }, { "File": "missing.json" }, { "Files": "none/*/cluster.json" },
                          { "Labels": { "k": "v" } } ],
            "Waves": [ { "Name": "w", "Aprove": "After" }, { "Name": "w", "Percent": 0 } ],
            "Store": { "Kind": "PostgreSql", "Path": "runs" }
            """);

        string[] mistakes = Mistakes();

        Assert.Collection(
            mistakes.Order(StringComparer.Ordinal),
            m => Assert.StartsWith(
                "Fleet:Clusters:0: a/cluster.json: Policy:NodeTim: there is no such setting. Did you mean NodeTime?", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:Clusters:1: b/cluster.json: 'x y' is not a name", m, StringComparison.Ordinal),
            m => Assert.Contains("missing.json", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:Clusters:3:Files: no file matches 'none/*/cluster.json'", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:Clusters:4: needs either File or Files", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:MaxConcurent: there is no such setting. Did you mean MaxConcurrent?", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:Soak: '30' has no unit", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:Store: a store in PostgreSQL needs ConnectionStringFile", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:Store:Path: does not go with a store of kind PostgreSql", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:Waves: there are two waves w", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:Waves:0:Aprove: there is no such setting. Did you mean Approve?", m, StringComparison.Ordinal),
            m => Assert.StartsWith("Fleet:Waves:1:Percent: '0' is not a whole number from 1 to 100", m, StringComparison.Ordinal));
    }

    [Fact]
    public void A_cluster_in_no_wave_is_refused()
    {
        _folder.Cluster("a").Cluster("b").Fleet("""
            "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ], "Waves": [ { "Name": "w", "Percent": 50 } ]
            """);

        Assert.StartsWith("Fleet:Waves: no wave has the clusters b", Assert.Single(Mistakes()), StringComparison.Ordinal);
    }

    [Fact]
    public void Windows_of_a_cluster_and_of_the_fleet_are_refused_together_and_both_named()
    {
        _folder.Cluster("a", policy: $"\"Windows\": [ {Window} }} ]").Fleet($$"""
            "Name": "f", "Clusters": [ { "File": "a/cluster.json" } ], "Windows": [ {{Window}} } ]
            """);

        string mistake = Assert.Single(Mistakes());
        Assert.Contains("a/cluster.json", mistake, StringComparison.Ordinal);
        Assert.Contains("Fleet:Windows:0", mistake, StringComparison.Ordinal);
    }

    [Fact]
    public void A_name_and_a_node_belong_to_one_cluster()
    {
        _folder.Cluster("a").Cluster("b", name: "A").Write("c/cluster.json", """
            { "Ksmg": { "Name": "c", "Nodes": [ { "Name": "gw", "Address": "https://192.0.2.1" } ] } }
            """).Fleet("""  "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ]  """);

        Assert.Collection(
            Mistakes(),
            m => Assert.Contains("A is the name of two clusters, in a/cluster.json and in b/cluster.json", m, StringComparison.Ordinal),
            m => Assert.Contains("https://192.0.2.1/ is a node of two clusters, in a/cluster.json and in c/cluster.json", m, StringComparison.Ordinal));
    }

    [Fact]
    public void The_store_of_a_database_takes_its_password_from_elsewhere()
    {
        _folder.Cluster("a").Write("db", "Host=db.example\n").Write("pw", "x").Fleet("""
            "Name": "f", "Clusters": [ { "File": "a/cluster.json" } ],
            "Store": { "Kind": "PostgreSql", "ConnectionStringFile": "db", "PasswordFile": "pw", "Schema": "eu" }
            """);

        FleetStoreOptions store = _folder.Load().Options.Store;

        Assert.Equal(("Host=db.example", "eu", _folder["pw"]), (store.ReadConnectionString(), store.Postgres.Schema, store.Postgres.PasswordFile));
    }

    [Fact]
    public void A_password_stands_in_no_file()
    {
        _folder.Cluster("a").Write("db", "x").Fleet("""
            "Name": "f", "Clusters": [ { "File": "a/cluster.json" } ],
            "Store": { "Kind": "PostgreSql", "ConnectionStringFile": "db", "Password": "geheim" }
            """);

        Assert.DoesNotContain("geheim", Assert.Single(Mistakes()), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Mistakes_of_adapters_are_found_without_asking_a_node()
    {
        _folder.Cluster("a").Write("b/cluster.json", """
            { "Ksmg": { "Name": "b", "Nodes": [ { "Name": "gw", "Address": "https://192.0.2.99" } ],
              "Credentials": { "PasswordFile": "../password" }, "LoadBalancer": { "Kind": "HaProxi" } } }
            """).Fleet("""  "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ]  """);

        OptionsValidationException refused = await Assert.ThrowsAsync<OptionsValidationException>(() => _folder.Load().CheckAsync());

        Assert.All(refused.Failures, mistake => Assert.Contains("b/cluster.json", mistake, StringComparison.Ordinal));
        Assert.Contains(refused.Failures, mistake => mistake.Contains("HaProxi", StringComparison.Ordinal));
    }

    [Fact]
    public void What_is_no_file_of_a_fleet_is_said()
    {
        Assert.Throws<FileNotFoundException>(_folder.Load);
        Assert.Contains("\"Fleet\"", Assert.Throws<InvalidDataException>(_folder.Write("fleet.json", "{}").Load).Message, StringComparison.Ordinal);
        Assert.Contains("line 1", Assert.Throws<InvalidDataException>(_folder.Write("fleet.json", "{ x").Load).Message, StringComparison.Ordinal);
    }

    private static (int AtOnce, int PerWave, int InAll, TimeSpan Soak) Limits(FleetOptions options) =>
        (options.MaxConcurrent, options.MaxFailuresPerWave, options.MaxFailures, options.Soak);

    private string[] Mistakes() => [.. Assert.Throws<OptionsValidationException>(_folder.Load).Failures];
}
