using System.Collections.Concurrent;
using System.Globalization;
using Ksmg.Sdk;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Web.Fleet;

/// <summary>What the page of fleets asks for: the fleets, one of them with a page of its clusters; and what it tells a fleet.</summary>
internal sealed class FleetCalls(SeenFleets fleets, WebClusters clusters, TimeProvider time)
{
    private const int MostListed = 50;
    private const int MostExplained = 10;
    private const int MostLabels = 200;
    private const int PageSize = 50;
    private const string Fleet = "/api/fleets/{fleet}";

    /// <summary>Runs of listed clusters that were found among those.</summary>
    private readonly ConcurrentDictionary<string, bool> _shown = new(StringComparer.Ordinal);

    public void Map(Doors doors)
    {
        doors.Look("/api/fleets", ListAsync);
        doors.Look(Fleet, TellAsync);
        doors.Decide(Fleet + "/decisions", DecideAsync);
    }

    private async Task<IResult> ListAsync(HttpContext context, Visitor visitor)
    {
        List<object> rows = [];
        foreach (FleetSummary fleet in (await fleets.ListAsync(context.RequestAborted).ConfigureAwait(false)).Take(MostListed))
        {
            bool isExplained = fleet.Damage is null && (fleet.End is null || rows.Count < MostExplained);
            rows.Add(isExplained ? await RowAsync(fleet, context).ConfigureAwait(false) : RowOf(fleet, null, fleet.Damage));
        }

        return TypedResults.Json(rows);
    }

    /// <summary>A fleet that cannot be read is a row of the answer, not its end.</summary>
    private async Task<object> RowAsync(FleetSummary fleet, HttpContext context)
    {
        try
        {
            return RowOf(fleet, (await fleets.LookAsync(fleet.FleetId, context.RequestAborted).ConfigureAwait(false)).Seen, null);
        }
        catch (KsmgException e)
        {
            return RowOf(fleet, null, e.Message);
        }
    }

    private static object RowOf(FleetSummary fleet, FleetReport? report, string? damage) => new
    {
        fleet = fleet.FleetId,
        createdAt = fleet.CreatedAt,
        state = (report?.End ?? fleet.End)?.ToString(),
        reason = Say(report?.Reason),
        clusters = report?.Clusters.Count,
        people = report?.Clusters.Count(c => c.NeedsPeople),
        damage,
    };

