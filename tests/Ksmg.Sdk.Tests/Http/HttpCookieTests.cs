using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Ksmg.Sdk.Tests.Support;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Sdk.Tests;

/// <summary>Cookies as nodes of other people set them, over real TLS: which goes where, which are taken back, which bytes go out.</summary>
public sealed class HttpCookieTests
{
    private static readonly string Cyrillic = Encoding.Latin1.GetString(Encoding.UTF8.GetBytes("Админ"));

    public static TheoryData<string, string[], string, string> Tokens => new()
    {
        { "left over first", ["XSRF-TOKEN=leftover; Path=/", "KSMG-XSRF-TOKEN=token1234; Path=/web"], "leftover", "token1234" },
        { "left over last", ["KSMG-XSRF-TOKEN=token1234; Path=/web", "XSRF-TOKEN=leftover; Path=/"], "leftover", "token1234" },
        { "one of its own", ["XSRF-TOKEN=token1234; Path=/"], "token1234", "token1234" },
        { "one of another name", ["gw-XSRF-TOKEN=token1234; Path=/"], "token1234", "token1234" },
        { "another name beside", ["gw-XSRF-TOKEN=other; Path=/", "KSMG-XSRF-TOKEN=token1234; Path=/"], "other", "token1234" },
        { "other case", ["ksmg-xsrf-token=token1234; path=/", "xsrf-token=old; path=/"], "old", "token1234" },
        { "two paths", ["KSMG-XSRF-TOKEN=leftover; Path=/", "KSMG-XSRF-TOKEN=token1234; Path=/web"], "token1234", "token1234" },
        { "two paths swapped", ["KSMG-XSRF-TOKEN=token1234; Path=/web", "KSMG-XSRF-TOKEN=leftover; Path=/"], "token1234", "token1234" },
        { "a path elsewhere", ["KSMG-XSRF-TOKEN=elsewhere; Path=/webmail/api/long", "KSMG-XSRF-TOKEN=token1234; Path=/"], "token1234", "token1234" },
        { "a domain elsewhere", ["KSMG-XSRF-TOKEN=elsewhere; Domain=other.test; Path=/web/api", "KSMG-XSRF-TOKEN=token1234; Path=/"],
          "token1234", "token1234" },
        { "a domain alone", ["KSMG-XSRF-TOKEN=token1234; Domain=gw1.other.test; Path=/"], "token1234", "token1234" },
        { "set twice", ["KSMG-XSRF-TOKEN=first; Path=/", "KSMG-XSRF-TOKEN=token1234; Path=/"], "token1234", "token1234" },
    };

    [Theory]
    [MemberData(nameof(Tokens))]
    public async Task Each_header_carries_the_token_of_its_own_name(string way, string[] cookies, string old, string current)
    {
        CookieNode node = await AskAsync(cookies, []);

        Assert.True(node.Fault is null, $"{way}: {node.Fault}");
        Assert.Equal((old, current), (node.Last.OldToken, node.Last.Token));
    }

