using System.CommandLine;
using Ksmg.Cli.Fleet;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg fleet start</c>: begins a fleet or goes on with it, and drives it until it has ended or only people can go on.</summary>
internal static class FleetStartCommand
{
    public static Command Create(Option<string> file, CommonOptions common, CliConsole console)
    {
        FleetPackageOptions package = new();
        Option<bool> yes = new("--yes", "-y") { Description = Words.Get("option.yes") };
        Command command = new("start", Words.Get("command.fleet-start"));
        package.AddTo(command);
        command.Add(yes);
        command.SetAction(result => FleetHost.UseAsync(result, file, common, console, async (host, output) =>
        {
            FleetPlan plan;
            FleetRun run;
            try
            {
                plan = await package.PlanAsync(result, host, output, console).ConfigureAwait(false);
                IReadOnlyList<FleetSummary> fleets = await host.Fleet.ListAsync(console.End).ConfigureAwait(false);
                if (fleets.Any(f => f.End is null && f.PlanHash == plan.Hash))
                {
                    output.Say(Words.Get("fleet.goes-on"));
                }
                else
                {
                    FleetPackageOptions.Say(await host.Fleet.ScheduleAsync(plan, console.End).ConfigureAwait(false), host.File, output);
                    await output.ConfirmAsync(result.GetValue(yes), Words.Get("run.start")).ConfigureAwait(false);
                }

                run = await host.Fleet.StartAsync(plan, console.End).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw new CliException(ExitCodes.Interrupted, Words.Get("fleet.not-created"));
            }
            catch (KsmgException e)
            {
                // Whatever it was: this command has driven nothing yet.
                throw new CliException(ExitCodes.Refused, e.Message, e);
            }

            SayFleet(output, run, console);
            return ExitCodes.Of(await DriveAsync(plan, run, host, output, console).ConfigureAwait(false));
        }));
        return command;
    }

    /// <summary>The line <c>fleet ID</c>: the fleet is durable.</summary>
    private static void SayFleet(Output output, FleetRun run, CliConsole console)
    {
        if (output.IsJson)
        {
            output.Json(new { fleetId = run.Id });
        }

        output.Say($"fleet {run.Id}");
        console.Out.Flush();
    }

    private static async Task<UpgradeEnd> DriveAsync(FleetPlan plan, FleetRun run, FleetHost host, Output output, CliConsole console)
    {
        console.Drive();
        while (true)
        {
            FleetReport report = await new FleetWatch(run, output, console).ShowAsync(async notice =>
            {
                notice(Words.Get("run.stopping"));
                await run.StopAsync().ConfigureAwait(false);
            }).ConfigureAwait(false);
            output.Say();
            FleetLines.SayStanding(report, host, output);
            if (report.Gate is null || console.End.IsCancellationRequested || !await IsApprovedAsync(output, console).ConfigureAwait(false))
            {
                SayHowToGoOn(report, plan, host, output);
                return report.End;
            }

            await run.ApproveAsync(RunDriver.Me, waitHash: report.WaitHash, cancellationToken: console.End).ConfigureAwait(false);
            await host.Fleet.StartAsync(plan, console.End).ConfigureAwait(false);
        }
    }

    /// <summary>A terminal waits for an answer; without one the process ends, and <c>approve</c> and <c>start</c> go on.</summary>
    private static async Task<bool> IsApprovedAsync(Output output, CliConsole console)
    {
        try
        {
            return console.CanAsk && !output.IsJson && await output.AskAsync(Words.Get("fleet.next-wave")).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            return false;
        }
    }

    private static void SayHowToGoOn(FleetReport report, FleetPlan plan, FleetHost host, Output output)
    {
        if (report.End is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman))
        {
            return;
        }

        output.Say(Words.Get(report.End == UpgradeEnd.Running ? "run.go-on" : "run.go-on-with"));
        output.SayCommand($"ksmg fleet start --package {ShellWord.QuotePath(plan.PackagePath)}{host.Repeat}");
    }
}
