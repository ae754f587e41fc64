using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Web;
using Ksmg.Web.Fleet;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>Fleets on the page, as a browser asks for them.</summary>
public sealed partial class FleetPageTests
{
    private const string Path = "api/fleets/" + ShownFleet.FleetId;
    private const string Secret = "canary-token-0123456789";

    [Fact]
    public async Task The_page_is_made_of_its_own_files_and_says_nothing_but_its_words()
    {
        await using PageHost host = await StartAsync(new ShownFleet());
        using HttpClient http = new() { BaseAddress = host.Page };
        foreach (string path in (string[])["fleet/", "fleet/page.css", "fleet/page.js", "fleet/words.json"])
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri(path, UriKind.Relative));
            string text = await answer.Content.ReadAsStringAsync();
            Assert.True(answer.IsSuccessStatusCode, path);
            Assert.Contains("default-src 'none'; script-src 'self'; style-src 'self'", answer.Headers.GetValues("Content-Security-Policy").Single());
            Assert.Contains("no-store", answer.Headers.CacheControl!.ToString());
            Assert.DoesNotMatch(@"innerHTML|outerHTML|insertAdjacent|document\.write|\beval\b|\.style\b|\bstyle=", text);
            Assert.DoesNotMatch(@"https?://(?!www\.w3\.org/2000/svg)", text);
        }

        string script = await http.GetStringAsync(new Uri("fleet/page.js", UriKind.Relative));
        HashSet<string> words = [.. (await http.GetFromJsonAsync<JsonObject>("fleet/words.json"))!.Select(w => w.Key)];
        Assert.DoesNotContain(Said().Matches(script).Select(m => m.Groups["key"].Value), key => !words.Contains(key) && !key.EndsWith('.'));
        string[] own = [.. JsonNode.Parse(File.ReadAllText(Repository.PathOf("src/Ksmg.Web.Fleet/Page/words.en.json")))!.AsObject().Select(w => w.Key)];
        string[] named = [.. Quoted().Matches(script).Select(m => m.Groups["key"].Value)];
        Assert.DoesNotContain(own, key => key != "language" && !named.Contains(Form().Replace(key, string.Empty))
            && !named.Any(n => n.EndsWith('.') && key.StartsWith(n, StringComparison.Ordinal)) && !key.StartsWith("do.", StringComparison.Ordinal));
        Assert.Contains("who.decides", words);
        Assert.EndsWith("/ksmg/fleet/", (await http.GetAsync(new Uri(host.Page, "fleet"))).RequestMessage!.RequestUri!.AbsolutePath);

        // Who has no fleets has no page of them.
        Assert.Equal("fleet", (string)Assert.Single((await http.GetFromJsonAsync<JsonObject>("api/session"))!["parts"]!.AsArray())!);
        await using PageHost without = await PageHost.StartAsync();
        using HttpClient other = new() { BaseAddress = without.Page };
        Assert.Equal(HttpStatusCode.NotFound, (await other.GetAsync(new Uri("fleet/", UriKind.Relative))).StatusCode);
    }

    [Fact]
    public async Task Fleets_are_listed_and_one_shows_waves_who_is_needed_and_a_page_of_its_clusters()
    {
        await using PageHost host = await StartAsync(new ShownFleet(2000));
        using HttpClient http = new() { BaseAddress = host.Page };

        JsonArray fleets = (await http.GetFromJsonAsync<JsonArray>("api/fleets"))!;
        Assert.Equal([ShownFleet.FleetId, "autumn-broken"], fleets.Select(f => (string)f!["fleet"]!));
        Assert.Equal(("NeedsHuman", 2000, 1), ((string)fleets[0]!["state"]!, (int)fleets[0]!["clusters"]!, (int)fleets[0]!["people"]!));
        Assert.Equal("it cannot be read", (string)fleets[1]!["damage"]!);

        JsonNode fleet = await AskAsync(http, string.Empty);
        Assert.Equal(("process 7 on worker-1", "shown"), ((string)fleet["holder"]!, (string)fleet["waitHash"]!));
        Assert.Equal(["Approve", "Pause"], fleet["options"]!.AsArray().Select(o => (string)o!));
        Assert.Equal(["canary Gate", "rest Closed"], fleet["waves"]!.AsArray().Select(w => $"{w!["name"]} {w["state"]}"));
        Assert.All(fleet["waves"]!.AsArray(), w => Assert.Contains("waits for an approval", (string)w!["reason"]!, StringComparison.Ordinal));
        Assert.Equal((1, 1, 1997), ((int)fleet["states"]!["people"]!, (int)fleet["states"]!["working"]!, (int)fleet["states"]!["waiting"]! + 1));

        // Who is needed comes first, then who is worked on; no more than a page of them.
        Assert.Equal(["c0003", "c0002", "c0000"], Names(fleet).Take(3));
        Assert.Equal((50, 2000, 40), (Names(fleet).Length, (int)fleet["found"]!, (int)fleet["pages"]!));
        JsonNode needed = fleet["rows"]![0]!;
        Assert.Equal(
            ("NeedsHuman", "needs a human", "w3", true),
            ((string)needed["state"]!, (string)needed["says"]!, (string)needed["waitHash"]!, (bool)needed["people"]!));
        Assert.Equal(["Approve", "Hold", "LeaveOut"], needed["options"]!.AsArray().Select(o => (string)o!));
        Assert.Equal(["customer=k3", "site=south"], needed["labels"]!.AsArray().Select(o => (string)o!));
        Assert.Empty(fleet["rows"]![2]!["options"]!.AsArray());

        Assert.Equal(["c1999"], Names(await AskAsync(http, "?search=C1999")));
        Assert.Equal(4, (int)(await AskAsync(http, "?wave=canary"))["found"]!);
        Assert.Equal(["c0003"], Names(await AskAsync(http, "?state=people&label=site%3Dsouth")));
        Assert.Empty(Names(await AskAsync(http, "?state=people&label=site%3Dnorth")));
        Assert.Empty(Names(await AskAsync(http, "?state=nonsense")));
        Assert.Equal(1000, (int)(await AskAsync(http, "?label=site%3Dnorth"))["found"]!);
        JsonNode last = await AskAsync(http, "?page=4000");
        Assert.Equal((40, "c1999"), ((int)last["page"]!, Names(last)[^1]));
        Assert.Equal(HttpStatusCode.OK, (await http.GetAsync(new Uri(Path + "?page=-1&search=" + new string('x', 4000), UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, (await http.GetAsync(new Uri("api/fleets/..%2f..%2fetc", UriKind.Relative))).StatusCode);

        // In the language of whoever reads it, and found by what they read.
        http.DefaultRequestHeaders.AcceptLanguage.ParseAdd("de");
        Assert.Equal("braucht Eingriff", (string)(await AskAsync(http, "?state=people"))["rows"]![0]!["says"]!);
        Assert.Equal(1996, (int)(await AskAsync(http, "?search=nicht+vorbei"))["found"]!);
    }

    [Fact]
    public async Task What_people_decide_is_told_with_who_said_it_and_of_what_was_shown()
    {
        ShownFleet fleet = new();
        await using PageHost host = await StartAsync(fleet, o =>
        {
            o.Tokens.Add(new KsmgWebToken { Name = "night", Value = Secret, Role = KsmgWebRole.Operator });
            o.Tokens.Add(new KsmgWebToken { Name = "wall", Value = Secret + "-wall" });
        });
        using HttpClient http = new() { BaseAddress = host.Page };
        Assert.Equal(401, (await DecideAsync(http, new { kind = "Pause" }, null)).Status);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri(Path, UriKind.Relative))).StatusCode);
        Assert.Equal(HttpStatusCode.Unauthorized, (await http.GetAsync(new Uri("api/fleets", UriKind.Relative))).StatusCode);
        Assert.Equal(403, (await DecideAsync(http, new { kind = "Pause" }, Secret + "-wall")).Status);
        using (HttpRequestMessage foreign = Request(new { kind = "Pause" }, Secret))
        {
            foreign.Headers.Remove("X-Ksmg");
            Assert.Equal(HttpStatusCode.Forbidden, (await http.SendAsync(foreign)).StatusCode);
        }

        foreach (object bad in (object[])
            [
                new { kind = "Report", cluster = "c0003", reason = "x" }, new { kind = "hold", cluster = "c0003", reason = "x" },
                new { kind = "2", waitHash = "shown" }, new { kind = "99", reason = "x" },
                new { kind = "Approve" }, new { kind = "Approve", cluster = "c0003" }, new { kind = "Hold", reason = "x" },
                new { kind = "LeaveOut", cluster = "c0003", reason = " " },
            ])
        {
            Assert.Equal(400, (await DecideAsync(http, bad, Secret)).Status);
        }

        Assert.Empty(fleet.Told);
        (int status, string text) = await DecideAsync(http, new { kind = "Approve", waitHash = "shown", reason = "looks\ngood" }, Secret);
        Assert.Equal((202, true), (status, text.StartsWith("Recorded. Nobody drives the fleet", StringComparison.Ordinal)));
        await DecideAsync(http, new { kind = "Approve", cluster = "c0003", waitHash = "w3" }, Secret);
        await DecideAsync(http, new { kind = "Pause" }, Secret);
        await DecideAsync(http, new { kind = "Hold", cluster = "c0003", reason = "fair" }, Secret);
        await DecideAsync(http, new { kind = "Release", cluster = "c0003", reason = "over" }, Secret);
        await DecideAsync(http, new { kind = "LeaveOut", cluster = "c0003", reason = "sold" }, Secret);
        Assert.Equal(
            [
                "approve night  looks good shown", "approve night c0003  w3", "pause night ", "hold night c0003 fair", "release night c0003 over",
                "out night c0003 sold",
            ],
            fleet.Told);

        fleet.Refusal = new CommandRefusedException(Message.Of("fleet.other-wait", Message.Said("a storm")));
        Assert.Equal(
            (409, "It waits for something else by now: a storm"), await DecideAsync(http, new { kind = "Approve", waitHash = "old" }, Secret));
    }

    [Fact]
    public async Task An_approval_on_the_page_is_of_what_the_fleet_waits_for()
    {
        using FleetFolder folder = new FleetFolder().Cluster("a").Fleet("""
            "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ], "Waves": [ { "Name": "one", "Approve": "Before" } ]
            """);
        await using KsmgFleet fleet = KsmgFleet.Create(folder.Load());
        FleetPlan plan = await folder.PlanAsync(TimeProvider.System.GetUtcNow());
        await (await fleet.Journal.CreateAsync(plan)).DisposeAsync();
        await using PageHost host = await StartAsync(fleet);
        using HttpClient http = new() { BaseAddress = host.Page };
        string path = "api/fleets/" + plan.FleetId;
        JsonNode shown = (await http.GetFromJsonAsync<JsonNode>(path))!;
        Assert.Equal("Gate", (string)shown["waves"]![0]!["state"]!);

        // Somebody else pauses the fleet: the gate that is shown here is not what it waits for any more.
        await fleet.GetRun(plan.FleetId).PauseAsync("ann", "storm");
        RunLease lease = await fleet.Journal.AcquireAsync(plan.FleetId);
        await fleet.Journal.AppendAsync(lease, FleetEntries.Said(
            new FleetCommand { Id = "1", Kind = FleetCommandKind.Pause, By = "ann", At = default }, Message.Of("fleet.said-pause", "ann", "storm"), []));
        await lease.DisposeAsync();
        (int status, string text) = await DecideAsync(http, new { kind = "Approve", waitHash = (string)shown["waitHash"]! }, null, path);
        Assert.Equal((409, true), (status, text.Contains("something else by now", StringComparison.Ordinal)));

        JsonNode now = (await http.GetFromJsonAsync<JsonNode>(path))!;
        Assert.Contains("paused", (string)now["reason"]!, StringComparison.Ordinal);
        Assert.Equal(["Approve"], now["options"]!.AsArray().Select(o => (string)o!));
        Assert.Equal(202, (await DecideAsync(http, new { kind = "Approve", waitHash = (string)now["waitHash"]! }, null, path)).Status);
    }

    [Fact]
    public async Task A_cluster_is_made_when_its_run_is_looked_at_and_closed_when_nobody_has_for_a_while()
    {
        using FleetFolder folder = new();
        Enumerable.Range(0, 52).ToList().ForEach(i => folder.Cluster($"c{i}"));
        folder.Fleet(""" "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ] """);
        await using KsmgFleet fleet = KsmgFleet.Create(folder.Load());
        ManualTime time = new();
        await using FleetClusters clusters = new(fleet, time);

        WebCluster first = clusters.Find("c0");
        Assert.Same(first, clusters.Find("c0"));
        Assert.Contains("c99", Assert.Throws<FleetException>(() => clusters.Find("c99")).Message, StringComparison.Ordinal);
        for (int i = 1; i < 50; i++)
        {
            clusters.Find($"c{i}");
        }

        // One too many; who looks at the run of one keeps it, and the others make room.
        Assert.Contains("50", Assert.Throws<FleetException>(() => clusters.Find("c50")).Message, StringComparison.Ordinal);
        time.Advance(TimeSpan.FromMinutes(1.5));
        await Assert.ThrowsAsync<JournalException>(() => first.See("f-0001", time).LookAsync(CancellationToken.None));
        time.Advance(TimeSpan.FromMinutes(1));
        clusters.Find("c50");
        Assert.Equal(2, clusters.Count);
        Assert.Same(first, clusters.Find("c0"));
    }

    private static Task<PageHost> StartAsync(KsmgFleet fleet, Action<KsmgWebOptions>? configure = null) =>
        PageHost.StartAsync(configure, add: services => services.AddSingleton(fleet).AddKsmgWebFleet());

    private static async Task<JsonNode> AskAsync(HttpClient http, string query) => (await http.GetFromJsonAsync<JsonNode>(Path + query))!;

    private static string[] Names(JsonNode fleet) => [.. fleet["rows"]!.AsArray().Select(row => (string)row!["name"]!)];

    private static HttpRequestMessage Request(object order, string? token, string path = Path)
    {
        HttpRequestMessage request = new(HttpMethod.Post, path + "/decisions") { Content = JsonContent.Create(order) };
        request.Headers.Add("X-Ksmg", "1");
        request.Headers.Authorization = token is null ? null : new AuthenticationHeaderValue("Bearer", token);
        return request;
    }

    private static async Task<(int Status, string Text)> DecideAsync(HttpClient http, object order, string? token, string path = Path)
    {
        using HttpRequestMessage request = Request(order, token, path);
        using HttpResponseMessage answer = await http.SendAsync(request);
        string text = await answer.Content.ReadAsStringAsync();
        Assert.DoesNotContain("canary-token", text, StringComparison.Ordinal);
        JsonNode said = JsonNode.Parse(text)!;
        return ((int)answer.StatusCode, (string?)said["text"] ?? (string?)said["problem"] ?? string.Empty);
    }

    /// <summary>The form of a word that a number asks for.</summary>
    [GeneratedRegex(@"\.(?:one|few|many|other)$", RegexOptions.None, 10_000)]
    private static partial Regex Form();

    [GeneratedRegex(@"\bsay\('(?<key>[\w.-]+)'", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Said();

    [GeneratedRegex(@"'(?<key>[\w.-]+)'", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Quoted();
}
