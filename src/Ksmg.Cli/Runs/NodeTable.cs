using System.Globalization;
using Spectre.Console;
using static Ksmg.Cli.ScreenStyle;

namespace Ksmg.Cli.Runs;

/// <summary>The nodes of a run, one below the other: what was seen of each last, and how far it is.</summary>
internal sealed class NodeTable(RunBoard board, ReaderClock clock)
{
    /// <summary>From so many cells on columns stand apart; from so many on there are more of them.</summary>
    private const int Roomy = 100;
    private const int Wide = 130;
    private const int LongestName = 12;
    private const string Back = "↩ ";

    private static readonly string[] Spinner = ["⠋", "⠙", "⠹", "⠸", "⠼", "⠴", "⠦", "⠧", "⠇", "⠏"];

    /// <summary>Draws a head and a line for each node; where there is no room for all, those in hand, then those still to come.</summary>
    /// <param name="width">So many cells.</param>
    /// <param name="most">So many lines, two at the least.</param>
    /// <param name="frame">Turns what is busy.</param>
    public IEnumerable<ScreenLine> Draw(int width, int most, int frame)
    {
        IReadOnlyList<PlannedNode> all = board.Plan.Nodes;
        List<PlannedNode> shown = all.Count < most
            ? [.. all]
            : [.. all.OrderBy(Urgency).Take(most - 2).OrderBy(node => all.TakeWhile(other => other != node).Count())];
        string gap = width < Roomy ? " " : "  ";
        Column[] columns = [.. Columns(width < Wide)];
        int[] widths = [.. columns.Select(column => shown.Select(node => column.Of(node).Text.GetCellWidth()).Append(column.Name.GetCellWidth()).Max())];
        widths[0] = Math.Min(widths[0], width < Roomy ? LongestName : 2 * LongestName);
        int used = 2 + widths.Sum(w => w + gap.Length);
        while (used > width)
        {
            used -= widths[^1] + gap.Length;
            (columns, widths) = (columns[..^1], widths[..^1]);
        }

        bool named = width - used >= RunPhase.Upgrade.Sum(phase => phase.Name.GetCellWidth() + 1);

        ScreenLine head = new ScreenLine().Add("  ");
        for (int i = 0; i < columns.Length; i++)
        {
            head.Cell(columns[i].Name, widths[i], Faint, columns[i].ToTheRight).Add(gap);
        }

        head.Rest(named ? string.Join(' ', RunPhase.Upgrade.Select(phase => phase.Name)) : Words.Get("table.steps"), width, Faint);
        yield return head;
        foreach (PlannedNode node in shown)
        {
            ScreenLine line = new ScreenLine().Add(board.IsInHand(node.Name) ? "▶ " : "  ", Busy);
            for (int i = 0; i < columns.Length; i++)
            {
                (string text, Style style) = columns[i].Of(node);
                line.Cell(text, widths[i], style, columns[i].ToTheRight).Add(gap);
            }

            DrawSteps(line, node.Name, width, named, frame);
            yield return line;
        }

        if (all.Count > shown.Count)
        {
            PlannedNode[] hidden = [.. all.Except(shown)];
            int upgraded = hidden.Count(node => BuildOf(node) == board.Plan.To.ToString());
            yield return new ScreenLine().Add("  ").Rest(Words.Get("run.more-nodes", Words.Count("doctor.nodes", hidden.Length), upgraded), width, Faint);
        }
    }

    private static string Switch(bool? on) => on switch
    {
        true => Words.Get("table.on"),
        false => Words.Get("table.off"),
        null => "?",
    };

    private int Urgency(PlannedNode node)
    {
        if (board.IsInHand(node.Name) || board.Seen(node.Name) is { Answers: false })
        {
            return 0;
        }

        return BuildOf(node) == board.Plan.To.ToString() ? 2 : 1;
    }

    /// <summary>The build as it was seen; before anybody looked, as the run left it.</summary>
    private string BuildOf(PlannedNode node)
    {
        bool isNew = board[node.Name, StepId.VerifyBuild] == StepMark.Done && board[node.Name, StepId.VerifyReverted] != StepMark.Done;
        return (board.Seen(node.Name)?.Build ?? (isNew ? board.Plan.To : node.Build)).ToString();
    }

    private NodeRole RoleOf(PlannedNode node) => board[node.Name, StepId.Promote] switch
    {
        _ when board.Plan.Steps.FirstOrDefault(s => s.Id == StepId.HandOver) is { Node: { } keeper } && board[keeper, StepId.HandOver] == StepMark.Done =>
            node.Name == board.Plan.Policy.PreferredControl ? NodeRole.Control : NodeRole.Secondary,
        StepMark.Done when board[node.Name, StepId.HandBack] != StepMark.Done => NodeRole.Control,
        StepMark.Done => NodeRole.Secondary,
        _ => board[node.Name, StepId.Demote] == StepMark.Done ? NodeRole.Secondary : node.Role,
    };

