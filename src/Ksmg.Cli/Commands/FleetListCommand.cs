using System.CommandLine;
using Ksmg.Cli.Fleet;
using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg fleet list</c>: the fleets of that name so far, the newest first.</summary>
internal static class FleetListCommand
{
    public static Command Create(Option<string> file, CommonOptions common, CliConsole console)
    {
        Command command = new("list", Words.Get("command.fleet-list"));
        command.SetAction(result => FleetHost.UseAsync(result, file, common, console, async (host, output) =>
        {
            FleetSummary[] fleets = [.. (await host.Fleet.ListAsync(console.End).ConfigureAwait(false)).Reverse()];
            if (output.IsJson)
            {
                output.Json(fleets.Select(f => new { fleetId = f.FleetId, createdAt = f.CreatedAt, end = f.End, holder = f.Holder, damage = f.Damage }));
            }
            else if (fleets.Length == 0)
            {
                output.Say(Words.Get("fleet.none", host.File.Name, host.File.Path));
            }
            else
            {
                output.Table(["fleet", "since", "state"], [.. fleets.Select(fleet => ToCells(fleet, output.Clock))]);
                output.SayZone();
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    private static IReadOnlyList<string> ToCells(FleetSummary fleet, ReaderClock clock) =>
    [
        fleet.FleetId,
        fleet.CreatedAt is { } at ? clock.Local(at) : "–",
        fleet.Damage ?? fleet.End?.ToString() ?? FleetLines.DrivenBy(fleet.Holder, clock),
    ];
}
