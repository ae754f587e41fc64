using System.Text.Json;
using Ksmg.Cli;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Upgrades;
using Spectre.Console.Testing;

namespace Ksmg.Sdk.Tests;

/// <summary>What nodes, neighbours and names of files say reaches a terminal as text and as nothing else.</summary>
public sealed class CliOutputTests : IDisposable
{
    private static readonly JsonSerializerOptions _relaxed = new()
    {
        WriteIndented = true,
        Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    /// <summary>Steers a terminal, forges a line in each way lines end, turns the direction of writing, hides, and is half a character.</summary>
    private const string Hostile =
        "gw2\u001b[2J\u009b31m\rCompleted: all\nCompleted: all\u0085x\u2028x\u2029x\u202edetelpmoC\u2066x\u200f\u061c\u200b\ufeff\u0007\b\u007f\ud800";

    private readonly StringWriter _out = new();
    private readonly StringWriter _error = new();

    public void Dispose()
    {
        _out.Dispose();
        _error.Dispose();
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Foreign_text_is_one_line_without_tricks(bool json)
    {
        Output output = new(Console(), plain: true, json);
        output.Say(Hostile);
        output.Complain(Hostile);
        output.Table(["node"], [[Hostile]]);

        string[] lines = [.. (_out.ToString() + _error).Split('\n', StringSplitOptions.RemoveEmptyEntries)];
        Assert.Equal(4, lines.Length);
        Assert.All(lines, AssertHarmless);
        Assert.DoesNotContain(lines, line => line.StartsWith("Completed", StringComparison.Ordinal));
    }

    [Fact]
    public void A_text_with_lines_of_its_own_keeps_these()
    {
        new Output(Console(), plain: true, json: false).SayText("one\ntwo\u001b[2J\r\n  three\n\n");

        Assert.Equal(["one", "two [2J", "  three", ""], _out.ToString().Split(Environment.NewLine));
    }

    [Fact]
    public void Json_means_the_same_and_holds_nothing_that_steers()
    {
        Output output = new(Console(), plain: true, json: true);
        string text = Hostile[..^1] + "😀→\U000e0041";
        output.Json(new { text });
        output.JsonDocument(JsonSerializer.Serialize(new { text }, _relaxed));

        string line = _out.ToString().Split('\n')[0];
        AssertHarmless(line.TrimEnd());
        Assert.Equal(text, JsonDocument.Parse(line).RootElement.GetProperty("text").GetString());
        Assert.Equal(text, JsonDocument.Parse(_out.ToString()[line.Length..]).RootElement.GetProperty("text").GetString());
    }

    [Fact]
    public async Task The_live_view_is_steered_by_nobody_else()
    {
        using TestConsole ansi = new TestConsole().EmitAnsiSequences().Interactive().Width(400);
        await using (LiveView view = new(CliSamples.Plan with { Cluster = Hostile }, CliSamples.Told(Hostile), ansi, mail: null, TimeProvider.System))
        {
            view.Show(CliSamples.Event(UpgradeEventKind.Waiting, "gw2", "S3", Hostile));
            view.Notice(Hostile);
        }

        Assert.DoesNotContain("\u001b[2J", ansi.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u202e", ansi.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("\u0007", ansi.Output, StringComparison.Ordinal);
        Assert.DoesNotContain(ansi.Output.Split('\n'), line => line.StartsWith("Completed", StringComparison.Ordinal));
    }

    [Fact]
    public async Task What_an_error_says_passes_the_same_gate()
    {
        int exitCode = await Program.RunAsync(["nodes", "-c", "no\u001b[2J\nCompleted.json"], Console()).WaitAsync(TimeSpan.FromSeconds(30));

        Assert.Equal(64, exitCode);
        AssertHarmless(Assert.Single(_error.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)).TrimEnd());
    }

    [Fact]
    public void Nothing_but_the_gate_writes()
    {
        string[] gates = ["Output.cs", "StandardWriter.cs", "PasswordPrompt.cs"];
        Assert.Empty(
            from path in Conventions.Repository.Files("src/Ksmg.Cli", "*.cs")
            where !gates.Contains(Path.GetFileName(path))
            from line in File.ReadLines(Conventions.Repository.PathOf(path))
            where line.Contains("Out.Write", StringComparison.Ordinal)
                || line.Contains("Error.Write", StringComparison.Ordinal)
                || line.Contains("Markup.Escape(", StringComparison.Ordinal)
            select $"{path}: {line.Trim()}");
    }

    [Theory]
    [InlineData("runs", "runs")]
    [InlineData("/srv/ksmg/site-a_1.json", "/srv/ksmg/site-a_1.json")]
    [InlineData("my runs", "'my runs'")]
    [InlineData("it's", @"'it'\''s'")]
    [InlineData("$HOME", "'$HOME'")]
    [InlineData("a;reboot", "'a;reboot'")]
    [InlineData("*", "'*'")]
    [InlineData("~x", "'~x'")]
    [InlineData("", "''")]
    [InlineData("Кластер", "'Кластер'")]
    [InlineData("-x", "./-x")]
    [InlineData("@x", "./@x")]
    [InlineData("two\nlines's", @"$'two\x0alines\'s'")]
    [InlineData("\u202ex", @"$'\xe2\x80\xaex'")]
    public void What_is_pasted_reaches_the_command_as_it_was(string path, string pasted)
    {
        if (!OperatingSystem.IsWindows())
        {
            Assert.Equal(pasted, ShellWord.QuotePath(path));
        }
    }

    [Fact]
    public void An_output_that_cannot_be_written_is_told_once_and_ends_nothing()
    {
        List<string> complaints = [];
        using StandardWriter writer = new(new Broken(), complaints.Add);
        writer.WriteLine("one");
        writer.Write("two");
        writer.Write('3');
        writer.WriteLine();
        writer.Flush();

        Assert.Equal(["No space left on device"], complaints);
        using StandardWriter closed = new(null, complaints.Add);
        closed.WriteLine("one");
        Assert.Single(complaints);
    }

    private static void AssertHarmless(string line) =>
        Assert.DoesNotContain(line, c => char.IsControl(c) || char.GetUnicodeCategory(c) is System.Globalization.UnicodeCategory.Format
            or System.Globalization.UnicodeCategory.LineSeparator or System.Globalization.UnicodeCategory.ParagraphSeparator);

    private CliConsole Console() => new() { Out = _out, Error = _error, In = TextReader.Null };

    private sealed class Broken : StringWriter
    {
        public override void Write(char value) => throw new IOException("No space left on device");

        public override void Write(string? value) => throw new IOException("No space left on device");

        public override void WriteLine() => throw new IOException("No space left on device");

        public override void WriteLine(string? value) => throw new IOException("No space left on device");

        public override void Flush() => throw new IOException("No space left on device");
    }
}
