using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// How long a plan will take, by the completed runs of its cluster: a range, since no night is like the other. What humans take to approve is
/// not in it.
/// </summary>
public sealed record UpgradeEstimate
{
    /// <summary>The runs it goes by, the oldest first.</summary>
    public required IReadOnlyList<string> Runs { get; init; }

    /// <summary>How long the run will take, at least: steps that are not known are not in it.</summary>
    public required DurationRange Took { get; init; }

    /// <summary>How many steps are not known, since no run of the cluster had them.</summary>
    public int UnknownSteps => Steps.Count(s => s.Took is null);

    /// <summary>How long each node will take, in the order of the plan.</summary>
    public required IReadOnlyList<NodeEstimate> Nodes { get; init; }

    /// <summary>How long each step will take.</summary>
    public required IReadOnlyList<StepEstimate> Steps { get; init; }

    /// <summary>The estimate as one JSON document.</summary>
    public string ToJson() => ReportJson.Serialize(this);

    /// <summary>The estimate in words.</summary>
    public string ToText()
    {
        StringBuilder text = new();
        Line(text, Words.Get("estimate.head", (long)Runs.Count));
        Line(text, Words.Get(UnknownSteps == 0 ? "estimate.of" : "estimate.of-at-least", Words.Get("report.run"), Took));
        Lines(text, null);
        foreach (NodeEstimate node in Nodes)
        {
            Line(text, Words.Get(node.UnknownSteps == 0 ? "estimate.of" : "estimate.of-at-least", node.Node, node.Took));
            Lines(text, node.Node);
        }

        Line(text, Words.Get("estimate.without-humans"));
        return text.ToString();
    }

    private void Lines(StringBuilder text, string? node)
    {
        foreach (StepEstimate step in Steps.Where(s => s.Node == node))
        {
            string took = step.Took?.ToString() ?? Words.Get("estimate.unknown");
            Line(text, string.Create(CultureInfo.InvariantCulture, $"     {step.Id,-5}{step.Id.InWords(),-45} {took}"));
        }
    }

    private static void Line(StringBuilder text, string line) => text.Append(Words.OneLine(line)).Append('\n');
}
