using System.CommandLine;
using System.Text.Json.Nodes;
using Ksmg.Cli.Runs;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg explain</c>: what a run waits for, since when, until when, on what evidence, and what a human can do.</summary>
internal static class ExplainCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("explain", Words.Get("command.explain"));
        Argument<string> id = RunArgument.AddTo(command, common);
        command.SetAction(result => CliHost.UseRunAsync(result, id, common, console, async (_, run, output) =>
        {
            UpgradeExplanation explanation = await run.ExplainAsync(console.End).ConfigureAwait(false);
            string repeat = common.Repeat(result);
            string CommandLine(HumanOption option) => HumanCommandLine.Of(run.Id, option, repeat);
            if (output.IsJson)
            {
                JsonNode document = JsonNode.Parse(explanation.ToJson())!;
                foreach ((HumanOption option, JsonNode? there) in explanation.Options.Zip(document["options"]!.AsArray()))
                {
                    there!["command"] = CommandLine(option);
                }

                output.JsonDocument(document);
            }
            else
            {
                output.SayZone();
                output.SayText(output.Clock.Say(explanation.ToText(CommandLine)));
            }

            return ExitCodes.Done;
        }));
        return command;
    }
}
