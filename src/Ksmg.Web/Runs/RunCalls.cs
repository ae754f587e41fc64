using System.Globalization;
using System.Text;
using System.Text.Json;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ksmg.Web;

/// <summary>What the page asks for: who looks, the clusters, the runs of one, a run, what happens to it; and what it tells a run.</summary>
internal sealed class RunCalls(WebClusters clusters, RunStreams streams, Gatekeeper gatekeeper, KsmgWebOptions options, string[] parts, TimeProvider time)
{
    private const string Utf8 = "; charset=utf-8";
    private const int MostListed = 100;
    private const int MostExplained = 20;
    private const string Run = "/api/clusters/{cluster}/runs/{run}";

    public void Map(Doors doors)
    {
        doors.Open(HttpMethods.Post, "/api/session", SignInAsync);
        doors.Open(HttpMethods.Delete, "/api/session", SignOutAsync);
        doors.Look("/api/session", (_, visitor) => Json(new
        {
            name = visitor.Name,
            decides = visitor.Role == KsmgWebRole.Operator,
            continues = options.Continue is not null,
            signsOut = visitor.Session is not null,
            heartbeat = options.Heartbeat.TotalSeconds,
            now = time.GetUtcNow(),
            parts,
            clusters = clusters.All.Count,
        }));
        doors.Look("/api/clusters", ListClustersAsync);
        doors.Look("/api/clusters/{cluster}/runs", ListRunsAsync);
        doors.Look(Run, TellRunAsync);
        doors.Look(Run + "/events", FollowAsync);
        doors.Look(Run + "/plan.txt", (context, _) => DownloadAsync(context, "plan.txt", async run =>
            (await run.GetPlanAsync(context.RequestAborted).ConfigureAwait(false)).ToText()));
        doors.Look(Run + "/plan.json", (context, _) => DownloadAsync(context, "plan.json", async run =>
            (await run.GetPlanAsync(context.RequestAborted).ConfigureAwait(false)).ToJson()));
        doors.Look(Run + "/report.txt", (context, _) => DownloadAsync(context, "report.txt", async run =>
            (await run.GetReportAsync(context.RequestAborted).ConfigureAwait(false)).ToText()));
        doors.Look(Run + "/report.json", (context, _) => DownloadAsync(context, "report.json", async run =>
            (await run.GetReportAsync(context.RequestAborted).ConfigureAwait(false)).ToJson()));
        doors.Look(Run + "/journal.jsonl", DownloadJournalAsync);
        doors.Decide(Run + "/decisions", DecideAsync);
    }

    private async Task<IResult> SignInAsync(HttpContext context)
    {
        if (await Doors.ReadAsync<SignIn>(context).ConfigureAwait(false) is not { Token: { Length: > 0 } token })
        {
            return Doors.Unreadable();
        }

        return gatekeeper.SignIn(context, token) is { } refusal ? Doors.Refuse(context, refusal) : TypedResults.NoContent();
    }

    private Task<IResult> SignOutAsync(HttpContext context)
    {
        gatekeeper.SignOut(context);
        return Task.FromResult<IResult>(TypedResults.NoContent());
    }

    private async Task<IResult> ListClustersAsync(HttpContext context, Visitor visitor)
    {
        List<object> all = [];
        foreach (WebCluster cluster in clusters.All)
        {
            all.Add(await ClusterRowAsync(cluster, context).ConfigureAwait(false));
        }

        return TypedResults.Json(all);
    }

    /// <summary>A cluster whose runs cannot be listed is a row of the answer, not its end: the others are upgraded meanwhile.</summary>
    private async Task<object> ClusterRowAsync(WebCluster cluster, HttpContext context)
    {
        try
        {
            IReadOnlyList<RunSummary> runs = await cluster.ListAsync(context.RequestAborted).ConfigureAwait(false);
            RunSummary? newest = runs.FirstOrDefault(r => r is { End: null, Damage: null }) ?? (runs.Count > 0 ? runs[0] : null);
            object? row = newest is null ? null : await RowAsync(cluster, newest, context).ConfigureAwait(false);
            return new { name = cluster.Name, runs = runs.Count, newest = row };
        }
        catch (JournalException e)
        {
            return new { name = cluster.Name, runs = 0, newest = (object?)null, damage = e.Message };
        }
    }

    private async Task<IResult> ListRunsAsync(HttpContext context, Visitor visitor)
    {
        if (Find(context) is not { } cluster)
        {
            return Unknown(context);
        }

        List<object> rows = [];
        foreach (RunSummary run in (await cluster.ListAsync(context.RequestAborted).ConfigureAwait(false)).Take(MostListed))
        {
            bool isExplained = run.Damage is null && (run.End is null || rows.Count < MostExplained);
            rows.Add(isExplained ? await RowAsync(cluster, run, context).ConfigureAwait(false) : RowOf(run, null, run.Damage));
        }

        return TypedResults.Json(rows);
    }

    /// <summary>A run that cannot be read is a row of the answer, not its end.</summary>
    private async Task<object> RowAsync(WebCluster cluster, RunSummary run, HttpContext context)
    {
        try
        {
            return run.Damage is null
                ? RowOf(run, await cluster.See(run.RunId, time).LookAsync(context.RequestAborted).ConfigureAwait(false), null)
                : RowOf(run, null, run.Damage);
        }
        catch (KsmgException e)
        {
            return RowOf(run, null, e.Message);
        }
    }

