using System.CommandLine;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg upgrade</c>: plans, shows, asks, runs.</summary>
internal static class UpgradeCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        UpgradeOptions options = new();
        Option<bool> yes = new("--yes", "-y") { Description = "Starts without asking." };
        Command command = new("upgrade", "Upgrades the cluster node by node: plans, shows the plan, asks, runs.");
        options.AddTo(command);
        command.Add(yes);
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            UpgradeRun run;
            try
            {
                UpgradePlan plan = await options.PlanAsync(result, host, output, console).ConfigureAwait(false);
                output.SayText(plan.ToText());
                if (plan.IsNothingToDo && !plan.IsRefused)
                {
                    output.Say("There is nothing to do.");
                    return ExitCodes.Done;
                }

                if (plan.IsRefused)
                {
                    throw new CliException(
                        ExitCodes.Refused,
                        "The upgrade is refused; nothing was changed. " + string.Join(
                            " ", plan.Findings.Where(f => f.Severity == FindingSeverity.Refusal).Select(f => f.Text)));
                }

                await ConfirmAsync(result.GetValue(yes), output, console).ConfigureAwait(false);
                run = await host.Orchestrator.StartAsync(plan, console.End).ConfigureAwait(false);
            }
            catch (OperationCanceledException)
            {
                throw new CliException(ExitCodes.Interrupted, "Stopped. No run was created and nothing was changed.");
            }
            catch (KsmgException e)
            {
                // Whatever it was: the run does not exist yet, so nothing was changed.
                throw new CliException(ExitCodes.Refused, e.Message, e);
            }

            output.SayRun(run);
            RunDriver driver = new(host.Simulator, output, console, common.Repeat(result), Gate.For(output, console));
            return ExitCodes.Of((await driver.DriveAsync(run).ConfigureAwait(false)).End);
        }, options.PolicyOptions(result)));
        return command;
    }

    private static async Task ConfirmAsync(bool yes, Output output, CliConsole console)
    {
        if (yes)
        {
            return;
        }

        if (!console.CanAsk)
        {
            throw new CliException(ExitCodes.Usage, "Nobody can be asked here, so nothing was started. Add --yes to start without asking.");
        }

        if (!await output.AskAsync("Start?").ConfigureAwait(false))
        {
            throw new CliException(ExitCodes.Refused, "Not started; nothing was changed.");
        }
    }
}
