using System.Collections.Concurrent;
using System.Diagnostics.Metrics;
using System.Net;
using Ksmg.Sdk.Http;
using Ksmg.Sdk.Tests.Support;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Tests;

public sealed class HttpSessionTests
{
    private const string About = """{"version":"2.1","build":"2.1.0.7854"}""";

    [Fact]
    public async Task The_first_call_logs_in_as_observed_and_sends_the_token_under_both_names()
    {
        var node = new FakeNode().On("get-about", About);
        KsmgNode gw1 = node.Connect();
        Assert.Empty(node.Requests);

        await gw1.Updates.GetAboutAsync();
        await gw1.Updates.GetAboutAsync();

        Assert.Equal(["get-auth-info", "user-login", "get-about", "get-about"], node.Requests.Select(r => r.Path["/web/api/".Length..]));
        FakeRequest login = node.Last("user-login");
        Assert.Equal(
            $$"""{"username":"Administrator","password":"{{FakeNode.Password}}","newPassword":"","confirmPassword":"","useDomainCreds":false}""", login.Body);
        Assert.Equal("canary-token-55d1", login.Headers["X-XSRF-TOKEN"]);
        FakeRequest about = node.Last("get-about");
        Assert.Equal("canary-token-55d1", about.Headers["X-XSRF-TOKEN"]);
        Assert.Equal("canary-token-55d1", about.Headers["KSMG-XSRF-TOKEN"]);
        Assert.Contains("SID=canary-session-1", about.Headers["Cookie"], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Many_first_calls_share_one_login()
    {
        var gate = new TaskCompletionSource();
        var node = new FakeNode { LoginGate = gate.Task }.On("get-about", About);
        KsmgNode gw1 = node.Connect();

        Task<AboutInfo>[] calls = [.. Enumerable.Range(0, 20).Select(_ => gw1.Updates.GetAboutAsync())];
        gate.SetResult();
        await Task.WhenAll(calls).WaitAsync(Eventually.Limit);

        Assert.Equal(1, node.Logins);
    }

    [Fact]
    public async Task An_expired_session_is_replaced_once_for_many_safe_calls()
    {
        var node = new FakeNode().On("get-about", About);
        KsmgNode gw1 = node.Connect();
        await gw1.Updates.GetAboutAsync();
        var gate = new TaskCompletionSource();
        node.RefusalGate = gate.Task;
        node.ValidSession = "another";

        Task<AboutInfo>[] calls = [.. Enumerable.Range(0, 20).Select(_ => gw1.Updates.GetAboutAsync())];
        await Eventually.TrueAsync(() => node.Count("get-about") == 21);
        gate.SetResult();
        await Task.WhenAll(calls).WaitAsync(Eventually.Limit);

        Assert.Equal(2, node.Logins);
    }

    public static TheoryData<string, Func<HttpResponseMessage>> WaysToSayNoSession => new()
    {
        { "401", () => FakeNode.Json(401, """{"error":{"code":"unauthorized","message":"log in"}}""") },
        { "401 empty", () => new HttpResponseMessage(HttpStatusCode.Unauthorized) },
        { "403 xsrf", () => FakeNode.Json(403, """{"error":{"code":"xsrf"}}""") },
        { "403 page", () => FakeNode.Html(403) },
        { "200 page", () => FakeNode.Html() },
        { "200 unauthorized", () => FakeNode.Json(200, """{"error":{"code":"unauthorized"}}""") },
        { "302", () => new HttpResponseMessage(HttpStatusCode.Redirect) { Headers = { Location = new Uri("/login", UriKind.Relative) } } },
    };

    [Theory]
    [MemberData(nameof(WaysToSayNoSession))]
    public async Task Whatever_says_no_session_leads_to_one_new_login(string way, Func<HttpResponseMessage> answer)
    {
        var node = new FakeNode { WithoutSession = answer }.On("get-about", About);
        KsmgNode gw1 = node.Connect();
        await gw1.Updates.GetAboutAsync();
        node.ValidSession = "another";

        AboutInfo about = await gw1.Updates.GetAboutAsync();

        Assert.True(about.Build == new BuildNumber(2, 1, 0, 7854), way);
        Assert.Equal(2, node.Logins);
    }

    [Theory]
    [InlineData("set-receiving")]
    [InlineData("start-update")]
    [InlineData("assign-control-role")]
    public async Task A_call_that_acts_is_not_repeated_after_a_new_login(string call)
    {
        var node = new FakeNode().On("get-about", About).On(call, """{"success":true}""");
        KsmgNode gw1 = node.Connect();
        await gw1.Updates.GetAboutAsync();
        node.ValidSession = "another";

        var e = await Assert.ThrowsAsync<KsmgSessionExpiredException>(() => HttpRetryTableTests.CallAsync(gw1, call));

        Assert.True(e.HadNoEffect);
        Assert.Null(e.InnerException);
        Assert.Equal(1, node.Count(call));
        Assert.Equal(2, node.Logins);
        await HttpRetryTableTests.CallAsync(gw1, call);
        Assert.Equal(2, node.Logins);
    }

    [Fact]
    public async Task A_login_page_in_answer_to_a_call_that_acts_leaves_its_effect_open()
    {
        var node = new FakeNode { WithoutSession = () => FakeNode.Html() }.On("get-about", About);
        KsmgNode gw1 = node.Connect();
        await gw1.Updates.GetAboutAsync();
        node.ValidSession = "another";

        var e = await Assert.ThrowsAsync<KsmgSessionExpiredException>(() => gw1.Updates.StartInstallAsync("u-1"));

        Assert.False(e.HadNoEffect);
    }

    [Fact]
    public async Task A_session_that_is_never_accepted_does_not_loop()
    {
        var node = new FakeNode { Login = _ => FakeNode.Data("""{"success":true}""") };

        await Assert.ThrowsAsync<KsmgAuthenticationException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.Equal(2, node.Logins);
    }

    [Fact]
    public async Task Missing_rights_are_a_refusal_and_no_reason_to_log_in_again()
    {
        var node = new FakeNode().On("set-receiving", _ => FakeNode.Json(403, """{"error":{"code":"forbidden","message":"no right"}}"""));

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Queue.SetReceivingAsync(null, enabled: true));

        Assert.Equal("forbidden", e.Code);
        Assert.True(e.HadNoEffect);
        Assert.Equal(1, node.Logins);
    }

    [Theory]
    [InlineData(200, """{"error":{"code":"badCredentials","message":"Wrong user name or password"}}""")]
    [InlineData(200, """{"error":"bad credentials"}""")]
    [InlineData(200, "login error")]
    [InlineData(401, """{"error":{"code":"unauthorized"}}""")]
    [InlineData(403, "")]
    public async Task A_refused_login_is_not_tried_again_before_its_time(int status, string answer)
    {
        var time = new ManualTime();
        var node = new FakeNode { Login = _ => FakeNode.Json(status, answer) };
        KsmgNode gw1 = node.Connect(time);

        for (int i = 0; i < 20; i++)
        {
            var e = await Assert.ThrowsAsync<KsmgAuthenticationException>(() => gw1.Updates.GetAboutAsync());
            Assert.True(e.HadNoEffect);
            gw1.ResetSession();
        }

        Assert.Equal(1, node.Logins);
        time.Advance(LoginGuard.CoolDown);
        await Assert.ThrowsAsync<KsmgAuthenticationException>(() => gw1.Updates.GetAboutAsync());
        Assert.Equal(2, node.Logins);

        // Never a third time with the same password, however long it is polled: accounts lock.
        time.Advance(TimeSpan.FromDays(1));
        await Assert.ThrowsAsync<KsmgAuthenticationException>(() => gw1.Updates.GetAboutAsync());
        Assert.Equal(2, node.Logins);
    }

    [Theory]
    [InlineData(503, "<html>starting</html>")]
    [InlineData(500, """{"error":{"code":"internal"}}""")]
    [InlineData(200, "<html>starting, no error</html>")]
    public async Task A_node_that_is_not_ready_for_a_login_is_asked_again_at_once(int status, string answer)
    {
        var node = new FakeNode { Login = _ => FakeNode.Json(status, answer) }.On("get-about", About);
        KsmgNode gw1 = node.Connect(new ManualTime());
        var e = await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Updates.GetAboutAsync());
        Assert.True(e.HadNoEffect);

        node.Login = null;

        Assert.Equal("2.1", (await gw1.Updates.GetAboutAsync()).Version);
    }

