using System.CommandLine;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg fleet</c>: many clusters, in waves.</summary>
internal static class FleetCommand
{
    /// <summary>The option that names the file of a fleet.</summary>
    public const string File = "--file";

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<string> file = new(File, "-f")
        {
            Description = Words.Get("option.fleet-file"),
            HelpName = "FILE",
            DefaultValueFactory = _ => "fleet.json",
            Recursive = true,
        };
        Command command = new("fleet", Words.Get("command.fleet")) { file };
        command.Add(FleetPlanCommand.Create(file, common, console));
        command.Add(FleetStartCommand.Create(file, common, console));
        command.Add(FleetStatusCommand.Create(file, common, console));
        foreach (Command decision in FleetDecisionCommands.Create(file, common, console))
        {
            command.Add(decision);
        }

        command.Add(FleetListCommand.Create(file, common, console));
        command.Add(FleetReportCommand.Create(file, common, console));
        return command;
    }
}
