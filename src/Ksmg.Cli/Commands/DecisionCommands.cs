using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using Ksmg.Cli.Fleet;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary>
/// What a human tells a run: <c>approve</c>, <c>pause</c>, <c>park</c>, <c>skip</c>, <c>abort</c>, <c>rollback</c>, <c>override</c>.
/// Each is recorded with who said it; a process that drives the run answers, otherwise the next <c>resume</c> carries it out.
/// </summary>
internal static class DecisionCommands
{
    private delegate Task<RunCommandAnswer?> Tell(ParseResult result, UpgradeRun run, UpgradePlan plan, CancellationToken cancellationToken);

    public static IEnumerable<Command> Create(CommonOptions common, CliConsole console)
    {
        Argument<string> node = new("NODE") { Description = Words.Get("option.node") };
        Option<string?> reason = new("--reason") { Description = Words.Get("option.reason") };

        yield return Make("approve", Words.Get("command.approve"), common, console, [],
            (_, run, plan, stop) => run.ApproveAsync(RunDriver.Me, plan.Hash, cancellationToken: stop));

        Option<string?> after = new("--after") { Description = Words.Get("option.after") };
        after.AcceptOnlyFromAmong("first", "each", "none");
        yield return Make("pause", Words.Get("command.pause"), common, console, [after, reason],
            (result, run, _, stop) => result.GetValue(after) is { } point
                ? run.PauseAfterAsync(RunDriver.Me, Enum.Parse<PausePoint>(point, ignoreCase: true), result.GetValue(reason), stop)
                : run.PauseAsync(RunDriver.Me, result.GetValue(reason), stop));

        yield return Make("park", Words.Get("command.park"), common, console, [node, reason],
            (result, run, _, stop) => run.ParkAsync(RunDriver.Me, result.GetRequiredValue(node), result.GetValue(reason), stop));

        yield return Make("skip", Words.Get("command.skip"), common, console, [node, reason],
            (result, run, _, stop) => run.SkipAsync(RunDriver.Me, result.GetRequiredValue(node), result.GetValue(reason), stop));

        yield return Make("abort", Words.Get("command.abort"), common, console, [reason],
            (result, run, _, stop) => run.AbortAsync(RunDriver.Me, result.GetValue(reason), stop));

        Argument<string?> some = new("NODE") { Description = Words.Get("option.node"), Arity = ArgumentArity.ZeroOrOne };
        Option<bool> all = new("--all") { Description = Words.Get("option.all") };
        Command rollback =
            Make("rollback", Words.Get("command.rollback"), common, console, [some, all, reason],
            (result, run, _, stop) => result.GetValue(some) is { } one
                ? run.RollbackAsync(RunDriver.Me, one, result.GetValue(reason), stop)
                : run.RollbackAllAsync(RunDriver.Me, result.GetValue(reason), stop));
        rollback.Validators.Add(result =>
        {
            if (result.GetValue(all) == result.GetValue(some) is not null)
            {
                result.AddError(Words.Get("usage.node-or-all"));
            }
        });
        yield return rollback;

        Argument<string> check = new("CHECK") { Description = Words.Get("option.check") };
        Option<string> why = new("--reason") { Description = Words.Get("option.reason"), Required = true };
        Option<DateTimeOffset> until = new("--until")
        {
            Description = Words.Get("option.until"),
            HelpName = "TIME",
            Required = true,
            CustomParser = argument => ParseUntil(argument, console.Time.GetUtcNow()),
        };
        yield return Make("override", Words.Get("command.override"), common, console, [check, why, until],
            (result, run, _, stop) =>
                run.OverrideAsync(RunDriver.Me, result.GetRequiredValue(check), result.GetRequiredValue(why), result.GetValue(until), stop));
    }

    private static Command Make(string name, string description, CommonOptions common, CliConsole console, IReadOnlyList<Symbol> symbols, Tell tell)
    {
        Command command = new(name, description);
        Argument<string> id = RunArgument.AddTo(command, common);
        foreach (Symbol symbol in symbols)
        {
            if (symbol is Argument argument)
            {
                command.Add(argument);
            }
            else
            {
                command.Add((Option)symbol);
            }
        }

        command.SetAction(result => CliHost.UseRunAsync(result, id, common, console, async (_, run, output) =>
        {
            UpgradePlan plan = await run.GetPlanAsync(console.End).ConfigureAwait(false);
            RunCommandAnswer? answer = await tell(result, run, plan, console.End).ConfigureAwait(false);
            if (output.IsJson)
            {
                string? said = answer?.Text.ToString(CultureInfo.InvariantCulture);
                output.Json(new { runId = run.Id, command = name, by = RunDriver.Me, planHash = plan.Hash, answer = said });
            }

            if (answer is not null)
            {
                output.Say(answer.Text);
            }
            else if (common.FleetPath(result) is { } fleet)
            {
                FleetLines.SayRecorded(plan.PackagePath, $" -f {ShellWord.QuotePath(fleet)}", output);
            }
            else
            {
                output.Say(Words.Get("run.recorded"));
                output.SayCommand($"ksmg resume {run.Id}{common.Repeat(result)}");
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    private static DateTimeOffset ParseUntil(ArgumentResult argument, DateTimeOffset now)
    {
        string text = argument.Tokens.Count == 1 ? argument.Tokens[0].Value : string.Empty;
        // With a colon it is a time of the day.
        if (!text.Contains(':', StringComparison.Ordinal) && Duration.TryParse(text, out TimeSpan span))
        {
            return now + span;
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset time))
        {
            return time;
        }

        argument.AddError(Words.Get("usage.until", text));
        return default;
    }
}
