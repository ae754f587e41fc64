using System.CommandLine;
using System.CommandLine.Parsing;

namespace Ksmg.Cli;

/// <summary>What a person knows of a package that its names do not tell: <c>--from</c>, <c>--to</c>, <c>--ktgz</c>.</summary>
internal sealed class PackageOptions
{
    private readonly Option<BuildNumber?> from = new("--from")
    {
        Description = Words.Get("option.from"),
        HelpName = "BUILD",
        CustomParser = ParseBuild,
    };
    private readonly Option<BuildNumber?> to = new("--to")
    {
        Description = Words.Get("option.to"),
        HelpName = "BUILD",
        CustomParser = ParseBuild,
    };
    private readonly Option<string?> files = new("--ktgz")
    {
        Description = Words.Get("option.ktgz"),
        HelpName = "A,B",
    };

    /// <param name="command">The command.</param>
    /// <param name="otherTo">What has the name <c>--to</c> in its stead, where a package is also led to a node.</param>
    public void AddTo(Command command, Option? otherTo = null)
    {
        command.Add(from);
        command.Add(otherTo ?? to);
        command.Add(files);
    }

    public UpdatePackageOptions Read(ParseResult result) => new()
    {
        From = result.GetValue(from),
        To = result.GetValue(to),
        Files = result.GetValue(files)?.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries),
    };

    private static BuildNumber? ParseBuild(ArgumentResult argument)
    {
        string text = argument.Tokens.Single().Value;
        if (BuildNumber.TryParse(text, out BuildNumber build))
        {
            return build;
        }

        argument.AddError(Words.Get("usage.build", text));
        return null;
    }
}
