using System.Globalization;
using System.Text;
using System.Xml;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The time line of a run as a picture: a row for the run and one for each node, their steps in it, and how many nodes served.</summary>
internal sealed class ReportTimeLine
{
    private const double Width = 1000;
    private const double Left = 120;
    private const double Right = 15;
    private const double Lane = 16;
    private const double Space = 8;
    private const double Chart = 60;
    private const int Ticks = 4;

    private static readonly StepGroup[] _groups = Enum.GetValues<StepGroup>();

    private readonly XmlWriter _writer;
    private readonly UpgradeReport _report;
    private readonly double _seconds;

    private ReportTimeLine(XmlWriter writer, UpgradeReport report)
    {
        _writer = writer;
        _report = report;
        _seconds = Math.Max(1, (report.LastAt - report.StartedAt).TotalSeconds);
    }

    /// <param name="Name">Whose it is.</param>
    /// <param name="Gaps">When it was out of work.</param>
    /// <param name="Lanes">Its steps: those that ran at once stand one below the other.</param>
    private sealed record Row(string Name, IReadOnlyList<ReportPeriod> Gaps, IReadOnlyList<IReadOnlyList<StepReport>> Lanes)
    {
        public double Height => (Math.Max(1, Lanes.Count) * Lane) + Space;
    }

    public static void Write(XmlWriter writer, UpgradeReport report) => new ReportTimeLine(writer, report).Write();

    private void Write()
    {
        Row[] rows =
        [
            new(Words.Get("report.run"), [], Lanes(_report.Steps)),
            .. _report.Nodes.Select(node => new Row(node.Name, node.Gaps, Lanes(node.Steps))),
        ];
        double chart = rows.Sum(r => r.Height) + Space;
        double height = chart + Chart + Lane + Space;
        string title = Words.Get("report.html.line");
        _writer.Start("div", ("class", "wide"), ("role", "region"), ("aria-label", title), ("tabindex", "0"));
        _writer.Start(
            "svg", ("viewBox", $"0 0 {Figure(Width)} {Figure(height)}"), ("role", "img"), ("aria-labelledby", "line-title line-text"), ("class", "line"));
        _writer.Element("title", title, ("id", "line-title"));
        _writer.Element("desc", Words.Get("report.html.line-text"), ("id", "line-text"));
        foreach (ReportPeriod still in _report.Standstills)
        {
            Bar("still", still.From, still.Until, 0, chart + Chart, Words.Get("report.html.still", still.From, Until(still)));
        }

        double top = 0;
        foreach (Row row in rows)
        {
            Draw(row, top);
            top += row.Height;
        }

        Serving(chart);
        Axis(chart + Chart);
        _writer.WriteEndElement();
        _writer.WriteEndElement();
        Legend();
    }

    private void Draw(Row row, double top)
    {
        Label(row.Name, top + Lane - 3);
        foreach (ReportPeriod gap in row.Gaps)
        {
            Bar("gap", gap.From, gap.Until, top, row.Height - 2, Words.Get("report.html.gap", row.Name, gap.From, Until(gap)));
        }

        foreach ((IReadOnlyList<StepReport> lane, int number) in row.Lanes.Select((lane, i) => (lane, i)))
        {
            foreach (StepReport step in lane)
            {
                string outcome = step.Outcome is StepOutcome.Done or StepOutcome.Skipped ? string.Empty : " unsettled";
                string text = Words.Get("report.html.bar", step.Id, step.Id.InWords(), ReportText.OutcomeOf(step), End(step) - step.Since);
                Bar($"{Class(GroupOf(step.Id))}{outcome}", step.Since!.Value, End(step), top + 3 + (number * Lane), Lane - 4, text);
            }
        }
    }

