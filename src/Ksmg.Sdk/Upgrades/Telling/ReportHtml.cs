using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Xml;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A report as one HTML file: no script, nothing loaded, and a policy that forbids both even if something got in.</summary>
internal static class ReportHtml
{
    private const string StyleResource = "Ksmg.Sdk.Upgrades.Telling.report.css";
    private const string Nothing = "–";

    private static readonly string _style = ReadStyle();

    /// <summary>Only the style that is shipped counts, by its digest.</summary>
    private static readonly string _policy = "default-src 'none'; base-uri 'none'; form-action 'none'; style-src 'sha256-"
        + Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(_style))) + "'";

    public static string Render(UpgradeReport report) => ReportXml.Write(isXml: false, writer =>
    {
        string title = Words.Get("report.head", report.RunId, report.Cluster, Words.Get($"report.end.{report.End}"));
        writer.WriteDocType("html", null, null, null);
        writer.Start("html", ("lang", Words.Get("language")));
        writer.Start("head");
        writer.Element("meta", null, ("charset", "utf-8"));
        writer.Element("meta", null, ("http-equiv", "Content-Security-Policy"), ("content", _policy));
        writer.Element("meta", null, ("name", "viewport"), ("content", "width=device-width, initial-scale=1"));
        writer.Element("meta", null, ("name", "color-scheme"), ("content", "light dark"));
        writer.Element("title", title);
        writer.Start("style");
        writer.WriteRaw(_style);
        writer.WriteFullEndElement();
        writer.WriteEndElement();
        writer.Start("body");
        writer.Start("main");
        writer.Element("h1", title);
        writer.Element("p", report.Reason, ("class", "reason"), ("dir", "auto"));
        Facts(writer, report);
        Nodes(writer, report);
        Service(writer, report);
        Changes(writer, report);
        Defects(writer, report);
        Decisions(writer, "report.decisions", report.Decisions);
        Decisions(writer, "report.pending", report.Pending);
        Steps(writer, report);
        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.WriteEndElement();
    });

    /// <summary>A value as it is shown: a duration in words, an instant in UTC.</summary>
    private static string Show(object? value) => value is null ? Nothing : Words.Get("said", value);

    private static void Facts(XmlWriter writer, UpgradeReport report)
    {
        (string Key, object? Value)[] facts =
        [
            ("from", report.From), ("to", report.To), ("started", report.StartedAt), ("last", report.LastAt),
            ("took", report.LastAt - report.StartedAt), ("drivers", report.Epochs), ("plan", report.PlanHash),
        ];
        writer.Start("dl");
        foreach ((string key, object? value) in facts)
        {
            writer.Start("div");
            writer.Element("dt", Words.Get($"report.html.{key}"));
            writer.Element("dd", Show(value));
            writer.WriteEndElement();
        }

        writer.WriteEndElement();
    }

    private static void Nodes(XmlWriter writer, UpgradeReport report)
    {
        writer.Element("h2", Words.Get("report.html.nodes"));
        Table(writer, Words.Get("report.html.nodes"), ["node", "outcome", "build", "role", "out-of-work", "problems"], report.Nodes.Select(node => new[]
        {
            node.Name,
            Words.Get($"report.node.{node.Outcome}"),
            node.BuildAfter + (node.BuildAfter == node.BuildBefore ? string.Empty : Words.Get("report.was", node.BuildBefore)),
            node.RoleAfter is { } role && role != node.RoleBefore ? Words.Get("report.role-changed", node.RoleBefore, role) : node.RoleBefore.ToString(),
            Show(node.OutOfService),
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
            report.Nodes.SelectMany(node => node.Gaps.Select(gap => new[] { node.Name, Show(gap.From), Show(gap.Until), Show(gap.Until - gap.From) })));
        Table(
            writer,
            Words.Get("report.html.serving"),
            ["began", "serving"],
            report.Serving.Select(serving => new[] { Show(serving.From), Show(serving.Count) }));
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
        Table(writer, Words.Get(title), ["began", "by", "decision"], decisions.Select(d => new string[] { Show(d.At), d.By, d.Text }));
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
            Show(step.Since),
            Show(step.Took),
            step.Attempts.ToString(CultureInfo.InvariantCulture),
            step.Evidence ?? string.Empty,
        }));

    /// <summary>A table that scrolls by itself where it is too wide; one without rows is left out.</summary>
    private static void Table(XmlWriter writer, string caption, string[] columns, IEnumerable<string[]> rows)
    {
        string[][] all = [.. rows];
        if (all.Length == 0)
        {
            return;
        }

        writer.Start("div", ("class", "wide"), ("role", "region"), ("aria-label", caption), ("tabindex", "0"));
        writer.Start("table");
        writer.Element("caption", caption);
        writer.Start("thead");
        writer.Start("tr");
        foreach (string column in columns)
        {
            writer.Element("th", Words.Get($"report.html.{column}"), ("scope", "col"));
        }

        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.Start("tbody");
        foreach (string[] row in all)
        {
            writer.Start("tr");
            writer.Element("th", row[0], ("scope", "row"), ("dir", "auto"));
            foreach (string cell in row[1..])
            {
                writer.Element("td", cell, ("dir", "auto"));
            }

            writer.WriteEndElement();
        }

        writer.WriteEndElement();
        writer.WriteEndElement();
        writer.WriteEndElement();
    }

    private static string ReadStyle()
    {
        using StreamReader style = new(typeof(ReportHtml).Assembly.GetManifestResourceStream(StyleResource)!);
        return style.ReadToEnd().ReplaceLineEndings("\n");
    }
}
