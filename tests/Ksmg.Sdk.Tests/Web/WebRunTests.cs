using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Ksmg.Web;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>What the page asks its server, over HTTP, of a run on simulated nodes.</summary>
[Trait("Category", "Slow")]
public sealed class WebRunTests
{
    private const string Password = "canary-Pa55word-page-4711";

    [Theory]
    [InlineData("de-AT, en;q=0.5", "de", "pausiert|angehalten|Freigabe")]
    [InlineData("fr, ru;q=0.7, en;q=0.1", "ru", @"\p{IsCyrillic}{4}")]
    [InlineData("fr", "en", "approv")]
    [InlineData("../../etc;q=1, de", "de", "pausiert|angehalten|Freigabe")]
    public async Task A_reader_is_told_in_the_first_language_there_are_words_of(string accepts, string language, string says)
    {
        await using PageSite site = await PageSite.StartAsync(new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 1 << 16 });
        UpgradeRun run = await site.UpgradeAsync();
        await run.WaitAsync();
        using HttpClient english = new() { BaseAddress = site.Page };
        using HttpClient http = new() { BaseAddress = site.Page };
        Assert.True(http.DefaultRequestHeaders.TryAddWithoutValidation("Accept-Language", accepts));
        string path = $"api/clusters/lab/runs/{run.Id}";

        JsonNode words = (await http.GetFromJsonAsync<JsonNode>("words.json"))!;
        Assert.Equal(language, (string)words["language"]!);
        JsonNode first = (await english.GetFromJsonAsync<JsonNode>(path))!;
        JsonNode told = (await http.GetFromJsonAsync<JsonNode>(path))!;
        Assert.Matches(says, (string)told["explanation"]!["reason"]!);
        Assert.Equal(first["explanation"]!["message"]!.ToJsonString(), told["explanation"]!["message"]!.ToJsonString());
        Assert.Equal(language == "en", (string)first["explanation"]!["reason"]! == (string)told["explanation"]!["reason"]!);
        Assert.Matches("approv", (string)(await english.GetFromJsonAsync<JsonNode>(path))!["explanation"]!["reason"]!);

