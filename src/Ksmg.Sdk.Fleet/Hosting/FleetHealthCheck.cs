using System.Globalization;
using Ksmg.Sdk.Upgrades;
using Ksmg.Web;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ksmg.Sdk.Fleet;

/// <summary>Whether the newest fleet, and the worker in this process, need somebody.</summary>
internal sealed class FleetHealthCheck(KsmgFleet fleet, TimeSpan period, TimeSpan limit, TimeProvider time) : SharedHealthCheck(period, limit, time)
{
    /// <summary>Of a worker that looks once a minute, a look or two may come to nothing.</summary>
    private static readonly TimeSpan LongestBetweenSweeps = TimeSpan.FromMinutes(4);

    private readonly TimeProvider _time = time;
    private readonly long _since = time.GetTimestamp();

    protected override async Task<HealthCheckResult> AskAsync(HealthStatus failure, CancellationToken cancellationToken)
    {
        Dictionary<string, object> data = new(StringComparer.Ordinal);
        try
        {
            IReadOnlyList<FleetSummary> fleets = await fleet.ListAsync(cancellationToken).ConfigureAwait(false);
            if (HasStopped())
            {
                return new HealthCheckResult(failure, Words.Get("health.not-swept"), data: data);
            }

            // One that cannot be read may be the active one: it is told before any other.
            FleetSummary? newest = fleets.LastOrDefault(f => f.Damage is not null) ?? fleets.LastOrDefault(f => f.End is null)
                ?? (fleets.Count > 0 ? fleets[^1] : null);
            (HealthStatus status, string told) = newest is null
                ? (HealthStatus.Healthy, Words.Get("health.no-fleet"))
                : await JudgeAsync(newest, failure, data, cancellationToken).ConfigureAwait(false);
            if (fleet.Bell is { } bell && await bell.FindTroubleAsync(cancellationToken).ConfigureAwait(false) is { } trouble)
            {
                data["bell"] = trouble;
                (status, told) = (status == HealthStatus.Healthy ? HealthStatus.Degraded : status, $"{told} {trouble}");
            }

            return new HealthCheckResult(status, Printable.OneLine(told), data: data);
        }
        catch (OperationCanceledException)
        {
            return new HealthCheckResult(failure, Words.Get("health.store-silent"));
        }
        catch (Exception e) when (e is KsmgException or IOException or System.Data.Common.DbException)
        {
            return new HealthCheckResult(failure, Printable.OneLine(e.Message));
        }
    }

    private bool HasStopped() => fleet.Bell is { } bell && (bell.SweptAt is { } last
        ? _time.GetUtcNow() - last > LongestBetweenSweeps
        : _time.GetElapsedTime(_since) > LongestBetweenSweeps);

    private async Task<(HealthStatus Status, string Told)> JudgeAsync(
        FleetSummary summary, HealthStatus failure, Dictionary<string, object> data, CancellationToken cancellationToken)
    {
        data["fleet"] = summary.FleetId;
        if (summary.Damage is { } damage)
        {
            return (failure, damage);
        }

        FleetReport report = await new FleetRun(fleet, summary.FleetId).GetReportAsync(cancellationToken).ConfigureAwait(false);
        int waiting = report.Clusters.Count(c => c.NeedsPeople);
        bool isUndriven = summary is { End: null, Holder: null };
        string reason = Printable.OneLine(isUndriven ? Words.Get("health.fleet-undriven") : report.Reason.ToString(CultureInfo.CurrentCulture));
        data["state"] = report.End.ToString();
        data["reason"] = reason;
        data["waiting"] = waiting;
        bool needs = report.NeedsPeople || waiting > 0 || isUndriven || report.End is not (UpgradeEnd.Running or UpgradeEnd.Completed or UpgradeEnd.Paused);
        return (needs ? HealthStatus.Degraded : HealthStatus.Healthy, Words.Get("health.fleet", report.FleetId, report.End, waiting, reason));
    }
}
