using System.CommandLine;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg upgrade</c>: plans, shows, asks, runs.</summary>
internal static class UpgradeCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        UpgradeOptions options = new();
        Option<bool> yes = new("--yes", "-y") { Description = Words.Get("option.yes") };
        Command command = new("upgrade", Words.Get("command.upgrade"));
        options.AddTo(command, takesPlan: true);
        command.Add(yes);
        PageOption pageOption = new();
        pageOption.AddTo(command);
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            UpgradeRun run;
            RunPage? page;
            try
            {
                UpgradePlan plan = await options.PlanAsync(result, host, output, console).ConfigureAwait(false);
                output.SayText(plan.ToText());
                if (plan.IsNothingToDo && !plan.IsRefused)
                {
                    output.SayNothingToDo(plan);
                    return ExitCodes.Done;
                }

                UpgradeOptions.MustNotBeRefused(plan);
                await output.ConfirmAsync(result.GetValue(yes), Words.Get("run.start")).ConfigureAwait(false);
                page = await RunPage.OpenAsync(pageOption.PortOf(result), host, console).ConfigureAwait(false);
                run = await host.Orchestrator.StartAsync(plan, console.End).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw new CliException(ExitCodes.Interrupted, Words.Get("run.not-created"));
            }
            catch (KsmgException e)
            {
                // Whatever it was: the run does not exist yet, so nothing was changed.
                throw new CliException(ExitCodes.Refused, e.Message, e);
            }

            output.SayRun(run);
            RunDriver driver = new(host.Runs.Get, host.Simulator, output, console, common.Repeat(result), Gate.For(output, console), page);
            return ExitCodes.Of((await RunPage.BesideAsync(page, run, output, () => driver.DriveAsync(run)).ConfigureAwait(false)).End);
        }, options.PolicyOptions(result)));
        return command;
    }
}
