using System.Text;
using System.Text.RegularExpressions;
using Ksmg.Cli;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Conventions;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Spectre.Console;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>
/// What a person sees of a run, on terminals of three sizes. <c>KSMG_ACCEPT_TERMINAL=1</c> puts the pictures into docs/terminal.md; otherwise those
/// there are held to the same.
/// </summary>
[Trait("Category", "Slow")]
[Collection(SeparateProcesses.Name)]
public sealed partial class TerminalTests
{
    private const string Driver = "driver";
    private const string Watcher = "watcher";
    private const string Left = @"\d+( min \d\d)?(\.\d)? s left until \d\d:\d\d:\d\d, since \d\d:\d\d:\d\d";

    /// <summary>The pictures: what has to be seen on each.</summary>
    private static readonly Dictionary<string, string[]> Pictures = new(StringComparer.Ordinal)
    {
        ["upload"] = ["⬆ gw2  ━*─+  +\\d+\\s?%", " MiB of 64.0 MiB", "▶ S"],
        ["drain"] = ["▶ gw2 .* drain +off ", "▶ S3 wait until every queue is empty: gw2", "gw2 still holds 2 messages in the MTA queue", Left],
        ["install"] = ["▶ gw2 .*silent ", "▶ S[89] .*: gw2", "The installation runs on gw2|gw2 cannot be read", Left],
        ["gate"] = ["■ gw2 is upgraded and back at work", "✔✔✔✔✔ ✔✔✔✔✔✔", @"Go on with the next node\? \[y/N\]"],
        ["consent"] =
        [
            "▶ gw2 .*↩ ✔✔", "■ gw2 is ready to be reverted", "settings. No mail", @"Revert gw2 to its snapshot, and lose what is named above\? \[y/N\]",
        ],
        ["back"] = ["gw2 .*2.0.1.6960 .*↩ ✔✔✔✔✔✔✔✔", "RolledBack: Rolled back"],
    };

    private static readonly string Doc = Repository.PathOf("docs", "terminal.md");

    [ServerFact("tmux", "setsid")]
    public async Task A_run_is_seen_on_terminals_of_three_sizes_hung_up_and_taken_back()
    {
        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 2, speed: 20, mailPerSecond: 5);
        await using Tmux tmux = new(site.Folder);
        Dictionary<string, string> taken = new(StringComparer.Ordinal);
        await site.ArmAsync(new { fault = "queue-stuck", node = "gw2", value = "2" });
        await site.ArmAsync(new { fault = "delay", node = "gw2", operation = "upload-update", @for = "00:00:10" });
        await tmux.OpenAsync(Driver, 80, 24, "upgrade", "--package", "update.zip", "--yes", "--pause-after", "first");

        // Before anything else is started: an upload waits for nobody.
        await TakeAsync("upload", "80x24");
        string run = site.RunFolders.Single();
        await tmux.OpenAsync(Watcher, 100, 30, "status", run, "--watch");
        await TakeAsync("drain", "80x24", "100x30", "200x50");
        await site.MendAsync();

        // The node stays silent while it installs, and whoever sat there goes home.
        await Eventually.TrueAsync(async () =>
            (await site.ReadJournalAsync(run)).Any(r => r.Entry is { Kind: JournalEntryKind.Intent, Step: "S8/gw2/0" }));
        await site.CutOffAsync("gw2");
        await TakeAsync("install", "80x24", "100x30", "200x50");
        await tmux.HangUpAsync(Driver);
        await tmux.SeeAsync(Watcher, "Nobody drives it.");
        await site.MendAsync();
        await tmux.OpenAsync(Driver, 80, 24, "resume", run);
        await TakeAsync("gate", "80x24");
        Assert.Equal(0, (await CliProcess.RunAsync("rollback", run, "gw2", "-c", site.Cluster, "--runs", site.Runs)).ExitCode);
        await tmux.AnswerAsync(Driver, "y");
        await TakeAsync("consent", "80x24");
        await tmux.AnswerAsync(Driver, "y");
        await TakeAsync("back", "80x24");
        if (Environment.GetEnvironmentVariable("KSMG_ACCEPT_TERMINAL") is { Length: > 0 })
        {
            Accept(taken);
        }

        async Task TakeAsync(string what, params string[] sizes)
        {
            foreach (string size in sizes)
            {
                string[] all = [.. Pictures[what], $"(?m)^─{{{size.Split('x')[0]}}}$"];
                string name = size == "80x24" ? Driver : Watcher;
                await tmux.ResizeAsync(name, size);
                taken[$"{what} {size}"] = await tmux.SeeAsync(name, all);
                Check($"{what} {size}", taken[$"{what} {size}"]);
            }
        }
    }

    [Fact]
    public void The_pictures_in_the_documentation_are_such_pictures()
    {
        Dictionary<string, string> kept = Picture().Matches(File.ReadAllText(Doc).ReplaceLineEndings("\n"))
            .ToDictionary(match => match.Groups["name"].Value, match => match.Groups["picture"].Value, StringComparer.Ordinal);
        Assert.Equal(Pictures.Keys.Order(), kept.Keys.Select(name => name.Split(' ')[0]).Distinct().Order());
        Assert.All(kept, picture => Check(picture.Key, picture.Value));
    }

    /// <summary>No line is wider than the terminal, none is broken by it, and what has to be seen is.</summary>
    private static void Check(string name, string picture)
    {
        int[] size = [.. name.Split(' ')[1].Split('x').Select(int.Parse)];
        string[] lines = picture.TrimEnd().Split('\n');
        Assert.InRange(lines.Length, 1, size[1]);
        Assert.All(lines, line => Assert.InRange(line.GetCellWidth(), 0, size[0]));
        Assert.All(Pictures[name.Split(' ')[0]], pattern => Assert.Matches(pattern, picture));

        // Above the rule every line begins as one of ours.
        IEnumerable<string> above = lines.SkipWhile(line => !line.Contains(" → ", StringComparison.Ordinal)).Skip(1).TakeWhile(line => !line.StartsWith('─'));
        Assert.All(above, line => Assert.Matches(@"^(  |▶ |■ |⬆ |✉ |\d\d:\d\d:\d\d |Driven by |Nobody |What is shown )", line));
    }

    /// <summary>Puts pictures in the places that bear their names; who runs this is nobody's business.</summary>
    private static void Accept(Dictionary<string, string> taken)
    {
        string text = Picture().Replace(File.ReadAllText(Doc).ReplaceLineEndings("\n"), match =>
        {
            string name = match.Groups["name"].Value;
            int width = int.Parse(name.Split(' ')[1].Split('x')[0]);
            IEnumerable<string> lines = taken[name].TrimEnd().Split('\n').Select(line => ScreenLine.Fit(
                line.Replace($"{Environment.UserName}@{Environment.MachineName}", "anna@ops", StringComparison.Ordinal)
                    .Replace($" on {Environment.MachineName}", " on ops", StringComparison.Ordinal),
                width));
            return $"<!-- {name} -->\n```text\n{string.Join('\n', lines)}\n```";
        });
        File.WriteAllText(Doc, text, new UTF8Encoding(encoderShouldEmitUTF8Identifier: false));
    }

    [GeneratedRegex("<!-- (?<name>[a-z]+ [0-9]+x[0-9]+) -->\n```text\n(?<picture>.*?)\n?```", RegexOptions.Singleline | RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Picture();
}
