using System.CommandLine;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg report</c>: what a run did, from its plan and its journal alone, also held against another run; and whether that is whole.</summary>
internal static class ReportCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<string> format = new("--format") { Description = Words.Get("option.report-format"), DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json", "html", "junit");
        Option<string?> compare = new("--compare") { Description = Words.Get("option.report-compare"), HelpName = "RUN" };
        compare.CompletionSources.Add(context => RunsFolder.Suggest(common, context.ParseResult));
        Option<bool> verify = new("--verify") { Description = Words.Get("option.report-verify") };
        Command command = new("report", Words.Get("command.report"));
        Argument<string> id = RunArgument.AddTo(command, common);
        command.Add(format);
        command.Add(compare);
        command.Add(verify);
        command.Validators.Add(result =>
        {
            Option asked = result.GetValue(verify) ? verify : compare;
            if ((result.GetValue(verify) || result.GetResult(compare) is not null) && result.GetValue(format) is "html" or "junit")
            {
                result.AddError(Words.Get("usage.text-or-json", asked.Name));
            }
            else if (result.GetValue(verify) && result.GetResult(compare) is not null)
            {
                result.AddError(Words.Get("usage.not-together", verify.Name, compare.Name));
            }
        });
        command.SetAction(result => RunsFolder.UseAsync(result, common, console, async (folder, output) =>
        {
            bool isJson = output.IsJson || result.GetValue(format) == "json";
            RecordedRun run = await folder.FindOfAnyAsync(result.GetRequiredValue(id), console.End).ConfigureAwait(false);
            if (result.GetValue(verify))
            {
                RunVerification verification = await run.VerifyAsync(console.End).ConfigureAwait(false);
                Print(output, isJson, verification.ToJson, verification.ToText);
                return verification.IsSound
                    ? ExitCodes.Done
                    : throw new CliException(ExitCodes.NeedsHuman, string.Join(' ', verification.Checks.Select(c => (string?)c.Fault).OfType<string>()));
            }

            UpgradeReport report = await run.GetReportAsync(console.End).ConfigureAwait(false);
            report = report with { KnownDefects = folder.Known.For(report.From, report.To) };
            if (result.GetValue(compare) is { } other)
            {
                RecordedRun second = await folder.FindOfAnyAsync(other, console.End).ConfigureAwait(false);
                ReportComparison comparison = report.CompareWith(await second.GetReportAsync(console.End).ConfigureAwait(false));
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
