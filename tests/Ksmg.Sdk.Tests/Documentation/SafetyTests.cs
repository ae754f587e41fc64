using System.Reflection;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Conventions;

namespace Ksmg.Sdk.Tests.Documentation;

/// <summary>The tables of docs/safety.md are complete, and every test they and those of SECURITY.md name exists.</summary>
public sealed partial class SafetyTests
{
    private const int Invariants = 36;
    private const int Faults = 44;

    private static readonly string[] Lines = File.ReadAllLines(Repository.PathOf("docs", "safety.md"));

    [Fact]
    public void Each_invariant_and_each_fault_has_its_row()
    {
        string[] wanted = [.. Enumerable.Range(1, Invariants).Select(i => $"I{i}"), .. Enumerable.Range(1, Faults).Select(i => $"F{i}")];
        string[] rows =
        [
            .. Lines.Where(line => line.StartsWith('|')).Select(line => line.Split('|')[1].Trim())
                .Where(cell => cell is ['I' or 'F', .. { Length: > 0 } number] && number.All(char.IsAsciiDigit)),
        ];
        Assert.Equal(wanted, rows);
    }

    [Theory]
    [InlineData("docs/safety.md")]
    [InlineData("SECURITY.md")]
    public void Each_test_that_is_named_exists(string page)
    {
        Dictionary<string, Type> classes = typeof(SafetyTests).Assembly.GetTypes()
            .Where(t => t.Name.EndsWith("Tests", StringComparison.Ordinal) || t.Name.EndsWith("Contract", StringComparison.Ordinal))
            .ToDictionary(t => t.Name, StringComparer.Ordinal);
        string[] named =
        [
            .. File.ReadAllLines(Repository.PathOf(page)).Where(line => line.StartsWith("| ", StringComparison.Ordinal))
                .SelectMany(line => TestName().Matches(line))
                .Select(m => m.Groups["name"].Value).Distinct(),
        ];
        string[] missing = [.. named.Where(name =>
        {
            string[] parts = name.Split('.');
            return !classes.TryGetValue(parts[0], out Type? type)
                || (parts.Length == 2 && type.GetMethod(parts[1], BindingFlags.Public | BindingFlags.Instance) is null);
        })];
        Assert.Empty(missing);
        Assert.True(named.Length > 40, $"Only {named.Length} tests are named.");
    }

    [GeneratedRegex("`(?<name>[A-Z][A-Za-z]+(?:Tests|Contract)(?:\\.[A-Za-z_0-9]+)?)`", RegexOptions.None, matchTimeoutMilliseconds: 10_000)]
    private static partial Regex TestName();
}
