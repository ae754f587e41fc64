using System.CommandLine;
using System.Globalization;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg status</c>: where a run stands, on one screen.</summary>
internal static class StatusCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<bool> watch = new("--watch", "-w") { Description = Words.Get("option.watch") };
        Command command = new("status", Words.Get("command.status"));
        Argument<string> id = RunArgument.AddTo(command, common);
        command.Add(watch);
        command.SetAction(result => RunsFolder.UseAsync(result, common, console, async (folder, output) =>
        {
            (RecordedRun run, RunSummary summary) = await folder.FindAsync(result.GetRequiredValue(id), console.End).ConfigureAwait(false);
            if (result.GetValue(watch))
            {
                await WatchAsync(run, folder, common.Repeat(result), output, console).ConfigureAwait(false);
                (_, summary) = await folder.FindAsync(run.Id, console.End).ConfigureAwait(false);
            }

            UpgradeReport report = await run.GetReportAsync(console.End).ConfigureAwait(false);
            if (output.IsJson)
            {
                output.Json(new
                {
                    runId = report.RunId,
                    cluster = report.Cluster,
                    end = report.End,
                    reason = report.Reason.ToString(CultureInfo.InvariantCulture),
                    holder = summary.Holder,
                    lastAt = report.LastAt,
                    pending = report.Pending,
                    nodes = report.Nodes.Select(
                        node => new { name = node.Name, outcome = node.Outcome, build = node.BuildAfter.ToString(), step = CurrentStep(node)?.Id }),
                });
                return ExitCodes.Done;
            }

            output.Say(Words.Get("run.title", report.Cluster, report.From, report.To, report.RunId));
            output.SayWrapped($"{report.End}: {output.Clock.Say(report.Reason)}");
            output.Say(summary.Holder is { } holder ? Words.Get("run.driven-by", holder) : Words.Get("run.driven-by-nobody"));
            output.SayPending(report.Pending);
            output.Say();
            output.Table(
                ["node", "outcome", "build", "step"],
                [
                    .. report.Nodes
                        .Select(
                            node => (IReadOnlyList<string>)[
                                node.Name,
                                node.Outcome.ToString(),
                                node.BuildAfter.ToString(),
                                CurrentStep(node) is { } step ? $"{step.Id} {step.Name}" : "–",
                            ])]);
            return ExitCodes.Done;
        }));
        return command;
    }

    private static async Task WatchAsync(RecordedRun run, RunsFolder folder, string repeat, Output output, CliConsole console)
    {
        try
        {
            async Task<string?> FindHolderAsync(CancellationToken cancellationToken) =>
                (await folder.FindAsync(run.Id, cancellationToken).ConfigureAwait(false)).Summary.Holder;
            await new RunWatch(run, FindHolderAsync, output, console).ShowAsync().ConfigureAwait(false);
            output.Say();
        }
        catch (OperationCanceledException)
        {
            output.Say();
            output.Say(Words.Get("run.left-alone"));
            output.SayCommand($"ksmg status {run.Id} --watch{repeat}");
            throw new CliException(ExitCodes.Interrupted, string.Empty);
        }
    }

    /// <summary>The last step that was begun, while the node is in hand.</summary>
    private static StepReport? CurrentStep(NodeReport node) =>
        node.Outcome == NodeOutcome.InProgress ? node.Steps.LastOrDefault(step => step.StartedAt is not null) : null;
}
