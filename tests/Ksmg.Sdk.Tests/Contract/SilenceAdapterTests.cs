using System.Text;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Silences of Alertmanager and maintenances of Zabbix, over HTTPS with servers that keep to their APIs; a program of one's own.</summary>
public sealed class SilenceAdapterTests : IDisposable
{
    private const string Password = "a password with ü";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-silence-");
    private readonly ManualTime _time = new();

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task Alertmanager_keeps_one_silence_whose_end_moves_on_until_it_is_lifted()
    {
        await using AlertmanagerServer server = await AlertmanagerServer.StartAsync(_time);
        using AlertmanagerSilence silence = Alertmanager(server);
        await silence.RenewAsync(Of("gw2"));
        _time.Advance(TimeSpan.FromMinutes(5));
        await silence.RenewAsync(Of("gw2"));

        AlertmanagerServer.Kept kept = Assert.Single(server.Silences);
        Assert.Equal(_time.GetUtcNow() + TimeSpan.FromMinutes(10), kept.EndsAt);
        Assert.Equal(("ksmg run1", "gw2 is being upgraded."), (kept.CreatedBy, kept.Comment));
        Assert.Equal(
            """[{"name":"cluster","value":"mail","isRegex":false,"isEqual":true},{"name":"instance","value":"mx\\.2(:.*)?","isRegex":true,"isEqual":true}]""",
            JsonNode.Parse(kept.Matchers)!.ToJsonString(new() { Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping }));

        await silence.LiftAsync(Of("gw2"));
        Assert.Empty(server.Active);
        await silence.LiftAsync(Of("gw2"));
        await silence.LiftAsync(Of("gw1"));
        await silence.RenewAsync(Of("gw2"));
        Assert.Equal(2, server.Silences.Count);
    }

