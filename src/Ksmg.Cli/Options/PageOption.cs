using System.CommandLine;

namespace Ksmg.Cli;

/// <summary><c>--page [PORT]</c>: the live page beside a run, or of a fleet.</summary>
/// <param name="description">What it shows; a run where absent.</param>
internal sealed class PageOption(string? description = null)
{
    private readonly Option<int?> page = new("--page")
    {
        Description = description ?? Words.Get("option.page"),
        HelpName = "PORT",
        Arity = ArgumentArity.ZeroOrOne,
    };

    public void AddTo(Command command)
    {
        page.Validators.Add(result =>
        {
            if (result.Tokens.Count == 1 && (!int.TryParse(result.Tokens[0].Value, out int port) || port is < 1 or > 65535))
            {
                result.AddError(Words.Get("usage.range", page.Name, 1, 65535));
            }
        });
        command.Add(page);
    }

    /// <summary>The port, 0 for any; <see langword="null"/>: no page.</summary>
    public int? PortOf(ParseResult result) => result.GetResult(page) is { Implicit: false } ? result.GetValue(page) ?? 0 : null;
}
