using System.Diagnostics;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Tests.Upgrades;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using ModelContextProtocol;
using ModelContextProtocol.Client;
using ModelContextProtocol.Protocol;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary><c>ksmg mcp</c> as a process, spoken to by the protocol's own client and by hand, on a simulated cluster.</summary>
[Trait("Category", "Slow")]
public sealed class McpTests : IDisposable
{
    private const string Password = "canary-Pa55word-mcp-4711";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-mcp-");
    private readonly List<string> _said = [];

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task An_assistant_looks_at_everything_and_changes_nothing()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(3));
        await using SimulatedCluster simulated = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 1 << 16, Password = Password }, cancellationToken: limit.Token);
        await simulated.WriteFilesAsync(_folder.FullName);
        await using McpClient client = await ConnectAsync(limit.Token);

        IList<McpClientTool> tools = await client.ListToolsAsync(cancellationToken: limit.Token);
        Assert.Equal(["doctor", "explain", "plan", "report", "runs", "status"], tools.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.All(tools, t => Assert.True(t.ProtocolTool.Annotations is { ReadOnlyHint: true, DestructiveHint: false }));
        Assert.Equal(["package"], tools.Single(t => t.Name == "plan").JsonSchema.GetProperty("required").EnumerateArray().Select(r => r.GetString()!));
        Assert.Equal(
            ["html", "json", "junit", "text"],
            tools.Single(t => t.Name == "report").JsonSchema.GetProperty("properties").GetProperty("format").GetProperty("enum")
                .EnumerateArray().Select(word => word.GetString()!).Order(StringComparer.Ordinal));
        Assert.Contains("never an instruction", client.ServerInstructions, StringComparison.Ordinal);

        // Before there is a run.
        string package = Path.Combine(_folder.FullName, "update.zip");
        Assert.Equal("[]", await TellAsync(client, "runs", limit.Token, ("json", true)));
        Assert.Contains("gw2", await TellAsync(client, "plan", limit.Token, ("package", package)), StringComparison.Ordinal);
        string plan = await TellAsync(client, "plan", limit.Token, ("package", package), ("json", true));
        Assert.Equal("2.1.0.7854", (string)JsonNode.Parse(plan)!["to"]!);
        Assert.Contains("list-nodes", await TellAsync(client, "doctor", limit.Token), StringComparison.Ordinal);
        Assert.All(simulated.GetEffects(), effect => Assert.StartsWith("session-", effect.Effect, StringComparison.Ordinal));
        Assert.False(Directory.Exists(Path.Combine(_folder.FullName, "runs")));

        // While one waits for an approval: what to type is told, and nobody but a person types it.
        UpgradeRun run = await UpgradeAsync(simulated, limit.Token);
        long before = simulated.GetEffects()[^1].Seq;
        JsonNode status = JsonNode.Parse(await TellAsync(client, "status", limit.Token, ("run", "latest"), ("json", true)))!;
        Assert.Equal((run.Id, "Paused"), ((string)status["runId"]!, (string)status["end"]!));
        Assert.Contains($"ksmg approve {run.Id}", await TellAsync(client, "explain", limit.Token, ("run", run.Id)), StringComparison.Ordinal);
        Assert.Contains(run.Id, await TellAsync(client, "runs", limit.Token), StringComparison.Ordinal);
        Assert.Contains("gw1", await TellAsync(client, "report", limit.Token, ("run", run.Id[..^2])), StringComparison.Ordinal);
        Assert.NotEmpty(await TellAsync(client, "report", limit.Token, ("run", run.Id), ("verify", true)));
        Assert.All(simulated.GetEffects(before), effect => Assert.StartsWith("session-", effect.Effect, StringComparison.Ordinal));
        Assert.Equal(UpgradeEnd.Paused, (await run.GetReportAsync(limit.Token)).End);

        Assert.All(_said, text => Assert.DoesNotContain("canary", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Of_a_fleet_it_looks_at_the_file_the_fleets_and_their_runs()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(3));
        using FleetFolder folder = new();
        folder.Cluster("a").Cluster("b").Fleet("\"Name\": \"f\", \"Clusters\": [ { \"Files\": \"*/cluster.json\" } ]").Write("password", Password);
        FleetPlan plan = await folder.PlanAsync(TimeProvider.System.GetUtcNow());
        await using McpClient client = await ConnectAsync(limit.Token, "--fleet", folder.Path);

        IList<McpClientTool> tools = await client.ListToolsAsync(cancellationToken: limit.Token);
        Assert.Equal(
            ["explain", "fleet_list", "fleet_plan", "fleet_report", "fleet_status", "report", "runs", "status"],
            tools.Select(t => t.Name).Order(StringComparer.Ordinal));
        Assert.All(tools, t => Assert.True(t.ProtocolTool.Annotations is { ReadOnlyHint: true, DestructiveHint: false }));

        // Before it was begun.
        JsonNode schedule = JsonNode.Parse(
            await TellAsync(client, "fleet_plan", limit.Token, ("package", folder["update.zip"]), ("json", true)))!;
        Assert.Equal(["a", "b"], schedule["clusters"]!.AsArray().Select(c => (string)c!["name"]!));
        Assert.Equal("[]", await TellAsync(client, "fleet_list", limit.Token, ("json", true)));
        Assert.Contains("No fleet f", await RefuseAsync(client, "fleet_status", limit.Token), StringComparison.Ordinal);
        Assert.False(Directory.Exists(folder["runs"]));

        await using (KsmgFleet fleet = KsmgFleet.Create(folder.Load()))
        {
            await (await fleet.Journal.CreateAsync(plan, limit.Token)).DisposeAsync();
            await (await fleet.Runs.CreateAsync(JournalSamples.Plan(plan.RunIdOf("a", 1), "a", nodes: 1), limit.Token)).DisposeAsync();
        }

        Assert.Contains(plan.FleetId, await TellAsync(client, "fleet_list", limit.Token), StringComparison.Ordinal);
        JsonNode status = JsonNode.Parse(await TellAsync(client, "fleet_status", limit.Token, ("search", "b"), ("state", "waiting"), ("json", true)))!;
        Assert.Equal(["b"], status["clusters"]!.AsArray().Select(c => (string)c!["name"]!));
        Assert.StartsWith("<?xml", await TellAsync(client, "fleet_report", limit.Token, ("format", "junit")), StringComparison.Ordinal);
        Assert.Contains(plan.RunIdOf("a", 1), await TellAsync(client, "status", limit.Token, ("run", "a")), StringComparison.Ordinal);
        Assert.Equal("There is no parameter 'file'.", await RefuseAsync(client, "fleet_status", limit.Token, ("file", "other.json")));
        Assert.Equal("There is no parameter 'fleet'.", await RefuseAsync(client, "runs", limit.Token, ("fleet", "other.json")));
        Assert.Equal("The parameter 'package' is needed.", await RefuseAsync(client, "fleet_plan", limit.Token));
        await Assert.ThrowsAsync<McpProtocolException>(async () => await client.CallToolAsync("fleet_approve", cancellationToken: limit.Token));
        Assert.All(_said, text => Assert.DoesNotContain("canary", text, StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_is_no_parameter_never_becomes_an_option_or_a_file()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(2));
        string file = Path.Combine(_folder.FullName, "options.rsp");
        await File.WriteAllTextAsync(file, "--runs\nelsewhere\n", limit.Token);
        await using McpClient client = await ConnectAsync(limit.Token);

        Assert.Equal("The parameter 'run' does not take that value.", await RefuseAsync(client, "status", limit.Token, ("run", "--runs=elsewhere")));
        Assert.Equal("The parameter 'run' does not take that value.", await RefuseAsync(client, "status", limit.Token, ("run", "@" + file)));
        Assert.Equal("The parameter 'run' does not take that value.", await RefuseAsync(client, "status", limit.Token, ("run", 7)));
        Assert.Equal("The parameter 'run' does not take that value.", await RefuseAsync(client, "status", limit.Token, ("run", new string('7', 5000))));
        Assert.Equal("The parameter 'run' is needed.", await RefuseAsync(client, "explain", limit.Token));
        Assert.Equal("There is no parameter 'out'.", await RefuseAsync(client, "plan", limit.Token, ("package", "x.zip"), ("out", file)));
        Assert.Equal("There is no parameter 'notify'.", await RefuseAsync(client, "doctor", limit.Token, ("notify", true)));
        Assert.Equal("There is no parameter 'cluster'.", await RefuseAsync(client, "runs", limit.Token, ("cluster", file)));
        Assert.Contains("'@x'", await RefuseAsync(client, "report", limit.Token, ("run", "1"), ("format", "@x")), StringComparison.Ordinal);
        await Assert.ThrowsAsync<McpProtocolException>(async () => await client.CallToolAsync("upgrade", cancellationToken: limit.Token));
    }

    [Fact]
    public async Task Standard_output_holds_the_protocol_alone_and_its_end_ends_the_process()
    {
        using CancellationTokenSource limit = new(TimeSpan.FromMinutes(1));
        using Process server = Process.Start(new ProcessStartInfo("dotnet", ["exec", CliProcess.Tool, "mcp", "--lang", "de", "--runs", _folder.FullName])
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        })!;
        try
        {
            JsonNode first = await AskAsync(
                """{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-06-18","capabilities":{},"clientInfo":{"name":"a","version":"1"}}}""");
            JsonNode second = await AskAsync(
                """{"jsonrpc":"2.0","id":2,"method":"tools/call","params":{"name":"status","arguments":{"run":"latest"}}}""");
            server.StandardInput.Close();
            await server.WaitForExitAsync(limit.Token);

            Assert.Equal("ksmg", (string)first["result"]!["serverInfo"]!["name"]!);
            Assert.True((bool)second["result"]!["isError"]!);
            Assert.Contains("Lauf", (string)second["result"]!["content"]![0]!["text"]!, StringComparison.Ordinal);
            Assert.Equal(0, server.ExitCode);
            Assert.Empty(await server.StandardOutput.ReadToEndAsync(limit.Token));
            Assert.Empty(await server.StandardError.ReadToEndAsync(limit.Token));
        }
        finally
        {
            if (!server.HasExited)
            {
                server.Kill(entireProcessTree: true);
            }
        }

        async Task<JsonNode> AskAsync(string line)
        {
            await server.StandardInput.WriteLineAsync(line.AsMemory(), limit.Token);
            return JsonNode.Parse((await server.StandardOutput.ReadLineAsync(limit.Token))!)!;
        }
    }

    private Task<McpClient> ConnectAsync(CancellationToken cancellationToken) => ConnectAsync(cancellationToken, "-c", "cluster.json", "--runs", "runs");

    private Task<McpClient> ConnectAsync(CancellationToken cancellationToken, params string[] options) => McpClient.CreateAsync(
        new StdioClientTransport(new StdioClientTransportOptions
        {
            Command = "dotnet",
            Arguments = ["exec", CliProcess.Tool, "mcp", .. options],
            WorkingDirectory = _folder.FullName,
            StandardErrorLines = Keep,
        }),
        cancellationToken: cancellationToken);

    private async Task<UpgradeRun> UpgradeAsync(SimulatedCluster simulated, CancellationToken cancellationToken)
    {
        await using ConfiguredCluster cluster = SocketUpgrade.Configure(
            _folder.FullName, dialect: null, section => section["Policy"]!["PauseAfter"] = "First");
        await using UpdatePackage package = await UpdatePackage.OpenAsync(Path.Combine(_folder.FullName, "update.zip"), cancellationToken: cancellationToken);
        UpgradePlan plan = await cluster.Orchestrator.PlanAsync(package, cancellationToken: cancellationToken);
        simulated.StartMail(20);
        UpgradeRun run = await cluster.Orchestrator.StartAsync(plan, cancellationToken);
        await run.WaitAsync(cancellationToken);
        simulated.StopMail();
        return run;
    }

    private async Task<string> TellAsync(McpClient client, string tool, CancellationToken cancellationToken, params (string Name, object? Value)[] given)
    {
        CallToolResult answer = await CallAsync(client, tool, given, cancellationToken);
        Assert.True(answer.IsError is not true, Text(answer));
        return Text(answer);
    }

    private async Task<string> RefuseAsync(McpClient client, string tool, CancellationToken cancellationToken, params (string Name, object? Value)[] given)
    {
        CallToolResult answer = await CallAsync(client, tool, given, cancellationToken);
        Assert.True(answer.IsError is true, Text(answer));
        return string.Join('\n', answer.Content.OfType<TextContentBlock>().Select(block => block.Text));
    }

    private async Task<CallToolResult> CallAsync(McpClient client, string tool, (string Name, object? Value)[] given, CancellationToken cancellationToken)
    {
        CallToolResult answer = await client.CallToolAsync(
            tool, given.ToDictionary(g => g.Name, g => g.Value, StringComparer.Ordinal), cancellationToken: cancellationToken);
        foreach (TextContentBlock block in answer.Content.OfType<TextContentBlock>())
        {
            Keep(block.Text);
        }

        return answer;
    }

    private static string Text(CallToolResult answer) => ((TextContentBlock)answer.Content[0]).Text;

    private void Keep(string text)
    {
        lock (_said)
        {
            _said.Add(text);
        }
    }
}
