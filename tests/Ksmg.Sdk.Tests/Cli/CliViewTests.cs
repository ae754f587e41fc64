using Ksmg.Cli;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Spectre.Console.Testing;

namespace Ksmg.Sdk.Tests;

public sealed class CliViewTests
{
    [Fact]
    public void The_board_follows_a_step_and_an_upload()
    {
        RunBoard board = new(CliSamples.Plan);

        board.Apply(CliSamples.Event(UpgradeEventKind.StepStarted, "gw2", "S7", "Uploading."));
        board.Apply(
            CliSamples.Event(UpgradeEventKind.StepProgress, "gw2", "S7", "Half.", ("sentBytes", "50"), ("totalBytes", "100"), ("bytesPerSecond", "25")));

        Assert.Equal(StepMark.Active, board["gw2", StepId.Upload]);
        Assert.Equal((50, 100, 25), board.Upload);

        board.Apply(CliSamples.Event(UpgradeEventKind.StepFinished, "gw2", "S7", "There."));

        Assert.Equal(StepMark.Done, board["gw2", StepId.Upload]);
        Assert.Null(board.Upload);
        Assert.Equal(["Uploading.", "There."], board.Log.Select(e => e.Text.ToString()));
    }

    [Fact]
    public async Task The_live_view_shows_nodes_the_current_wait_and_the_last_events()
    {
        using TestConsole ansi = new TestConsole().EmitAnsiSequences().Interactive().Width(160);

        await using (LiveView view = new(CliSamples.Plan, "run-1", ansi, mail: null, TimeProvider.System))
        {
            view.Show(CliSamples.Event(UpgradeEventKind.StepFinished, "gw2", "S1", "Out of [the] balancer."));
            view.Show(CliSamples.Event(UpgradeEventKind.Waiting, "gw2", "S3", "gw2 still holds 12 messages."));
            view.Notice("Pausing at the next safe point.");
        }

        string shown = ansi.Output;
        Assert.Contains("mail-eu", shown);
        Assert.Contains("gw1", shown);
        Assert.Contains("gw2 still holds 12 messages.", shown);
        Assert.Contains("Out of [the] balancer.", shown);
        Assert.Contains("Pausing at the next safe point.", shown);
    }

    [Fact]
    public void Lines_repeat_no_wait_and_tell_nothing_of_before_the_start()
    {
        using StringWriter writer = new();
        ManualTime time = new();
        CliConsole console = new() { Out = writer, Error = writer, In = TextReader.Null };
        LineView view = new(new Output(console, plain: true, json: false), time, since: DateTimeOffset.UnixEpoch);
        UpgradeEvent wait = CliSamples.Event(UpgradeEventKind.Waiting, "gw2", "S3", "12 messages left.");

        view.Show(wait with { At = DateTimeOffset.UnixEpoch.AddDays(-1) });
        view.Show(wait);
        view.Show(wait);
        view.Show(wait with { Text = Message.Said("11 messages left.") });
        time.Advance(TimeSpan.FromSeconds(6));
        view.Show(wait with { Text = Message.Said("3 messages left.") });
        time.Advance(TimeSpan.FromSeconds(30));
        view.Show(wait with { Text = Message.Said("3 messages left.") });

        string[] lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Collection(lines, line => Assert.Contains("12 messages left.", line), line => Assert.Contains("3 messages left.", line));
    }

    [Fact]
    public void A_wait_that_goes_on_is_told_again_each_minute_with_the_time_left()
    {
        using StringWriter writer = new();
        ManualTime time = new();
        CliConsole console = new() { Out = writer, Error = writer, In = TextReader.Null };
        LineView view = new(new Output(console, plain: true, json: false), time, since: DateTimeOffset.MinValue);
        UpgradeEvent wait = CliSamples.Event(UpgradeEventKind.Waiting, "gw2", "S3", "12 messages left.");
        for (int minute = 0; minute < 3; minute++)
        {
            view.Show(wait with { Values = new Dictionary<string, string> { ["until"] = wait.At.AddMinutes(30 - minute).ToString("O") } });
            time.Advance(TimeSpan.FromMinutes(1));
        }

        string[] lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(3, lines.Length);
        Assert.Contains("12 messages left. (30 min 00 s left)", lines[0]);
        Assert.Contains("12 messages left. (28 min 00 s left)", lines[2]);
    }
}
