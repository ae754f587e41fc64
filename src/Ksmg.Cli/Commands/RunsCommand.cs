using System.CommandLine;
using System.Globalization;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg runs</c>: the runs of a folder, the newest first, and what each waits for.</summary>
internal static class RunsCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<bool> all = new("--all") { Description = Words.Get("option.all-runs") };
        Option<bool> csv = new("--csv") { Description = Words.Get("option.runs-csv") };
        Command command = new("runs", Words.Get("command.runs"));
        command.Add(all);
        command.Add(csv);
        common.AddFleetTo(command);
        command.SetAction(result => RunsFolder.UseAsync(result, common, console, async (folder, output) =>
        {
            bool ofAny = result.GetValue(all) || folder.IsOfAny;
            if (result.GetValue(csv))
            {
                output.Csv(await RunsTable.WriteAsync(folder, ofAny, console.End).ConfigureAwait(false));
                return ExitCodes.Done;
            }

            List<Row> rows = [];
            foreach (RunSummary summary in (await folder.ListAsync(ofAny, console.End).ConfigureAwait(false)).Reverse())
            {
                rows.Add(await ReadAsync(folder.Get(summary.RunId), summary, console.End).ConfigureAwait(false));
            }

            if (output.IsJson)
            {
                output.Json(rows.Select(ToJson));
            }
            else if (rows.Count == 0)
            {
                output.Say(Words.Get("run.none", folder.Path));
            }
            else
            {
                output.Table(
                    ["run", .. ofAny ? (string[])["cluster"] : [], "from", "to", "state", "since", "waits-for"],
                    [.. rows.Select(row => ToCells(row, ofAny, output.Clock))]);
                output.SayZone();
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    /// <summary>A run that cannot be read is a row of the answer, not its end.</summary>
    private static async Task<Row> ReadAsync(RecordedRun run, RunSummary summary, CancellationToken cancellationToken)
    {
        if (summary.Damage is not null)
        {
            return new Row(summary, null, null, summary.Damage);
        }

        try
        {
            UpgradePlan plan = await run.GetPlanAsync(cancellationToken).ConfigureAwait(false);
            return new Row(summary, plan, await run.ExplainAsync(cancellationToken).ConfigureAwait(false), null);
        }
        catch (KsmgException e)
        {
            return new Row(summary, null, null, e.Message);
        }
    }

    private static IReadOnlyList<string> ToCells(Row row, bool ofAny, ReaderClock clock) =>
    [
        row.Summary.RunId,
        .. ofAny ? (string[])[row.Summary.Cluster ?? "–"] : [],
        row.Plan?.From.ToString() ?? "–",
        row.Plan?.To.ToString() ?? "–",
        row.Standing?.State.ToString() ?? row.Summary.End?.ToString() ?? "–",
        row.Standing is { } standing ? clock.Local(standing.Since) : "–",
        clock.Say(string.Join(' ', row.Says)),
    ];

    private static object ToJson(Row row) => new
    {
        runId = row.Summary.RunId,
        cluster = row.Summary.Cluster,
        from = row.Plan?.From.ToString(),
        to = row.Plan?.To.ToString(),
        end = row.Standing?.State ?? row.Summary.End,
        reason = row.Standing is null ? null : row.Reason.ToString(CultureInfo.InvariantCulture),
        since = row.Standing?.Since,
        holder = row.Summary.Holder,
        pending = row.Standing?.Pending,
        damage = row.Damage,
    };

    /// <param name="Summary">What the listing says.</param>
    /// <param name="Plan">What it carries out.</param>
    /// <param name="Standing">Where it stands.</param>
    /// <param name="Damage">Why it cannot be read.</param>
    private sealed record Row(RunSummary Summary, UpgradePlan? Plan, UpgradeExplanation? Standing, string? Damage)
    {
        /// <summary>What is waited for, from the driver's own decision where there is one.</summary>
        public Message Reason => Standing!.Steps.FirstOrDefault(step => step.What == ExplainedStepKind.Waiting)?.Text ?? Standing.Reason;

        private bool IsEnded => Standing!.State is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman);

        public IEnumerable<string> Says => Standing is null
            ? [Damage!]
            : [IsEnded ? Words.Get("run.waits-for-nothing", Reason) : Reason, .. Standing.Pending.Select(decision => Words.Get("run.decided", decision.Text))];
    }
}