    /// <summary>How many nodes served, as a line of steps over the line of the policy.</summary>
    private void Serving(double top)
    {
        double most = Math.Max(1, _report.Nodes.Count);
        double Y(double count) => top + Chart - (count / most * (Chart - Space));
        StringBuilder path = new();
        foreach (ServingNodes serving in _report.Serving)
        {
            (string x, string y) = (Figure(X(serving.From)), Figure(Y(serving.Count)));
            path.Append(path.Length == 0 ? $"M{x} {y}" : $"H{x}V{y}");
        }

        Label(Words.Get("report.html.serving"), top + Lane);
        _writer.Element(
            "line",
            null,
            ("class", "floor"),
            ("x1", Figure(Left)),
            ("x2", Figure(Width - Right)),
            ("y1", Figure(Y(_report.ServingFloor))),
            ("y2", Figure(Y(_report.ServingFloor))));
        _writer.Element("path", null, ("class", "serving"), ("d", $"{path}H{Figure(Width - Right)}"));
    }

    private void Axis(double top)
    {
        string format = _seconds > 86_400 ? "MM-dd HH:mm" : "HH:mm:ss";
        for (int i = 0; i <= Ticks; i++)
        {
            DateTimeOffset at = _report.StartedAt.AddSeconds(_seconds * i / Ticks);
            string anchor = i switch { 0 => "start", Ticks => "end", _ => "middle" };
            string text = at.UtcDateTime.ToString(format, CultureInfo.InvariantCulture);
            _writer.Element("text", text, ("x", Figure(X(at))), ("y", Figure(top + Lane)), ("text-anchor", anchor));
        }
    }

    private void Legend()
    {
        _writer.Start("ul", ("class", "legend"));
        foreach (StepGroup group in _groups.Where(g => _report.Steps.Concat(_report.Nodes.SelectMany(n => n.Steps)).Any(s => GroupOf(s.Id) == g)))
        {
            Swatch(Class(group), Words.Get($"report.group.{group}"));
        }

        Swatch("gap", Words.Get("report.html.gap-sign"));
        Swatch("still", Words.Get("report.html.still-sign"));
        _writer.WriteEndElement();
    }

    private void Swatch(string sign, string text)
    {
        _writer.Start("li");
        _writer.Start("svg", ("width", "12"), ("height", "12"), ("aria-hidden", "true"));
        _writer.Element("rect", null, ("class", sign), ("width", "12"), ("height", "12"));
        _writer.WriteEndElement();
        _writer.Element("span", text);
        _writer.WriteEndElement();
    }

    private void Label(string text, double y) => _writer.Element("text", text, ("x", "0"), ("y", Figure(y)), ("class", "label"));

    private void Bar(string sign, DateTimeOffset from, DateTimeOffset? until, double y, double height, string text)
    {
        double width = Math.Max(1.5, X(until ?? _report.LastAt) - X(from));
        _writer.Start(
            "rect", ("class", sign), ("x", Figure(X(from))), ("y", Figure(y)), ("width", Figure(width)), ("height", Figure(height)), ("rx", "2"));
        _writer.Element("title", text);
        _writer.WriteEndElement();
    }

    /// <summary>The steps that have begun, in as few lanes as hold them.</summary>
    private List<List<StepReport>> Lanes(IReadOnlyList<StepReport> steps)
    {
        List<List<StepReport>> lanes = [];
        foreach (StepReport step in steps.Where(s => s.Since is not null).OrderBy(s => s.Since))
        {
            List<StepReport>? lane = lanes.Find(l => End(l[^1]) <= step.Since);
            if (lane is null)
            {
                lanes.Add(lane = []);
            }

            lane.Add(step);
        }

        return lanes;
    }

    private DateTimeOffset End(StepReport step) => step.FinishedAt ?? _report.LastAt;

    private DateTimeOffset Until(ReportPeriod period) => period.Until ?? _report.LastAt;

    private double X(DateTimeOffset at) =>
        Left + (Math.Clamp((at - _report.StartedAt).TotalSeconds / _seconds, 0, 1) * (Width - Left - Right));

    private static StepGroup GroupOf(StepId id) => _groups.FirstOrDefault(g => id.IsIn(g));

    private static string Class(StepGroup group) => "of-" + group.ToString().ToLowerInvariant();

    private static string Figure(double figure) => ReportXml.Number(Math.Round(figure, 1));
}
