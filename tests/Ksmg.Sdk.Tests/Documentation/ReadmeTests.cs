using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Documentation;

[Trait("Category", "Slow")]
public sealed partial class ReadmeTests
{
    private static readonly string Readme = File.ReadAllText(Repository.PathOf("README.md"));

    [Fact]
    public void The_quick_start_in_the_readme_is_the_one_that_is_compiled_and_run()
    {
        string[] source = File.ReadAllLines(Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Documentation", "QuickStart.cs"));
        IEnumerable<string> code = source.SkipWhile(line => !line.Contains("// <quick-start>")).Skip(1).TakeWhile(line => !line.Contains("// </quick-start>"))
            .Select(line => line.Length > 8 ? line[8..] : string.Empty);
        IEnumerable<string> program = source.Where(line => line.StartsWith("using ", StringComparison.Ordinal)).Append(string.Empty).Concat(code);

        Assert.Equal(string.Join('\n', program), CSharpBlock().Match(Readme).Groups["code"].Value.Trim().ReplaceLineEndings("\n"));
    }

    [Fact]
    public void Each_piece_of_code_in_the_documentation_is_one_that_is_compiled()
    {
        string source = File.ReadAllText(Repository.PathOf("tests", "Ksmg.Sdk.Tests", "Documentation", "Snippets.cs")).ReplaceLineEndings("\n");
        IEnumerable<string> compiled = Snippet().Matches(source)
            .Select(m => m.Groups["code"].Value.Replace("\n        ", "\n", StringComparison.Ordinal).Trim());
        IEnumerable<string> shown = Repository.Files("docs", "*.md").Concat(Repository.Files("src", "README.md"))
            .SelectMany(path => CSharpBlock().Matches(File.ReadAllText(Repository.PathOf(path)).ReplaceLineEndings("\n")))
            .Select(m => m.Groups["code"].Value.Trim());

        Assert.Equal(compiled.Order(StringComparer.Ordinal), shown.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task The_quick_start_upgrades_a_simulated_cluster()
    {
        UpgradeReport report = await QuickStart.RunAsync().WaitAsync(TimeSpan.FromMinutes(3));

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.All(report.Nodes, node => Assert.Equal("2.1.0.7854", node.BuildAfter.ToString()));
    }

    [Fact]
    public void The_commands_and_files_the_readme_names_exist()
    {
        Assert.All(LocalLink().Matches(Readme), link => Assert.True(Path.Exists(Repository.PathOf(link.Groups["file"].Value)), link.Value));
        Assert.Contains("dotnet run --project src/Ksmg.Cli -- demo", Readme);
        Assert.Contains("eng/test.sh", File.ReadAllText(Repository.PathOf(".ci", "run")));
        Assert.Contains("eng/test.sh", Readme);
        Assert.Contains("eng/soak.sh", File.ReadAllText(Repository.PathOf(".ci", "nightly")));
    }

    [GeneratedRegex("```csharp\r?\n(?<code>.*?)```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex CSharpBlock();

    [GeneratedRegex("// <snippet>(?<code>.*?)// </snippet>", RegexOptions.Singleline | RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex Snippet();

    [GeneratedRegex(@"\]\((?<file>(?!http)[^)#]+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 5000)]
    private static partial Regex LocalLink();
}
