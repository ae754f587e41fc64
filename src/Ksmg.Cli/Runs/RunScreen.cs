using Spectre.Console;
using static Ksmg.Cli.ScreenStyle;

namespace Ksmg.Cli.Runs;

/// <summary>
/// A run on a screen of any size: the nodes, what is waited for, how much flows, and in what room is left the last events. No line is wider
/// than the screen, and there are fewer lines than it has.
/// </summary>
internal sealed class RunScreen(RunBoard board, string runId, ReaderClock clock)
{
    /// <summary>The rule and the last events, however little room there is.</summary>
    private const int LeastLog = 3;
    private const int LeastTable = 3;
    private const int BarWidth = 24;
    private const int LongestName = 20;

    /// <summary>What was seen of the nodes is told so often that it is old after this time.</summary>
    private static readonly TimeSpan _old = TimeSpan.FromSeconds(30);

    private readonly NodeTable _nodes = new(board, clock);

    /// <param name="width">The cells of a line.</param>
    /// <param name="height">The lines of the screen.</param>
    /// <param name="frame">Turns what is busy.</param>
    public IReadOnlyList<ScreenLine> Draw(int width, int height, int frame)
    {
        List<ScreenLine> head = [.. DrawHead(width)];
        List<ScreenLine> below = [.. DrawCurrent(width, height), .. DrawFlow(width), .. DrawNotices(width)];
        int room = height - 1 - head.Count - below.Count;
        List<ScreenLine> lines = [.. head, .. _nodes.Draw(width, Math.Max(LeastTable, room - LeastLog), frame), .. below];
        int log = height - 2 - lines.Count;
        if (log > 0 && board.Log.Count > 0)
        {
            lines.Add(new ScreenLine().Add(new string('─', width), Faint));
            lines.AddRange(board.Log.TakeLast(log).Select(e => DrawEvent(e, width)));
        }

        return [.. lines.Take(Math.Max(1, height - 1))];
    }

    private IEnumerable<ScreenLine> DrawHead(int width)
    {
        string run = Words.Get("run.id", runId);
        string age = Units.Duration(clock.Now - (board.StartedAt ?? clock.Now));
        string way = $"{board.Plan.From} → {board.Plan.To}";
        int left = width - way.GetCellWidth() - run.GetCellWidth() - age.GetCellWidth() - 6;
        yield return new ScreenLine().Add(ScreenLine.Fit(Printable.Line(board.Plan.Cluster), Math.Max(8, left)), Strong).Add("  ").Add(way)
            .Rest($"  {run}  {age}", width, Faint);

        string end = board switch
        {
            { Standing: { } standing, SeenAt: { } seen } => Words.Get("run.stands-seen", clock.Time(standing.At), clock.Time(seen)),
            { Standing: { } standing } => Words.Get("run.stands", clock.Time(standing.At)),
            _ when board.Left(clock.Now) is { } rest => Words.Get("run.end-estimate", clock.Time(clock.Now + rest), Units.Duration(rest)),
            _ => Words.Get("run.no-estimate"),
        };
        yield return new ScreenLine().Add(clock.Time(clock.Now), Strong).Rest($" {clock.Zone}   {end}", width);
    }

    private IEnumerable<ScreenLine> DrawCurrent(int width, int height)
    {
        if (board.Standing is { } standing)
        {
            IReadOnlyList<string> text = ScreenLine.Wrap(clock.Say(standing.Text), width - 2, most: 4);
            return text.Select((line, i) => new ScreenLine().Add(i == 0 ? "■ " : "  ", Odd).Add(line, i == 0 ? Strong : Style.Plain));
        }

        ExplainedStep[] current = [.. board.Current];
        if (current.Length == 0)
        {
            return [new ScreenLine().Add("▶ ", Busy).Rest(Words.Get(board.Log.Count == 0 ? "run.starting" : "run.looking"), width, Faint)];
        }

        // A quarter of a small screen, more of a tall one.
        int most = Math.Max(1, (height - 12) / 6);
        List<ScreenLine> lines = [.. current.Take(most).SelectMany(step => DrawStep(step, width))];
        if (current.Length > most)
        {
            lines.Add(new ScreenLine().Add("  ").Rest(Words.Get("run.more-steps", current.Length - most), width, Faint));
        }

        return lines;
    }

    private IEnumerable<ScreenLine> DrawStep(ExplainedStep step, int width)
    {
        Style style = step.What == ExplainedStepKind.Next ? Busy : Odd;
        string words = Message.Of($"step.{step.Id}");
        string what = step.Node is { } node ? Words.Get("run.step-of", step.Id, words, node) : Words.Get("run.step", step.Id, words);
        yield return new ScreenLine().Add("▶ ", style).Rest(what, width, Strong);
        foreach (string line in ScreenLine.Wrap(clock.Say(step.Text), width - 2, most: 2))
        {
            yield return new ScreenLine().Add("  ").Add(line);
        }

        string since = Words.Get("run.since", clock.Time(step.Since), Units.Duration(Positive(clock.Now - step.Since)));
        yield return new ScreenLine().Add("  ").Rest(step.Until is { } until ? $"{Deadline(until)}, {since}" : since, width, style);
    }

    private string Deadline(DateTimeOffset until) => until > clock.Now
        ? Words.Get("run.until", clock.Time(until), Units.Duration(until - clock.Now))
        : Words.Get("run.was-due", clock.Time(until));

    private IEnumerable<ScreenLine> DrawFlow(int width)
    {
        if (board.Upload is var (node, sent, total, rate))
        {
            double part = total > 0 ? Math.Clamp(sent / (double)total, 0, 1) : 0;
            int full = (int)(BarWidth * part);
            string name = ScreenLine.Fit(Printable.Line(node), LongestName);
            yield return new ScreenLine().Add($"⬆ {name}  ", Strong).Add(new string('━', full), Good).Add(new string('─', BarWidth - full), Faint)
                .Rest("  " + Words.Get("run.upload", part, Units.Bytes(sent), Units.Bytes(total), Units.Bytes((long)rate)), width);
        }

        if (board.Mail.Text is { Length: > 0 } mail)
        {
            yield return new ScreenLine().Add("✉ ", board.Mail.IsBroken ? Bad : Good).Rest(mail, width);
        }
    }

    private IEnumerable<ScreenLine> DrawNotices(int width)
    {
        if (board.Standing is null && board.SeenAt is { } at && clock.Now - at > _old)
        {
            yield return new ScreenLine().Rest(Words.Get("run.seen-at", clock.Time(at)), width, Odd);
        }

        foreach (string line in board.Notice is { } notice ? ScreenLine.Wrap(notice, width, most: 2) : [])
        {
            yield return new ScreenLine().Add(line, Odd);
        }
    }

    private ScreenLine DrawEvent(UpgradeEvent e, int width) => new ScreenLine().Rest(LineView.Format(e, clock), width, e.Kind switch
    {
        UpgradeEventKind.StepFinished or UpgradeEventKind.RunEnded => Good,
        UpgradeEventKind.StepFailed or UpgradeEventKind.NeedsHuman => Bad,
        UpgradeEventKind.Waiting or UpgradeEventKind.Paused => Odd,
        _ => Faint,
    });

    private static TimeSpan Positive(TimeSpan time) => time > TimeSpan.Zero ? time : TimeSpan.Zero;
}
