using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Dialects;

/// <summary>The command against simulated nodes over loopback TLS.</summary>
public sealed class DialectCheckTests : IDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-check-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task What_a_node_answers_is_shown_with_what_the_dialect_makes_of_it_and_nothing_is_changed()
    {
        await using SimulatedCluster simulated = await StartAsync("""
            { "schema": 2, "operations": {
                "get-mail-flow": [ { "path": "/web/api/get-receive-send-settings", "query": { "node": "{node}" }, "answer": "{ receiving: data.nowhere, sending: data.sending }" } ],
                "get-node-status": [ { "answer": "{ address: data.address, state: data.role, role: data.role }" } ],
                "get-current-user": [ { "missing": true } ],
                "get-about": [ { "unsure": "which is the build?" } ],
                "set-receiving": [ { "unsure": "is 'outbound' right?", "body": { "in": "{enabled}" } } ] } }
            """);
        CliAnswer answer = await CheckAsync("--node", "gw2", "--json");

        Assert.Equal(4, answer.ExitCode);
        Dictionary<string, JsonNode> found = JsonNode.Parse(answer.Output)!.AsArray().ToDictionary(o => (string)o!["operation"]!, o => o!);
        Assert.All(found.Values, operation => Assert.Equal("gw2", (string?)operation["node"]));
        Assert.Equal("Works", (string?)found["list-nodes"]["outcome"]);
        Assert.Contains("\"emergencyMode\":false", (string?)found["list-nodes"]["raw"], StringComparison.Ordinal);
        Assert.Equal("Works", (string?)found["get-about"]["outcome"]);
        Assert.Equal(("Fails", "receiving"), ((string?)found["get-mail-flow"]["outcome"], (string?)found["get-mail-flow"]["missingFields"]![0]));
        Assert.Equal(("UnknownWords", "state: secondary"), Told(found["get-node-status"]));
        Assert.Contains("license", found["get-node-status"]["untoldFields"]!.AsArray().Select(f => (string?)f));
        Assert.Equal("NotTried", (string?)found["get-current-user"]["outcome"]);
        Assert.Contains("is 'outbound' right?", (string?)found["set-receiving"]["text"], StringComparison.Ordinal);
        Assert.All(
            simulated.GetRequests(),
            request => Assert.Contains(request.Operation, (string[])["get-auth-info", "user-login", "get-about", "list-nodes", "get-node-status",
                "get-queue-summary", "list-queue", "get-mail-flow", "list-updates", "get-update-status"]));
        Assert.DoesNotContain(simulated.GetEffects(), effect => effect.Cause == EffectCause.Client && effect.Effect != "session-opened");
        Assert.DoesNotContain(simulated.Options.Password, answer.Output + answer.Error, StringComparison.Ordinal);
    }

    /// <summary>The build chooses the entries of other calls; where it is not told, they are tried all the same.</summary>
    [Fact]
    public async Task A_version_that_is_not_found_is_a_finding_and_not_the_end()
    {
        await using SimulatedCluster simulated = await StartAsync(
            """{ "schema": 2, "operations": { "get-about": [ { "answer": "{ version: data.nowhere }" } ] } }""");
        CliAnswer answer = await CheckAsync("--node", "gw1", "--json");

        Assert.True(answer.ExitCode == 4, answer.Output + answer.Error);
        Dictionary<string, JsonNode> found = JsonNode.Parse(answer.Output)!.AsArray().ToDictionary(o => (string)o!["operation"]!, o => o!);
        Assert.Equal(("Fails", "version"), ((string?)found["get-about"]["outcome"], (string?)found["get-about"]["missingFields"]![0]));
        Assert.Equal("Works", (string?)found["list-nodes"]["outcome"]);
    }

    /// <summary>What has words that nobody knows is not understood, and says what to write.</summary>
    [Fact]
    public async Task Unknown_words_are_a_verdict_of_their_own_here_and_for_doctor()
    {
        await using SimulatedCluster simulated = await StartAsync("""
            { "schema": 2, "operations": {
                "list-nodes": [ { "answer": "{ nodes: data.nodes[].{ address: address, role: role, state: 'ONLINE' } }" } ],
                "get-node-status": [ { "answer": "{ address: data.address, role: data.role, state: data.state, services: [{ name: 'mta', state: 'HUMMING' }] }" } ] } }
            """);
        CliAnswer answer = await CheckAsync("--node", "gw1", "--json");
        CliAnswer doctor = await CliFixture.RunAsync("doctor", "-c", PathOf("cluster.json"));

        Dictionary<string, JsonNode> found = JsonNode.Parse(answer.Output)!.AsArray().ToDictionary(o => (string)o!["operation"]!, o => o!);
        Assert.Equal((4, 4), (answer.ExitCode, doctor.ExitCode));
        Assert.Equal(("UnknownWords", "nodes.state: ONLINE"), Told(found["list-nodes"]));
        Assert.Equal(("UnknownWords", "services.state: HUMMING"), Told(found["get-node-status"]));
        Assert.Equal(2, found.Values.Count(o => (string?)o["outcome"] is not ("Works" or "NotTried")));
        foreach ((string operation, string written) in new[]
        {
            ("list-nodes", "\"state\": { \"ONLINE\": \"available\" }"),
            ("get-node-status", "\"services.state\": { \"HUMMING\": \"running|stopped|failed\" }"),
        })
        {
            Assert.EndsWith($"'words' of {operation}: {written}", (string?)found[operation]["text"], StringComparison.Ordinal);
            string[] lines = [.. doctor.Output.Split('\n').Where(line => line.Contains("  unknown words  ", StringComparison.Ordinal))];
            Assert.Equal(2, lines.Count(line => line.Contains(written, StringComparison.Ordinal)));
        }

        Assert.Contains("0 fail, 4 speak in unknown words, ", doctor.Output, StringComparison.Ordinal);
        Assert.Contains("assumed GET /web/api/get-receive-send-settings", doctor.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_shipped_catalogue_that_fits_is_understood_and_mail_addresses_are_not_shown()
    {
        await using SimulatedCluster simulated = await StartAsync(null);
        CliAnswer answer = await CheckAsync();

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        Assert.Contains("understood", answer.Output, StringComparison.Ordinal);
        Assert.Contains("read as: ", answer.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("MISSING", answer.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("UNKNOWN WORDS", answer.Output, StringComparison.Ordinal);
        Assert.DoesNotMatch(@"[a-z]@[a-z]", answer.Output);
        Assert.DoesNotContain(simulated.Options.Password, answer.Output + answer.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Of_a_cookie_its_value_is_a_secret_and_not_what_stands_beside_it()
    {
        using HttpResponseMessage answer = new() { Content = new StringContent("""{"data":{"seconds":3600,"mode":"Strict"}}""") };
        answer.Headers.TryAddWithoutValidation("Set-Cookie", ["SID=canary-session; Path=/web; Max-Age=3600; SameSite=Strict; Secure"]);
        using HttpMessageInvoker node = new(new AnswerRecorder { InnerHandler = new Answering(answer) });
        using HttpRequestMessage request = new(HttpMethod.Get, "https://gw1.test/web/api/get-about");
        request.Headers.TryAddWithoutValidation("Cookie", "first=canary-1; second=canary-2");
        IReadOnlyList<RecordedAnswer> answers = AnswerRecorder.Watch();
        await node.SendAsync(request, CancellationToken.None);
        Assert.Equal(["canary-1", "canary-2", "canary-session"], Assert.Single(answers).Secrets);
    }

    [Fact]
    public async Task A_node_that_is_not_there_is_a_mistake_of_the_command_line()
    {
        await using SimulatedCluster simulated = await StartAsync(null);
        CliAnswer answer = await CheckAsync("--node", "gw9");

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains("gw1, gw2", answer.Line, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_other_command_refuses_what_is_unsure_with_one_line_that_names_it()
    {
        await using SimulatedCluster simulated = await StartAsync("""{ "schema": 2, "operations": { "set-receiving": [ { "unsure": "why" } ] } }""");
        CliAnswer answer = await CliFixture.RunAsync("nodes", "-c", PathOf("cluster.json"));

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains("set-receiving:0:unsure: nobody has decided yet: why", answer.Line, StringComparison.Ordinal);
    }

    private static (string? Outcome, string? Words) Told(JsonNode found) => ((string?)found["outcome"], (string?)found["unknownWords"]![0]);

    private async Task<SimulatedCluster> StartAsync(string? dialect)
    {
        using CancellationTokenSource limit = new(Limit);
        SimulatedCluster simulated = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2 }, cancellationToken: limit.Token);
        await simulated.WriteFilesAsync(_folder.FullName, limit.Token);
        if (dialect is not null)
        {
            await File.WriteAllTextAsync(PathOf("dialect.json"), dialect, limit.Token);
            JsonNode file = JsonNode.Parse(await File.ReadAllTextAsync(PathOf("cluster.json"), limit.Token))!;
            file["Ksmg"]!["Dialect"] = "dialect.json";
            await File.WriteAllTextAsync(PathOf("cluster.json"), file.ToJsonString(), limit.Token);
        }

        return simulated;
    }

    private Task<CliAnswer> CheckAsync(params string[] more) => CliFixture.RunAsync(["dialect", "check", "-c", PathOf("cluster.json"), .. more]);

    private sealed class Answering(HttpResponseMessage answer) : HttpMessageHandler
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken) => Task.FromResult(answer);
    }

    private string PathOf(string name) => Path.Combine(_folder.FullName, name);
}