    [Fact]
    public async Task A_node_that_breaks_off_at_a_login_is_asked_again_at_once()
    {
        var node = new FakeNode { Login = _ => throw new HttpRequestException("The connection was reset.") }.On("get-about", About);
        KsmgNode gw1 = node.Connect(new ManualTime());
        var e = await Assert.ThrowsAnyAsync<KsmgApiException>(() => gw1.Updates.GetAboutAsync());
        Assert.IsNotType<KsmgAuthenticationException>(e);
        Assert.True(e.HadNoEffect);

        node.Login = null;

        Assert.Equal("2.1", (await gw1.Updates.GetAboutAsync()).Version);
    }

    [Theory]
    [InlineData("""{"error":{"code":"passwordExpired","message":"change it"}}""")]
    [InlineData("""{"error":{"code":"x","message":"Your password has expired"}}""")]
    public async Task An_expired_password_is_told_and_not_changed(string answer)
    {
        var node = new FakeNode { Login = _ => FakeNode.Json(200, answer) };

        await Assert.ThrowsAsync<KsmgPasswordExpiredException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.Equal(2, node.Requests.Count);
        Assert.Contains("\"newPassword\":\"\"", node.Last("user-login").Body, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Without_the_token_cookie_there_is_no_login()
    {
        var node = new FakeNode().On("get-auth-info", _ => FakeNode.Data("{}"));

        var e = await Assert.ThrowsAsync<KsmgApiException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.Contains("XSRF-TOKEN", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, node.Logins);
    }

    [Fact]
    public async Task A_reset_drops_the_session()
    {
        var node = new FakeNode().On("get-about", About);
        KsmgNode gw1 = node.Connect();
        await gw1.Updates.GetAboutAsync();

        gw1.ResetSession();
        await gw1.Updates.GetAboutAsync();

        Assert.Equal(2, node.Logins);
        Assert.DoesNotContain("Cookie", node.Requests.Last(r => r.Path.EndsWith("get-auth-info", StringComparison.Ordinal)).Headers.Keys);
    }

    [Fact]
    public async Task A_password_that_cannot_be_fetched_is_told_to_all_who_wait()
    {
        KsmgNode gw1 = new FakeNode().Connect(
            configure: o => o.Credentials = new KsmgCredentials("a", _ => throw new InvalidOperationException("vault is sealed")));

        await Assert.ThrowsAsync<InvalidOperationException>(() => gw1.Updates.GetAboutAsync());
    }

    [Theory]
    [InlineData(300, "set no cookie whose name contains XSRF-TOKEN")]
    [InlineData(401, "set no cookie whose name contains XSRF-TOKEN")]
    [InlineData(404, "answered 404")]
    public async Task A_token_in_an_answer_of_failure_is_none(int status, string said)
    {
        var node = new FakeNode().On("get-auth-info", _ => WithCookie(FakeNode.Json(status, "{}"), "KSMG-XSRF-TOKEN=token1234"));

        var e = await Assert.ThrowsAnyAsync<KsmgException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.IsNotType<KsmgAuthenticationException>(e);
        Assert.Contains(said, e.Message, StringComparison.Ordinal);
        Assert.Equal(0, node.Logins);
    }

    [Fact]
    public async Task A_node_that_refuses_the_escapes_of_the_token_at_its_login_gets_them_decoded_from_then_on()
    {
        FakeNode node = Escaping();
        node.Login = r => IsDecoded(r) ? LogIn(node) : FakeNode.Json(403, """{"error":{"code":"xsrf"}}""");
        KsmgNode gw1 = node.On("get-about", About).Connect();

        await gw1.Updates.GetAboutAsync();
        gw1.ResetSession();
        await gw1.Updates.GetAboutAsync();

        Assert.Equal(3, node.Logins);
        Assert.Equal("a=b", node.Last("get-about").Headers["X-XSRF-TOKEN"]);
        Assert.Equal("the node wants the percent escapes in its token decoded", gw1.SessionOddity);
    }

    [Fact]
    public async Task A_node_that_refuses_the_escapes_of_the_token_at_a_call_gets_them_decoded_from_then_on()
    {
        FakeNode node = Escaping();
        node.Login = _ => LogIn(node);
        node.On("get-about", r => IsDecoded(r) ? FakeNode.Data(About) : FakeNode.Json(403, """{"error":{"code":"xsrf"}}"""));
        KsmgNode gw1 = node.Connect();

        await gw1.Updates.GetAboutAsync();
        gw1.ResetSession();
        await gw1.Updates.GetAboutAsync();

        Assert.Equal(3, node.Logins);
        Assert.Equal(3, node.Count("get-about"));
    }

    [Fact]
    public async Task However_many_calls_the_token_was_refused_to_at_once_it_is_decoded_from_then_on()
    {
        FakeNode node = Escaping();
        node.Login = _ => LogIn(node);
        node.WithoutSession = () => FakeNode.Json(403, """{"error":{"code":"xsrf"}}""");
        KsmgNode gw1 = node.On("get-about", About).Connect();
        await gw1.Updates.GetAboutAsync();
        var gate = new TaskCompletionSource();
        node.RefusalGate = gate.Task;
        node.ValidSession = "another";

        Task<AboutInfo>[] calls = [gw1.Updates.GetAboutAsync(), gw1.Updates.GetAboutAsync()];
        await Eventually.TrueAsync(() => node.Count("get-about") == 3);
        gate.SetResult();
        await Task.WhenAll(calls).WaitAsync(Eventually.Limit);
        gw1.ResetSession();
        await gw1.Updates.GetAboutAsync();

        Assert.Equal("a=b", node.Last("get-about").Headers["X-XSRF-TOKEN"]);
    }

    [Fact]
    public async Task A_node_that_gives_no_other_token_is_not_logged_in_to_with_the_one_it_refused()
    {
        FakeNode node = Escaping();
        node.Login = _ =>
        {
            node.On("get-auth-info", _ => FakeNode.Json(503, "starting"));
            return FakeNode.Json(403, """{"error":{"code":"xsrf"}}""");
        };

        var e = await Assert.ThrowsAnyAsync<KsmgException>(() => node.Connect().Updates.GetAboutAsync());

        Assert.IsNotType<KsmgAuthenticationException>(e);
        Assert.Equal(1, node.Logins);
    }

    [Fact]
    public async Task A_token_that_is_refused_either_way_is_sent_as_it_came_the_next_time()
    {
        var time = new ManualTime();
        FakeNode node = Escaping();
        node.Login = _ => FakeNode.Json(403, """{"error":{"code":"xsrf"}}""");
        KsmgNode gw1 = node.On("get-about", About).Connect(time);

        var e = await Assert.ThrowsAsync<KsmgAuthenticationException>(() => gw1.Updates.GetAboutAsync());
        Assert.Contains("; the node wants the percent escapes in its token decoded; not tried again for 600 s", e.Message, StringComparison.Ordinal);
        Assert.Equal(2, node.Logins);

        time.Advance(LoginGuard.CoolDown);
        node.Login = _ => LogIn(node);
        await gw1.Updates.GetAboutAsync();
        Assert.Equal("a%3Db", node.Last("get-about").Headers["X-XSRF-TOKEN"]);
    }

    [Theory]
    [InlineData("""{"error":{"code":"xsrf"}}""", "a")]
    [InlineData("""{"error":{"code":"unauthorized"}}""", "a%3Db")]
    public async Task A_session_that_is_lost_for_another_reason_leaves_the_token_as_it_came(string refusal, string token)
    {
        FakeNode node = new FakeNode { WithoutSession = () => FakeNode.Json(401, refusal) }
            .On("get-auth-info", _ => WithCookie(FakeNode.Data("{}"), "KSMG-XSRF-TOKEN=" + token))
            .On("get-about", About);
        KsmgNode gw1 = node.Connect();
        await gw1.Updates.GetAboutAsync();
        node.ValidSession = "another";

        await gw1.Updates.GetAboutAsync();

        Assert.Equal(2, node.Logins);
        Assert.DoesNotContain("wants", gw1.SessionOddity ?? "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task What_a_login_led_to_is_counted_and_logged_and_one_that_was_spared_is_not()
    {
        const string name = "gw-counted";
        ConcurrentQueue<string> counted = new();
        using MeterListener meters = new();
        meters.InstrumentPublished = (instrument, listener) =>
        {
            if (instrument == Diagnostics.Logins)
            {
                listener.EnableMeasurementEvents(instrument);
            }
        };
        meters.SetMeasurementEventCallback<long>((_, _, tags, _) =>
        {
            if (tags.Contains(new("ksmg.node", name)))
            {
                counted.Enqueue(string.Join(' ', tags.ToArray().Where(t => t.Key != "ksmg.node").Select(t => $"{t.Key}={t.Value}")));
            }
        });
        meters.Start();
        using LogLines log = new();
        var node = new FakeNode().On("get-about", About);
        string? password = FakeNode.Password;
        KsmgOptions options = FakeNode.Options(name);
        options.Credentials = new KsmgCredentials("a", _ => ValueTask.FromResult(password ?? throw new InvalidOperationException("vault is sealed")));
        using KsmgCluster cluster = FakeNode.Connect(options, new Dictionary<string, FakeNode> { [name] = node }, new ManualTime(), log);
        Task<Exception?> AskAsync()
        {
            cluster[name].ResetSession();
            return Record.ExceptionAsync(() => cluster[name].Updates.GetAboutAsync());
        }

        await AskAsync();
        node.Login = _ => FakeNode.Json(503, "starting");
        await AskAsync();
        node.Login = _ => FakeNode.Json(200, """{"error":{"code":"AuthFailed"}}""");
        await AskAsync();
        await AskAsync();
        password = null;
        await AskAsync();

        Assert.Equal(
            [
                "ksmg.outcome=Answered", "ksmg.outcome=Unavailable error.type=Unavailable", "ksmg.outcome=LoginRefused error.type=LoginRefused",
                "ksmg.outcome=Fault error.type=Fault",
            ],
            counted);
        Assert.Single(log.At(LogLevel.Information), l => l.StartsWith("1010 gw-counted: logged in", StringComparison.Ordinal));
        Assert.Single(log.At(LogLevel.Debug), l => l.StartsWith("1011 gw-counted: no login: ", StringComparison.Ordinal));
        Assert.Collection(
            log.At(LogLevel.Warning).Where(l => l.StartsWith("1011 ", StringComparison.Ordinal)),
            l => Assert.Contains("gw-counted: no login: refuses the login", l, StringComparison.Ordinal),
            l => Assert.Contains("gw-counted: no login: InvalidOperationException", l, StringComparison.Ordinal));
    }

    [Fact]
    public async Task No_secret_gets_into_an_exception_or_a_log()
    {
        using var log = new LogLines();
        var exceptions = new List<Exception>();
        var node = new FakeNode();
        string Secrets() => $"the request was password={FakeNode.Password} token=canary-token-55d1";
        string Echo() => $"{Secrets()} sid={node.ValidSession}";
        foreach (Func<HttpResponseMessage> answer in new[]
        {
            () => FakeNode.Json(409, $$$"""{"error":{"code":"{{{Echo()}}}","message":"{{{Echo()}}}"}}"""),
            () => FakeNode.Json(200, Echo()),
            () => FakeNode.Json(500, new string('x', 500) + Echo()),
            () => FakeNode.Json(401, Echo()),
            () => FakeNode.Html(403),
            () => new HttpResponseMessage(HttpStatusCode.OK) { Content = new StringContent("<html>" + Echo()) },
            () => throw new HttpRequestException(HttpRequestError.InvalidResponse, "Received an invalid header line: " + Echo()),
        })
        {
            node.On("get-about", _ => answer()).On("start-update", _ => answer());
            KsmgNode gw1 = node.Connect(loggers: log);
            exceptions.Add(await Assert.ThrowsAnyAsync<KsmgException>(() => gw1.Updates.GetAboutAsync()));
            exceptions.Add(await Assert.ThrowsAnyAsync<KsmgException>(() => gw1.Updates.StartInstallAsync("u-1")));
        }

        node.Login = _ => FakeNode.Json(200, $$"""{"error":"{{Secrets()}}"}""");
        exceptions.Add(await Assert.ThrowsAnyAsync<KsmgException>(() => node.Connect(loggers: log).Updates.GetAboutAsync()));

        Assert.NotEmpty(log.Written);
        foreach (string text in exceptions.OfType<KsmgApiException>()
            .SelectMany(e => new[] { e.ToString(), e.Body, e.Code }).OfType<string>()
            .Concat(log.Written))
        {
            Assert.DoesNotContain("canary", text, StringComparison.Ordinal);
        }
    }

    private static FakeNode Escaping() => new FakeNode().On("get-auth-info", _ => WithCookie(FakeNode.Data("{}"), "KSMG-XSRF-TOKEN=a%3Db"));

    private static bool IsDecoded(FakeRequest request) => request.Headers["KSMG-XSRF-TOKEN"] == "a=b";

    private static HttpResponseMessage LogIn(FakeNode node)
    {
        node.ValidSession = "canary-session";
        return WithCookie(FakeNode.Data("""{"success":true}"""), "SID=canary-session");
    }

    private static HttpResponseMessage WithCookie(HttpResponseMessage answer, string cookie)
    {
        answer.Headers.Add("Set-Cookie", cookie + "; Path=/");
        return answer;
    }
}
