using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A plan as a Mermaid flow chart: a box per node, an arrow from each step to those that come after it.</summary>
internal static class PlanMermaid
{
    public static string Render(UpgradePlan plan)
    {
        StringBuilder text = new("flowchart TD\n");
        Dictionary<StepKey, int> ids = [];
        foreach (PlannedStep step in plan.Steps)
        {
            ids.Add(step.Key, ids.Count);
        }

        foreach (PlannedStep step in plan.Steps.Where(s => s.Node is null))
        {
            Step(text, 2, plan, step, ids);
        }

        for (int i = 0; i < plan.Nodes.Count; i++)
        {
            PlannedNode node = plan.Nodes[i];
            text.Append(CultureInfo.InvariantCulture, $"  subgraph n{i}[\"{Escape(PlanText.Describe(plan, node))}\"]\n");
            foreach (PlannedStep step in plan.Steps.Where(s => s.Node == node.Name))
            {
                Step(text, 4, plan, step, ids);
            }

            text.Append("  end\n");
        }

        foreach (PlannedStep step in plan.Steps)
        {
            foreach (StepKey before in step.After)
            {
                text.Append(CultureInfo.InvariantCulture, $"  s{ids[before]} --> s{ids[step.Key]}\n");
            }
        }

        return text.ToString();
    }

    /// <summary>A step is a rectangle; where the run waits for an approval, a hexagon.</summary>
    private static void Step(StringBuilder text, int indent, UpgradePlan plan, PlannedStep step, Dictionary<StepKey, int> ids)
    {
        (string open, string close) = PlanText.IsGate(plan, step) ? ("{{", "}}") : ("[", "]");
        text.Append(' ', indent)
            .Append(CultureInfo.InvariantCulture, $"s{ids[step.Key]}{open}\"{step.Id} {Escape(PlanText.Describe(plan, step))}\"{close}\n");
    }

    private static string Escape(string label) =>
        label.Replace("#", "#35;", StringComparison.Ordinal).Replace("\"", "#quot;", StringComparison.Ordinal).Replace("<", "#lt;", StringComparison.Ordinal);
}
