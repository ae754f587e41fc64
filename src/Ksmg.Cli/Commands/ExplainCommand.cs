using System.CommandLine;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg explain</c>: what a run waits for, since when, until when, on what evidence, and what a human can do.</summary>
internal static class ExplainCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> id = RunArgument.Create();
        Command command = new("explain", "Explains what a run waits for, and what can be done. Looks at the cluster; changes nothing.");
        command.Add(id);
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            (UpgradeRun run, _) = await host.FindRunAsync(result.GetRequiredValue(id), console.Pause).ConfigureAwait(false);
            UpgradeExplanation explanation = await run.ExplainAsync(console.Pause).ConfigureAwait(false);
            if (output.IsJson)
            {
                output.JsonDocument(explanation.ToJson());
            }
            else
            {
                output.Say(explanation.ToText());
            }

            return ExitCodes.Done;
        }));
        return command;
    }
}
