using System.CommandLine;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg plan</c>: what an upgrade would do; changes nothing.</summary>
internal static class PlanCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        UpgradeOptions options = new();
        Option<string> format = new("--format") { Description = Words.Get("option.plan-format"), DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json", "mermaid");
        Command command = new("plan", Words.Get("command.plan"));
        options.AddTo(command);
        command.Add(format);
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            UpgradePlan plan = await options.PlanAsync(result, host, output, console).ConfigureAwait(false);
            switch (output.IsJson ? "json" : result.GetValue(format))
            {
                case "json":
                    output.JsonDocument(plan.ToJson());
                    break;
                case "mermaid":
                    output.SayText(plan.ToMermaid());
                    break;
                default:
                    output.SayText(plan.ToText());
                    break;
            }

            return plan.IsRefused ? ExitCodes.Refused : ExitCodes.Done;
        }, options.PolicyOptions(result)));
        return command;
    }
}
