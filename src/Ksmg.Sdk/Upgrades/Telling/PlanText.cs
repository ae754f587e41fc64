using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A plan in words: what it is for, what was found, what happens in which order, and how the run behaves.</summary>
internal static class PlanText
{
    public static string Render(UpgradePlan plan)
    {
        StringBuilder text = new();
        Head(text, plan);
        Findings(text, plan);
        if (plan.IsNothingToDo)
        {
            text.Append('\n');
            Line(text, 0, "plan.nothing-to-do", plan.To);
            return text.ToString();
        }

        Order(text, plan);
        Policy(text, plan.Policy);
        if (plan.Gates.Count > 0)
        {
            Line(text, 2, "plan.gates", string.Join(", ", plan.Gates));
        }

        return text.ToString();
    }

    /// <summary>A node and what is special about it.</summary>
    public static string Describe(UpgradePlan plan, PlannedNode node)
    {
        string special = node switch
        {
            { Promote: true } => "plan.node.promote",
            { FormerControl: true } => "plan.node.former",
            _ when node.Build == plan.To => "plan.node.already",
            _ => "plan.node.plain",
        };
        string service = node.InService ? string.Empty : Words.Get("plan.node.out-of-service");
        return Words.OneLine(Words.Get("plan.node", node.Name, node.Role, node.Build, Words.Get(special), service));
    }

    /// <summary>A step in words, with the package where there are several.</summary>
    public static string Describe(UpgradePlan plan, PlannedStep step)
    {
        int packages = plan.Packages.Count;
        string handOver = step.Id == StepId.HandOver ? Words.Get("plan.from-node-to", step.Node, plan.Policy.PreferredControl) : string.Empty;
        string ofPackage = step.Package is { } package && packages > 1 ? Words.Get("plan.package-of", package + 1, packages) : string.Empty;
        return step.Id.InWords() + handOver + ofPackage;
    }

    /// <summary>Whether the run waits for an approval after the node of this step.</summary>
    public static bool IsGate(UpgradePlan plan, PlannedStep step)
    {
        List<PlannedStep> gates = [.. plan.StepsOf(StepId.Gate)];
        int index = gates.IndexOf(step);
        return index >= 0 && index < gates.Count - 1
            && (plan.Policy.PauseAfter == PausePoint.Each || (plan.Policy.PauseAfter == PausePoint.First && index == 0));
    }

    private static void Head(StringBuilder text, UpgradePlan plan)
    {
        Line(text, 0, "plan.head", plan.Cluster, plan.From, plan.To);
        Line(text, 0, "plan.run", plan.RunId, plan.CreatedAt, plan.Hash);
        Line(text, 0, "plan.package", plan.PackagePath);
        foreach (PlannedPackage package in plan.Packages)
        {
            Line(text, 2, "plan.package-line", package.Name, package.From, package.To, package.SizeBytes, package.Sha256);
        }

        if (plan.Nodes.Count == 1 && !plan.IsNothingToDo)
        {
            Line(text, 0, "plan.interrupts-mail");
        }
    }

    private static void Findings(StringBuilder text, UpgradePlan plan)
    {
        if (plan.IsRefused)
        {
            text.Append('\n');
            Line(text, 0, "plan.refused");
        }

        if (plan.Findings.Count == 0)
        {
            return;
        }

        text.Append('\n');
        Line(text, 0, "plan.findings");
        foreach (PlanFinding finding in plan.Findings.OrderByDescending(f => f.Severity))
        {
            Line(text, 2, "plan.finding", Words.Get($"plan.severity.{finding.Severity}"), finding.Text, finding.Code);
        }
    }

    private static void Order(StringBuilder text, UpgradePlan plan)
    {
        text.Append('\n');
        Line(text, 0, "plan.order");
        Dictionary<string, PlannedNode> nodes = plan.Nodes.ToDictionary(n => n.Name, StringComparer.Ordinal);
        string? owner = null;
        int number = 0;
        foreach (PlannedStep step in plan.Steps)
        {
            // Some steps do not begin a block of their own: snapshots and uploads before anything is touched, and a Control node that
            // gives up its role while another one is in hand.
            bool before = step.Id == StepId.SnapshotBefore || (step.Id == StepId.Upload && owner is null && plan.Policy.StageUploads == StageUploads.BeforeRun);
            bool starts = step.Node is not null && step.Node != owner && !before
                && !(step.Id == StepId.Demote && plan.Policy.DemoteFormerControl == DemoteFormerControl.WhenPromoted)
                && step.Id != StepId.HandOver;
            if (starts)
            {
                owner = step.Node;
                Line(text, 2, "plan.node-line", ++number, Describe(plan, nodes[step.Node!]));
            }

            bool ofAll = step.Node is null || step.Id == StepId.HandOver;
            string on = ofAll || step.Node == owner ? string.Empty : Words.Get("plan.on-node", step.Node);
            int indent = ofAll || owner is null ? 2 : 5;
            string line = step.Id == StepId.Gate ? "plan.watch-line" : "plan.step-line";
            Line(text, indent, line, step.Id, Describe(plan, step) + on, step.Timeout);
            if (IsGate(plan, step))
            {
                Line(text, indent + 5, "plan.gate");
            }
        }
    }

    private static void Policy(StringBuilder text, UpgradePolicy policy)
    {
        text.Append('\n');
        Line(text, 0, "plan.policy");
        Line(text, 2, $"plan.pause.{policy.PauseAfter}");
        if (policy.Windows.Count > 0)
        {
            Line(text, 2, "plan.windows", string.Join("; ", policy.Windows), policy.NodeTime);
        }

        Line(text, 2, "plan.max-unavailable", policy.MaxUnavailable);
        Line(text, 2, $"plan.sessions.{policy.SessionsLeft}", policy.SessionTimeout);
        Line(text, 2, "plan.drain", policy.DrainTimeout, policy.DrainStablePolls, policy.NoProgressTimeout);
        Line(text, 2, $"plan.mta.{policy.MtaQueue}");
        Line(text, 2, $"plan.kata.{policy.KataQuarantine}");
        Line(text, 2, $"plan.upload.{policy.StageUploads}");
        Line(text, 2, $"plan.demote.{policy.DemoteFormerControl}");
        if (policy.PreferredControl is { } preferred)
        {
            Line(text, 2, "plan.preferred-control", preferred);
        }

        Line(text, 2, $"plan.snapshots.{policy.Snapshots}");
        if (policy.Accept.Count == 0)
        {
            Line(text, 2, "plan.accept-nothing");
        }
        else
        {
            Line(text, 2, "plan.accept", string.Join(", ", policy.Accept));
        }
    }

    private static void Line(StringBuilder text, int indent, string key, params ReadOnlySpan<object?> arguments) =>
        text.Append(' ', indent).Append(Words.OneLine(Words.Get(key, arguments))).Append('\n');
}
