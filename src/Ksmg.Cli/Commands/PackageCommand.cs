using System.CommandLine;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg package</c>: the commands on a package alone.</summary>
internal static class PackageCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("package", Words.Get("command.package"));
        command.Add(PackageInspectCommand.Create(common, console));
        command.Add(PackageUploadCommand.Create(common, console));
        return command;
    }
}
