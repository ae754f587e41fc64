using System.CommandLine;
using Ksmg.Cli.Fleet;
using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg fleet report</c>: every cluster of a fleet, from what is kept of it alone.</summary>
internal static class FleetReportCommand
{
    public static Command Create(Option<string> file, CommonOptions common, CliConsole console)
    {
        Option<string> format = new("--format") { Description = Words.Get("option.report-format"), DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json", "html", "junit");
        Command command = new("report", Words.Get("command.fleet-report"));
        command.Add(format);
        command.SetAction(result => FleetHost.UseAsync(result, file, common, console, async (host, output) =>
        {
            FleetRun run = await host.FindAsync(console.End).ConfigureAwait(false);
            FleetReport report = await run.GetReportAsync(console.End).ConfigureAwait(false);
            if (output.IsJson || result.GetValue(format) == "json")
            {
                output.JsonDocument(report.ToJson());
            }
            else
            {
                output.SayText(result.GetValue(format) switch
                {
                    "html" => report.ToHtml(),
                    "junit" => report.ToJUnit(),
                    _ => report.ToText(),
                });
            }

            return ExitCodes.Done;
        }));
        return command;
    }
}
