using Ksmg.Cli;
using Ksmg.Cli.Runs;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Spectre.Console;
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
        Assert.Equal(("gw2", 50, 100, 25), board.Upload);

        board.Apply(CliSamples.Event(UpgradeEventKind.StepFinished, "gw2", "S7", "There."));

        Assert.Equal(StepMark.Done, board["gw2", StepId.Upload]);
        Assert.Null(board.Upload);
        Assert.Equal(["Uploading.", "There."], board.Log.Select(e => e.Text.ToString()));
    }

    [Fact]
    public async Task The_live_view_shows_what_is_waited_for_and_never_the_last_event_for_it()
    {
        using TestConsole ansi = new TestConsole().EmitAnsiSequences().Interactive().Width(80).Height(24);
        ManualTime time = new();
        ExplainedStep wait = Wait(time.GetUtcNow(), "gw2 still holds 12 messages.");
        RecordedRun run = CliSamples.Told("run-1", CliSamples.Explanation(CliSamples.Plan, time.GetUtcNow(), wait));
        await using (LiveView view = new(CliSamples.Plan, run, ansi, mail: null, time))
        {
            view.Show(CliSamples.Event(UpgradeEventKind.Waiting, "gw2", "S3", "gw2 still holds 12 messages."));
            view.Show(CliSamples.Event(UpgradeEventKind.Notice, null, null, "Somebody changed [the] balancer."));
            view.Notice("Pausing at the next safe point.");
        }

        string shown = ansi.Output;
        Assert.Contains("mail-eu", shown);
        Assert.Contains("S3 wait until every queue is empty: gw1", shown);
        Assert.Contains("10 min 00 s left until 00:10:00", shown);
        Assert.Contains("Somebody changed [the] balancer.", shown);
        Assert.Contains("Pausing at the next safe point.", shown);
        Assert.True(shown.LastIndexOf("\u001b[?25h", StringComparison.Ordinal) > shown.LastIndexOf("\u001b[?25l", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(80, 24, 3)]
    [InlineData(80, 24, 20)]
    [InlineData(100, 30, 3)]
    [InlineData(200, 50, 20)]
    [InlineData(60, 12, 5)]
    public void A_screen_of_any_size_is_kept_to_and_cut_in_no_line(int width, int height, int nodes)
    {
        string[] names = [.. Enumerable.Range(1, nodes).Select(i => i == 2 ? "шлюз-邮件网关二号-e\u0301.mail-gateways.europe-central.example.org" : $"gw{i}")];
        ManualTime time = new();
        UpgradePlan plan = CliSamples.PlanOf(names) with { Cluster = "邮件集群-一个很长很长的名字-mail-europe-central" };
        RunBoard board = new(plan);
        RunScreen screen = new(board, "20260105-080000-ab12", new ReaderClock(time));
        Check();
        string why = "gw1 still holds 12 messages in the MTA queue. Waiting for: mx.example.org (connection timed out), 邮件.example (Zeitüberschreitung), "
            + "and some more destinations whose names are long enough to need a third line of a narrow screen, which it does not get.";
        board.Tell(CliSamples.Explanation(plan, time.GetUtcNow(), Wait(time.GetUtcNow(), why), Wait(time.GetUtcNow(), why) with { Node = names[1] }));
        foreach (string step in (string[])["S1", "S2", "S3"])
        {
            board.Apply(CliSamples.Event(UpgradeEventKind.StepStarted, "gw1", step, why) with { At = time.GetUtcNow() });
        }

        board.Apply(CliSamples.Event(
            UpgradeEventKind.StepProgress, names[1], "S7", "Half.", ("sentBytes", "50000000"), ("totalBytes", "100000000"), ("bytesPerSecond", "25000000")));
        board.Notice = why;
        time.Advance(TimeSpan.FromSeconds(90));
        string text = Check();

        Assert.Contains("S3 wait until every queue is empty: gw1", text);
        Assert.Contains("8 min 30 s left until 00:10:00, since 00:00:00 (1 min", text);
        Assert.Contains("gw1 ", text);
        Assert.Contains("…", text);
        Assert.Matches(width < 80 ? " receiving " : "  queue +(steps|asked)| queue steps", text);
        if (height >= 24)
        {
            Assert.Contains("50 %", text.Replace('\u00a0', ' '));
            Assert.Contains("sessions open at the balancer", text);
        }

        if (nodes > height - 12)
        {
            Assert.Matches(@"and \d+ nodes more, 0 of them at the new build", text);
        }

        string Check()
        {
            IReadOnlyList<ScreenLine> lines = screen.Draw(width, height, frame: 1);
            Assert.InRange(lines.Count, 4, height - 1);
            Assert.All(lines, line => Assert.True(line.Width <= width && line.Width == line.ToString().GetCellWidth(), $"{line.Width}: {line}"));
            return string.Join('\n', lines);
        }
    }

    [Fact]
    public void A_text_is_counted_in_cells_of_the_terminal()
    {
        Assert.Equal("邮件…", ScreenLine.Fit("邮件集群", 6));
        Assert.Equal("e\u0301e\u0301…", ScreenLine.Fit("e\u0301e\u0301e\u0301e\u0301", 3));
        Assert.Equal(10, new ScreenLine().Cell("邮件", 5).Cell("x", 5, toTheRight: true).Width);
        Assert.Equal(["one two", "three…"], ScreenLine.Wrap("one two three four", 7, most: 2));
    }

    [Fact]
    public void A_step_that_has_come_to_its_end_since_is_not_waited_for_and_a_run_that_stands_says_why()
    {
        ManualTime time = new();
        RunBoard board = new(CliSamples.Plan);
        RunScreen screen = new(board, "run-1", new ReaderClock(time));
        board.Tell(CliSamples.Explanation(CliSamples.Plan, time.GetUtcNow(), Wait(time.GetUtcNow(), "12 messages.") with { Node = "gw2" }));
        Assert.Contains("S3 wait until every queue is empty: gw2", Text());

        time.Advance(TimeSpan.FromSeconds(5));
        board.Apply(CliSamples.Event(UpgradeEventKind.StepFinished, "gw2", "S3", "Empty.") with { At = time.GetUtcNow() });
        Assert.DoesNotContain("wait until every queue", Text());
        Assert.Contains("looking at the cluster", Text());

        board.Apply(CliSamples.AtGate);
        Assert.Contains("■ gw2 is back at work.", Text());
        Assert.DoesNotContain("looking at the cluster", Text());

        time.Advance(TimeSpan.FromMinutes(1));
        board.Apply(CliSamples.Event(UpgradeEventKind.RunStarted, null, null, "Again.") with { At = time.GetUtcNow() });
        Assert.Contains("was seen at 00:00:00", Text());

        string Text() => string.Join('\n', screen.Draw(80, 24, frame: 0));
    }

    [Fact]
    public void Snapshots_beforehand_and_the_way_back_have_a_place()
    {
        ManualTime time = new();
        PlannedStep snapshot = CliSamples.Plan.Steps.First(step => step.Node == "gw2") with { Id = StepId.SnapshotBefore };
        RunBoard board = new(CliSamples.Plan with { Steps = [snapshot, .. CliSamples.Plan.Steps] });
        RunScreen screen = new(board, "run-1", new ReaderClock(time));
        board.Apply(CliSamples.Event(UpgradeEventKind.StepStarted, "gw2", "S4a", "Snapshot."));
        Assert.Matches(@"^  gw2 .* ⠋··", Row(80));
        Assert.EndsWith(" before", Row(100).TrimEnd(), StringComparison.Ordinal);

        foreach (string step in (string[])["S15", "R1", "R2"])
        {
            board.Apply(CliSamples.Event(UpgradeEventKind.StepFinished, "gw2", step, "So it is."));
        }

        board.Apply(CliSamples.Event(UpgradeEventKind.Waiting, "gw2", "R3", "Somebody has to agree."));

        Assert.Matches(@"^▶ gw2 .*↩ ✔✔⠋·····", Row(80));
        Assert.EndsWith(" consent", Row(100).TrimEnd(), StringComparison.Ordinal);
        Assert.Contains("↩ ✔ out  ✔ losses  ⠋ consent  · control", Row(200), StringComparison.Ordinal);

        string Row(int width) => screen.Draw(width, 24, frame: 0)[3].ToString();
    }

    [Fact]
    public void The_end_is_estimated_by_what_finished_nodes_took_and_by_no_time_nobody_drove()
    {
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        EndEstimate estimate = new(CliSamples.PlanOf("gw1", "gw2", "gw3", "gw4"));
        Tell(0, UpgradeEventKind.RunStarted, null, null);
        Tell(0, UpgradeEventKind.StepStarted, "gw1", "S1");
        Assert.Null(estimate.Left(start.AddMinutes(5)));
        Tell(10, UpgradeEventKind.StepFinished, "gw1", "S16");
        Assert.Equal(TimeSpan.FromMinutes(30), estimate.Left(start.AddMinutes(10)));

        // An hour in which it waited for somebody.
        Tell(10, UpgradeEventKind.StepStarted, "gw2", "S1");
        Tell(12, UpgradeEventKind.Paused, null, null);
        Tell(72, UpgradeEventKind.RunStarted, null, null);
        Assert.Equal(TimeSpan.FromMinutes(26), estimate.Left(start.AddMinutes(74)));

        // One that takes longer than the others did is not counted below nothing; one that is left out not at all.
        Assert.Equal(TimeSpan.FromMinutes(20), estimate.Left(start.AddMinutes(100)));
        estimate.Apply(CliSamples.Event(UpgradeEventKind.Notice, "gw3", null, "Left out.", ("node", "Skipped")) with { At = start.AddMinutes(100) });
        Assert.Equal(TimeSpan.FromMinutes(10), estimate.Left(start.AddMinutes(100)));

        void Tell(int minute, UpgradeEventKind kind, string? node, string? step) =>
            estimate.Apply(CliSamples.Event(kind, node, step, "So it is.") with { At = start.AddMinutes(minute) });
    }

    [Fact]
    public void Mail_is_told_by_the_balancer_and_the_queues_where_no_simulator_counts_it()
    {
        MailTraffic mail = new();
        Assert.Null(mail.Text);
        DateTimeOffset start = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
        Tell(0, 1000);
        Assert.Equal("24 sessions open at the balancer, 6 messages queued", mail.Text);
        Tell(5, 1010);
        Assert.Equal("24 sessions open at the balancer, 4.0 new/s, 6 messages queued", mail.Text);

        // It was reloaded and counts anew.
        Tell(10, 3);
        Assert.Equal("24 sessions open at the balancer, 6 messages queued", mail.Text);

        void Tell(int second, long total)
        {
            UpgradeExplanation told = CliSamples.Explanation(CliSamples.Plan, start.AddSeconds(second));
            mail.Tell(told with { Nodes = [.. told.Nodes.Select(node => node with { Load = node.Load! with { SessionsTotal = total } })] });
        }
    }

    [Fact]
    public void All_times_of_a_line_are_by_the_clock_of_the_reader_which_is_named_once()
    {
        using StringWriter writer = new();
        ManualTime time = new() { Zone = TimeZoneInfo.CreateCustomTimeZone("Asia/Kolkata", new TimeSpan(5, 30, 0), null, null) };
        CliConsole console = new() { Out = writer, Error = writer, In = TextReader.Null, Time = time };
        Output output = new(console, plain: true, json: false);
        for (int view = 0; view < 2; view++)
        {
            LineView lines = new(output, time, since: DateTimeOffset.MinValue);
            lines.Show(CliSamples.Event(UpgradeEventKind.Waiting, "gw2", "S16", string.Empty) with
            {
                At = time.GetUtcNow(),
                Text = Message.Of("wait.soak", "gw2", time.GetUtcNow().AddMinutes(10)),
            });
        }

        string line = "05:30:00  gw2     S16  gw2 is back at work and watched until 2026-01-01 05:40:00.";
        Assert.Equal(["Times are those of Asia/Kolkata (UTC+05:30).", line, line], writer.ToString().ReplaceLineEndings("\n").TrimEnd().Split('\n'));
        Assert.Contains("00:10:00Z", Message.Of("wait.soak", "gw2", time.GetUtcNow().AddMinutes(10)).ToString(), StringComparison.Ordinal);
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

        string[] lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
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

        string[] lines = writer.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries)[1..];
        Assert.Equal(3, lines.Length);
        Assert.Contains("12 messages left. (30 min 00 s left)", lines[0]);
        Assert.Contains("12 messages left. (28 min 00 s left)", lines[2]);
    }

    private static ExplainedStep Wait(DateTimeOffset since, string text) =>
        new(StepId.Drain, "drain", "gw1", ExplainedStepKind.Waiting, Message.Said(text), since, since.AddMinutes(10));
}
