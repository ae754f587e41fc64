using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Web;

/// <summary><c>ksmg upgrade --page</c> as a process of its own: the page beside the run, where people are waited for.</summary>
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
