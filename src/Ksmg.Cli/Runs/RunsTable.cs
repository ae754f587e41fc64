using System.Globalization;
using CsvHelper;
using CsvHelper.Configuration;

namespace Ksmg.Cli.Runs;

/// <summary>The history of a folder of runs as CSV (RFC 4180), the oldest first, for spreadsheets and statistics: names and units stay as they are.</summary>
internal static class RunsTable
{
    private static readonly string[] _columns =
    [
        "id", "cluster", "from", "to", "state", "started", "ended", "durationSeconds", "nodes", "problems", "stoppedAt", "damage",
    ];

    /// <summary>What a node or a file says must be no formula for a spreadsheet.</summary>
    private static readonly CsvConfiguration _format = new(CultureInfo.InvariantCulture) { InjectionOptions = InjectionOptions.Escape };

    public static async Task<string> WriteAsync(RunsFolder folder, bool ofAny, CancellationToken cancellationToken)
    {
        using StringWriter text = new(CultureInfo.InvariantCulture);
        using (CsvWriter csv = new(text, _format))
        {
            Write(csv, _columns);
            foreach (RunSummary run in await folder.ListAsync(ofAny, cancellationToken).ConfigureAwait(false))
            {
                Write(csv, await ReadAsync(folder.Get(run.RunId), run, cancellationToken).ConfigureAwait(false));
            }
        }

        return text.ToString();
    }

    private static void Write(CsvWriter csv, IReadOnlyList<string?> cells)
    {
        foreach (string? cell in cells)
        {
            csv.WriteField(Printable.Line(cell));
        }

        csv.NextRecord();
    }

    /// <summary>A run that cannot be read is a line that says so.</summary>
    private static async Task<IReadOnlyList<string?>> ReadAsync(RecordedRun run, RunSummary summary, CancellationToken cancellationToken)
    {
        try
        {
            return summary.Damage is null
                ? ToCells(await run.GetReportAsync(cancellationToken).ConfigureAwait(false))
                : Damaged(summary, summary.Damage);
        }
        catch (KsmgException e)
        {
            return Damaged(summary, e.Message);
        }
    }

    private static string?[] ToCells(UpgradeReport report)
    {
        bool isOver = report.End is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman);
        return
        [
            report.RunId,
            report.Cluster,
            report.From.ToString(),
            report.To.ToString(),
            report.End.ToString(),
            Instant(report.StartedAt),
            isOver ? Instant(report.LastAt) : null,
            ((long)(report.LastAt - report.StartedAt).TotalSeconds).ToString(CultureInfo.InvariantCulture),
            report.Nodes.Count.ToString(CultureInfo.InvariantCulture),
            report.Nodes.Sum(node => node.Problems.Count).ToString(CultureInfo.InvariantCulture),
            report.StoppedAt?.ToString(),
            null,
        ];
    }

    private static string?[] Damaged(RunSummary summary, string damage) =>
        [summary.RunId, summary.Cluster, .. new string?[_columns.Length - 3], damage];

    private static string Instant(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ssZ", CultureInfo.InvariantCulture);
}
