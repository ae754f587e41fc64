using System.Globalization;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Diagnostics.HealthChecks;

namespace Ksmg.Web;

/// <summary>Whether the newest run of a cluster needs somebody. Its folder is read; no node is asked.</summary>
internal sealed class RunHealthCheck(RollingUpgradeOrchestrator orchestrator, TimeSpan period, TimeSpan limit, TimeProvider time)
    : SharedHealthCheck(period, limit, time)
{
    protected override async Task<HealthCheckResult> AskAsync(HealthStatus failure, CancellationToken cancellationToken)
    {
        try
        {
            // One that cannot be read may be the active one: it is told before any other.
            IReadOnlyList<RunSummary> runs = await orchestrator.ListRunsAsync(cancellationToken).ConfigureAwait(false);
            if ((runs.LastOrDefault(r => r.Damage is not null) ?? runs.LastOrDefault(r => r.End is null) ?? (runs.Count > 0 ? runs[^1] : null)) is not { } run)
            {
                return HealthCheckResult.Healthy(Words.Get("health.no-run"));
            }

            return run.Damage is { } damage
                ? new HealthCheckResult(failure, Printable.OneLine(damage), data: new Dictionary<string, object> { ["run"] = run.RunId })
                : await JudgeAsync(run, failure, cancellationToken).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return new HealthCheckResult(failure, Words.Get("health.no-answer"));
        }
        catch (KsmgException e)
        {
            return new HealthCheckResult(failure, Printable.OneLine(e.Message));
        }
    }

    private async Task<HealthCheckResult> JudgeAsync(RunSummary run, HealthStatus failure, CancellationToken cancellationToken)
    {
        UpgradeReport report = await orchestrator.GetRun(run.RunId).GetReportAsync(cancellationToken).ConfigureAwait(false);
        HealthStatus status = report.End switch
        {
            UpgradeEnd.Running => run.Holder is null ? failure : HealthStatus.Healthy,
            UpgradeEnd.Completed or UpgradeEnd.RolledBack => HealthStatus.Healthy,
            UpgradeEnd.Paused or UpgradeEnd.CompletedWithProblems or UpgradeEnd.CompletedWithExceptions or UpgradeEnd.Aborted => HealthStatus.Degraded,
            _ => failure,
        };
        string reason = report.End == UpgradeEnd.Running && run.Holder is null
            ? Words.Get("health.undriven")
            : report.Reason.ToString(CultureInfo.CurrentCulture);
        Dictionary<string, object> data = new(StringComparer.Ordinal)
        {
            ["run"] = run.RunId,
            ["state"] = report.End.ToString(),
            ["reason"] = Printable.OneLine(reason),
        };
        if (run.Holder is { } holder)
        {
            data["holder"] = Printable.OneLine(holder);
        }

        return new HealthCheckResult(status, Printable.OneLine(Words.Get("health.run", run.RunId, report.End, reason)), data: data);
    }
}
