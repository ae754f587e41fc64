using System.CommandLine;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg report</c>: what a run did, from its plan and its journal alone.</summary>
internal static class ReportCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> id = RunArgument.Create(common);
        Option<string> format = new("--format") { Description = Words.Get("option.report-format"), DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json");
        Command command = new("report", Words.Get("command.report"));
        command.Add(id);
        command.Add(format);
        command.SetAction(result => RunsFolder.UseAsync(result, common, console, async (folder, output) =>
        {
            RecordedRun run = await folder.FindOfAnyAsync(result.GetRequiredValue(id), console.End).ConfigureAwait(false);
            UpgradeReport report = await run.GetReportAsync(console.End).ConfigureAwait(false);
            if (output.IsJson || result.GetValue(format) == "json")
            {
                output.JsonDocument(report.ToJson());
            }
            else
            {
                output.SayText(report.ToText());
            }

            return ExitCodes.Done;
        }));
        return command;
    }
}
