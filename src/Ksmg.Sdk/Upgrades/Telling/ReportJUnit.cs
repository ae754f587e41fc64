using System.Globalization;
using System.Xml;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A report as JUnit XML, as strict as its strictest readers want it: a suite for the run and one for each node, a case for each step.</summary>
internal static class ReportJUnit
{
    private static readonly UpgradeEnd[] _active = [UpgradeEnd.Running, UpgradeEnd.Paused];

    /// <summary>What became of a case.</summary>
    private enum Result
    {
        Passed,
        Skipped,
        Failure,
        Error,
    }

    /// <param name="Name">What was to be.</param>
    /// <param name="Result">What became of it.</param>
    /// <param name="Type">The same as a stable word.</param>
    /// <param name="Text">What was seen.</param>
    /// <param name="Took">How long it took.</param>
    private sealed record Case(string Name, Result Result, string Type, string? Text, TimeSpan Took = default);

    public static string Render(UpgradeReport report) => ReportXml.Write(isXml: true, writer =>
    {
        writer.Start("testsuites");
        string[] said =
        [
            .. report.Decisions.Concat(report.Pending).Select(d => Words.Get("report.decision", d.At, d.Text)),
            .. report.KnownDefects.ToFindings().Select(f => Words.Get("report.known-defect", f.Text)),
        ];
        Suite(writer, report, 0, Words.Get("report.run"), report.Cluster, [OfRun(report), .. report.Steps.Select(s => OfStep(s, report.End))], said);
        int id = 0;
        foreach (NodeReport node in report.Nodes)
        {
            IEnumerable<Case> problems = node.Problems.Select(p => new Case(Words.Get("report.junit.problem"), Result.Failure, "problem", p));
            Suite(
                writer,
                report,
                ++id,
                node.Name,
                node.Name,
                [OfNode(node), .. problems, .. node.Steps.Select(s => OfStep(s, report.End))],
                [
                    .. node.KnownProblems.Select(p => Words.Get("report.known-problem", p)),
                    Words.Get("report.changes-of", node.Name, ReportText.ChangesOf(node)),
                ]);
        }

        writer.WriteEndElement();
    });

    private static Case OfRun(UpgradeReport report) => new(
        Words.Get("report.junit.run", report.From, report.To),
        report.End switch
        {
            UpgradeEnd.Completed => Result.Passed,
            UpgradeEnd.Running or UpgradeEnd.Paused => Result.Skipped,
            _ => Result.Failure,
        },
        report.End.ToString(),
        report.Reason);

    private static Case OfNode(NodeReport node) => new(
        Words.Get("report.junit.node"),
        node.Outcome switch
        {
            NodeOutcome.Upgraded or NodeOutcome.AlreadyUpgraded => Result.Passed,
            NodeOutcome.Waiting or NodeOutcome.InProgress => Result.Skipped,
            _ => Result.Failure,
        },
        node.Outcome.ToString(),
        Words.Get($"report.node.{node.Outcome}"));

    /// <summary>A step that was begun and of which nothing is known is an error, unless somebody is still at it.</summary>
    private static Case OfStep(StepReport step, UpgradeEnd end)
    {
        string number = step.Package is { } package ? string.Create(CultureInfo.InvariantCulture, $"{step.Id}/{package + 1}") : step.Id.ToString();
        Result result = step.Outcome switch
        {
            StepOutcome.Done => Result.Passed,
            StepOutcome.FailedNoEffect => Result.Failure,
            StepOutcome.Unknown => Result.Error,
            null when step.Attempts > 0 && !_active.Contains(end) => Result.Error,
            _ => Result.Skipped,
        };
        string text = string.Join(": ", new[] { ReportText.OutcomeOf(step), (string?)step.Evidence }.Where(t => !string.IsNullOrEmpty(t)));
        return new Case($"{number} {(string)step.Id.InWords()}", result, step.Outcome?.ToString() ?? "none", text, step.Took ?? TimeSpan.Zero);
    }

    private static void Suite(XmlWriter writer, UpgradeReport report, int id, string name, string host, Case[] cases, string[] said)
    {
        string Count(Result result) => cases.Count(c => c.Result == result).ToString(CultureInfo.InvariantCulture);

        writer.Start(
            "testsuite",
            ("id", id.ToString(CultureInfo.InvariantCulture)),
            ("package", $"ksmg.{report.Cluster}"),
            ("name", name),
            ("hostname", host),
            ("timestamp", report.StartedAt.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss", CultureInfo.InvariantCulture)),
            ("tests", cases.Length.ToString(CultureInfo.InvariantCulture)),
            ("failures", Count(Result.Failure)),
            ("errors", Count(Result.Error)),
            ("skipped", Count(Result.Skipped)),
            ("time", ReportXml.Number(cases.Sum(c => c.Took.TotalSeconds))));
        writer.Start("properties");
        writer.Element("property", null, ("name", "run"), ("value", report.RunId));
        writer.Element("property", null, ("name", "plan"), ("value", report.PlanHash));
        writer.WriteEndElement();
        foreach (Case tested in cases)
        {
            writer.Start(
                "testcase",
                ("classname", $"ksmg.{report.Cluster}.{host}"),
                ("name", tested.Name),
                ("time", ReportXml.Number(tested.Took.TotalSeconds)));
            if (tested.Result != Result.Passed)
            {
                writer.Element(tested.Result.ToString().ToLowerInvariant(), null, ("type", tested.Type), ("message", tested.Text));
            }

            writer.WriteEndElement();
        }

        writer.WriteElementString("system-out", string.Join('\n', said.Select(ReportXml.Text)));
        writer.WriteElementString("system-err", string.Empty);
        writer.WriteEndElement();
    }
}
