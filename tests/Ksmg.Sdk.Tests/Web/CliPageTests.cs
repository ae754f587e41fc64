using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Web;

/// <summary><c>ksmg upgrade --page</c> and <c>fleet status --page</c> as processes of their own: the page beside a run, where people are waited for.</summary>
[Trait("Category", "Slow")]
public sealed class CliPageTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-cli-page-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task The_run_waits_at_its_gate_until_somebody_approves_on_the_page()
    {
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 1 << 16 });
        await simulated.WriteFilesAsync(_folder.FullName);
        string cluster = Path.Combine(_folder.FullName, "cluster.json");
        JsonNode file = JsonNode.Parse(await File.ReadAllTextAsync(cluster))!;
        file["Ksmg"]!["Policy"]!["Soak"] = "00:00:00.2000000";
        await File.WriteAllTextAsync(cluster, file.ToJsonString());
        simulated.StartMail(20);
        await using CliProcess upgrade = Start();
        Uri link = new((await upgrade.WaitForLineAsync("/ksmg/#once=")).Trim());
        string[] parts = link.Fragment[6..].Split('/');
        using HttpClient http = new() { BaseAddress = new Uri(link, "/ksmg/") };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("api/clusters", UriKind.Relative))).StatusCode);
        await PostAsync(http, "api/session", new { token = parts[0] }, HttpStatusCode.NoContent);

        await upgrade.WaitForLineAsync("Waiting for a decision on the page");
        string path = $"api/clusters/{parts[1]}/runs/{parts[2]}";
        JsonNode run = null!;
        await Eventually.TrueAsync(async () => (string)(run = (await http.GetFromJsonAsync<JsonNode>(path))!)["explanation"]!["state"]! == "Paused");
        await PostAsync(
            http, path + "/decisions", new { kind = "Approve", planHash = (string)run["explanation"]!["planHash"]! }, HttpStatusCode.Accepted);

        Assert.True(await upgrade.WaitAsync() == 0, upgrade.Output + upgrade.Error);
        Assert.DoesNotContain("[y/N]", upgrade.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_fleet_is_shown_to_the_browser_that_opens_it_first_until_somebody_ends_it()
    {
        using FleetFolder folder = new FleetFolder().Cluster("a").Fleet(""" "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ] """);
        await using KsmgFleet fleet = KsmgFleet.Create(folder.Load());
        FleetPlan plan = await folder.PlanAsync(TimeProvider.System.GetUtcNow());
        await (await fleet.Journal.CreateAsync(plan)).DisposeAsync();

        await using CliProcess status = CliProcess.Start(["fleet", "status", "-f", folder.Path, "--page"]);
        Uri link = new((await status.WaitForLineAsync("/ksmg/fleet/#once=")).Trim());
        string[] parts = link.Fragment[6..].Split('/');
        using HttpClient http = new() { BaseAddress = new Uri(link, "/ksmg/") };
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("api/fleets", UriKind.Relative))).StatusCode);
        await PostAsync(http, "api/session", new { token = parts[0] }, HttpStatusCode.NoContent);
        JsonNode shown = (await http.GetFromJsonAsync<JsonNode>("api/fleets/" + parts[1]))!;
        Assert.Equal((plan.FleetId, 1), ((string)shown["fleet"]!, (int)shown["clusters"]!));
        await PostAsync(http, $"api/fleets/{parts[1]}/decisions", new { kind = "Pause", reason = "storm" }, HttpStatusCode.Accepted);

        await status.SignalAsync("INT");
        Assert.True(await status.WaitAsync() == 0, status.Output + status.Error);
    }

    private CliProcess Start() => CliProcess.Start(
        [
            "upgrade", "--yes", "-c", Path.Combine(_folder.FullName, "cluster.json"), "--runs", Path.Combine(_folder.FullName, "runs"),
            "--package", Path.Combine(_folder.FullName, "update.zip"), "--page",
        ]);

    private static async Task PostAsync(HttpClient http, string path, object body, HttpStatusCode expected)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("X-Ksmg", "1");
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal(expected, answer.StatusCode);
    }
}
