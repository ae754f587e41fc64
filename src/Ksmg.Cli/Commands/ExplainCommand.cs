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
            (UpgradeRun run, _) = await host.FindRunAsync(result.GetRequiredValue(id), console.End).ConfigureAwait(false);
            UpgradeExplanation explanation = Complete(await run.ExplainAsync(console.End).ConfigureAwait(false), common.Repeat(result));
            if (output.IsJson)
            {
                output.JsonDocument(explanation.ToJson());
            }
            else
            {
                output.SayText(explanation.ToText());
            }

            return ExitCodes.Done;
        }));
        return command;
    }

    /// <summary>The SDK knows the run; how this command came to it, only this command does.</summary>
    private static UpgradeExplanation Complete(UpgradeExplanation explanation, string repeat) =>
        explanation with { Options = [.. explanation.Options.Select(option => option with { Command = option.Command + repeat })] };
}
