using System.Net;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Simulated nodes that speak a shape of their own, over loopback TLS and SMTP.</summary>
[Trait("Category", "Slow")]
public sealed class ForeignNodeTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-foreign-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_dialect_file_upgrades_the_cluster(bool isDrafted)
    {
        using CancellationTokenSource limit = new(Limit);
        await using SimulatedCluster simulated = await StartAsync(limit.Token);
        string dialect = isDrafted ? await DraftAsync() : Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "browser", "foreign.dialect.json");
        await using ConfiguredCluster cluster = SocketUpgrade.Configure(_folder.FullName, dialect);

        await SocketUpgrade.AssertCompletesAsync(simulated, cluster, _folder.FullName, limit.Token);
    }

    [Fact]
    public async Task The_shipped_catalogue_does_not_fit()
    {
        using CancellationTokenSource limit = new(Limit);
        await using SimulatedCluster simulated = await StartAsync(limit.Token);
        await using ConfiguredCluster cluster = SocketUpgrade.Configure(_folder.FullName, dialect: null);

        await Assert.ThrowsAnyAsync<KsmgException>(() => cluster.Cluster.Nodes[0].Nodes.GetStatusAsync(limit.Token));
        Assert.Contains(simulated.GetRequests(), request => request is { Operation: "user-login", Outcome: "ok" });
        string package = Path.Combine(_folder.FullName, "update.zip");
        foreach ((string[] command, int code) in new[] { (new[] { "nodes" }, 4), (["doctor"], 4), (["plan", "--package", package], 5) })
        {
            CliAnswer answer = await CliFixture.RunAsync([.. command, "-c", Path.Combine(_folder.FullName, "cluster.json")]);
            Assert.True(answer.ExitCode == code, answer.Output + answer.Error);
            Assert.Contains("JSON without data", answer.Output + answer.Error, StringComparison.Ordinal);
            Assert.Equal(2, answer.Error.Split("Ksmg:Dialect").Length);
        }
    }

    /// <summary>A node that refuses a question is understood well: no dialect helps.</summary>
    [Fact]
    public async Task A_refusal_is_no_foreign_shape()
    {
        using CancellationTokenSource limit = new(Limit);
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(cancellationToken: limit.Token);
        await simulated.WriteFilesAsync(_folder.FullName, limit.Token);
        simulated.Faults.Arm(new SimulatedFault { Fault = "refuse", Node = "gw2", Operation = "get-node-status", Value = "403", Times = 0 });
        CliAnswer answer = await CliFixture.RunAsync(
            "plan", "--package", Path.Combine(_folder.FullName, "update.zip"), "-c", Path.Combine(_folder.FullName, "cluster.json"));

        Assert.Equal(5, answer.ExitCode);
        Assert.Contains("node-odd", answer.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("Ksmg:Dialect", answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Only_the_observed_calls_are_as_they_were()
    {
        await using SimulatedCluster simulated = SimulatedCluster.CreateVirtual(new SimulatedClusterOptions { Foreign = true }, TimeProvider.System);
        using HttpClient http = new(simulated.CreateHandler("gw1")) { BaseAddress = simulated.Nodes[0].Url };

        Assert.Equal((200, """{"data":{"authType":"local"}}"""), await AskAsync("get-auth-info"));
        Assert.Equal((401, """{"ok":false,"reason":{"id":"unauthorized","text":"Log in first."}}"""), await AskAsync("v2/members"));
        Assert.Equal((200, """{"ok":false,"reason":{"id":"notFound","text":"There is no such page."}}"""), await AskAsync("get-cluster-nodes"));

        async Task<(int Status, string Text)> AskAsync(string path)
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri("/web/api/" + path, UriKind.Relative));
            return ((int)answer.StatusCode, await answer.Content.ReadAsStringAsync());
        }
    }

    [Fact]
    public async Task What_a_person_put_into_cluster_json_stays_when_it_is_written_again()
    {
        using CancellationTokenSource limit = new(Limit);
        await using SimulatedCluster simulated = await StartAsync(limit.Token);
        string path = Path.Combine(_folder.FullName, "cluster.json");
        JsonNode file = JsonNode.Parse(await File.ReadAllTextAsync(path, limit.Token))!;
        string nodes = file["Ksmg"]!["Nodes"]!.ToJsonString();
        (file["Ksmg"]!["dialect"], file["Ksmg"]!["Nodes"]) = ("dialect.json", new JsonArray());
        (file["Ksmg"]!["Policy"]!["soak"], file["Ksmg"]!["Policy"]!["Accept"]) = ("00:00:09", new JsonArray("no-snapshots"));
        file["Ksmg"]!["Policy"]!.AsObject().Remove("Soak");
        await File.WriteAllTextAsync(path, "// mine\n" + file.ToJsonString(), limit.Token);

        await simulated.WriteFilesAsync(_folder.FullName, limit.Token);
        JsonNode again = JsonNode.Parse(await File.ReadAllTextAsync(path, limit.Token))!["Ksmg"]!;
        Assert.Equal(("dialect.json", nodes), ((string?)again["dialect"], again["Nodes"]!.ToJsonString()));
        JsonNode policy = again["Policy"]!;
        Assert.Equal(("00:00:09", "no-snapshots", "First"), ((string?)policy["Soak"], (string?)policy["Accept"]![0], (string?)policy["PauseAfter"]));

        await File.WriteAllTextAsync(path, "{ \"Ksmg\": { \"Dialect\": ", limit.Token);
        IOException refused = await Assert.ThrowsAsync<IOException>(() => simulated.WriteFilesAsync(_folder.FullName, limit.Token));
        Assert.Contains(path, refused.Message, StringComparison.Ordinal);
        Assert.Equal("{ \"Ksmg\": { \"Dialect\": ", await File.ReadAllTextAsync(path, limit.Token));
    }

    /// <summary>A draft whose words are wrong must be found.</summary>
    [Theory]
    [InlineData("\"KATA\": \"kataQuarantine\", ", "", "'kataQuarantine' is no queue.")]
    [InlineData("{nodeId}/queues/flush", "{node}/queues/flush", "is no member.")]
    public async Task Words_of_ours_are_none_of_its_own(string right, string wrong, string refusal)
    {
        await using SimulatedCluster simulated = SimulatedCluster.CreateVirtual(new SimulatedClusterOptions { Foreign = true }, TimeProvider.System);
        string dialect = await File.ReadAllTextAsync(Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "browser", "foreign.dialect.json"));
        string path = Path.Combine(_folder.FullName, "dialect.json");
        await File.WriteAllTextAsync(path, dialect.Replace(right, wrong, StringComparison.Ordinal));
        using KsmgCluster cluster = new(
            ClientWorld.OptionsOf(simulated, path),
            node => new HttpClient(simulated.CreateHandler(node.Name!)),
            NullLoggerFactory.Instance,
            TimeProvider.System);

        KsmgApiException refused = await Assert.ThrowsAsync<KsmgApiException>(() => cluster.Nodes[0].Queue.FlushAsync(MessageQueueKind.KataQuarantine));
        Assert.Equal(HttpStatusCode.BadRequest, refused.Status);
        Assert.Contains(refusal, refused.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(simulated.GetEffects(), effect => effect.Effect == "queue-flushed");
    }

    /// <summary>A draft of the recording that Chromium made of the pages, with the edits by hand that its table asks for.</summary>
    private async Task<string> DraftAsync()
    {
        await using FileStream har = File.OpenRead(Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Golden", "browser", "foreign.har"));
        DialectDraft draft = await DialectDraft.ReadAsync(har);
        Assert.DoesNotContain("canary", draft.Json, StringComparison.OrdinalIgnoreCase);
        JsonObject dialect = JsonNode.Parse(draft.Json)!.AsObject();
        JsonObject operations = dialect["operations"]!.AsObject();
        Assert.Equal(
            ["list-queue", "start-integrity-check"],
            draft.Operations.Where(o => o.State == DraftedState.Unsure).Select(o => o.Operation));

        // The check is the full one, and what was never clicked is written as the developer tools show it.
        Assert.All((string[])["list-queue", "start-integrity-check"], unsure => Assert.True(operations[unsure]![0]!.AsObject().Remove("unsure")));
        operations["list-queue"]![0]!["query"]!["after"] = "{cursor}";
        operations["delete-update"] = JsonNode.Parse("""[ { "method": "DELETE", "path": "/web/api/v2/upgrade/packages/{id}", "body": null } ]""");
        operations["get-update-status"]![0]!["words"]!["state"]!["BOOT"] = "restarting";
        operations["get-update-status"]![0]!["words"]!["state"]!["DONE"] = "completed";
        string path = Path.Combine(_folder.FullName, "dialect.json");
        await File.WriteAllTextAsync(path, dialect.ToJsonString());
        return path;
    }

    private async Task<SimulatedCluster> StartAsync(CancellationToken cancellationToken)
    {
        SimulatedCluster simulated = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 1 << 20, Foreign = true }, cancellationToken: cancellationToken);
        await simulated.WriteFilesAsync(_folder.FullName, cancellationToken);
        return simulated;
    }
}
