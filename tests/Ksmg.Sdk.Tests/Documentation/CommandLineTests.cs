using System.CommandLine;
using System.CommandLine.Parsing;
using System.Text.RegularExpressions;
using Ksmg.Cli;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Documentation;

/// <summary>What the documentation tells people to type and to set exists.</summary>
public sealed partial class CommandLineTests
{
    public static TheoryData<string> Documents =>
        [.. Repository.Files("docs", "*.md").Concat(Repository.Files("src", "README.md")).Append("README.md").Where(path => Lines(path).Any())];

    [Theory]
    [MemberData(nameof(Documents))]
    public void Each_command_line_of_the_documentation_is_one_that_ksmg_takes(string document)
    {
        RootCommand root = Program.CreateRoot(new CliConsole { Out = TextWriter.Null, Error = TextWriter.Null, In = TextReader.Null });

        Assert.All(Lines(document), line => Assert.True(
            root.Parse([.. CommandLineParser.SplitCommandLine(line).Skip(1)]).Errors is [], $"{document}: {line}"));
    }

    [Fact]
    public void Each_setting_of_a_policy_is_told()
    {
        string told = File.ReadAllText(Repository.PathOf("docs", "operations.md"));

        Assert.All(typeof(UpgradePolicy).GetProperties(), setting => Assert.Contains($"`{setting.Name}`", told, StringComparison.Ordinal));
    }

    /// <summary>The lines of shell blocks that call ksmg, without remarks and where their output goes.</summary>
    private static IEnumerable<string> Lines(string document) =>
        from block in ShellBlock().Matches(File.ReadAllText(Repository.PathOf(document)))
        from line in block.Groups["code"].Value.ReplaceLineEndings("\n").Split('\n')
        where line.StartsWith("ksmg ", StringComparison.Ordinal)
        select Remainder().Replace(line, string.Empty);

    [GeneratedRegex("```sh\r?\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex ShellBlock();

    [GeneratedRegex(@"\s+(#|>|\|).*$", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Remainder();
}