    private static object RowOf(RunSummary run, Seen? seen, string? damage) => new
    {
        run = run.RunId,
        createdAt = run.CreatedAt,
        from = seen?.Report.From.ToString(),
        to = seen?.Report.To.ToString(),
        state = (seen?.Report.End ?? run.End)?.ToString(),
        reason = seen is null ? null : Reason(seen.Explanation),
        since = seen?.Explanation.Since,
        holder = run.Holder,
        pending = seen?.Explanation.Pending.Select(decision => decision.Text.ToString(CultureInfo.CurrentUICulture)),
        damage,
    };

    /// <summary>What is waited for, from the driver's own decision where there is one.</summary>
    private static string Reason(UpgradeExplanation explanation) =>
        (explanation.Steps.FirstOrDefault(step => step.What == ExplainedStepKind.Waiting)?.Text ?? explanation.Reason).ToString(CultureInfo.CurrentUICulture);

    private async Task<IResult> TellRunAsync(HttpContext context, Visitor visitor)
    {
        if (await FindRunAsync(context).ConfigureAwait(false) is not { } run)
        {
            return Unknown(context);
        }

        Seen seen = await run.LookAsync(context.RequestAborted).ConfigureAwait(false);
        string rest = JsonSerializer.Serialize(new { now = time.GetUtcNow(), samples = run.Samples }, JsonSerializerOptions.Web);
        return TypedResults.Text($"{{\"explanation\":{seen.ExplanationJson},\"report\":{seen.ReportJson},{rest[1..]}", "application/json", Encoding.UTF8);
    }

    private async Task<IResult> FollowAsync(HttpContext context, Visitor visitor)
    {
        if (await FindRunAsync(context).ConfigureAwait(false) is not { } run)
        {
            return Unknown(context);
        }

        if (streams.Enter(visitor) is not { } place)
        {
            return Doors.Refuse(context, new Refusal(StatusCodes.Status503ServiceUnavailable, Words.Get("refused.streams"), TimeSpan.FromSeconds(10)));
        }

        context.Response.RegisterForDispose(place);
        string? known = context.Request.Headers["Last-Event-ID"].FirstOrDefault() ?? context.Request.Query["after"].FirstOrDefault();
        long after = long.TryParse(known, NumberStyles.None, CultureInfo.InvariantCulture, out long sequence) ? sequence : 0;
        return TypedResults.ServerSentEvents(streams.FollowAsync(run, after, visitor, context.RequestAborted));
    }

    private async Task<IResult> DownloadAsync(HttpContext context, string name, Func<UpgradeRun, Task<string>> text)
    {
        if (await FindRunAsync(context).ConfigureAwait(false) is not { } run)
        {
            return Unknown(context);
        }

        return File(Encoding.UTF8.GetBytes(await text(run.Run).ConfigureAwait(false)), run.Run.Id, name);
    }

    private async Task<IResult> DownloadJournalAsync(HttpContext context, Visitor visitor)
    {
        if (Find(context) is not { } cluster || await FindRunAsync(context).ConfigureAwait(false) is not { } run)
        {
            return Unknown(context);
        }

        using MemoryStream lines = new();
        foreach (JournalRecord record in await cluster.Journal.ReadAsync(run.Run.Id, 0, context.RequestAborted).ConfigureAwait(false))
        {
            lines.Write(JournalJson.ToBytes(record));
            lines.WriteByte((byte)'\n');
        }

        return File(lines.ToArray(), run.Run.Id, "journal.jsonl");
    }

    private async Task<IResult> DecideAsync(HttpContext context, Visitor visitor)
    {
        if (await FindRunAsync(context).ConfigureAwait(false) is not { } run)
        {
            return Unknown(context);
        }

        if (await Doors.ReadAsync<Order>(context).ConfigureAwait(false) is not { } order)
        {
            return Doors.Unreadable();
        }

        if (Decisions.Refuse(order, out HumanOptionKind kind) is { } refusal)
        {
            return Doors.Problem(refusal);
        }

        if (kind == HumanOptionKind.Continue)
        {
            return await ContinueAsync(run.Run, context).ConfigureAwait(false);
        }

        RunCommandAnswer? answer = await Decisions.TellAsync(run.Run, kind, order, visitor.Name, context.RequestAborted).ConfigureAwait(false);
        string text = answer?.Text.ToString(CultureInfo.CurrentUICulture) ?? Words.Get("decision.recorded");
        return TypedResults.Json(new { text }, statusCode: answer is null ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }

    private async Task<IResult> ContinueAsync(UpgradeRun run, HttpContext context)
    {
        if (options.Continue is not { } drive)
        {
            return Doors.Problem(new Refusal(StatusCodes.Status409Conflict, Words.Get("decision.no-driver", run.Id)));
        }

        await drive(run, context.RequestAborted).ConfigureAwait(false);
        return TypedResults.Json(new { text = Words.Get("decision.continued") });
    }

    private WebCluster? Find(HttpContext context) => clusters.Find((string)context.Request.RouteValues["cluster"]!);

    private async Task<SeenRun?> FindRunAsync(HttpContext context) => Find(context) is { } cluster
        ? await cluster.FindAsync((string)context.Request.RouteValues["run"]!, time, context.RequestAborted).ConfigureAwait(false)
        : null;

    private static IResult Unknown(HttpContext context) => Doors.Problem(
        new Refusal(StatusCodes.Status404NotFound, Words.Get("run.elsewhere", Printable.OneLine((string?)context.Request.RouteValues["cluster"]))));

    private static FileContentHttpResult File(byte[] content, string run, string name) => TypedResults.File(
        content, name.EndsWith(".json", StringComparison.Ordinal) ? "application/json" : "text/plain" + Utf8, $"{run}-{name}");

    private static Task<IResult> Json(object value) => Task.FromResult<IResult>(TypedResults.Json(value));

    private sealed record SignIn(string? Token);
}
