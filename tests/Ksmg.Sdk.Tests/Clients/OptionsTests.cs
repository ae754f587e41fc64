using System.Text;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

public sealed class OptionsTests
{
    public static TheoryData<string, Action<KsmgOptions>, string> Faults => new()
    {
        { "no nodes", o => o.Nodes.Clear(), "Nodes: there is no node" },
        { "no name", o => o.Nodes[0].Name = "", "Name" },
        { "odd name", o => o.Nodes[0].Name = "gw 1", "letters, digits" },
        { "no cluster name", o => o.Name = "", "Name" },
        { "twins", o => o.Nodes[1].Name = "GW1", "Name 'gw1' is given to 2 nodes" },
        { "same address", o => o.Nodes[1].Address = o.Nodes[0].Address, "Address 'https://gw1.test' is given to 2 nodes" },
        { "same cluster address", o => o.Nodes[1].ClusterAddress = "10.0.0.1:9045", "ClusterAddress '10.0.0.1:9045' is given to 2 nodes" },
        { "no address", o => o.Nodes[0].Address = null, "Address" },
        { "http", o => o.Nodes[0].Address = new Uri("http://gw1.test"), "Nodes:0:Address: must be https://HOST" },
        { "relative", o => o.Nodes[0].Address = new Uri("gw1.test", UriKind.Relative), "Nodes:0:Address: must be https://HOST" },
        { "path", o => o.Nodes[0].Address = new Uri("https://gw1.test/web"), "Nodes:0:Address: must be https://HOST" },
        { "fingerprint", o => o.Nodes[0].Fingerprint = "sha256:abc", "Nodes:0:Fingerprint: 'sha256:abc' is not a SHA-256 fingerprint" },
        { "roots file", o => o.Nodes[1].RootsFile = "/nowhere/roots.pem", "Nodes:1:RootsFile: cannot be read" },
        { "smtp", o => o.Nodes[0].Smtp = "gw1", "Nodes:0:Smtp: 'gw1' is not a host and a port" },
        { "cluster address", o => o.Nodes[0].ClusterAddress = "10.0.0.1:0", "Nodes:0:ClusterAddress" },
        { "user", o => o.Credentials.UserName = "", "UserName" },
        { "no credentials", o => o.Credentials = null!, "Credentials" },
        { "no password", o => o.Credentials = new KsmgCredentials { UserName = "a" }, "exactly one of PasswordFile, PasswordEnvironment" },
        { "two passwords", o => o.Credentials.PasswordFile = "x", "exactly one of PasswordFile, PasswordEnvironment" },
        { "password file", o => o.Credentials = new KsmgCredentials { UserName = "a", PasswordFile = "missing-password" },
          "Credentials:PasswordFile: there is no file" },
        { "password environment", o => o.Credentials = new KsmgCredentials { UserName = "a", PasswordEnvironment = "KSMG_TEST_UNSET" },
          "variable KSMG_TEST_UNSET is not set" },
        { "limit", o => o.RequestLimit = TimeSpan.Zero, "RequestLimit: '00:00:00' is not between" },
        { "idle", o => o.UploadIdleTimeout = TimeSpan.FromDays(1), "UploadIdleTimeout" },
        { "connect", o => o.ConnectTimeout = TimeSpan.FromSeconds(9), "ConnectTimeout: is longer than RequestLimit" },
        { "catalogue", o => o.Catalogue["get-abuot"] = [new CatalogueEntryOptions()], "there is no operation 'get-abuot'" },
    };

    [Theory]
    [MemberData(nameof(Faults))]
    public void A_fault_is_named_with_its_option(string fault, Action<KsmgOptions> spoil, string message)
    {
        KsmgOptions options = FakeNode.Options("gw1", "gw2");
        spoil(options);

        var e = Assert.Throws<OptionsValidationException>(() => KsmgCluster.Create(options));

        Assert.True(e.Message.Contains(message, StringComparison.Ordinal), $"{fault}: {e.Message}");
    }

    [Fact]
    public void Good_options_make_a_cluster()
    {
        using KsmgCluster cluster = KsmgCluster.Create(FakeNode.Options("gw1", "gw2"));

        Assert.Equal(["gw1", "gw2"], cluster.Nodes.Select(n => n.Name));
        Assert.Same(cluster.Nodes[1], cluster["GW2"]);
    }

