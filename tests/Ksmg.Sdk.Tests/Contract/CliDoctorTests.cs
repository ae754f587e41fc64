using System.Text.Json.Nodes;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary><c>ksmg doctor</c> against simulated nodes: what works, how the rest fails, what to do, and nothing changed.</summary>
public sealed class CliDoctorTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-doctor-");

    [Fact]
    public async Task Every_call_and_every_adapter_is_told_and_nothing_changes()
    {
        await using SimulatedCluster cluster = await StartAsync();
        CliAnswer answer = await DoctorAsync();

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        JsonArray findings = JsonNode.Parse(answer.Output)!.AsArray();
        foreach (string node in (string[])["gw1", "gw2"])
        {
            Assert.Equal(OperationCatalogue.Shipped.Operations.Keys.Order(), Of(findings, node).Select(f => f["what"]!.GetValue<string>()).Order());
            Assert.Equal("Works", Verdict(findings, node, "get-queue-summary"));
            Assert.Equal("NotTried", Verdict(findings, node, "start-update"));
            foreach (string adapter in (string[])["LoadBalancer", "Snapshots", "Configuration", "MailProbe"])
            {
                Assert.Equal("Works", Verdict(findings, adapter, node));
            }
        }

        Dictionary<string, string> known = Of(findings, "gw1").ToDictionary(f => f["what"]!.GetValue<string>(), f => f["known"]!.GetValue<string>());
        Assert.Equal("observed GET /web/api/get-auth-info", known["get-auth-info"]);
        Assert.Equal("assumed GET /web/api/list-update-packages", known["list-updates"]);
        Assert.DoesNotContain(cluster.GetEffects(), effect => effect is { Cause: EffectCause.Client, Effect: not "session-opened" });
    }

    /// <summary>Whoever leaves a run alone for a night has to know that it will tell nobody.</summary>
    [Theory]
    [InlineData(null, true)]
    [InlineData("[]", true)]
    [InlineData("""[ { "Kind": "Command", "Program": "dotnet" } ]""", false)]
    public async Task That_nobody_will_be_told_is_told_by_doctor_and_by_plan(string? notifications, bool told)
    {
        await using SimulatedCluster cluster = await StartAsync(ksmg =>
        {
            if (notifications is not null)
            {
                ksmg["Notifications"] = JsonNode.Parse(notifications);
            }
        });

        string doctor = (await RunAsync("doctor")).Output;
        CliAnswer plan = await RunAsync("plan", "--package", Path.Combine(_folder.FullName, "update.zip"));

        string[] lines = [.. doctor.Split('\n').Where(line => line.StartsWith("Notifications ", StringComparison.Ordinal))];
        Assert.Equal(
            told,
            lines.Any(
                line => line.Contains("not tried", StringComparison.Ordinal)
                    && line.Contains("None is configured: nobody is told when a run stops, ends or needs a decision.", StringComparison.Ordinal)
            && line.Contains("Notifications: [ { \"Kind\"", StringComparison.Ordinal)));
        Assert.True(plan.ExitCode == 0, plan.Output + plan.Error);
        Assert.Equal(told, plan.Output.Contains("Nobody is told when the run stops, ends or needs a decision", StringComparison.Ordinal));
    }

    [Fact]
    public async Task A_call_that_a_node_does_not_know_is_told_with_the_option_to_correct()
    {
        await using SimulatedCluster cluster = await StartAsync(ksmg => ksmg["Catalogue"] = new JsonObject
        {
            ["get-queue-summary"] = new JsonArray(new JsonObject { ["Method"] = "GET", ["Path"] = "/web/api/guessed-wrong", ["Safety"] = "safe" }),
        });
        CliAnswer answer = await DoctorAsync();

        Assert.Equal(4, answer.ExitCode);
        JsonNode finding = Of(JsonNode.Parse(answer.Output)!.AsArray(), "gw2").Single(f => f["verdict"]!.GetValue<string>() == "Fails");
        Assert.Equal("get-queue-summary", finding["what"]!.GetValue<string>());
        Assert.Contains("Catalogue:get-queue-summary", finding["remedy"]!.GetValue<string>());
    }

    [Fact]
    public async Task A_wrong_password_is_tried_once_and_a_missing_adapter_is_no_failure_of_its_own()
    {
        await using SimulatedCluster cluster = await StartAsync(ksmg => ksmg.Remove("MailProbe"));
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "ksmg-password"), "canary-not-the-password");
        CliAnswer answer = await DoctorAsync();

        Assert.Equal(4, answer.ExitCode);
        JsonArray findings = JsonNode.Parse(answer.Output)!.AsArray();
        Assert.Equal("Fails", Verdict(findings, "gw1", "user-login"));
        Assert.Equal("NotTried", Verdict(findings, "gw1", "get-queue-summary"));
        Assert.Contains("no-mail-probe", findings.Single(f => f!["part"]!.GetValue<string>() == "MailProbe")!["remedy"]!.GetValue<string>());
        Assert.Equal(1, cluster.GetRequests().Count(r => r.Operation == "user-login"));
        foreach (string node in (string[])["gw1", "gw2"])
        {
            Assert.Equal(
                ("NotTried", "Fails", "NotTried"),
                (Verdict(findings, node, "get-auth-info"), Verdict(findings, node, "user-login"), Verdict(findings, node, "get-about")));
            Assert.Contains("refuses the login", Of(findings, node).Single(f => f["what"]!.GetValue<string>() == "user-login")["seen"]!.GetValue<string>());
        }

        Assert.DoesNotContain("canary", answer.Output + answer.Error);
    }

    [Fact]
    public async Task A_neighbour_that_is_gone_is_told()
    {
        await using SimulatedCluster cluster = await StartAsync(ksmg => ksmg["LoadBalancer"]!["Endpoint"] = "127.0.0.1:1");
        CliAnswer answer = await DoctorAsync();

        Assert.Equal(4, answer.ExitCode);
        JsonArray findings = JsonNode.Parse(answer.Output)!.AsArray();
        Assert.Equal("Fails", Verdict(findings, "LoadBalancer", "HAProxy"));
        Assert.Equal("Works", Verdict(findings, "Snapshots", "gw1"));
    }

    [Fact]
    public async Task Servers_of_the_load_balancer_that_are_swapped_are_told_by_node()
    {
        await using SimulatedCluster cluster = await StartAsync(ksmg =>
        {
            JsonNode servers = ksmg["LoadBalancer"]!["Servers"]!;
            (servers["gw1"], servers["gw2"]) = ("gw2", "gw1");
        });
        CliAnswer answer = await DoctorAsync();

        Assert.Equal(4, answer.ExitCode);
        JsonArray findings = JsonNode.Parse(answer.Output)!.AsArray();
        Assert.Equal("Fails", Verdict(findings, "LoadBalancer", "gw1"));
        Assert.Contains("where gw2 takes mail", answer.Output, StringComparison.Ordinal);
    }

    /// <summary>Found out before snapshots are taken, not by the first drain.</summary>
    [Theory]
    [InlineData(null)]
    [InlineData("s7")]
    public async Task A_node_whose_server_the_balancer_does_not_know_is_refused_in_the_plan_by_name(string? server)
    {
        await using SimulatedCluster cluster = await StartAsync(ksmg =>
        {
            JsonObject servers = ksmg["LoadBalancer"]!["Servers"]!.AsObject();
            servers.Remove("gw2");
            if (server is not null)
            {
                servers["gw2"] = server;
            }
        });
        CliAnswer plan = await RunAsync("plan", "--package", Path.Combine(_folder.FullName, "update.zip"));
        CliAnswer doctor = await DoctorAsync();

        string refused = Assert.Single(plan.Output.Split('\n'), line => line.Contains("refused:", StringComparison.Ordinal));
        Assert.Contains(server is null ? "gw2: the load balancer does not know the node" : "has no server 's7' (node gw2)", refused, StringComparison.Ordinal);
        Assert.Equal((5, 4), (plan.ExitCode, doctor.ExitCode));
        JsonNode finding = Assert.Single(Of(JsonNode.Parse(doctor.Output)!.AsArray(), "LoadBalancer"), f => f["verdict"]!.GetValue<string>() == "Fails");
        Assert.Equal("gw2", finding["what"]!.GetValue<string>());
        Assert.DoesNotContain(cluster.GetEffects(), effect => effect is { Cause: EffectCause.Client, Effect: not "session-opened" });
    }

    public void Dispose() => _folder.Delete(recursive: true);

    private static IEnumerable<JsonNode> Of(JsonArray findings, string part) => findings.Select(f => f!).Where(f => f["part"]!.GetValue<string>() == part);

    private static string Verdict(JsonArray findings, string part, string what) =>
        Of(findings, part).Single(f => f["what"]!.GetValue<string>() == what)["verdict"]!.GetValue<string>();

    private async Task<SimulatedCluster> StartAsync(Action<JsonObject>? change = null)
    {
        SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, PackageBytes = 1 << 20 }).WaitAsync(Limit);
        await cluster.WriteFilesAsync(_folder.FullName);
        string path = Path.Combine(_folder.FullName, "cluster.json");
        JsonObject file = JsonNode.Parse(await File.ReadAllTextAsync(path))!.AsObject();
        change?.Invoke(file["Ksmg"]!.AsObject());
        await File.WriteAllTextAsync(path, file.ToJsonString());
        return cluster;
    }

    private Task<CliAnswer> DoctorAsync() => RunAsync("doctor", "--json");

    private Task<CliAnswer> RunAsync(params string[] command) =>
        CliFixture.RunAsync([.. command, "-c", Path.Combine(_folder.FullName, "cluster.json")]).WaitAsync(Limit);
}