    public static TheoryData<string, string[], string[], string[]> Returned => new()
    {
        { "utf8", ["userName=" + Cyrillic + "; Path=/"], ["userName=" + Cyrillic], [] },
        { "latin1", ["userName=Müller; Path=/"], ["userName=Müller"], [] },
        { "max-age -1", ["pre=x; Path=/", "pre=x; Path=/; Max-Age=-1"], [], ["pre="] },
        { "max-age 0", ["pre=x; Path=/", "pre=x; Path=/; Max-Age=0"], [], ["pre="] },
        { "max-age in quotes", ["pre=x; Path=/", "pre=x; Path=/; max-age=\"0\""], [], ["pre="] },
        { "expired", ["pre=x; Path=/", "pre=deleted; Path=/; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], [], ["pre="] },
        { "expired with dashes", ["pre=x; Path=/", "pre=deleted; Path=/; expires=Thu, 01-Jan-70 00:00:01 GMT"], [], ["pre="] },
        { "expired as in C", ["pre=x; Path=/", "pre=deleted; Path=/; expires=Sun Nov  6 08:49:37 1994"], [], ["pre="] },
        { "empty", ["pre=x; Path=/", "pre=; Path=/"], [], ["pre="] },
        { "without a path", ["pre=x; Path=/", "pre=; Max-Age=0"], [], ["pre="] },
        { "max-age wins", ["pre=x; Path=/; Max-Age=600; Expires=Thu, 01 Jan 1970 00:00:00 GMT"], ["pre=x"], [] },
        { "expires later", ["pre=x; Path=/; Expires=Fri, 31 Dec 9990 23:59:59 GMT"], ["pre=x"], [] },
        { "an odd date", ["pre=x; Path=/; Expires=never"], ["pre=x"], [] },
        { "set again", ["pre=x; Path=/; Max-Age=0", "pre=y; Path=/"], ["pre=y"], [] },
    };

    [Theory]
    [MemberData(nameof(Returned))]
    public async Task A_cookie_comes_back_as_it_was_set_and_not_after_it_was_taken_back(string way, string[] cookies, string[] sent, string[] gone)
    {
        CookieNode node = await AskAsync(["KSMG-XSRF-TOKEN=token1234; Path=/"], cookies);

        Assert.True(node.Fault is null, $"{way}: {node.Fault}");
        Assert.All(sent, cookie => Assert.Contains(cookie, node.Last.Cookies.Split("; ")));
        Assert.All(gone, name => Assert.DoesNotContain(node.Last.Cookies.Split("; "), c => c.StartsWith(name, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_token_with_escapes_is_sent_decoded_once_the_raw_one_is_refused()
    {
        CookieNode node = await AskAsync(["KSMG-XSRF-TOKEN=a%3D%3Db%2Fc; Path=/"], [], wanted: "a==b/c");

        Assert.Null(node.Fault);
        Assert.Equal("a==b/c", node.Last.Token);
        Assert.Equal(2, node.Requests.Count(r => r.Call == "user-login"));
        Assert.Contains("percent escapes", node.Oddity, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_refusal_of_another_kind_names_the_escapes_and_spends_one_login()
    {
        CookieNode node = await AskAsync(["KSMG-XSRF-TOKEN=a%3D%3Db%2Fc; Path=/"], [], wanted: "a==b/c", code: "forbidden");

        Assert.Contains("percent escapes", Assert.IsType<KsmgAuthenticationException>(node.Fault).Message, StringComparison.Ordinal);
        Assert.Single(node.Requests, r => r.Call == "user-login");
    }

    [Fact]
    public async Task Two_tokens_are_told()
    {
        CookieNode node = await AskAsync(["XSRF-TOKEN=leftover; Path=/", "KSMG-XSRF-TOKEN=token1234; Path=/"], []);

        Assert.Contains("2 cookies for the token, KSMG-XSRF-TOKEN and XSRF-TOKEN", node.Oddity, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("userName=Админ; Path=/")]
    [InlineData("userName=a\u0001b; Path=/")]
    public async Task What_no_header_can_carry_is_left_out(string cookie)
    {
        FakeNode node = new FakeNode().On("get-about", _ =>
        {
            HttpResponseMessage answer = FakeNode.Data("""{"version":"2.1"}""");
            answer.Headers.TryAddWithoutValidation("Set-Cookie", cookie);
            return answer;
        });
        KsmgNode gw1 = node.Connect();

        await gw1.Updates.GetAboutAsync();
        await gw1.Updates.GetAboutAsync();

        Assert.DoesNotContain("userName", node.Last("get-about").Headers["Cookie"], StringComparison.Ordinal);
    }

    /// <summary>One <c>get-about</c> of a node that sets these cookies before and at the login, and checks the token.</summary>
    private static async Task<CookieNode> AskAsync(string[] before, string[] atLogin, string? wanted = null, string code = "xsrf")
    {
        ConcurrentQueue<CookieRequest> requests = new();
        await using TestServer server = await TestServer.StartAsync(async context =>
        {
            string call = context.Request.Path.Value!["/web/api/".Length..];
            string token = context.Request.Headers["KSMG-XSRF-TOKEN"].ToString();
            requests.Enqueue(new CookieRequest(call, context.Request.Headers.Cookie.ToString(), context.Request.Headers["X-XSRF-TOKEN"].ToString(), token));
            foreach (string cookie in call == "get-auth-info" ? before : call == "user-login" ? atLogin.Append("SID=abcdef123; Path=/; HttpOnly") : [])
            {
                context.Response.Headers.Append("Set-Cookie", cookie);
            }

            context.Response.ContentType = "application/json";
            bool isRefused = call != "get-auth-info" && wanted is not null && token != wanted;
            context.Response.StatusCode = isRefused ? 403 : 200;
            await context.Response.WriteAsync(
                isRefused
                    ? $$$"""{"error":{"code":"{{{code}}}","message":"no session"}}"""
                    : """{"data":{"version":"2.1","build":"2.1.0.7854","success":true}}""");
        });
        using KsmgCluster cluster = server.Connect(configure: o => (o.RequestLimit, o.ConnectTimeout) = (Eventually.Limit, Eventually.Limit));
        Exception? fault = await Record.ExceptionAsync(() => cluster["gw1"].Updates.GetAboutAsync().WaitAsync(Eventually.Limit));
        return new CookieNode([.. requests], fault, cluster["gw1"].SessionOddity);
    }

    private sealed record CookieRequest(string Call, string Cookies, string OldToken, string Token);

    private sealed record CookieNode(IReadOnlyList<CookieRequest> Requests, Exception? Fault, string? Oddity)
    {
        public CookieRequest Last => Requests.Last(r => r.Call == "get-about");
    }
}
