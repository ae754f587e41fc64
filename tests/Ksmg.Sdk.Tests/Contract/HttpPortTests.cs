using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Hooks and gates that are web addresses, against a real HTTPS server; gates that are programs, against real ones.</summary>
public sealed class HttpPortTests : IDisposable
{
    private const string Token = "a-token-of-the-site";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-http-");

    private static HookCall Call { get; } = new()
    {
        Point = HookPoint.AfterNode,
        RunId = "r1",
        Cluster = "eu",
        Node = "gw2",
        From = BuildNumber.Parse("2.0.1.6960"),
        To = BuildNumber.Parse("2.1.0.7854"),
        Attempt = 1,
        Key = "r1/H3/gwü/-/own",
    };

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_hook_posts_the_call_under_its_key_and_hears_the_answer()
    {
        (string Method, string? Type, string Key, string Authorization, string Body) got = default;
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            using StreamReader body = new(context.Request.Body);
            IHeaderDictionary headers = context.Request.Headers;
            got = (context.Request.Method, context.Request.ContentType, headers[HttpHook.KeyHeader]!, headers.Authorization!, await body.ReadToEndAsync());
            await context.Response.WriteAsync($"ticket 17, thanks for {headers.Authorization}");
        });
        using HttpHook hook = Hook(server, o => o.TokenFile = Write("token", Token));
        HookResult result = await hook.RunAsync(Call);

        Assert.Equal(("POST", "application/json; charset=utf-8", "r1/H3/gw%C3%BC/-/own", $"Bearer {Token}", Call.ToJson()), got);
        Assert.Equal(new HookResult(true, "answered 200: ticket 17, thanks for Bearer ***"), result);
        Assert.Equal([HookPoint.AfterNode], hook.Points);
    }

    [Fact]
    public async Task A_token_that_is_said_back_where_the_answer_is_cut_is_not_shown_in_part()
    {
        await using TestServer server = await TestServer.StartAsync(
            context => context.Response.WriteAsync(new string('x', 64 * 1024 - 20) + context.Request.Headers.Authorization + "and more"));
        using HttpHook hook = Hook(server, o => o.TokenFile = Write("token", Token));
        string output = (await hook.RunAsync(Call)).Output;

        Assert.DoesNotContain("Bearer " + Token[..1], output, StringComparison.Ordinal);
        Assert.InRange(output.Length, 65_000, 66_000);
    }

    /// <summary>JSON has words of its own for what stands in tokens.</summary>
    [Theory]
    [InlineData("canary+7/of==")]
    [InlineData("canary<7>&\"'")]
    public async Task A_server_that_says_back_the_token_in_its_own_words_puts_it_into_no_answer(string token)
    {
        await using TestServer server = await TestServer.StartAsync(
            context => context.Response.WriteAsync(JsonSerializer.Serialize(new { sent = context.Request.Headers.Authorization.ToString() })));
        using HttpHook hook = Hook(server, o => o.TokenFile = Write("token", token));

        Assert.Equal(new HookResult(true, "answered 200: {\"sent\":\"Bearer ***\"}"), await hook.RunAsync(Call));
    }

    [Theory]
    [InlineData(500)]
    [InlineData(404)]
    [InlineData(302)]
    public async Task A_hook_that_is_not_taken_has_failed_and_is_sent_once_and_nowhere_else(int status)
    {
        int seen = 0;
        await using TestServer server = await TestServer.StartAsync(context =>
        {
            seen++;
            context.Response.StatusCode = status;
            context.Response.Headers.Location = "/elsewhere";
            return context.Response.WriteAsync("not now");
        });
        using HttpHook hook = Hook(server);
        HookResult result = await hook.RunAsync(Call);

        Assert.Equal(new HookResult(false, $"answered {status}: not now"), result);
        Assert.Equal(1, seen);
    }

    [Fact]
    public async Task An_endless_answer_is_not_read_to_its_end_and_a_silent_server_is_left()
    {
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            if (context.Request.Path == "/silent")
            {
                await Task.Delay(Timeout.InfiniteTimeSpan, context.RequestAborted);
            }

            byte[] line = Encoding.UTF8.GetBytes(new string('x', 16 * 1024));
            while (!context.RequestAborted.IsCancellationRequested)
            {
                await context.Response.Body.WriteAsync(line, context.RequestAborted);
            }
        });
        using HttpHook endless = Hook(server);
        Assert.InRange((await endless.RunAsync(Call).WaitAsync(Eventually.Limit)).Output.Length, 60_000, 70_000);

        using HttpHook silent = Hook(server, o => o.Url = new Uri(server.Address, "/silent"));
        using CancellationTokenSource over = new(TimeSpan.FromMilliseconds(200));
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => silent.RunAsync(Call, over.Token).WaitAsync(Eventually.Limit));

        HttpGateOptions options = Options<HttpGateOptions>(server, "/silent");
        options.Timeout = TimeSpan.FromSeconds(1);
        using HttpGate gate = new(options);
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => gate.AskAsync("gw2").WaitAsync(Eventually.Limit));
        Assert.Contains("did not answer within 1 s", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("/silent", e.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Nothing_is_sent_to_a_server_that_is_not_the_right_one()
    {
        bool reached = false;
        await using TestServer server = await TestServer.StartAsync(_ =>
        {
            reached = true;
            return Task.CompletedTask;
        });
        using HttpHook hook = Hook(server, o => o.Fingerprint = null);
        await Assert.ThrowsAsync<KsmgException>(() => hook.RunAsync(Call));
        Assert.True(Assert.Single(await hook.TestAsync([])).Fails);
        Assert.False(reached);
    }

    [Fact]
    public async Task A_token_that_is_none_is_not_repeated()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Task.CompletedTask);
        using HttpHook hook = Hook(server, o => o.TokenFile = Write("token", "sécret of two words"));
        KsmgException e = await Assert.ThrowsAsync<KsmgException>(() => hook.RunAsync(Call));

        Assert.DoesNotContain("two words", e.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(200, null, true)]
    [InlineData(204, null, true)]
    [InlineData(200, "\"open\":true", true)]
    [InlineData(200, "\"open\":false", false)]
    [InlineData(503, null, false)]
    [InlineData(302, null, false)]
    public async Task An_address_is_green_when_it_answers_well_and_as_expected(int status, string? expect, bool green)
    {
        await using TestServer server = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = status;
            return status == 204 ? Task.CompletedTask : context.Response.WriteAsync("""{"open":true}""");
        });
        HttpGateOptions options = Options<HttpGateOptions>(server);
        options.Expect = expect;
        using HttpGate gate = new(options);
        GateAnswer answer = await gate.AskAsync("gw2");

        Assert.Equal(green, answer.IsGreen);
        Assert.Contains($"answered {status}", answer.Text, StringComparison.Ordinal);
        Assert.True(Assert.Single(await gate.TestAsync(["gw1"])).Works);
    }

    [Theory]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]},{"metric":{},"value":[1,"4.9"]}]}}""", true)]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,"1"]},{"metric":{},"value":[1,"5"]}]}}""", false)]
    [InlineData("""{"status":"success","data":{"resultType":"scalar","result":[1,"0"]}}""", true)]
    [InlineData("""{"status":"success","data":{"resultType":"scalar","result":[1,"NaN"]}}""", false)]
    [InlineData("""{"status":"success","data":{"resultType":"scalar","result":[1,"+Inf"]}}""", false)]
    [InlineData("""{"status":"success","data":{"resultType":"scalar","result":[1,"-Inf"]}}""", true)]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[]}}""", false)]
    [InlineData("""{"status":"success","warnings":["one store is gone"],"data":{"resultType":"scalar","result":[1,"0"]}}""", null)]
    [InlineData("""{"status":"success","data":{"resultType":"matrix","result":[]}}""", null)]
    [InlineData("""{"status":"error","error":"no"}""", null)]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1]}]}}""", null)]
    [InlineData("""{"status":"success","data":{"resultType":"vector","result":[{"metric":{},"value":[1,null]}]}}""", null)]
    [InlineData("""{"status":"success","data":{"resultType":"scalar","result":[]}}""", null)]
    [InlineData("<html>", null)]
    [InlineData("", null)]
    public async Task Prometheus_is_green_when_every_sample_is(string body, bool? green)
    {
        string asked = string.Empty;
        await using TestServer server = await TestServer.StartAsync(context =>
        {
            asked = $"{context.Request.Path} {context.Request.Query["query"]}";
            return context.Response.WriteAsync(body);
        });
        using PrometheusGate gate = Prometheus(server);
        if (green is null)
        {
            await Assert.ThrowsAsync<KsmgException>(() => gate.AskAsync("gw2"));
            Assert.True(Assert.Single(await gate.TestAsync([])).Fails);
        }
        else
        {
            Assert.Equal(green, (await gate.AskAsync("gw2")).IsGreen);
        }

        Assert.Equal("/prom/api/v1/query sum by (i) (errors{job=\"a&b\"})", asked);
    }

    [Theory]
    [InlineData(PrometheusComparison.Less, false, false, true)]
    [InlineData(PrometheusComparison.LessOrEqual, false, true, true)]
    [InlineData(PrometheusComparison.Equal, false, true, false)]
    [InlineData(PrometheusComparison.NotEqual, true, false, true)]
    [InlineData(PrometheusComparison.GreaterOrEqual, true, true, false)]
    [InlineData(PrometheusComparison.Greater, true, false, false)]
    public async Task Samples_compare_as_is_said(PrometheusComparison comparison, bool above, bool at, bool below)
    {
        string value = string.Empty;
        await using TestServer server = await TestServer.StartAsync(
            context => context.Response.WriteAsync($$$"""{"status":"success","data":{"resultType":"scalar","result":[1,"{{{value}}}"]}}"""));
        using PrometheusGate gate = Prometheus(server, o => o.Comparison = comparison);
        List<bool> said = [];
        foreach (string one in new[] { "5.5", "5", "4.5", "NaN" })
        {
            value = one;
            said.Add((await gate.AskAsync("gw2")).IsGreen);
        }

        Assert.Equal([above, at, below, false], said);
    }

    [Fact]
    public async Task A_query_for_alerts_may_be_green_without_a_sample()
    {
        await using TestServer server = await TestServer.StartAsync(
            context => context.Response.WriteAsync("""{"status":"success","data":{"resultType":"vector","result":[]}}"""));
        using PrometheusGate gate = Prometheus(server, o => o.EmptyIsGreen = true);

        Assert.Equal(new GateAnswer(true, "the query has no sample"), await gate.AskAsync("gw2"));
    }

    [Theory]
    [InlineData("""{"status":"success","isPartial":true,"data":{"resultType":"vector","result":[]}}""", false)]
    [InlineData("""{"status":"error","errorType":"timeout","data":{"resultType":"vector","result":[]}}""", false)]
    [InlineData("""{"status":"success","isPartial":false,"data":{"resultType":"vector","result":[]}}""", true)]
    public async Task No_sample_is_green_only_where_all_of_them_were_asked(string body, bool green)
    {
        await using TestServer server = await TestServer.StartAsync(context => context.Response.WriteAsync(body));
        using PrometheusGate gate = Prometheus(server, o => o.EmptyIsGreen = true);

        Assert.Equal(!green, await Record.ExceptionAsync(() => gate.AskAsync("gw2")) is KsmgException);
    }

    [Fact]
    public async Task What_prometheus_refuses_is_told_with_its_reason()
    {
        await using TestServer server = await TestServer.StartAsync(context =>
        {
            context.Response.StatusCode = 400;
            return context.Response.WriteAsync("""{"status":"error","error":"parse error"}""");
        });
        using PrometheusGate gate = Prometheus(server);

        Assert.Contains("parse error", (await Assert.ThrowsAsync<KsmgException>(() => gate.AskAsync("gw2"))).Message, StringComparison.Ordinal);
    }

    [ServerFact("sh")]
    public async Task A_program_is_green_with_exit_code_0_alone_and_is_ended_at_its_limit()
    {
        GateAnswer green = await Program("echo \"$@\"; exit 0").AskAsync("gw2");
        GateAnswer red = await Program("echo 3 alerts >&2; exit 1").AskAsync("gw2");
        KsmgException late = await Assert.ThrowsAsync<KsmgException>(
            () => Program("sleep 300", o => o.Timeout = TimeSpan.FromSeconds(1)).AskAsync("gw2").WaitAsync(Eventually.Limit));

        Assert.Equal(new GateAnswer(true, "exit code 0: gate gw2"), green);
        Assert.Equal(new GateAnswer(false, "exit code 1: 3 alerts"), red);
        Assert.IsType<TimeoutException>(late.InnerException);
    }

    [Theory]
    [InlineData("http://gate.example/x", "neither https")]
    [InlineData("https://user@gate.example/x", "neither https")]
    [InlineData("ftp://127.0.0.1/x", "neither https")]
    [InlineData("https://gate.example/?a=b", "has no query")]
    [InlineData("http://127.0.0.1:9090", "")]
    [InlineData("https://gate.example/prom", "")]
    public void Addresses_are_https_or_on_this_machine(string url, string mistake)
    {
        PrometheusGateOptions options = new() { Name = "own", Url = new Uri(url), Query = "up", Threshold = "1" };
        if (mistake.Length == 0)
        {
            new PrometheusGate(options).Dispose();
            return;
        }

        Assert.Contains(mistake, Assert.Throws<OptionsValidationException>(() => new PrometheusGate(options)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_mistake_is_told_at_once()
    {
        string told = Assert.Throws<OptionsValidationException>(
            () => new PrometheusGate(new PrometheusGateOptions { Name = "a b", Threshold = "a lot", TokenEnvironment = "NO_SUCH_VARIABLE_HERE" })).Message;

        Assert.All(
            ["Name is what", "Url is missing", "Query is missing", "Threshold: a lot", "TokenEnvironment"],
            text => Assert.Contains(text, told, StringComparison.Ordinal));
    }

    private HttpHook Hook(TestServer server, Action<HttpHookOptions>? change = null)
    {
        HttpHookOptions options = Options<HttpHookOptions>(server);
        options.At.Add(nameof(HookPoint.AfterNode));
        change?.Invoke(options);
        return new HttpHook(options);
    }

    private PrometheusGate Prometheus(TestServer server, Action<PrometheusGateOptions>? change = null)
    {
        PrometheusGateOptions options = Options<PrometheusGateOptions>(server, "/prom/");
        (options.Query, options.Threshold) = ("sum by (i) (errors{job=\"a&b\"})", "5");
        change?.Invoke(options);
        return new PrometheusGate(options);
    }

    private static T Options<T>(TestServer server, string path = "/")
        where T : HttpPortOptions, new() => new() { Name = "own", Url = new Uri(server.Address, path), Fingerprint = server.Fingerprint };

    private CommandGate Program(string script, Action<CommandGateOptions>? change = null)
    {
        CommandGateOptions options = new() { Name = "own", Program = "sh" };
        options.Arguments.Add(Write("gate", script));
        change?.Invoke(options);
        return new CommandGate(options);
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        return path;
    }
}
