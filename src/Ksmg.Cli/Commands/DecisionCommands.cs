using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
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
        Argument<string> node = new("NODE") { Description = "The node, as cluster.json names it." };
        Option<string?> reason = new("--reason") { Description = "Why; it stands in the journal and in the report." };

        yield return Make("approve", "Gives the consent a run waits for.", common, console, [],
            (_, run, plan, stop) => run.ApproveAsync(RunDriver.Me, plan.Hash, cancellationToken: stop));

        Option<string?> after = new("--after") { Description = "Does not pause now, but changes where the run waits for approvals." };
        after.AcceptOnlyFromAmong("first", "each", "none");
        yield return Make("pause", "Pauses a run at the next safe point, or changes where it waits for approvals.", common, console, [after, reason],
            (result, run, _, stop) => result.GetValue(after) is { } point
                ? run.PauseAfterAsync(RunDriver.Me, Enum.Parse<PausePoint>(point, ignoreCase: true), stop)
                : run.PauseAsync(RunDriver.Me, result.GetValue(reason), stop));

        yield return Make("park", "Takes the node in hand, or a finished one, out of work and keeps it there.", common, console, [node, reason],
            (result, run, _, stop) => run.ParkAsync(RunDriver.Me, result.GetRequiredValue(node), result.GetValue(reason), stop));

        yield return Make("skip", "Leaves a node out of the run, at the build it has.", common, console, [node, reason],
            (result, run, _, stop) => run.SkipAsync(RunDriver.Me, result.GetRequiredValue(node), result.GetValue(reason), stop));

        yield return Make("abort", "Ends a run at the next safe point, undoing only its own changes.", common, console, [reason],
            (result, run, _, stop) => run.AbortAsync(RunDriver.Me, result.GetValue(reason), stop));

        Argument<string?> some = new("NODE") { Description = "The node, as cluster.json names it.", Arity = ArgumentArity.ZeroOrOne };
        Option<bool> all = new("--all") { Description = "Every node this run installed on, the last one first." };
        Command rollback =
            Make("rollback", "Takes a node, or all, back to the snapshot of the drained node, after an approval that names what is lost.", common, console, [some, all, reason],
            (result, run, _, stop) => result.GetValue(some) is { } one
                ? run.RollbackAsync(RunDriver.Me, one, result.GetValue(reason), stop)
                : run.RollbackAllAsync(RunDriver.Me, result.GetValue(reason), stop));
        rollback.Validators.Add(result =>
        {
            if (result.GetValue(all) == result.GetValue(some) is not null)
            {
                result.AddError("Name a node, or say --all.");
            }
        });
        yield return rollback;

        Argument<string> check = new("CHECK") { Description = "The check, as 'explain' names it." };
        Option<string> why = new("--reason") { Description = "Why; it stands in the journal and in the report.", Required = true };
        Option<DateTimeOffset> until = new("--until")
        {
            Description = "Until when: a time such as 2026-11-23T04:00:00Z, or from now: 90m, 2h. A day at the most.",
            HelpName = "TIME",
            Required = true,
            CustomParser = argument => ParseUntil(argument, console.Time.GetUtcNow()),
        };
        yield return Make("override", "Waives a check by name, for a time.", common, console, [check, why, until],
            (result, run, _, stop) =>
                run.OverrideAsync(RunDriver.Me, result.GetRequiredValue(check), result.GetRequiredValue(why), result.GetValue(until), stop));
    }

    private static Command Make(string name, string description, CommonOptions common, CliConsole console, IReadOnlyList<Symbol> symbols, Tell tell)
    {
        Argument<string> id = RunArgument.Create();
        Command command = new(name, description) { id };
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

        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            (UpgradeRun run, _) = await host.FindRunAsync(result.GetRequiredValue(id), console.End).ConfigureAwait(false);
            UpgradePlan plan = await run.GetPlanAsync(console.End).ConfigureAwait(false);
            RunCommandAnswer? answer = await tell(result, run, plan, console.End).ConfigureAwait(false);
            if (output.IsJson)
            {
                output.Json(new { run = run.Id, command = name, by = RunDriver.Me, planHash = plan.Hash, answer = answer?.Text });
            }

            output.Say(answer?.Text ?? "Recorded. Nobody drives the run now; this carries it out:");
            if (answer is null)
            {
                output.SayCommand($"ksmg resume {run.Id}{common.Repeat(result)}");
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    private static DateTimeOffset ParseUntil(ArgumentResult argument, DateTimeOffset now)
    {
        string text = argument.Tokens.Count == 1 ? argument.Tokens[0].Value : string.Empty;
        if (text.Length > 1
            && int.TryParse(text.AsSpan(0, text.Length - 1), NumberStyles.None, CultureInfo.InvariantCulture, out int number)
            && text[^1] is 'm' or 'h')
        {
            return now + (text[^1] == 'h' ? TimeSpan.FromHours(number) : TimeSpan.FromMinutes(number));
        }

        if (DateTimeOffset.TryParse(text, CultureInfo.InvariantCulture, DateTimeStyles.AssumeLocal, out DateTimeOffset time))
        {
            return time;
        }

        argument.AddError($"--until '{text}' is neither a time such as 2026-11-23T04:00:00Z nor a span such as 90m or 2h.");
        return default;
    }
}
