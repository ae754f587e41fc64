using System.CommandLine;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg approve</c>: records the consent a run waits for.</summary>
internal static class ApproveCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> id = RunArgument.Create();
        Command command = new("approve", "Gives the consent a run waits for; 'resume' then goes on.");
        command.Add(id);
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            (UpgradeRun run, _) = await host.FindRunAsync(result.GetRequiredValue(id), console.Pause).ConfigureAwait(false);
            UpgradePlan plan = await run.GetPlanAsync(console.Pause).ConfigureAwait(false);
            await run.ApproveAsync(RunDriver.Me, plan.Hash, cancellationToken: console.Pause).ConfigureAwait(false);
            if (output.IsJson)
            {
                output.Json(new { run = run.Id, approvedBy = RunDriver.Me, planHash = plan.Hash });
            }

            output.Say($"Approved by {RunDriver.Me}. A process that drives the run goes on by itself; otherwise:");
            output.Say($"  ksmg resume {run.Id}{common.Repeat(result)}");
            return ExitCodes.Done;
        }));
        return command;
    }
}
