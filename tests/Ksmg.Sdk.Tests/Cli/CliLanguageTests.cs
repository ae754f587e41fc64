using System.Globalization;
using System.Text.RegularExpressions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>The command line in the reader's language; what programs read stays as it is.</summary>
public sealed partial class CliLanguageTests : IDisposable
{
    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("Aktualisiert", "--lang", "de", "--help")]
    [InlineData("Aktualisiert", "--help", "--lang=de")]
    [InlineData("Обновля", "upgrade", "--lang:ru", "--help")]
    [InlineData("Upgrades", "--lang", "en", "--help")]
    public async Task Help_is_in_the_language_that_was_asked_for(string says, params string[] args)
    {
        CliAnswer answer = await CliFixture.RunAsync(args);

        Assert.Equal(0, answer.ExitCode);
        Assert.Contains(says, answer.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_language_nobody_wrote_is_refused_with_those_there_are()
    {
        CliAnswer answer = await CliFixture.RunAsync("nodes", "--lang", "fr");

        Assert.Equal(64, answer.ExitCode);
        Assert.Matches("fr.*en.*de.*ru", answer.Error.ReplaceLineEndings(" "));
    }

    [Theory]
    [InlineData("de", "no-such.json")]
    [InlineData("ru", "no-such.json")]
    public async Task What_is_wrong_is_said_in_it_too(string language, string file)
    {
        CliAnswer answer = await CliFixture.RunAsync("nodes", "--lang", language, "-c", file);

        Assert.Equal(64, answer.ExitCode);
        Assert.Contains(file, answer.Error, StringComparison.Ordinal);
        Assert.DoesNotMatch(English(), answer.Error);
    }

    [Trait("Category", "Slow")]
    [Theory]
    [InlineData("de-DE")]
    [InlineData("ru-RU")]
    public async Task What_one_machine_wrote_another_one_reads_in_its_language(string machine)
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 2, Speed = 40, PackageBytes = 1 << 16 });
        await cluster.WriteFilesAsync(_folder[""]);
        string[] at = ["-c", _folder["cluster.json"], "--runs", _folder["runs"]];
        cluster.StartMail(5);
        CliAnswer run = await InAsync(machine, ["upgrade", "--package", _folder["update.zip"], "--yes", "--pause-after", "first", "--plain", .. at]);
        Assert.True(run.ExitCode == 2, run.Output + run.Error);
        Assert.DoesNotMatch(English(), run.Output);

        // The machine's language, another one by option, and JSON, which has none.
        Assert.DoesNotMatch(English(), await ReadAsync(machine, ["report", "latest", .. at]));
        string other = machine == "de-DE" ? "ru" : "de";
        string told = await ReadAsync(machine, ["explain", "latest", "--lang", other, .. at]);
        Assert.Equal(other == "ru", Cyrillic().IsMatch(told));
        Assert.Contains("ksmg approve", told, StringComparison.Ordinal);
        Assert.Matches(English(), await ReadAsync(machine, ["report", "latest", "--lang", "en", .. at]));
        string[] json = ["report", "latest", "--format", "json", .. at];
        Assert.Equal(await ReadAsync("", json), await ReadAsync(machine, json));
    }

    private static async Task<string> ReadAsync(string machine, string[] args)
    {
        CliAnswer answer = await InAsync(machine, args);
        Assert.True(answer.ExitCode is 0 or 2 && answer.Output.Length > 0, answer.Output + answer.Error);
        return answer.Output;
    }

    private static async Task<CliAnswer> InAsync(string machine, string[] args)
    {
        CultureInfo.CurrentCulture = CultureInfo.CurrentUICulture = CultureInfo.GetCultureInfo(machine);
        return await CliFixture.RunAsync(args);
    }

    [GeneratedRegex(@"\b[Tt]he (?:node|run|plan|package|queue|snapshot|gate)|\bsince \d|\buntil \d", RegexOptions.None, 10_000)]
    private static partial Regex English();

    [GeneratedRegex(@"\p{IsCyrillic}", RegexOptions.None, 10_000)]
    private static partial Regex Cyrillic();
}
