using System.Globalization;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// Silences as Alertmanager keeps them (API v2, its own source): a beginning in the past becomes now, an active one can only change its end,
/// with anything else changed it is ended and another one made; one that has ended cannot be ended again.
/// </summary>
internal sealed class AlertmanagerServer(TimeProvider time) : IAsyncDisposable
{
    private readonly List<Kept> _silences = [];
    private TestServer? _server;

    /// <summary>What <c>Authorization</c> has to hold.</summary>
    public string? Login { get; init; }

    public List<string> Calls { get; } = [];

    public IReadOnlyList<Kept> Silences => _silences;

    public IEnumerable<Kept> Active => _silences.Where(s => s.EndsAt > time.GetUtcNow());

    public Uri Address => _server!.Address;

    public string Fingerprint => _server!.Fingerprint;

    public static async Task<AlertmanagerServer> StartAsync(TimeProvider time, string? login = null)
    {
        AlertmanagerServer alertmanager = new(time) { Login = login };
        alertmanager._server = await TestServer.StartAsync(alertmanager.AnswerAsync);
        return alertmanager;
    }

    public void Forget() => _silences.Clear();

    public ValueTask DisposeAsync() => _server!.DisposeAsync();

    private async Task AnswerAsync(HttpContext context)
    {
        string path = context.Request.Path.Value!;
        Calls.Add($"{context.Request.Method} {path}");
        if (Login is not null && context.Request.Headers.Authorization != Login)
        {
            context.Response.StatusCode = 401;
            return;
        }

        (int status, JsonNode? answer) = (context.Request.Method, path) switch
        {
            ("GET", "/prefix/api/v2/status") => (200, new JsonObject { ["versionInfo"] = new JsonObject { ["version"] = "0.28.1" }, ["uptime"] = "x" }),
            ("POST", "/prefix/api/v2/silences") => Post(
                context.Request.ContentType, JsonNode.Parse(await new StreamReader(context.Request.Body).ReadToEndAsync())!.AsObject()),
            ("GET", _) when Find(path) is { } found => (200, new JsonObject
            {
                ["id"] = found.Id,
                ["startsAt"] = Text(found.StartsAt),
                ["endsAt"] = Text(found.EndsAt),
                ["updatedAt"] = Text(time.GetUtcNow()),
                ["createdBy"] = found.CreatedBy,
                ["comment"] = found.Comment,
                ["matchers"] = JsonNode.Parse(found.Matchers),
                ["status"] = new JsonObject { ["state"] = found.EndsAt > time.GetUtcNow() ? "active" : "expired" },
            }),
            ("DELETE", _) when Find(path) is { } found => Expire(found),
            _ => (404, null),
        };
        context.Response.StatusCode = status;
        context.Response.ContentType = "application/json";
        await context.Response.WriteAsync(answer?.ToJsonString() ?? string.Empty, Encoding.UTF8);
    }

    private (int, JsonNode?) Post(string? type, JsonObject silence)
    {
        string[] odd = [.. silence.Select(m => m.Key).Except(["id", "matchers", "startsAt", "endsAt", "createdBy", "comment"])];
        DateTimeOffset now = time.GetUtcNow();
        DateTimeOffset starts = At(silence, "startsAt");
        DateTimeOffset ends = At(silence, "endsAt");
        JsonArray matchers = silence["matchers"]!.AsArray();
        if (type != "application/json" || odd.Length > 0 || starts >= ends || ends < now || matchers.Count == 0
            || string.IsNullOrEmpty((string?)silence["createdBy"]) || string.IsNullOrEmpty((string?)silence["comment"])
            || matchers.Any(m => string.IsNullOrEmpty((string?)m!["name"]) || m["isRegex"]!.GetValueKind() is not (
                System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False)))
        {
            return (400, JsonValue.Create("bad silence"));
        }

        Kept? former = null;
        if ((string?)silence["id"] is { Length: > 0 } id)
        {
            former = _silences.Find(s => s.Id == id);
            if (former is null)
            {
                return (404, JsonValue.Create("silence not found"));
            }

            if (former.EndsAt > now && former.StartsAt.ToUnixTimeSeconds() == starts.ToUnixTimeSeconds() && former.Matchers == matchers.ToJsonString())
            {
                former.EndsAt = ends;
                return (200, new JsonObject { ["silenceID"] = id });
            }

            former.EndsAt = former.EndsAt > now ? now : former.EndsAt;
        }

        Kept made = new(
            Guid.NewGuid().ToString(), matchers.ToJsonString(), starts < now ? now : starts, (string)silence["createdBy"]!, (string)silence["comment"]!)
        {
            EndsAt = ends,
        };
        _silences.Add(made);
        return (200, new JsonObject { ["silenceID"] = made.Id });
    }

    private (int, JsonNode?) Expire(Kept found)
    {
        if (found.EndsAt <= time.GetUtcNow())
        {
            return (500, JsonValue.Create($"silence {found.Id} already expired"));
        }

        found.EndsAt = time.GetUtcNow();
        return (200, null);
    }

    private Kept? Find(string path) => _silences.Find(s => path == $"/prefix/api/v2/silence/{s.Id}");

    private static DateTimeOffset At(JsonObject silence, string member) =>
        DateTimeOffset.Parse((string)silence[member]!, CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind);

    private static string Text(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);

    /// <summary>A silence.</summary>
    public sealed record Kept(string Id, string Matchers, DateTimeOffset StartsAt, string CreatedBy, string Comment)
    {
        public DateTimeOffset EndsAt { get; set; }
    }
}
