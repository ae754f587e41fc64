using System.IO.Compression;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Contract;

public sealed class SimulatorControlUrlTests : IAsyncLifetime, IDisposable
{
    private static readonly JsonSerializerOptions PolicyJson = new() { Converters = { new System.Text.Json.Serialization.JsonStringEnumConverter() } };

    private readonly CancellationTokenSource _guard = new(TimeSpan.FromSeconds(60));
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-");
    private SimulatedCluster _cluster = null!;
    private HttpClient _http = null!;

    public async Task InitializeAsync()
    {
        _cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Speed = 40, PackageBytes = 200_000 }, cancellationToken: _guard.Token);
        _http = new HttpClient { BaseAddress = _cluster.ControlUrl };
    }

    public async Task DisposeAsync()
    {
        await _cluster.DisposeAsync();
        _folder.Delete(recursive: true);
    }

    public void Dispose()
    {
        _http.Dispose();
        _guard.Dispose();
    }

    [Fact]
    public async Task The_world_is_shown_as_documented()
    {
        JsonElement world = await GetAsync("/world");
        JsonElement node = world.GetProperty("nodes")[0];
        Assert.Equal("gw1", node.GetProperty("name").GetString());
        Assert.Equal("Control", node.GetProperty("role").GetString());
        Assert.Equal("2.0.1.6960", node.GetProperty("build").GetString());
        Assert.True(node.GetProperty("receiving").GetBoolean());
        Assert.Equal("available", node.GetProperty("state").GetString());
        Assert.Equal("ready", node.GetProperty("load").GetString());
        Assert.Equal(["mta", "kata", "antispam"], node.GetProperty("queues").EnumerateObject().Select(queue => queue.Name));
        Assert.Equal(JsonValueKind.Array, node.GetProperty("snapshots").ValueKind);
        Assert.Equal(JsonValueKind.Object, world.GetProperty("balancer").ValueKind);
        Assert.True(world.TryGetProperty("time", out _));
    }

    [Fact]
    public async Task Acts_are_effects_of_a_human_and_can_be_read_from_a_position_on()
    {
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/act", """{"node":"gw2","act":"receive-off"}""")).StatusCode);
        JsonElement[] effects = [.. (await GetAsync("/effects")).EnumerateArray()];
        JsonElement last = effects[^1];
        Assert.Equal(
            ("receiving-switched", "gw2", "human"),
            (last.GetProperty("effect").GetString(), last.GetProperty("node").GetString(), last.GetProperty("cause").GetString()));
        Assert.Equal(0, (await GetAsync($"/effects?after={last.GetProperty("seq").GetInt64()}")).GetArrayLength());
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync("/act", """{"node":"gw2","act":"nonsense"}""")).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await PostAsync("/act", """{"node":"gw9","act":"promote"}""")).StatusCode);
        Assert.Equal(0, (await GetAsync("/violations")).GetArrayLength());

        // A run that calls itself completed is asked for more.
        await PostAsync("/faults", """{ "fault": "integrity-damaged", "node": "gw3" }""");
        Assert.Equal(0, (await GetAsync("/violations?end=true")).GetArrayLength());
        Assert.Equal("W16", (await GetAsync("/violations?end=completed"))[0].GetProperty("watcher").GetString());
    }

    [Fact]
    public async Task Faults_are_armed_from_json_and_cleared()
    {
        HttpResponseMessage armed = await PostAsync(
            "/faults",
            """[{ "fault": "drop-response", "node": "gw2", "operation": "start-update", "nth": 1, "after": "apply", "for": "PT30S" }, { "fault": "partition-client", "node": "gw3" }]""");
        Assert.Equal(HttpStatusCode.OK, armed.StatusCode);
        Assert.True(_cluster.World["gw3"].IsCutFromClients);
        Assert.Equal(HttpStatusCode.OK, (await _http.DeleteAsync(new Uri("/faults", UriKind.Relative), _guard.Token)).StatusCode);
        Assert.False(_cluster.World["gw3"].IsCutFromClients);
        HttpResponseMessage unknown = await PostAsync("/faults", """{ "fault": "nonsense" }""");
        Assert.Equal(HttpStatusCode.BadRequest, unknown.StatusCode);
        Assert.Contains("drop-response", await unknown.Content.ReadAsStringAsync(_guard.Token), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.BadRequest, (await PostAsync("/faults", """{ "fault": "delay", "typo": 1 }""")).StatusCode);
    }

    [Fact]
    public async Task A_fault_in_json_hits_once_unless_it_says_otherwise()
    {
        await PostAsync("/faults", """{ "fault": "snapshot-quota", "node": "gw2" }""");
        Assert.Equal(HttpStatusCode.InsufficientStorage, (await PostAsync("/snapshots/gw2", """{"name":"a"}""")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await PostAsync("/snapshots/gw2", """{"name":"b"}""")).StatusCode);
    }

    [Fact]
    public async Task Mail_flows_and_is_counted()
    {
        await PostAsync("/mail/start", """{"perSecond": 50}""");
        await Eventually.TrueAsync(async () => (await GetAsync("/mail")).GetProperty("delivered").GetInt64() > 20);
        await PostAsync("/mail/stop", "");
        JsonElement mail = await GetAsync("/mail");
        Assert.Equal(0, mail.GetProperty("lost").GetArrayLength());
        Assert.Equal(0, mail.GetProperty("duplicated").GetArrayLength());
        Assert.True(mail.TryGetProperty("longestGapMs", out _));
    }

    [Fact]
    public async Task The_snapshot_adapter_creates_lists_and_reverts()
    {
        using var adapter = new SimulatorSnapshots(_cluster.ControlUrl!);
        await adapter.CreateAsync("gw2", "ksmg-upgrade.r1.gw2.2.0.1.6960.before", _guard.Token);
        await Eventually.TrueAsync(async () => (await adapter.ListAsync("gw2", _guard.Token)).Single().IsComplete);
        await adapter.RevertAsync("gw2", "ksmg-upgrade.r1.gw2.2.0.1.6960.before", _guard.Token);
        Assert.Contains(_cluster.GetEffects(), effect => effect is { Effect: "snapshot-reverted", Cause: EffectCause.Client });
        await Assert.ThrowsAsync<KsmgException>(() => adapter.CreateAsync("gw2", "a/b", _guard.Token));
        await Assert.ThrowsAsync<KsmgException>(() => adapter.ListAsync("gw9", _guard.Token));
    }

    [Fact]
    public async Task The_file_adapter_reads_writes_and_knows_what_was_shipped()
    {
        using var adapter = new SimulatorConfigurationFiles(_cluster.ControlUrl!, ["/etc/postfix/main.cf"]);
        ConfigurationFile file = (await adapter.ListAsync("gw2", _guard.Token)).Single();
        ReadOnlyMemory<byte> content = await adapter.ReadAsync("gw2", file.Path, _guard.Token);
        Assert.Equal(file.Sha256, Convert.ToHexStringLower(SHA256.HashData(content.Span)));
        Assert.NotEqual(file.Sha256, await adapter.GetPristineSha256Async("gw2", file.Path, new BuildNumber(2, 0, 1, 6960), _guard.Token));
        Assert.Null(await adapter.GetPristineSha256Async("gw2", "/etc/hosts", new BuildNumber(2, 0, 1, 6960), _guard.Token));

        await adapter.WriteAsync("gw2", file with { Mode = "0600" }, Encoding.UTF8.GetBytes("new\n"), _guard.Token);
        ConfigurationFile written = (await adapter.ListAsync("gw2", _guard.Token)).Single();
        Assert.Equal(("0600", 4L), (written.Mode, written.SizeBytes));
        await Assert.ThrowsAsync<KsmgException>(() => adapter.ReadAsync("gw2", "/etc/nothing", _guard.Token));
    }

    [Fact]
    public async Task The_probe_adapter_proves_the_way_of_a_message()
    {
        using var adapter = new SimulatorMailProbe(_cluster.ControlUrl!, _cluster.Nodes.ToDictionary(node => node.Name, node => node.Smtp!));
        Assert.True((await adapter.AskAsync("gw2", _guard.Token)).Accepted);
        Assert.True((await adapter.SendAsync("gw2", "<p-1@example.test>", _guard.Token)).Accepted);
        await Eventually.TrueAsync(async () => (await adapter.FindAsync("p-1@example.test", _guard.Token)).Count == 1);
        ProbeCopy copy = (await adapter.FindAsync("<p-1@example.test>", _guard.Token)).Single();
        Assert.Equal(("gw2.ksmg.test", (BuildNumber?)new BuildNumber(2, 0, 1, 6960)), (copy.ViaHost, copy.Build));

        _cluster.Act("gw2", "receive-off");
        Assert.False((await adapter.AskAsync("gw2", _guard.Token)).Accepted);
        _cluster.Act("gw3", "power-off");
        Assert.False((await adapter.AskAsync("gw3", _guard.Token)).Accepted);
        Assert.Empty(await adapter.FindAsync("p-2@example.test", _guard.Token));
    }

    [Theory]
    [InlineData("Origin", "http://elsewhere.example")]
    [InlineData("Origin", "null")]
    [InlineData("Sec-Fetch-Site", "cross-site")]
    [InlineData("Host", "rebound.example")]
    public async Task A_browsers_page_of_another_site_neither_acts_nor_looks(string header, string value)
    {
        // What a page may send anywhere without being asked: a form's POST, whose body is a text.
        using HttpRequestMessage act = new(HttpMethod.Post, "/act") { Content = new StringContent("""{"node":"gw2","act":"power-off"}""") };
        using HttpRequestMessage look = new(HttpMethod.Get, "/world");
        foreach (HttpRequestMessage request in (HttpRequestMessage[])[act, look])
        {
            request.Headers.Add(header, value);
            using HttpResponseMessage answer = await _http.SendAsync(request, _guard.Token);
            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("foreignOrigin", await answer.Content.ReadAsStringAsync(_guard.Token), StringComparison.Ordinal);
        }

        Assert.Empty(_cluster.GetEffects());
        using HttpRequestMessage own = new(HttpMethod.Get, "/world");
        own.Headers.Add("Origin", _cluster.ControlUrl!.GetLeftPart(UriPartial.Authority));
        using HttpResponseMessage shown = await _http.SendAsync(own, _guard.Token);
        Assert.Equal(HttpStatusCode.OK, shown.StatusCode);
    }

    [Theory]
    [InlineData("""{"fault":"disk-low","node":"gw2","value":"/nowhere"}""")]
    [InlineData("""{"fault":"clock-skew","node":"gw2","value":"99999999999999999999"}""")]
    [InlineData("""{"fault":"queue-stuck","node":"gw2","value":"99999999999"}""")]
    [InlineData("""{"fault":"drop-response","node":"gw2","operation":"start-updates"}""")]
    public async Task Of_faults_that_cannot_be_understood_none_is_armed(string wrong)
    {
        using HttpResponseMessage answer = await PostAsync("/faults", $$"""[{"fault":"power-off","node":"gw3"},{{wrong}}]""");
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.Contains("badRequest", await answer.Content.ReadAsStringAsync(_guard.Token), StringComparison.Ordinal);
        Assert.Empty(_cluster.GetEffects());
    }

    [Fact]
    public async Task As_many_nodes_as_the_program_takes_have_ports_of_their_own_behind_a_base_port()
    {
        const int Most = 50;
        for (int tries = 0; ; tries++)
        {
            // Below the ports that outgoing connections are given.
            int basePort = RandomNumberGenerator.GetInt32(200, 310) * 100;
            try
            {
                await using SimulatedCluster large = await SimulatedCluster.StartAsync(
                    new SimulatedClusterOptions { Nodes = Most, BasePort = basePort }, cancellationToken: _guard.Token);
                Assert.Equal(basePort, large.ControlUrl!.Port);
                Assert.Equal(2 * Most, large.Nodes.SelectMany(node => new[] { node.Url.Port, IPEndPoint.Parse(node.Smtp!).Port }).Distinct().Count());
                return;
            }
            catch (IOException) when (tries < 4)
            {
                // Somebody else has one of them.
            }
        }
    }

    [Fact]
    public async Task The_adapters_hang_on_the_builder_of_a_cluster()
    {
        var services = new ServiceCollection();
        services.AddKsmg(options =>
            {
                options.Nodes.Add(new KsmgNodeOptions { Name = "gw2", Address = _cluster.Nodes[1].Url, Smtp = _cluster.Nodes[1].Smtp });
                options.Credentials = new KsmgCredentials(_cluster.Options.UserName, _ => new ValueTask<string>(_cluster.Options.Password));
            })
            .UseSimulatorSnapshots(_cluster.ControlUrl!)
            .UseSimulatorConfiguration(_cluster.ControlUrl!)
            .UseSimulatorMailProbe(_cluster.ControlUrl!);
        await using ServiceProvider provider = services.BuildServiceProvider();
        Assert.Empty(await provider.GetRequiredKeyedService<ISnapshotProvider>("").ListAsync("gw2", _guard.Token));
        Assert.Equal(5, (await provider.GetRequiredKeyedService<IConfigurationFiles>("").ListAsync("gw2", _guard.Token)).Count);
        Assert.True((await provider.GetRequiredKeyedService<IMailProbe>("").AskAsync("gw2", _guard.Token)).Accepted);
    }

    [Fact]
    public async Task The_written_files_lead_a_client_to_the_cluster()
    {
        await _cluster.WriteFilesAsync(_folder.FullName, _guard.Token);
        JsonElement ksmg = JsonDocument.Parse(
            await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "cluster.json"), _guard.Token)).RootElement.GetProperty("Ksmg");
        Assert.Equal(["gw1", "gw2", "gw3"], ksmg.GetProperty("Nodes").EnumerateArray().Select(node => node.GetProperty("Name").GetString()));
        Assert.All(
            ksmg.GetProperty("Nodes").EnumerateArray(),
            node => Assert.StartsWith("sha256:", node.GetProperty("Fingerprint").GetString(), StringComparison.Ordinal));
        Assert.Equal("HaProxy", ksmg.GetProperty("LoadBalancer").GetProperty("Kind").GetString());
        Assert.Equal(_cluster.ControlUrl, new Uri(ksmg.GetProperty("MailProbe").GetProperty("Endpoint").GetString()!));
        UpgradePolicy policy = ksmg.GetProperty("Policy").Deserialize<UpgradePolicy>(PolicyJson)!;
        Assert.Equal(TimeSpan.FromSeconds(2), policy.Soak);
        Assert.DoesNotContain(
            _cluster.Options.Password, await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "cluster.json"), _guard.Token), StringComparison.Ordinal);
        Assert.Equal(_cluster.Options.Password, (await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "ksmg-password"), _guard.Token)).TrimEnd());

        using ZipArchive zip = ZipFile.OpenRead(Path.Combine(_folder.FullName, "update.zip"));
        ZipArchiveEntry entry = zip.Entries.Single();
        await using Stream content = await entry.OpenAsync(_guard.Token);
        Assert.Equal(("ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz", 200_000L, 200_000L), (entry.FullName, entry.Length, entry.CompressedLength));
        Assert.Equal(_cluster.Package.Sha256, Convert.ToHexStringLower(await SHA256.HashDataAsync(content, _guard.Token)));
    }

    private async Task<JsonElement> GetAsync(string path) =>
        JsonDocument.Parse(await _http.GetStringAsync(new Uri(path, UriKind.Relative), _guard.Token)).RootElement;

    private async Task<HttpResponseMessage> PostAsync(string path, string json) =>
        await _http.PostAsync(new Uri(path, UriKind.Relative), new StringContent(json, Encoding.UTF8, "application/json"), _guard.Token);
}
