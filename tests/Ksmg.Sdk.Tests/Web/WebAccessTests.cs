using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Web;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>Who comes in, from where, and what the page is made of.</summary>
public sealed partial class WebAccessTests
{
    private const string Secret = "canary-token-0123456789";
    private const string OnceSecret = "canary-once-0123456789";

    [Fact]
    public async Task The_page_comes_from_its_server_alone_and_says_nothing_but_its_words()
    {
        await using PageHost host = await PageHost.StartAsync();
        using HttpClient http = new() { BaseAddress = host.Page };
        string scripts = string.Empty;
        foreach (string path in (string[])["", "page.css", "page.js", "shell.js", "run.js", "decision.js", "view.js", "figure.js", "words.json"])
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            string text = await answer.Content.ReadAsStringAsync();

            Assert.True(answer.IsSuccessStatusCode, path);
            Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Equal("nosniff", answer.Headers.GetValues("X-Content-Type-Options").Single());
            Assert.Equal("no-referrer", answer.Headers.GetValues("Referrer-Policy").Single());
            Assert.Contains("no-store", answer.Headers.CacheControl!.ToString());
            Assert.DoesNotMatch(@"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|\.style\b|\bstyle=", text);
            Assert.DoesNotMatch(@"https?://(?!www\.w3\.org/2000/svg)", text);
            scripts += path.EndsWith(".js", StringComparison.Ordinal) ? text : string.Empty;
        }

        HashSet<string> words = [.. (await http.GetFromJsonAsync<JsonObject>("words.json"))!.Select(w => w.Key)];
        string[] own = [.. JsonNode.Parse(File.ReadAllText(Repository.PathOf("src/Ksmg.Web/Page/words.en.json")))!.AsObject().Select(w => w.Key)];
        string[] named = [.. Quoted().Matches(scripts).Select(m => m.Groups["key"].Value)];
        Assert.DoesNotContain(Said().Matches(scripts).Select(m => m.Groups["key"].Value), key => !words.Contains(key) && !key.EndsWith('.'));
        string[] begun = [.. named.Where(n => n.EndsWith('.'))];
        Assert.DoesNotContain(own, key => key != "language" && !named.Contains(key) && !named.Contains(Form().Replace(key, string.Empty))
            && !begun.Any(n => key.StartsWith(n, StringComparison.Ordinal)));
        Assert.Contains("step.S8", words);

