using System.CommandLine;
using System.Text.Json.Nodes;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg plan</c>: what an upgrade would do; changes nothing.</summary>
internal static class PlanCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        UpgradeOptions options = new();
        Option<string> format = new("--format") { Description = Words.Get("option.plan-format"), DefaultValueFactory = _ => "text" };
        format.AcceptOnlyFromAmong("text", "json", "mermaid");
        Option<string?> to = new("--out") { Description = Words.Get("option.plan-out"), HelpName = "FILE" };
        Option<bool> estimate = new("--estimate") { Description = Words.Get("option.plan-estimate") };
        Command command = new("plan", Words.Get("command.plan"));
        options.AddTo(command);
        command.Add(format);
        command.Add(to);
        command.Add(estimate);
        command.Validators.Add(result =>
        {
            if (result.GetValue(estimate) && result.GetValue(format) == "mermaid")
            {
                result.AddError(Words.Get("usage.text-or-json", estimate.Name));
            }
        });
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            string? path = result.GetValue(to) is { } file ? Path.GetFullPath(file) : null;
            if (path is not null)
            {
                NewFile.Refuse(path);
            }

            UpgradePlan plan = await options.PlanAsync(result, host, output, console).ConfigureAwait(false);
            UpgradeEstimate? times = result.GetValue(estimate) && !plan.IsNothingToDo
                ? await host.Orchestrator.EstimateAsync(plan, console.End).ConfigureAwait(false)
                : null;
            switch (output.IsJson ? "json" : result.GetValue(format))
            {
                case "json" when times is not null:
                    JsonNode document = JsonNode.Parse(plan.ToJson())!;
                    document["estimate"] = JsonNode.Parse(times.ToJson());
                    output.JsonDocument(document);
                    break;
                case "json":
                    output.JsonDocument(plan.ToJson());
                    break;
                case "mermaid":
                    output.SayText(plan.ToMermaid());
                    break;
                default:
                    output.SayText(plan.ToText() + (times is null ? string.Empty : "\n" + times.ToText()));
                    output.SayDefects(plan.IsNothingToDo ? [] : host.Known.For(plan.From, plan.To));
                    break;
            }

            host.HintAtDialect(output, plan.Findings.Any(finding => finding.Code == "node-unread"));
            if (path is not null && plan.IsRefused)
            {
                output.Complain(Words.Get("plan.not-saved"));
            }
            else if (path is not null)
            {
                await NewFile.WriteAsync(path, plan.ToJson(), console.End).ConfigureAwait(false);
                output.Say(Words.Get("plan.saved", path));
                output.SayCommand($"ksmg upgrade --plan {ShellWord.QuotePath(result.GetRequiredValue(to)!)}{common.Repeat(result)}");
            }

            return plan.IsRefused ? ExitCodes.Refused : ExitCodes.Done;
        }, options.PolicyOptions(result)));
        return command;
    }
}
