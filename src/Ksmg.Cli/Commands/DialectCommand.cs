using System.CommandLine;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg dialect</c>: learns how an appliance speaks, and looks whether that was understood.</summary>
internal static class DialectCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("dialect", Words.Get("command.dialect"));
        command.Add(DialectDraftCommand.Create(common, console));
        command.Add(DialectCheckCommand.Create(common, console));
        return command;
    }
}
