using System.CommandLine;
using Ksmg.Cli.Fleet;
using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg fleet plan</c>: which cluster would be worked on when; asks no node and changes nothing.</summary>
internal static class FleetPlanCommand
{
    public static Command Create(Option<string> file, CommonOptions common, CliConsole console)
    {
        FleetPackageOptions package = new();
        Command command = new("plan", Words.Get("command.fleet-plan"));
        package.AddTo(command);
        command.SetAction(result => FleetHost.UseAsync(result, file, common, console, async (host, output) =>
        {
            FleetPlan plan = await package.PlanAsync(result, host, output, console).ConfigureAwait(false);
            FleetSchedule schedule = await host.Fleet.ScheduleAsync(plan, console.End).ConfigureAwait(false);
            if (output.IsJson)
            {
                output.JsonDocument(schedule.ToJson());
            }
            else
            {
                FleetPackageOptions.Say(schedule, host.File, output);
            }

            return ExitCodes.Done;
        }));
        return command;
    }
}