    private async Task<IResult> TellAsync(HttpContext context, Visitor visitor)
    {
        if (await FindAsync(context).ConfigureAwait(false) is not { } fleet)
        {
            return Unknown(context);
        }

        (FleetReport report, DateTimeOffset at) = await fleets.LookAsync(fleet.FleetId, context.RequestAborted).ConfigureAwait(false);
        FleetQuery query = FleetQuery.Of(context.Request.Query);
        FleetClusterReport[] found = [.. report.Clusters.Where(query.Filter.Fits).OrderBy(Rank)];
        int pages = Math.Max(1, (found.Length + PageSize - 1) / PageSize);
        int page = Math.Min(query.Page, pages);
        bool isOpen = report.End is UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman;
        List<object> rows = [];
        foreach (FleetClusterReport cluster in found.Skip((page - 1) * PageSize).Take(PageSize))
        {
            rows.Add(RowOf(cluster, isOpen, await IsShownAsync(cluster, context.RequestAborted).ConfigureAwait(false)));
        }

        return TypedResults.Json(new
        {
            fleet = report.FleetId,
            from = report.From.ToString(),
            to = report.To.ToString(),
            state = report.End.ToString(),
            reason = Say(report.Reason),
            waitHash = report.WaitHash,
            beganAt = report.BeganAt,
            lastAt = report.LastAt,
            holder = Printable.OneLine(fleet.Holder),
            at,
            now = time.GetUtcNow(),
            isOpen,
            options = FleetDecisions.Of(report).Select(kind => kind.ToString()),
            waves = report.Waves.Select(wave => new
            {
                name = wave.Name,
                state = wave.State.ToString(),
                reason = Say(wave.Reason),
                until = wave.Until,
                clusters = wave.Clusters,
                waiting = wave.Waiting,
                working = wave.Working,
                standing = wave.Standing,
                over = wave.Over,
                failures = wave.Failures,
                left = wave.Out,
            }),
            states = FleetClusterFilter.States.ToDictionary(
                state => state, state => report.Clusters.Count(new FleetClusterFilter { State = state }.Fits), StringComparer.Ordinal),
            labels = report.Clusters.SelectMany(c => c.Labels).Select(Label).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal).Take(MostLabels),
            rows,
            found = found.Length,
            clusters = report.Clusters.Count,
            page,
            pages,
        });
    }

    private static object RowOf(FleetClusterReport cluster, bool isOpen, bool isShown) => new
    {
        name = cluster.Name,
        wave = cluster.Wave,
        state = FleetClusterStates.Of(cluster),
        says = FleetClusterStates.InWords(cluster),
        reason = Say(cluster.Reason),
        since = cluster.Since,
        until = cluster.Until,
        people = cluster.NeedsPeople,
        labels = cluster.Labels.OrderBy(l => l.Key, StringComparer.Ordinal).Select(Label),
        run = cluster.RunId,
        page = isShown ? $"#/{Uri.EscapeDataString(cluster.Name)}/{Uri.EscapeDataString(cluster.RunId!)}" : null,
        waitHash = cluster.WaitHash,
        options = isOpen ? FleetDecisions.Of(cluster).Select(kind => kind.ToString()) : [],
    };

    private async Task<IResult> DecideAsync(HttpContext context, Visitor visitor)
    {
        if (await FindAsync(context).ConfigureAwait(false) is not { } fleet)
        {
            return Unknown(context);
        }

        if (await Doors.ReadAsync<FleetOrder>(context).ConfigureAwait(false) is not { } order)
        {
            return Doors.Unreadable();
        }

        if (FleetDecisions.Refuse(order, out FleetCommandKind kind) is { } refusal)
        {
            return Doors.Problem(refusal);
        }

        RunCommandAnswer? answer = await fleets.TellAsync(
            fleet.FleetId, run => FleetDecisions.TellAsync(run, kind, order, visitor.Name, context.RequestAborted)).ConfigureAwait(false);
        string text = Say(answer?.Text) ?? Words.Get("decision.recorded");
        return TypedResults.Json(new { text }, statusCode: answer is null ? StatusCodes.Status202Accepted : StatusCodes.Status200OK);
    }

    /// <summary>Whether the page of runs shows the run of a cluster: a listed one of the same name may keep its runs elsewhere.</summary>
    private async Task<bool> IsShownAsync(FleetClusterReport cluster, CancellationToken cancellationToken)
    {
        if (cluster.RunId is not { } run || clusters.FindListed(cluster.Name) is not { } listed)
        {
            return cluster.RunId is not null;
        }

        if (!_shown.ContainsKey(run) && await listed.HasAsync(run, cancellationToken).ConfigureAwait(false))
        {
            _shown[run] = true;
        }

        return _shown.ContainsKey(run);
    }

    private Task<FleetSummary?> FindAsync(HttpContext context) =>
        fleets.FindAsync((string)context.Request.RouteValues["fleet"]!, context.RequestAborted);

    private static IResult Unknown(HttpContext context) => Doors.Problem(
        new Refusal(StatusCodes.Status404NotFound, Words.Get("fleet.elsewhere", Printable.OneLine((string?)context.Request.RouteValues["fleet"]))));

    /// <summary>Who is needed comes first, then who is worked on; within that the plan's order stays.</summary>
    private static int Rank(FleetClusterReport cluster) => cluster switch
    {
        { NeedsPeople: true } => 0,
        { Phase: ClusterPhase.Working or ClusterPhase.Leaving } => 1,
        _ => 2,
    };

    private static string Label(KeyValuePair<string, string> label) => $"{label.Key}={label.Value}";

    private static string? Say(Message? message) => message?.ToString(CultureInfo.CurrentUICulture);
}