        // Without the slash the files beside the page would be looked for elsewhere.
        Assert.EndsWith("/ksmg/", (await http.GetAsync(new Uri(host.Page, "/ksmg"))).RequestMessage!.RequestUri!.AbsolutePath);
    }

    [Fact]
    public async Task Over_loopback_whoever_reaches_it_is_let_in_and_no_other_site_comes_with_them()
    {
        await using PageHost host = await PageHost.StartAsync();
        using HttpClient http = new() { BaseAddress = host.Page };

        JsonObject session = (await http.GetFromJsonAsync<JsonObject>("api/session"))!;
        Assert.Equal($"{Environment.UserName}@{Environment.MachineName}", (string)session["name"]!);
        Assert.True((bool)session["decides"]!);

        Assert.Equal(421, await SendAsync(http, "api/session", r => r.Headers.Host = "page.example"));
        Assert.Equal(421, await SendAsync(http, "", r => r.Headers.Host = "page.example"));
        Assert.Equal(200, await SendAsync(http, "api/session", r => r.Headers.Host = "localhost:1"));
        Assert.Equal(403, await SendAsync(http, "api/session", r => r.Headers.Add("Sec-Fetch-Site", "cross-site")));

        HttpMethod post = HttpMethod.Post;
        const string decide = "api/clusters/lab/runs/x/decisions";
        Assert.Equal(403, await SendAsync(http, decide, _ => { }, post));
        Assert.Equal(403, await SendAsync(http, decide, r => Own(r).Headers.Add("Origin", "https://evil.example"), post));
        Assert.Equal(403, await SendAsync(http, decide, r => Own(r).Headers.Add("Origin", "null"), post));
        Assert.Equal(403, await SendAsync(http, decide, r => Own(r).Headers.Add("Sec-Fetch-Site", "same-site"), post));
        Assert.Equal(404, await SendAsync(http, decide, r => Own(r).Headers.Add("Origin", host.Page.GetLeftPart(UriPartial.Authority)), post));
    }

    [Theory]
    [InlineData("application/json; charset=nonsense")]
    [InlineData("text/plain")]
    public async Task What_cannot_be_read_is_refused_in_words(string type)
    {
        await using PageHost host = await PageHost.StartAsync();
        using HttpClient http = new() { BaseAddress = host.Page };
        using HttpRequestMessage request = new(HttpMethod.Post, "api/session");
        request.Headers.Add("X-Ksmg", "1");
        request.Content = new ByteArrayContent("{\"token\":\"x\"}"u8.ToArray());
        request.Content.Headers.TryAddWithoutValidation("Content-Type", type);
        using HttpResponseMessage answer = await http.SendAsync(request);
        Assert.Equal(HttpStatusCode.BadRequest, answer.StatusCode);
        Assert.NotNull((await answer.Content.ReadFromJsonAsync<JsonObject>())!["problem"]);
    }

    [Fact]
    public async Task With_tokens_nobody_comes_in_without_one()
    {
        ManualTime time = new();
        await using PageHost host = await PageHost.StartAsync(
            o =>
            {
                o.Tokens.Add(new KsmgWebToken { Name = "night", Value = Secret, Role = KsmgWebRole.Operator });
                o.Tokens.Add(new KsmgWebToken { Name = "wall", Value = Secret + "-wall" });
                o.Tokens.Add(new KsmgWebToken { Name = "guest", Value = OnceSecret, Once = true });
            },
            time: time);
        using HttpClientHandler cookies = new();
        using HttpClient http = new(cookies) { BaseAddress = host.Page };

        Assert.Equal(200, await SendAsync(http, "", _ => { }));
        Assert.Equal(401, await SendAsync(http, "api/clusters", _ => { }));
        Assert.Equal(200, await SendAsync(http, "api/clusters", r => Bear(r, Secret)));
        Assert.Equal(401, await SendAsync(http, "api/clusters", r => Bear(r, OnceSecret)));
        Assert.Equal(403, await SendAsync(http, "api/clusters/lab/runs/x/decisions", r => Bear(Own(r), Secret + "-wall"), HttpMethod.Post));

        using HttpResponseMessage signedIn = await SignInAsync(http, OnceSecret);
        Assert.Equal(HttpStatusCode.NoContent, signedIn.StatusCode);
        string cookie = signedIn.Headers.GetValues("Set-Cookie").Single();
        Assert.Matches("^ksmg-[0-9]+=[0-9a-f]{64}; path=/; samesite=strict; httponly$", cookie);
        Assert.Equal("guest", (string)(await http.GetFromJsonAsync<JsonObject>("api/session"))!["name"]!);
        using (HttpClient other = new() { BaseAddress = host.Page })
        {
            Assert.Equal(HttpStatusCode.Unauthorized, (await SignInAsync(other, OnceSecret)).StatusCode);
        }

        Assert.Equal(204, await SendAsync(http, "api/session", r => Own(r), HttpMethod.Delete));
        Assert.Equal(401, await SendAsync(http, "api/session", r => r.Headers.Add("Cookie", cookie.Split(';')[0])));

        for (int wrong = 0; wrong < 20; wrong++)
        {
            (await SignInAsync(http, $"wrong-{wrong}-0123456789")).Dispose();
        }

        using HttpResponseMessage waiting = await SignInAsync(http, Secret);
        Assert.Equal(HttpStatusCode.TooManyRequests, waiting.StatusCode);
        Assert.Equal(TimeSpan.FromMinutes(5), waiting.Headers.RetryAfter!.Delta);
        time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(HttpStatusCode.NoContent, (await SignInAsync(http, Secret)).StatusCode);

        using HttpResponseMessage large = await SignInAsync(http, new string('x', 20_000));
        Assert.Equal(HttpStatusCode.BadRequest, large.StatusCode);
    }

    [Fact]
    public async Task A_proxy_says_who_somebody_is_and_nobody_else_does()
    {
        await using PageHost host = await PageHost.StartAsync(o =>
        {
            o.IdentityHeader = "X-Forwarded-User";
            o.Proxies.Add(IPAddress.Loopback);
            o.Hosts.Add("page.example");
            o.Operators.Add("anna");
        });
        using HttpClient http = new() { BaseAddress = host.Page };
        const string decide = "api/clusters/lab/runs/x/decisions";

        Assert.Equal(401, await SendAsync(http, "api/session", _ => { }));
        Assert.Equal(200, await SendAsync(http, "api/session", r => As(r, "bert").Headers.Host = "page.example"));
        Assert.Equal(403, await SendAsync(http, decide, r => Own(As(r, "bert")), HttpMethod.Post));
        Assert.Equal(404, await SendAsync(http, decide, r => Own(As(r, "anna")), HttpMethod.Post));
        Assert.Equal(401, await SendAsync(http, "api/session", r => r.Headers.TryAddWithoutValidation("X-Forwarded-User", ["anna", "bert"])));

        await using PageHost elsewhere = await PageHost.StartAsync(o =>
        {
            o.IdentityHeader = "X-Forwarded-User";
            o.Proxies.Add(IPAddress.Parse("192.0.2.1"));
        });
        using HttpClient direct = new() { BaseAddress = elsewhere.Page };
        Assert.Equal(401, await SendAsync(direct, "api/session", r => As(r, "anna")));

        static HttpRequestMessage As(HttpRequestMessage request, string name)
        {
            request.Headers.Add("X-Forwarded-User", name);
            return request;
        }
    }

    [Theory]
    [InlineData("192.0.2.7", "192.0.2.1", false, 403)]
    [InlineData("127.0.0.1", "192.0.2.1", false, 403)]
    [InlineData(null, null, false, 403)]
    [InlineData("192.0.2.7", "192.0.2.1", true, null)]
    [InlineData("::ffff:127.0.0.1", "::ffff:127.0.0.1", false, null)]
    public void Another_machine_is_refused_unless_the_host_allows_it(string? remote, string? local, bool allowed, int? status)
    {
        KsmgWebOptions options = new() { AllowRemote = allowed };
        DefaultHttpContext context = new();
        context.Connection.RemoteIpAddress = remote is null ? null : IPAddress.Parse(remote);
        context.Connection.LocalIpAddress = local is null ? null : IPAddress.Parse(local);
        context.Request.Method = "GET";
        context.Request.Host = new HostString("localhost");

        Assert.Equal(status, new Gatekeeper(Options.Create(options), TimeProvider.System).Refuse(context, isData: true)?.Status);
    }

    [Fact]
    public async Task A_page_that_would_stand_open_is_not_mapped()
    {
        OptionsValidationException open = await Assert.ThrowsAsync<OptionsValidationException>(() => PageHost.StartAsync(o =>
        {
            o.AllowRemote = true;
            o.LocalName = "a\nb";
            o.MaxStreams = 0;
        }));
        Assert.Equal(3, open.Failures.Count());
        OptionsValidationException weak = await Assert.ThrowsAsync<OptionsValidationException>(() => PageHost.StartAsync(o =>
        {
            o.IdentityHeader = "X-User";
            o.Tokens.Add(new KsmgWebToken { Name = "a", Value = "short" });
            o.Tokens.Add(new KsmgWebToken { Name = "b", Value = "short" });
        }));
        Assert.Equal(3, weak.Failures.Count());
        Assert.DoesNotContain(weak.Failures, f => f.Contains("short", StringComparison.Ordinal));
    }

    private static HttpRequestMessage Own(HttpRequestMessage request)
    {
        request.Headers.Add("X-Ksmg", "1");
        return request;
    }

    private static void Bear(HttpRequestMessage request, string token) => request.Headers.Authorization = new AuthenticationHeaderValue("Bearer", token);

    private static async Task<HttpResponseMessage> SignInAsync(HttpClient http, string token)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, "api/session") { Content = JsonContent.Create(new { token }) };
        return await http.SendAsync(Own(request));
    }

    private static async Task<int> SendAsync(HttpClient http, string path, Action<HttpRequestMessage> change, HttpMethod? method = null)
    {
        using HttpRequestMessage request = new(method ?? HttpMethod.Get, path);
        change(request);
        using HttpResponseMessage answer = await http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("canary", text, StringComparison.Ordinal);

        // A refusal is a page, too.
        Assert.Contains("frame-ancestors 'none'", answer.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        return (int)answer.StatusCode;
    }

    /// <summary>The form of a word that a number asks for.</summary>
    [GeneratedRegex(@"\.(?:one|few|many|other)$", RegexOptions.None, 10_000)]
    private static partial Regex Form();

    [GeneratedRegex(@"\bsay\('(?<key>[\w.-]+)'", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Said();

    [GeneratedRegex(@"'(?<key>[\w.-]+)'", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Quoted();
}
