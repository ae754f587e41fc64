using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A report as JUnit XML: a suite for the run and one for each node, a case for each step.</summary>
internal static class ReportJUnit
{
    private static readonly UpgradeEnd[] _active = [UpgradeEnd.Running, UpgradeEnd.Paused];

    public static string Render(UpgradeReport report) => JUnitXml.Render(writer =>
    {
        JUnitXml junit = new(writer, report.Cluster, report.StartedAt, ("run", report.RunId), ("plan", report.PlanHash));
        string[] said =
        [
            .. report.Decisions.Concat(report.Pending).Select(d => Words.Get("report.decision", d.At, d.Text)),
            .. report.KnownDefects.ToFindings().Select(f => Words.Get("report.known-defect", f.Text)),
        ];
        junit.Suite(Words.Get("report.run"), report.Cluster, [OfRun(report), .. report.Steps.Select(s => OfStep(s, report.End))], said);
        foreach (NodeReport node in report.Nodes)
        {
            IEnumerable<JUnitCase> problems = node.Problems
                .Select(p => new JUnitCase(Words.Get("report.junit.problem"), JUnitResult.Failure, "problem", p));
            junit.Suite(
                node.Name,
                node.Name,
                [OfNode(node), .. problems, .. node.Steps.Select(s => OfStep(s, report.End))],
                [
                    .. node.KnownProblems.Select(p => Words.Get("report.known-problem", p)),
                    Words.Get("report.changes-of", node.Name, ReportText.ChangesOf(node)),
                ]);
        }
    });

    private static JUnitCase OfRun(UpgradeReport report) => new(
        Words.Get("report.junit.run", report.From, report.To),
        report.End switch
        {
            UpgradeEnd.Completed => JUnitResult.Passed,
            UpgradeEnd.Running or UpgradeEnd.Paused => JUnitResult.Skipped,
            _ => JUnitResult.Failure,
        },
        report.End.ToString(),
        report.Reason);

    private static JUnitCase OfNode(NodeReport node) => new(
        Words.Get("report.junit.node"),
        node.Outcome switch
        {
            NodeOutcome.Upgraded or NodeOutcome.AlreadyUpgraded => JUnitResult.Passed,
            NodeOutcome.Waiting or NodeOutcome.InProgress => JUnitResult.Skipped,
            _ => JUnitResult.Failure,
        },
        node.Outcome.ToString(),
        Words.Get($"report.node.{node.Outcome}"));

    /// <summary>A step that was begun and of which nothing is known is an error, unless somebody is still at it.</summary>
    private static JUnitCase OfStep(StepReport step, UpgradeEnd end)
    {
        string number = step.Package is { } package ? string.Create(CultureInfo.InvariantCulture, $"{step.Id}/{package + 1}") : step.Id.ToString();
        JUnitResult result = step.Outcome switch
        {
            StepOutcome.Done => JUnitResult.Passed,
            StepOutcome.FailedNoEffect => JUnitResult.Failure,
            StepOutcome.Unknown => JUnitResult.Error,
            null when step.Attempts > 0 && !_active.Contains(end) => JUnitResult.Error,
            _ => JUnitResult.Skipped,
        };
        string text = string.Join(": ", new[] { ReportText.OutcomeOf(step), (string?)step.Evidence }.Where(t => !string.IsNullOrEmpty(t)));
        return new JUnitCase($"{number} {(string)step.Id.InWords()}", result, step.Outcome?.ToString() ?? "none", text, step.Took ?? TimeSpan.Zero);
    }
}