        // A report that is taken along is read by people; as JSON it is for programs.
        Assert.Equal(language == "en", await english.GetStringAsync(path + "/report.txt") == await http.GetStringAsync(path + "/report.txt"));
        Assert.Equal(await english.GetStringAsync(path + "/report.json"), await http.GetStringAsync(path + "/report.json"));
    }

    /// <summary>The page is of many clusters, and the store of one of them may be away.</summary>
    [Fact]
    public async Task A_cluster_whose_runs_cannot_be_listed_is_a_row_with_a_reason()
    {
        await using PageHost host = await PageHost.StartAsync(web =>
        {
            web.Show("away", new Listing(() => throw new JournalException("The store is away.")), new InMemoryUpgradeJournal());
            web.Show("lab", new Listing(() => []), new InMemoryUpgradeJournal());
        });
        using HttpClient http = new() { BaseAddress = host.Page };
        JsonNode[] rows = [.. (await http.GetFromJsonAsync<JsonNode>("api/clusters"))!.AsArray().OfType<JsonNode>()];

        Assert.Equal([("away", "The store is away."), ("lab", null)], rows.Select(row => ((string)row["name"]!, (string?)row["damage"])));
        Assert.All(rows, row => Assert.Null(row["newest"]));
    }

    [Fact]
    public async Task A_run_is_followed_decided_in_and_taken_along_without_a_secret_in_any_answer()
    {
        await using PageSite site = await PageSite.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 1 << 16, Password = Password },
            configure: web => web.LocalName = "the night shift");
        List<string> heard = [];
        using HttpClient http = new(new Ears(heard)) { BaseAddress = site.Page };
        UpgradeRun run = await site.UpgradeAsync();
        string path = $"api/clusters/lab/runs/{run.Id}";

        // From the beginning until it waits at the gate; then from the middle: the same events, and none before.
        List<(string Kind, long Id)> whole = await FollowAsync(http, path + "/events", null, IsGate);
        await run.WaitAsync();
        long middle = whole.Where(e => e.Kind == "record").ElementAt(3).Id;
        List<(string Kind, long Id)> rest = await FollowAsync(http, path + "/events", middle, IsGate);
        Assert.Equal(whole.Where(e => e.Kind == "record" && e.Id > middle), rest.Where(e => e.Kind == "record"));
        Assert.Contains(whole, e => e.Kind == "explanation");
        Assert.Contains(whole, e => e.Kind == "report");
        Assert.Equal(whole.Where(e => e.Kind == "record").Select(e => e.Id).Order(), whole.Where(e => e.Kind == "record").Select(e => e.Id));

        // Nobody drives it, and the nodes are asked in the background; what they held while it was driven is kept.
        JsonNode told = null!;
        await Eventually.TrueAsync(async () => (told = (await http.GetFromJsonAsync<JsonNode>(path))!)["explanation"] is var now
            && (string)now!["state"]! == "Paused" && now["nodes"]!.AsArray().Count == 2);
        Assert.NotEmpty(told["samples"]!.AsArray());
        string hash = (string)told["explanation"]!["planHash"]!;
        Assert.Equal("lab", (string)(await http.GetFromJsonAsync<JsonNode>("api/clusters"))![0]!["name"]!);
        Assert.Equal(run.Id, (string)(await http.GetFromJsonAsync<JsonNode>("api/clusters/lab/runs"))![0]!["run"]!);

        // What is no decision is refused before the run hears of it.
        Assert.Equal(400, await DecideAsync(http, path, new { kind = "Park", node = "gw2" }));
        Assert.Equal(400, await DecideAsync(http, path, new { kind = "Abort", reason = " " }));
        Assert.Equal(400, await DecideAsync(http, path, new { kind = "Approve" }));
        Assert.Equal(400, await DecideAsync(http, path, new { kind = "7", reason = "?" }));
        Assert.Equal(400, await DecideAsync(http, path, "nothing"));
        Assert.Equal(409, await DecideAsync(http, path, new { kind = "Approve", planHash = "another plan" }));
        Assert.Equal(409, await DecideAsync(http, path, new { kind = "Park", node = "gw1", reason = "not its turn" }));
        Assert.Equal(404, await DecideAsync(http, path + "-other", new { kind = "Abort", reason = "?" }));
        Assert.Equal(404, await DecideAsync(http, path.Replace("lab", "other", StringComparison.Ordinal), new { kind = "Abort", reason = "?" }));
        Assert.Empty((await run.GetReportAsync()).Decisions);

        // Approved and driven again, by name; then paused, then ended with a reason.
        Assert.Equal(202, await DecideAsync(http, path, new { kind = "Approve", planHash = hash }));
        Assert.Equal("the night shift", Assert.Single((await run.GetReportAsync()).Pending).By);
        Assert.Equal(200, await DecideAsync(http, path, new { kind = "Continue" }));
        Assert.Equal(200, await DecideAsync(http, path, new { kind = "Abort", reason = "the <b>wrong</b> night" }));
        await FollowAsync(http, path + "/events", null, (kind, _) => kind == "end");
        UpgradeReport report = await run.GetReportAsync();
        Assert.Equal(UpgradeEnd.Aborted, report.End);
        Assert.Equal(["the night shift", "the night shift"], report.Decisions.Select(d => d.By));
        Assert.Contains("the <b>wrong</b> night", report.Decisions[1].Text.ToString(CultureInfo.InvariantCulture), StringComparison.Ordinal);

        foreach ((string file, string says) in new[]
            {
                ("report.txt", "aborted"), ("report.json", "\"end\": \"Aborted\""), ("plan.txt", run.Id), ("plan.json", hash),
                ("journal.jsonl", "\"kind\":\"RunEnded\""),
            })
        {
            using HttpResponseMessage answer = await http.GetAsync(new Uri($"{path}/{file}", UriKind.Relative));
            Assert.Equal($"{run.Id}-{file}", answer.Content.Headers.ContentDisposition!.FileName);
            Assert.Contains(says, await answer.Content.ReadAsStringAsync(), StringComparison.Ordinal);
            Assert.Contains("no-store", answer.Headers.CacheControl!.ToString());
        }

        Assert.All(heard, text => Assert.DoesNotContain("canary", text, StringComparison.Ordinal));
        Assert.True(heard.Count > 20);
    }

    [Fact]
    public void A_visitor_follows_an_eighth_of_what_all_may()
    {
        RunStreams streams = new(
            Microsoft.Extensions.Options.Options.Create(new KsmgWebOptions { MaxStreams = 16 }), null!, null!, TimeProvider.System);
        IDisposable?[] own = [.. Enumerable.Range(0, 3).Select(_ => streams.Enter(new Visitor("a", KsmgWebRole.Reader)))];
        Assert.Equal([true, true, false], own.Select(place => place is not null));
        own[0]!.Dispose();
        own[0]!.Dispose();
        Assert.NotNull(streams.Enter(new Visitor("a", KsmgWebRole.Reader)));
        Assert.Equal(14, Enumerable.Range(0, 30).Count(i => streams.Enter(new Visitor($"b{i}", KsmgWebRole.Reader)) is not null));
    }

    private static bool IsGate(string kind, string data) => data.Contains("\"kind\":\"Paused\"", StringComparison.Ordinal);

    private static async Task<List<(string Kind, long Id)>> FollowAsync(HttpClient http, string path, long? after, Func<string, string, bool> isLast)
    {
        using CancellationTokenSource limit = new(Eventually.Limit);
        using HttpRequestMessage request = new(HttpMethod.Get, path);
        if (after is not null)
        {
            request.Headers.Add("Last-Event-ID", after.Value.ToString(CultureInfo.InvariantCulture));
        }

        using HttpResponseMessage answer = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, limit.Token);
        Assert.Equal("text/event-stream", answer.Content.Headers.ContentType!.MediaType);
        using StreamReader reader = new(await answer.Content.ReadAsStreamAsync(limit.Token));
        List<(string Kind, long Id)> events = [];
        (string kind, long id, string data) = (string.Empty, 0, string.Empty);
        while (await reader.ReadLineAsync(limit.Token) is { } line)
        {
            string value = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            switch (line.Split(':')[0])
            {
                case "event":
                    kind = value;
                    break;
                case "id":
                    id = long.Parse(value, CultureInfo.InvariantCulture);
                    break;
                case "data":
                    data += value;
                    break;
                case "":
                    events.Add((kind, kind == "record" ? id : 0));
                    if (isLast(kind, data))
                    {
                        return events;
                    }

                    data = string.Empty;
                    break;
                default:
                    break;
            }
        }

        throw new InvalidOperationException($"The stream ended: {string.Join(' ', events)}");
    }

    private static async Task<int> DecideAsync(HttpClient http, string path, object order)
    {
        using HttpRequestMessage request = new(HttpMethod.Post, path + "/decisions") { Content = JsonContent.Create(order) };
        request.Headers.Add("X-Ksmg", "1");
        using HttpResponseMessage answer = await http.SendAsync(request);
        return (int)answer.StatusCode;
    }

    /// <summary>Keeps what was answered; of a stream only that there was one.</summary>
    private sealed class Listing(Func<IReadOnlyList<RunSummary>> list) : RollingUpgradeOrchestrator
    {
        public override Task<IReadOnlyList<RunSummary>> ListRunsAsync(CancellationToken cancellationToken = default) => Task.FromResult(list());
    }

    private sealed class Ears(List<string> heard) : DelegatingHandler(new SocketsHttpHandler())
    {
        protected override async Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            HttpResponseMessage answer = await base.SendAsync(request, cancellationToken);
            if (answer.Content.Headers.ContentType?.MediaType != "text/event-stream")
            {
                await answer.Content.LoadIntoBufferAsync(cancellationToken);
                heard.Add(answer.Headers + await answer.Content.ReadAsStringAsync(cancellationToken));
            }

            return answer;
        }
    }
}
