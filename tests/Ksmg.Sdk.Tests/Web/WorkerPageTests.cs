using System.Net;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>The worker sample as a process of its own: its page, from the gate of a fleet to the run of a cluster.</summary>
[Trait("Category", "Slow")]
public sealed class WorkerPageTests : IDisposable
{
    private static readonly string _program = Repository.PathOf(
        "samples", "Ksmg.Samples.Worker", "bin", new DirectoryInfo(AppContext.BaseDirectory).Parent!.Name, "net10.0", "Ksmg.Samples.Worker.dll");

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(3);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-worker-page-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_fleet_is_approved_on_the_page_of_its_worker_and_leads_to_the_runs_of_its_clusters()
    {
        await using SimulatedFleet simulated = await SimulatedFleet.StartAsync(new SimulatedFleetOptions
        {
            Clusters = 2,
            FewestNodes = 2,
            MostNodes = 2,
            Cluster = new SimulatedClusterOptions { Speed = 50, PackageBytes = 64 << 10 },
        });
        string file = await WriteAsync(simulated);
        string id = await BeginAsync(file);
        await using CliProcess worker = CliProcess.StartProgram("dotnet", "exec", _program, $"--Worker:Fleet={file}");
        string line = await worker.WaitForLineAsync("Now listening on");
        using HttpClient http = new() { BaseAddress = new Uri(new Uri(line[line.IndexOf("http", StringComparison.Ordinal)..].Trim()), "/ksmg/") };
        string path = "api/fleets/" + id;

        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri("fleet/", UriKind.Relative))).StatusCode);
        JsonNode fleet = null!;
        await Eventually.TrueAsync(async () => (string)(fleet = await AskAsync())["state"]! == "Paused" && fleet["holder"] is not null, limit: Limit);
        using HttpRequestMessage approval = new(HttpMethod.Post, path + "/decisions")
        {
            Content = JsonContent.Create(new { kind = "Approve", waitHash = (string)fleet["waitHash"]! }),
        };
        approval.Headers.Add("X-Ksmg", "1");
        using HttpResponseMessage approved = await http.SendAsync(approval);
        Assert.True(approved.StatusCode == HttpStatusCode.OK, await approved.Content.ReadAsStringAsync());

        await Eventually.TrueAsync(async () => (string)(fleet = await AskAsync())["state"]! == "Completed", limit: Limit);
        foreach (JsonNode? row in fleet["rows"]!.AsArray())
        {
            Assert.Equal($"#/{row!["name"]}/{row["run"]}", (string)row["page"]!);
            JsonNode run = (await http.GetFromJsonAsync<JsonNode>($"api/clusters/{row["name"]}/runs/{row["run"]}"))!;
            Assert.Equal(("Completed", 2), ((string)run["report"]!["end"]!, run["report"]!["nodes"]!.AsArray().Count));
        }

        await worker.SignalAsync("TERM");
        Assert.True(await worker.WaitAsync() == 0, worker.Output + worker.Error);

        async Task<JsonNode> AskAsync() => (await http.GetFromJsonAsync<JsonNode>(path))!;
    }

    private async Task<string> WriteAsync(SimulatedFleet simulated)
    {
        await simulated.WriteFilesAsync(_folder.FullName);
        string path = Path.Combine(_folder.FullName, "fleet.json");
        JsonNode file = JsonNode.Parse(await File.ReadAllTextAsync(path))!;
        file["Fleet"]!["Waves"]![0]!["Approve"] = "Before";
        await File.WriteAllTextAsync(path, file.ToJsonString());
        return path;
    }

    private async Task<string> BeginAsync(string file)
    {
        await using KsmgFleet fleet = KsmgFleet.Create(
            FleetFile.Load(file), new KsmgFleetOptions { Configure = cluster => cluster.AddSimulatorAdapters() });
        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"));
        FleetPlan plan = await fleet.PlanAsync(package);
        await (await fleet.Journal.CreateAsync(plan)).DisposeAsync();
        return plan.FleetId;
    }
}
