using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed partial class SimulatorDocumentTests
{
    private static readonly string Document = File.ReadAllText(Path.Combine(SimulatorHttpsTests.RepositoryRoot(), "docs", "simulator.md"));

    [Fact]
    public void Every_fault_is_documented_and_no_other()
    {
        string faults = Document[Document.IndexOf("## Faults", StringComparison.Ordinal)..];
        HashSet<string> words = [.. Word().Matches(faults).Select(match => match.Groups["word"].Value)];
        Assert.Empty(SimulatedFaults.Names.Except(words));

        string[] firstColumn = [
            .. faults.Split('\n')
                .Where(line => line.StartsWith("| `", StringComparison.Ordinal))
                .SelectMany(line => Word().Matches(WithoutRemarks().Replace(line.Split('|')[1], "")).Select(match => match.Groups["word"].Value))];
        Assert.Empty(firstColumn.Except(SimulatedFaults.Names));
    }

    [Fact]
    public void Every_effect_is_documented()
    {
        string source = string.Concat(
            Directory.EnumerateFiles(Path.Combine(SimulatorHttpsTests.RepositoryRoot(), "src", "Ksmg.Simulator"), "*.cs", SearchOption.AllDirectories)
                .Where(file => !file.Contains("obj", StringComparison.Ordinal))
                .Select(File.ReadAllText));
        string[] effects = [.. Effect().Matches(source).Select(match => match.Groups["word"].Value).Distinct()];
        Assert.True(effects.Length > 20);
        Assert.DoesNotContain(effects, effect => !Document.Contains($"`{effect}`", StringComparison.Ordinal));
    }

    [GeneratedRegex("`(?<word>[a-z-]+)`", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Word();

    [GeneratedRegex(@"\([^)]*\)", RegexOptions.NonBacktracking)]
    private static partial Regex WithoutRemarks();

    [GeneratedRegex(@"Effect\([^,()]+, ""(?<word>[a-z-]+)""", RegexOptions.ExplicitCapture | RegexOptions.NonBacktracking)]
    private static partial Regex Effect();
}
