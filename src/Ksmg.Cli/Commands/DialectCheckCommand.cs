using System.CommandLine;
using Ksmg.Sdk.Dialects;
using Microsoft.Extensions.DependencyInjection;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg dialect check</c>: what live nodes answer, and what the dialect makes of it.</summary>
internal static class DialectCheckCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<string?> only = new("--node") { Description = Words.Get("option.node"), HelpName = "NODE" };
        Command command = new("check", Words.Get("command.dialect-check"));
        command.Add(only);
        command.SetAction(result => CliHost.UseAsync(
            result,
            common,
            console,
            async (host, output) =>
            {
                string? node = result.GetValue(only);
                if (node is not null)
                {
                    _ = host.GetNode(node);
                }

                IReadOnlyList<CheckedOperation> found = await new DialectCheck(host.Cluster, host.Options).RunAsync(node, console.End).ConfigureAwait(false);
                Show(found, output);
                return found.Any(operation => operation.Outcome is SelfTestOutcome.Fails or SelfTestOutcome.UnknownWords) ? ExitCodes.Failed : ExitCodes.Done;
            },
            configure: builder => builder.AddDialectCheck()));
        return command;
    }

    private static void Show(IReadOnlyList<CheckedOperation> found, Output output)
    {
        if (output.IsJson)
        {
            output.Json(found);
            return;
        }

        output.Table(
            ["node", "operation", "verdict", "call", "seen"],
            [.. found.Select(o => (IReadOnlyList<string>)[o.Node, o.Operation, DoctorCommand.Verdict(o.Outcome), o.Call ?? "–", o.Text])]);
        foreach (CheckedOperation operation in found.Where(operation => operation.Raw is not null))
        {
            output.Say();
            output.Say($"{operation.Node} {operation.Operation}");
            output.Say(Words.Get("dialect.raw", operation.Raw));
            output.Say(Words.Get("dialect.mapped", operation.Mapped ?? "–"));
            SayFields("dialect.missing-fields", operation.MissingFields);
            SayFields("dialect.untold-fields", operation.UntoldFields);
            SayFields("dialect.unknown-words", operation.UnknownWords);
        }

        void SayFields(string key, IReadOnlyList<string> fields)
        {
            if (fields.Count > 0)
            {
                output.Say(Words.Get(key, string.Join(", ", fields)));
            }
        }
    }
}