    [Fact]
    public async Task A_cluster_is_bound_from_the_configuration()
    {
        string folder = Directory.CreateTempSubdirectory("ksmg-options-").FullName;
        try
        {
            await File.WriteAllTextAsync(Path.Combine(folder, "secret"), "pässword \r\n");
            IConfigurationSection section = Section($$"""
                { "Ksmg": { "Name": "mail-eu", "BasePath": {{System.Text.Json.JsonSerializer.Serialize(folder)}}, "RequestLimit": "00:00:06",
                  "Nodes": [ { "Name": "gw1", "Address": "https://127.0.0.1:18441", "Fingerprint": "sha256:{{new string('a', 64)}}, {{new string('b', 64)}}", "Smtp": "127.0.0.1:25", "ClusterAddress": "10.0.0.1:9045" } ],
                  "Credentials": { "UserName": "Administrator", "PasswordFile": "secret" },
                  "Catalogue": { "get-about": [ { "from": null, "before": "", "method": "get", "path": "/web/api/about", "safety": "safe", "provenance": "observed" } ] } } }
                """);
            await using ServiceProvider services = new ServiceCollection().AddKsmg(section).Services.BuildServiceProvider();

            KsmgCluster cluster = services.GetRequiredService<KsmgCluster>();
            KsmgOptions options = services.GetRequiredService<IOptions<KsmgOptions>>().Value;

            Assert.Equal("mail-eu", cluster.Name);
            Assert.Equal(
                ("gw1", new Uri("https://127.0.0.1:18441"), "127.0.0.1:25", "10.0.0.1:9045"),
                (cluster.Nodes[0].Name, cluster.Nodes[0].Address, cluster.Nodes[0].Smtp, cluster.Nodes[0].ClusterAddress));
            Assert.Equal(TimeSpan.FromSeconds(6), options.RequestLimit);
            Assert.Equal("/web/api/about", OperationCatalogue.Shipped.With(options.Catalogue).Operations["get-about"].Single().Path);
            Assert.Equal("pässword ", await options.Credentials.GetPasswordAsync(options, CancellationToken.None));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    [Fact]
    public async Task Clusters_and_clients_are_found_by_their_names()
    {
        var collection = new ServiceCollection();
        KsmgBuilder first = collection.AddKsmg(o => Fill(o, "main", "gw1", "gw2"));
        KsmgBuilder second = collection.AddKsmg("site-b", o => Fill(o, "ignored", "gw1"));
        await using ServiceProvider services = collection.BuildServiceProvider();

        KsmgCluster main = services.GetRequiredService<KsmgCluster>();
        KsmgCluster b = services.GetRequiredKeyedService<KsmgCluster>("site-b");

        Assert.Equal(("", "site-b"), (first.Name, second.Name));
        Assert.Equal(("main", "site-b"), (main.Name, b.Name));
        Assert.Same(main, services.GetRequiredKeyedService<KsmgCluster>("main"));
        Assert.Same(main, services.GetRequiredKeyedService<KsmgCluster>(first.Name));
        Assert.Same(b, services.GetRequiredKeyedService<KsmgCluster>(second.Name));
        Assert.Same(main["gw2"].Queue, services.GetRequiredKeyedService<QueueClient>("gw2"));
        Assert.Same(b["gw1"].Queue, services.GetRequiredKeyedService<QueueClient>("site-b/gw1"));
        Assert.Same(main["gw1"], services.GetRequiredKeyedService<KsmgNode>("gw1"));
        Assert.Null(services.GetService<QueueClient>());
    }

    [Theory]
    [InlineData("", "Nodes: there is no node")]
    [InlineData("gw1", "Credentials:")]
    public void A_mistake_in_a_named_cluster_is_told_by_whatever_is_asked_for(string node, string says)
    {
        var collection = new ServiceCollection();
        collection.AddKsmg("site-b", o =>
        {
            if (node.Length > 0)
            {
                o.Nodes.Add(node, new Uri("https://gw1.test"));
            }
        }).AddRollingUpgrade();
        using ServiceProvider services = collection.BuildServiceProvider();

        Assert.Contains(
            says, Assert.Throws<OptionsValidationException>(() => services.GetRequiredKeyedService<KsmgCluster>("site-b")).Message, StringComparison.Ordinal);
        Assert.Contains(
            says,
            Assert.Throws<OptionsValidationException>(() => services.GetRequiredKeyedService<RollingUpgradeOrchestrator>("site-b")).Message,
            StringComparison.Ordinal);
        Assert.Contains(
            says,
            Assert.Throws<OptionsValidationException>(() => services.GetRequiredKeyedService<QueueClient>("site-b/gw1")).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void A_single_nodes_clients_need_no_key()
    {
        using ServiceProvider services = new ServiceCollection().AddKsmg(o => Fill(o, "main", "gw1")).Services.BuildServiceProvider();
        KsmgNode node = services.GetRequiredService<KsmgCluster>()["gw1"];

        Assert.Same(node, services.GetRequiredService<KsmgNode>());
        Assert.Same(node.Nodes, services.GetRequiredService<NodesClient>());
        Assert.Same(node.Queue, services.GetRequiredService<QueueClient>());
        Assert.Same(node.Updates, services.GetRequiredService<UpdatesClient>());
        Assert.Same(node.Role, services.GetRequiredService<RoleClient>());
    }

    [Fact]
    public void Faults_stop_the_start()
    {
        using ServiceProvider services = new ServiceCollection()
            .AddKsmg(o =>
            {
                Fill(o, "main", "gw1");
                o.Nodes[0].Address = new Uri("http://gw1.test");
            })
            .Services.BuildServiceProvider();

        var e = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<IStartupValidator>().Validate());

        Assert.Contains("must be https://HOST", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_node_added_behind_the_back_of_AddKsmg_is_refused()
    {
        var collection = new ServiceCollection();
        collection.AddKsmg(o => Fill(o, "main", "gw1"));
        collection.Configure<KsmgOptions>(o => o.Nodes.Add("gw2", new Uri("https://gw2.test")));
        using ServiceProvider services = collection.BuildServiceProvider();

        var e = Assert.Throws<OptionsValidationException>(() => services.GetRequiredService<KsmgCluster>());

        Assert.Contains("add every node in AddKsmg itself", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_http_clients_can_be_configured_and_keep_their_trust()
    {
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            if (!await TestServer.AnswerLoginAsync(context))
            {
                byte[] answer = Encoding.UTF8.GetBytes($$$"""{"data":{"version":"{{{context.Request.Headers.UserAgent}}}"}}""");
                await context.Response.Body.WriteAsync(answer);
            }
        });
        var names = new List<string>();
        await using ServiceProvider services = new ServiceCollection()
            .AddKsmg(o =>
            {
                Fill(o, "main");
                o.Nodes.Add("gw1", server.Address, ServerTrust.Pinned(server.Fingerprint));
                o.Nodes.Add("gw2", new Uri($"https://localhost:{server.Address.Port}"), ServerTrust.Pinned(new string('0', 64)));
            })
            .ConfigureHttpClient(b =>
            {
                names.Add(b.Name);
                b.ConfigureHttpClient(c => c.DefaultRequestHeaders.UserAgent.ParseAdd("our-tool"));
            })
            .Services.BuildServiceProvider();
        KsmgCluster cluster = services.GetRequiredService<KsmgCluster>();

        Assert.Equal(["ksmg:main:gw1", "ksmg:main:gw2"], names);
        Assert.Equal("our-tool", (await cluster["gw1"].Updates.GetAboutAsync()).Version);
        await Assert.ThrowsAsync<KsmgCertificateException>(() => cluster["gw2"].Updates.GetAboutAsync());
    }

    private static void Fill(KsmgOptions options, string name, params string[] nodes)
    {
        options.Name = name;
        options.Credentials = new KsmgCredentials("Administrator", _ => ValueTask.FromResult("password"));
        foreach (string node in nodes)
        {
            options.Nodes.Add(node, new Uri($"https://{node}.test"));
        }
    }

    private static IConfigurationSection Section(string json) =>
        new ConfigurationBuilder().AddJsonStream(new MemoryStream(Encoding.UTF8.GetBytes(json))).Build().GetSection("Ksmg");
}
