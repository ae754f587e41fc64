using System.CommandLine;
using Ksmg.Sdk.Dialects;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg dialect draft</c>: a dialect as far as a browser's recording tells it.</summary>
internal static class DialectDraftCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<string> har = new("--har") { Description = Words.Get("option.har"), HelpName = "FILE", Required = true };
        Option<string> to = new("--out") { Description = Words.Get("option.dialect-out"), HelpName = "FILE", Required = true };
        Command command = new("draft", Words.Get("command.dialect-draft"));
        command.Add(har);
        command.Add(to);
        command.SetAction(async result =>
        {
            Output output = common.Output(result, console);
            string path = Path.GetFullPath(result.GetRequiredValue(to));
            DialectDraft draft = await ReadAsync(Path.GetFullPath(result.GetRequiredValue(har)), path, console.End).ConfigureAwait(false);
            await NewFile.WriteAsync(path, draft.Json, console.End).ConfigureAwait(false);
            Show(draft, path, output);
            return ExitCodes.Done;
        });
        return command;
    }

    private static async Task<DialectDraft> ReadAsync(string har, string path, CancellationToken cancellationToken)
    {
        NewFile.Refuse(path);

        try
        {
            FileStream file = File.OpenRead(har);
            await using (file.ConfigureAwait(false))
            {
                return await DialectDraft.ReadAsync(file, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is FormatException or IOException or UnauthorizedAccessException)
        {
            throw new CliException(ExitCodes.Refused, Words.Get("dialect.har", har, e.Message), e);
        }
    }

    private static void Show(DialectDraft draft, string path, Output output)
    {
        if (output.IsJson)
        {
            output.Json(new { dialect = path, leftOut = draft.LeftOut, operations = draft.Operations });
            return;
        }

        output.Table(
            ["operation", "call", "why", "to-do"],
            [.. draft.Operations.Select(o => (IReadOnlyList<string>)[o.Operation, o.Call ?? "–", o.Why.Length > 0 ? o.Why : "–", Say(o)])]);
        output.Say();
        output.Say(Words.Get("dialect.left-out", draft.LeftOut));
        int unsure = draft.Operations.Count(operation => operation.State == DraftedState.Unsure);
        output.Say(unsure == 0 ? Words.Get("dialect.drafted", path) : Words.Get("dialect.drafted-unsure", path, unsure));
    }

    private static string Say(DraftedOperation operation) => operation.State switch
    {
        DraftedState.AsShipped => Words.Get("dialect.as-shipped"),
        DraftedState.Unsure => Words.Get("dialect.unsure", operation.ToDo),
        DraftedState.Drafted when operation.ToDo.Length == 0 => "–",
        _ => operation.ToDo,
    };
}
