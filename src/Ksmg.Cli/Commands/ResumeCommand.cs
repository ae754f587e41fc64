using System.CommandLine;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg resume</c>: drives a run again, from what the world shows.</summary>
internal static class ResumeCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<string?> package = new("--package", "-p") { Description = Words.Get("option.package-now"), HelpName = "PATH" };
        Command command = new("resume", Words.Get("command.resume"));
        Argument<string> id = RunArgument.AddTo(command, common);
        command.Add(package);
        PageOption pageOption = new();
        pageOption.AddTo(command);
        command.SetAction(result => CliHost.UseRunAsync(result, id, common, console, async (host, run, output) =>
        {
            output.SayPending((await run.GetReportAsync(console.End).ConfigureAwait(false)).Pending);
            RunPage? page = null;
            try
            {
                page = await RunPage.OpenAsync(pageOption.PortOf(result), host, console).ConfigureAwait(false);
                run = await host.Orchestrator.ResumeAsync(run.Id, result.GetValue(package), console.End).ConfigureAwait(false);
            }
            catch (UpgradeException e) when (e.State is not (null or UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman))
            {
                output.Say(Words.Get("run.ended-already", (await run.GetReportAsync(console.End).ConfigureAwait(false)).Reason));
                return ExitCodes.Of(e.State.Value);
            }
            catch (OperationCanceledException)
            {
                output.Say(Words.Get("run.nothing-changed"));
                output.SayCommand($"ksmg resume {run.Id}{common.Repeat(result)}");
                throw new CliException(ExitCodes.Interrupted, string.Empty);
            }

            RunDriver driver = new(host.Runs.Get, host.Simulator, output, console, common.Repeat(result), Gate.For(output, console), page);
            return ExitCodes.Of((await RunPage.BesideAsync(page, run, output, () => driver.DriveAsync(run)).ConfigureAwait(false)).End);
        }));
        return command;
    }
}
