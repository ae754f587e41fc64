using System.CommandLine;
using System.Globalization;
using Ksmg.Cli.Fleet;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Commands;

/// <summary>
/// What a human tells a fleet: <c>pause</c>, <c>approve</c>, <c>hold</c>. Each is recorded with who said it; whoever drives the fleet answers,
/// otherwise the next one to drive it hears it.
/// </summary>
internal static class FleetDecisionCommands
{
    private delegate Task<RunCommandAnswer?> Tell(FleetRun run, string? cluster, CancellationToken cancellationToken);

    public static IEnumerable<Command> Create(Option<string> file, CommonOptions common, CliConsole console)
    {
        Option<string?> reason = new("--reason") { Description = Words.Get("option.reason") };
        Command pause = new("pause", Words.Get("command.fleet-pause")) { reason };
        pause.SetAction(result => FleetHost.UseAsync(result, file, common, console, (host, output) => TellAsync(
            pause.Name, [null], host, output, console, (run, _, stop) => run.PauseAsync(RunDriver.Me, result.GetValue(reason), stop))));
        yield return pause;

        Argument<string?> one = new("CLUSTER") { Description = Words.Get("option.fleet-cluster"), Arity = ArgumentArity.ZeroOrOne };
        Command approve = new("approve", Words.Get("command.fleet-approve")) { one, reason };
        approve.SetAction(result => FleetHost.UseAsync(result, file, common, console, (host, output) => TellAsync(
            approve.Name,
            [result.GetValue(one)],
            host,
            output,
            console,
            (run, cluster, stop) => run.ApproveAsync(RunDriver.Me, cluster, result.GetValue(reason), cancellationToken: stop))));
        yield return approve;

        Argument<string[]> several = new("CLUSTER") { Description = Words.Get("option.fleet-cluster"), Arity = ArgumentArity.OneOrMore };
        Option<bool> leaveOut = new("--out") { Description = Words.Get("option.fleet-out") };
        Option<bool> release = new("--release") { Description = Words.Get("option.fleet-release") };
        Option<string> why = new("--reason") { Description = Words.Get("option.reason"), Required = true };
        Command hold = new("hold", Words.Get("command.fleet-hold")) { several, leaveOut, release, why };
        hold.Validators.Add(result =>
        {
            if (result.GetValue(leaveOut) && result.GetValue(release))
            {
                result.AddError(Words.Get("usage.not-together", leaveOut.Name, release.Name));
            }
        });
        hold.SetAction(result => FleetHost.UseAsync(result, file, common, console, (host, output) => TellAsync(
            hold.Name, result.GetRequiredValue(several), host, output, console, (run, cluster, stop) =>
            {
                string because = result.GetRequiredValue(why);
                if (result.GetValue(release))
                {
                    return run.ReleaseAsync(RunDriver.Me, cluster!, because, stop);
                }

                return result.GetValue(leaveOut)
                    ? run.LeaveOutAsync(RunDriver.Me, cluster!, because, stop)
                    : run.HoldAsync(RunDriver.Me, cluster!, because, stop);
            })));
        yield return hold;
    }

    private static async Task<int> TellAsync(string name, string?[] clusters, FleetHost host, Output output, CliConsole console, Tell tell)
    {
        FleetRun run = await host.FindAsync(console.End).ConfigureAwait(false);
        bool isHeard = true;
        foreach (string? cluster in clusters)
        {
            RunCommandAnswer? answer = await tell(run, cluster, console.End).ConfigureAwait(false);
            if (output.IsJson)
            {
                string? said = answer?.Text.ToString(CultureInfo.InvariantCulture);
                output.Json(new { fleetId = run.Id, command = name, cluster, by = RunDriver.Me, answer = said });
            }

            isHeard &= answer is not null;
            if (answer is not null)
            {
                output.Say(answer.Text);
            }
        }

        if (!isHeard)
        {
            FleetPlan plan = await run.GetPlanAsync(console.End).ConfigureAwait(false);
            FleetLines.SayRecorded(plan.PackagePath, host.Repeat, output);
        }

        return ExitCodes.Done;
    }
}
