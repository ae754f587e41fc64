using System.CommandLine;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg report</c>: what a run did, from its plan and its journal alone, also held against another run.</summary>
internal static class ReportCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> id = RunArgument.Create(common);
        Option<string> format = new("--format") { Description = Words.Get("option.report-format"), DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json", "html", "junit");
        Option<string?> compare = new("--compare") { Description = Words.Get("option.report-compare"), HelpName = "RUN" };
        compare.CompletionSources.Add(context => RunsFolder.Suggest(common.RunsPath(context.ParseResult)));
        Command command = new("report", Words.Get("command.report"));
        command.Add(id);
        command.Add(format);
        command.Add(compare);
        command.Validators.Add(result =>
        {
            if (result.GetResult(compare) is not null && result.GetValue(format) is "html" or "junit")
            {
                result.AddError(Words.Get("usage.report-format", compare.Name));
            }
        });
        command.SetAction(result => RunsFolder.UseAsync(result, common, console, async (folder, output) =>
        {
            UpgradeReport report = await ReadAsync(folder, result.GetRequiredValue(id), console.End).ConfigureAwait(false);
            bool isJson = output.IsJson || result.GetValue(format) == "json";
            if (result.GetValue(compare) is { } other)
            {
                ReportComparison comparison = report.CompareWith(await ReadAsync(folder, other, console.End).ConfigureAwait(false));
                Print(output, isJson, comparison.ToJson, comparison.ToText);
                return ExitCodes.Done;
            }

            Print(output, isJson, report.ToJson, result.GetValue(format) switch
            {
                "html" => report.ToHtml,
                "junit" => report.ToJUnit,
                _ => report.ToText,
            });
            return ExitCodes.Done;
        }));
        return command;
    }

    private static async Task<UpgradeReport> ReadAsync(RunsFolder folder, string run, CancellationToken cancellationToken) =>
        await (await folder.FindOfAnyAsync(run, cancellationToken).ConfigureAwait(false)).GetReportAsync(cancellationToken).ConfigureAwait(false);

    private static void Print(Output output, bool isJson, Func<string> toJson, Func<string> toText)
    {
        if (isJson)
        {
            output.JsonDocument(toJson());
        }
        else
        {
            output.SayText(toText());
        }
    }
}
