using System.Globalization;
using System.Xml;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A report as one HTML file.</summary>
internal static class ReportHtml
{
    public static string Render(UpgradeReport report) => ReportPage.Render(
        Words.Get("report.head", report.RunId, report.Cluster, Words.Get($"report.end.{report.End}")), report.Reason, writer =>
        {
            writer.Facts(
                (Words.Get("report.html.from"), report.From),
                (Words.Get("report.html.to"), report.To),
                (Words.Get("report.html.started"), report.StartedAt),
                (Words.Get("report.html.last"), report.LastAt),
                (Words.Get("report.html.took"), report.LastAt - report.StartedAt),
                (Words.Get("report.html.drivers"), report.Epochs),
                (Words.Get("report.html.plan"), report.PlanHash));
            Nodes(writer, report);
            Service(writer, report);
            Changes(writer, report);
            Defects(writer, report);
            Decisions(writer, "report.decisions", report.Decisions);
            Decisions(writer, "report.pending", report.Pending);
            Steps(writer, report);
        });

    private static void Nodes(XmlWriter writer, UpgradeReport report)
    {
        writer.Element("h2", Words.Get("report.html.nodes"));
        Table(writer, Words.Get("report.html.nodes"), ["node", "outcome", "build", "role", "out-of-work", "problems"], report.Nodes.Select(node => new[]
        {
            node.Name,
            Words.Get($"report.node.{node.Outcome}"),
            node.BuildAfter + (node.BuildAfter == node.BuildBefore ? string.Empty : Words.Get("report.was", node.BuildBefore)),
            node.RoleAfter is { } role && role != node.RoleBefore ? Words.Get("report.role-changed", node.RoleBefore, role) : node.RoleBefore.ToString(),
            ReportPage.Show(node.OutOfService),
            string.Join(' ', [
                .. node.Problems.Select(p => Words.Get("report.problem", p)),
                .. node.KnownProblems.Select(p => Words.Get("report.known-problem", p))]),
        }));
    }

    /// <summary>The mail gap, as far as the run can know it: in a picture, and in figures for who does not see pictures.</summary>
    private static void Service(XmlWriter writer, UpgradeReport report)
    {
        if (report.FewestServing is not { } fewest)
        {
            return;
        }

        writer.Element("h2", Words.Get("report.html.service"));
        writer.Element("p", Words.Get("report.serving", fewest, report.Nodes.Count, report.ServingFloor));
        ReportTimeLine.Write(writer, report);
        Table(
            writer,
            Words.Get("report.html.gaps"),
            ["node", "began", "until", "took"],
            report.Nodes.SelectMany(node => node.Gaps.Select(gap => new[]
            {
                node.Name, ReportPage.Show(gap.From), ReportPage.Show(gap.Until), ReportPage.Show(gap.Until - gap.From),
            })));
        Table(
            writer,
            Words.Get("report.html.serving"),
            ["began", "serving"],
            report.Serving.Select(serving => new[] { ReportPage.Show(serving.From), ReportPage.Show(serving.Count) }));
    }

    private static void Changes(XmlWriter writer, UpgradeReport report)
    {
        if (report.Nodes.All(n => n.After is null))
        {
            return;
        }

        writer.Element("h2", Words.Get("report.changes"));
        Table(writer, Words.Get("report.changes"), ["node", "different"], report.Nodes.Select(node => new[] { node.Name, ReportText.ChangesOf(node) }));
    }

    private static void Defects(XmlWriter writer, UpgradeReport report)
    {
        if (report.KnownDefects.Count == 0)
        {
            return;
        }

        writer.Element("h2", Words.Get("report.known-defects"));
        Table(
            writer,
            Words.Get("report.known-defects"),
            ["code", "seen"],
            report.KnownDefects.ToFindings().Select(finding => new string[] { finding.Code, finding.Text }));
    }

    private static void Decisions(XmlWriter writer, string title, IReadOnlyList<HumanDecision> decisions)
    {
        if (decisions.Count == 0)
        {
            return;
        }

        writer.Element("h2", Words.Get(title));
        Table(writer, Words.Get(title), ["began", "by", "decision"], decisions.Select(d => new string[] { ReportPage.Show(d.At), d.By, d.Text }));
    }

    private static void Steps(XmlWriter writer, UpgradeReport report)
    {
        writer.Element("h2", Words.Get("report.html.steps"));
        Steps(writer, Words.Get("report.run"), report.Steps);
        foreach (NodeReport node in report.Nodes)
        {
            Steps(writer, node.Name, node.Steps);
        }
    }

    private static void Steps(XmlWriter writer, string owner, IReadOnlyList<StepReport> steps) => Table(
        writer, owner, ["step", "what", "outcome", "began", "took", "attempts", "seen"], steps.Select(step => new[]
        {
            step.Id.ToString(),
            step.Id.InWords(),
            ReportText.OutcomeOf(step),
            ReportPage.Show(step.Since),
            ReportPage.Show(step.Took),
            step.Attempts.ToString(CultureInfo.InvariantCulture),
            step.Evidence ?? string.Empty,
        }));

    private static void Table(XmlWriter writer, string caption, string[] columns, IEnumerable<string[]> rows) =>
        writer.Table(caption, columns.Select(column => Words.Get($"report.html.{column}")), rows);
}