    private IEnumerable<Column> Columns(bool few)
    {
        yield return new Column(Words.Get("table.node"), node => (node.Name, Strong));
        yield return new Column(Words.Get("table.role"), node => board.Seen(node.Name) switch
        {
            { Answers: false } => (Words.Get("table.silent"), Bad),
            { Role: { } role } => (role.ToString(), Style.Plain),
            _ => (RoleOf(node).ToString(), Faint),
        });
        yield return new Column(
            Words.Get("table.build"),
            node => (BuildOf(node), BuildOf(node) == board.Plan.To.ToString() ? Good : board.Seen(node.Name)?.Build is null ? Faint : Style.Plain));
        yield return new Column(Words.Get("table.load"), node => board.Seen(node.Name)?.Load switch
        {
            null => ("–", Faint),
            { Healthy: false } load => (Words.Get($"load.{load.Mode}") + "!", Bad),
            { Mode: LoadMode.Ready } => (Words.Get("load.Ready"), Style.Plain),
            { } load => (Words.Get($"load.{load.Mode}"), Odd),
        });
        yield return OfSwitch("table.receiving", seen => seen.Receiving);
        if (!few)
        {
            yield return OfSwitch("table.sending", seen => seen.Sending);
        }

        yield return new Column(Words.Get("table.open"), node => (Number(Sessions(board.Seen(node.Name))), Style.Plain), ToTheRight: true);
        yield return new Column(Words.Get("table.queue"), node => (Number(board.Seen(node.Name)?.Queues?.Total), Style.Plain), ToTheRight: true);
        if (!few)
        {
            yield return new Column(Words.Get("table.asked"), node => (board.Seen(node.Name)?.QueuesAt is { } at ? clock.Time(at) : "–", Faint));
        }
    }

    private Column OfSwitch(string key, Func<ExplainedNode, bool?> of) => new(Words.Get(key), node =>
    {
        bool? on = board.Seen(node.Name) is { } seen ? of(seen) : null;
        return (Switch(on), on switch
        {
            true => Style.Plain,
            false => Odd,
            null => Faint,
        });
    });

    private static long? Sessions(ExplainedNode? seen) => seen?.Load?.Sessions ?? seen?.Queues?.SmtpSessions;

    private static string Number(long? number) => number?.ToString(CultureInfo.InvariantCulture) ?? "–";

    /// <summary>One cell for each phase; with names where there is room: above in the head, else behind that of the phase at work.</summary>
    private void DrawSteps(ScreenLine line, string node, int width, bool named, int frame)
    {
        bool back = board.RollsBack(node);
        IReadOnlyList<RunPhase> phases = back ? RunPhase.Rollback : RunPhase.Upgrade;
        if (line.Width + (back ? Back.Length : 0) + phases.Count > width)
        {
            return;
        }

        if (back)
        {
            line.Add(Back, Odd);
        }

        RunPhase? now = null;
        foreach (RunPhase phase in phases)
        {
            (string glyph, Style style, bool atWork) = Draw(node, phase, back, frame);
            now ??= atWork ? phase : null;
            if (named && back)
            {
                line.Add(glyph, style).Rest($" {phase.Name}  ", width);
            }
            else
            {
                line.Cell(glyph, named ? phase.Name.GetCellWidth() + 1 : 1, style);
            }
        }

        if (!named && now is not null && width - line.Width > now.Name.GetCellWidth())
        {
            line.Add(" " + now.Name, Faint);
        }
    }

    private (string Glyph, Style Style, bool AtWork) Draw(string node, RunPhase phase, bool back, int frame)
    {
        StepMark[] marks =
        [
            .. phase.Steps.Where(step => back ? board[node, step] != StepMark.Pending : board.Plan.Steps.Any(s => s.Id == step && s.Node == node))
                .Select(step => board[node, step]),
        ];
        return marks switch
        {
            [] => (back ? "·" : " ", Faint, false),
            _ when marks.Contains(StepMark.Failed) => ("✖", Bad, true),
            _ when marks.Contains(StepMark.Active) => (Spinner[frame % Spinner.Length], Busy, true),
            _ when marks.Contains(StepMark.Waiting) => (Spinner[frame % Spinner.Length], Odd, true),
            _ when marks.All(mark => mark == StepMark.Done) => ("✔", Good, false),
            _ when marks.Contains(StepMark.Done) => ("◐", Busy, true),
            _ => ("·", Faint, false),
        };
    }

    /// <param name="Name">Its head.</param>
    /// <param name="Of">What it says of a node.</param>
    /// <param name="ToTheRight">Whether it holds numbers.</param>
    private sealed record Column(string Name, Func<PlannedNode, (string Text, Style Style)> Of, bool ToTheRight = false);
}
