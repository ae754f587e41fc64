using System.CommandLine;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg completion</c>: a script by which a shell asks this program what can follow.</summary>
internal static class CompletionCommand
{
    private static readonly string[] _shells = ["bash", "zsh", "fish", "pwsh"];

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> shell = new("SHELL") { Description = Words.Get("option.shell"), HelpName = string.Join('|', _shells) };
        shell.AcceptOnlyFromAmong(_shells);
        Command command = new("completion", Words.Get("command.completion")) { shell };
        command.SetAction(async result =>
        {
            using StreamReader script = new(typeof(CompletionCommand).Assembly.GetManifestResourceStream($"ksmg.{result.GetRequiredValue(shell)}")!);
            common.Output(result, console).SayText(await script.ReadToEndAsync(console.End).ConfigureAwait(false));
            return ExitCodes.Done;
        });
        return command;
    }
}
