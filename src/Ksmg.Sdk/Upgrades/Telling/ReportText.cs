using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A report in words: the end and why, one line per node with its build, then every step with what was seen.</summary>
internal static class ReportText
{
    public static string Render(UpgradeReport report)
    {
        StringBuilder text = new();
        Line(text, "report.head", report.RunId, report.Cluster, Words.Get($"report.end.{report.End}"));
        text.Append(Words.OneLine(report.Reason)).Append('\n');
        TimeSpan took = report.LastAt - report.StartedAt;
        string drivers = Words.Count("report.processes", report.Epochs);
        Line(text, "report.span", report.From, report.To, report.StartedAt, report.LastAt, took, drivers, report.PlanHash);
        text.Append('\n');
        foreach (NodeReport node in report.Nodes)
        {
            Line(text, "report.node", node.Name, node.BuildAfter, Words.Get($"report.node.{node.Outcome}"), Build(node), Role(node), OutOfWork(node));
            foreach (string problem in node.Problems)
            {
                Line(text, "report.problem", problem);
            }

            foreach (string problem in node.KnownProblems)
            {
                Line(text, "report.known-problem", problem);
            }
        }

        if (report.FewestServing is { } fewest)
        {
            text.Append('\n');
            Line(text, "report.serving", fewest, report.Nodes.Count, report.ServingFloor);
        }

        Changes(text, report);
        if (report.Decisions.Count > 0)
        {
            text.Append('\n');
            Line(text, "report.decisions");
        }

        foreach (HumanDecision decision in report.Decisions)
        {
            Line(text, "report.decision", decision.At, decision.Text);
        }

        PendingText.Append(text, report.Pending);
        Defects(text, report);
        Steps(text, Words.Get("report.run"), report.Steps);
        foreach (NodeReport node in report.Nodes)
        {
            Steps(text, node.Name, node.Steps);
        }

        return text.ToString();
    }

    private static void Defects(StringBuilder text, UpgradeReport report)
    {
        if (report.KnownDefects.Count == 0)
        {
            return;
        }

        text.Append('\n');
        Line(text, "report.known-defects");
        foreach (PlanFinding finding in report.KnownDefects.ToFindings())
        {
            Line(text, "report.known-defect", finding.Text);
        }
    }

    /// <summary>What the end of the run found different from its beginning.</summary>
    private static void Changes(StringBuilder text, UpgradeReport report)
    {
        if (report.Nodes.All(n => n.After is null))
        {
            return;
        }

        text.Append('\n');
        Line(text, "report.changes");
        foreach (NodeReport node in report.Nodes)
        {
            Line(text, "report.changes-of", node.Name, ChangesOf(node));
        }
    }

    /// <summary>What is different about a node, in a sentence.</summary>
    public static string ChangesOf(NodeReport node) => node switch
    {
        { After: null } => Words.Get("report.not-looked-at"),
        { Changes.Count: 0 } => Words.Get("report.no-change"),
        _ => string.Join("; ", node.Changes),
    };

    /// <summary>A time span to the second, days first where there are any.</summary>
    private static string Duration(TimeSpan span) => TimeSpan.FromSeconds(Math.Round(span.TotalSeconds)).ToString("c", CultureInfo.InvariantCulture);

    private static void Steps(StringBuilder text, string owner, IReadOnlyList<StepReport> steps)
    {
        if (steps.Count == 0)
        {
            return;
        }

        text.Append('\n').Append(owner).Append('\n');
        foreach (StepReport step in steps)
        {
            string outcome = OutcomeOf(step);
            string duration = step is { StartedAt: { } start, FinishedAt: { } finish } ? Duration(finish - start) : "-";
            string attempts = step.Attempts > 1 ? Words.Get("report.attempts", step.Attempts) : string.Empty;
            string evidence = attempts + Words.OneLine(step.Evidence);
            string line = string.Create(CultureInfo.InvariantCulture, $"  {step.Id,-5}{step.Id.InWords(),-45} {outcome,-11} {duration,-9} {evidence}");
            text.Append(line.TrimEnd()).Append('\n');
        }
    }

    /// <summary>What became of a step, in a word.</summary>
    public static string OutcomeOf(StepReport step)
    {
        string open = step.Attempts == 0 ? "waiting" : "open";
        return Words.Get($"report.step.{step.Outcome?.ToString() ?? open}");
    }

    private static string Build(NodeReport node) => node.BuildAfter == node.BuildBefore ? string.Empty : Words.Get("report.was", node.BuildBefore);

    private static string Role(NodeReport node) =>
        node.RoleAfter is { } after && after != node.RoleBefore
            ? Words.Get("report.role-changed", node.RoleBefore, after)
            : Words.Get("report.role", node.RoleBefore);

    private static string OutOfWork(NodeReport node) =>
        node.OutOfService is { } span ? Words.Get("report.out-of-work", span) : string.Empty;

    private static void Line(StringBuilder text, string key, params ReadOnlySpan<object?> arguments) =>
        text.Append(Words.OneLine(Words.Get(key, arguments))).Append('\n');
}