    [Theory]
    [InlineData("expired")]
    [InlineData("forgotten")]
    [InlineData("another process")]
    public async Task A_silence_that_is_not_there_any_more_is_made_anew(string why)
    {
        await using AlertmanagerServer server = await AlertmanagerServer.StartAsync(_time);
        using AlertmanagerSilence first = Alertmanager(server);
        using AlertmanagerSilence second = Alertmanager(server);
        await first.RenewAsync(Of("gw2"));
        AlertmanagerSilence next = why == "another process" ? second : first;
        if (why == "expired")
        {
            _time.Advance(TimeSpan.FromMinutes(11));
            Assert.Empty(server.Active);
            await first.LiftAsync(Of("gw2"));
        }
        else if (why == "forgotten")
        {
            server.Forget();
        }

        await next.RenewAsync(Of("gw2"));
        Assert.Contains(server.Active, s => s.EndsAt == _time.GetUtcNow() + TimeSpan.FromMinutes(10));
        await next.LiftAsync(Of("gw2"));
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Empty(server.Active);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(150)]
    public async Task What_a_proxy_says_back_of_the_login_is_told_to_nobody(int before)
    {
        string login = Convert.ToBase64String(Encoding.UTF8.GetBytes("ksmg:" + Password));
        await using TestServer server = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = 502;
            return context.Response.WriteAsync($"{new string('x', before)} no upstream for Authorization: {context.Request.Headers.Authorization}");
        });
        AlertmanagerOptions options = new()
        {
            Url = server.Address,
            Fingerprint = server.Fingerprint,
            Matchers = { ["instance"] = "{node}" },
            UserName = "ksmg",
            PasswordFile = Write("password", Password),
        };
        using AlertmanagerSilence silence = new(options);
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => silence.RenewAsync(Of("gw2")));

        Assert.Contains("answers 502", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(login[..12], e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Alertmanager_is_tested_without_silencing_and_its_password_is_in_no_message()
    {
        string login = "Basic " + Convert.ToBase64String(Encoding.UTF8.GetBytes("ksmg:" + Password));
        await using AlertmanagerServer server = await AlertmanagerServer.StartAsync(_time, login);
        using AlertmanagerSilence right = Alertmanager(server, o => (o.UserName, o.PasswordFile) = ("ksmg", Write("password", Password)));
        SelfTestResult works = Assert.Single(await right.TestAsync(["gw1", "gw2"]));
        Assert.Equal((SelfTestOutcome.Works, "version 0.28.1; nothing was silenced"), (works.Outcome, works.Text));
        await right.RenewAsync(Of("gw1"));
        Assert.Equal(["GET /prefix/api/v2/status", "POST /prefix/api/v2/silences"], server.Calls);

        using AlertmanagerSilence wrong = Alertmanager(server, o => (o.UserName, o.PasswordFile) = ("ksmg", Write("wrong", "another " + Password)));
        SelfTestResult fails = Assert.Single(await wrong.TestAsync(["gw1"]));
        Assert.True(fails.Fails && fails.Text.Contains("it answers 401", StringComparison.Ordinal) && fails.Remedy is not null, fails.Text);
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => wrong.RenewAsync(Of("gw1")));
        Assert.DoesNotContain(Password, e.ToString(), StringComparison.Ordinal);

        using AlertmanagerSilence stranger = Alertmanager(server, o => o.Fingerprint = null);
        Assert.Contains("not trusted", Assert.Single(await stranger.TestAsync([])).Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Zabbix_keeps_one_maintenance_that_any_process_finds_again()
    {
        _time.Advance(TimeSpan.FromSeconds(59));
        await using ZabbixServer server = await ZabbixServer.StartAsync(_time);
        using ZabbixSilence first = Zabbix(server);
        await first.RenewAsync(Of("gw2"));
        Assert.Equal(["10085"], server.Quiet);
        JsonObject made = Assert.Single(server.Maintenances).Value;
        Assert.Equal(("ksmg run1 gw2", "gw2 is being upgraded."), ((string)made["name"]!, (string)made["description"]!));

        _time.Advance(TimeSpan.FromMinutes(5));
        using ZabbixSilence second = Zabbix(server);
        await second.RenewAsync(Of("gw2"));
        Assert.Single(server.Maintenances);

        // Rounded up to a whole minute: it ends no earlier than it was told to, and no later than a minute after.
        _time.Advance(TimeSpan.FromMinutes(10) - TimeSpan.FromSeconds(1));
        Assert.Equal(["10085"], server.Quiet);
        _time.Advance(TimeSpan.FromSeconds(61));
        Assert.Empty(server.Quiet);

        await second.LiftAsync(Of("gw2"));
        await second.LiftAsync(Of("gw2"));
        Assert.Empty(server.Maintenances);
    }

    [Fact]
    public async Task A_silence_shorter_than_zabbix_knows_is_as_long_as_the_shortest()
    {
        await using ZabbixServer server = await ZabbixServer.StartAsync(_time);
        using ZabbixSilence silence = Zabbix(server);
        await silence.RenewAsync(Of("gw1") with { Until = _time.GetUtcNow() + TimeSpan.FromMinutes(2) });
        Assert.Equal(["10084"], server.Quiet);
    }

    [Fact]
    public async Task Zabbix_is_tested_without_silencing_and_tells_which_host_is_missing()
    {
        await using ZabbixServer server = await ZabbixServer.StartAsync(_time);
        using ZabbixSilence silence = Zabbix(server);
        IReadOnlyList<SelfTestResult> results = await silence.TestAsync(["gw1", "gw2", "gw3"]);

        Assert.Equal([true, true, true, false], results.Select(r => r.Works));
        Assert.Equal("version 7.0.3; nothing was silenced", results[0].Text);
        Assert.Equal("host mx2 (10085), and the token may change it", results[2].Text);
        Assert.Contains("there is no host 'gw3'", results[3].Text, StringComparison.Ordinal);
        Assert.DoesNotContain(server.Calls, c => c.StartsWith("maintenance.", StringComparison.Ordinal));
        await Assert.ThrowsAsync<KsmgException>(() => silence.RenewAsync(Of("gw3")));

        using ZabbixSilence wrong = Zabbix(server, o => o.TokenFile = Write("other", "another-token"));
        SelfTestResult refused = (await wrong.TestAsync(["gw1"]))[1];
        Assert.True(refused.Fails && refused.Text.Contains("it refuses host.get: Invalid params. Not authorized.", StringComparison.Ordinal), refused.Text);
        Assert.DoesNotContain("another-token", refused.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_monitoring_that_is_silent_odd_or_endless_fails_in_time()
    {
        await using TestServer odd = await TestServer.StartAsync(context => context.Response.Body.WriteAsync("[1, 2"u8.ToArray()).AsTask());
        await using TestServer endless = await TestServer.StartAsync(async context =>
        {
            byte[] blanks = new byte[1 << 16];
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(blanks, context.RequestAborted);
            }
        });
        await using TestServer silent = await TestServer.StartAsync(context => Task.Delay(Eventually.Limit, context.RequestAborted));

        Assert.Contains("not what its API promises", await FailureAsync(odd, TimeSpan.FromSeconds(10)), StringComparison.Ordinal);
        Assert.NotEmpty(await FailureAsync(endless, TimeSpan.FromSeconds(30)));
        Assert.Contains("no answer within 0.3 s", await FailureAsync(silent, TimeSpan.FromSeconds(0.3)), StringComparison.Ordinal);

        static async Task<string> FailureAsync(TestServer server, TimeSpan limit)
        {
            AlertmanagerOptions options = new() { Url = server.Address, Fingerprint = server.Fingerprint, Timeout = limit };
            options.Matchers["instance"] = "{node}";
            using AlertmanagerSilence silence = new(options);
            SelfTestResult result = Assert.Single(await silence.TestAsync([]));
            Assert.True(result.Fails, result.Text);
            return result.Text;
        }
    }

    /// <summary>As an error, in the words of JSON, and as the version that it says it has.</summary>
    [Fact]
    public async Task A_monitoring_that_says_back_what_it_was_sent_puts_no_login_into_a_message()
    {
        const string secret = "canary+1/of \"two\" words";
        await using TestServer echo = await TestServer.StartAsync(async context =>
        {
            string sent = context.Request.Headers.Authorization.ToString();
            string said = sent.StartsWith("Basic ", StringComparison.Ordinal)
                ? sent + " " + Encoding.UTF8.GetString(Convert.FromBase64String(sent[6..]))
                : sent;
            bool isZabbix = context.Request.Path == "/zabbix";
            context.Response.StatusCode = isZabbix || context.Request.Method == "GET" ? 200 : 500;
            await context.Response.WriteAsJsonAsync<object>(isZabbix
                ? new { error = new { message = said, data = said } }
                : new { versionInfo = new { version = said }, sent = said });
        });
        AlertmanagerOptions options = new() { Url = echo.Address, Fingerprint = echo.Fingerprint, UserName = "ksmg", PasswordFile = Write("canary", secret) };
        options.Matchers["instance"] = "{node}";
        using AlertmanagerSilence alertmanager = new(options);
        using ZabbixSilence zabbix = new(new ZabbixOptions
        {
            Url = new Uri(echo.Address, "/zabbix"),
            Fingerprint = echo.Fingerprint,
            TokenFile = Write("token", "canary+2/of-one"),
        });
        string[] told =
        [
            Assert.Single(await alertmanager.TestAsync([])).Text,
            (await Assert.ThrowsAsync<KsmgException>(() => alertmanager.RenewAsync(Of("gw1")))).ToString(),
            (await Assert.ThrowsAsync<KsmgException>(() => zabbix.RenewAsync(Of("gw1")))).ToString(),
        ];

        string login = Convert.ToBase64String(Encoding.UTF8.GetBytes("ksmg:" + secret));
        Assert.All(told, text =>
        {
            Assert.Contains("***", text, StringComparison.Ordinal);
            Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
            Assert.DoesNotContain(login, text, StringComparison.Ordinal);
        });
    }

    [ServerFact("sh")]
    public async Task A_program_is_told_what_to_silence_until_when()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "silence"), $"[ $1 = test ] && exit 64\necho \"$@\" >> '{_folder.FullName}/told'\n");
        CommandOptions options = new() { Program = "sh" };
        options.Arguments.Add(Path.Combine(_folder.FullName, "silence"));
        CommandSilence silence = new(options);
        await silence.RenewAsync(Of("gw1") with { Until = new DateTimeOffset(2026, 11, 27, 23, 5, 0, TimeSpan.FromHours(1)) });
        await silence.LiftAsync(Of("gw1"));

        Assert.Equal(["renew gw1 2026-11-27T22:05:00Z run1", "lift gw1 run1"], File.ReadAllLines(Path.Combine(_folder.FullName, "told")));
        Assert.Equal(SelfTestOutcome.NotTried, Assert.Single(await silence.TestAsync(["gw1"])).Outcome);
    }

    [Fact]
    public void Every_mistake_in_the_options_is_told_at_once()
    {
        AlertmanagerOptions open = new() { Url = new Uri("http://alertmanager:9093"), UserName = "ksmg", PasswordFile = Write("password", Password) };
        open.Matchers["instance"] = "gw1";
        open.Matchers["job"] = "~";
        string message = Assert.Throws<OptionsValidationException>(() => new AlertmanagerSilence(open)).Message;
        foreach (string says in (string[])["http://HOST/… without UserName", "no value of Matchers holds {node}", "label 'job'"])
        {
            Assert.Contains(says, message, StringComparison.Ordinal);
        }

        open = new() { Url = new Uri("http://alertmanager:9093") };
        open.Matchers["instance"] = "{node}";
        new AlertmanagerSilence(open).Dispose();

        ZabbixOptions clear = new() { Url = new Uri("http://zabbix/api_jsonrpc.php") };
        message = Assert.Throws<OptionsValidationException>(() => new ZabbixSilence(clear)).Message;
        Assert.Contains("api_jsonrpc.php", message, StringComparison.Ordinal);
        Assert.Contains("Token", message, StringComparison.Ordinal);
    }

    private NodeSilence Of(string node) => new()
    {
        RunId = "run1",
        Cluster = "eu",
        Node = node,
        Until = _time.GetUtcNow() + TimeSpan.FromMinutes(10),
        Comment = $"{node} is being upgraded.",
    };

    private AlertmanagerSilence Alertmanager(AlertmanagerServer server, Action<AlertmanagerOptions>? change = null)
    {
        AlertmanagerOptions options = new() { Url = new Uri(server.Address, "/prefix/"), Fingerprint = server.Fingerprint };
        options.Matchers["cluster"] = "mail";
        options.Matchers["instance"] = "~{node}(:.*)?";
        options.Names["gw2"] = "mx.2";
        change?.Invoke(options);
        return new AlertmanagerSilence(options, _time);
    }

    private ZabbixSilence Zabbix(ZabbixServer server, Action<ZabbixOptions>? change = null)
    {
        ZabbixOptions options = new() { Url = server.Url, Fingerprint = server.Fingerprint, TokenFile = Write("token", ZabbixServer.Token) };
        options.Hosts["gw2"] = "mx2";
        change?.Invoke(options);
        return new ZabbixSilence(options, _time);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
