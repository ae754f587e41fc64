namespace Ksmg.Sdk.Upgrades;

/// <summary>What has changed between a plan and one that is made now for the same package and policy. Pure.</summary>
internal static class PlanChanges
{
    public static IEnumerable<PlanFinding> Between(UpgradePlan then, UpgradePlan now)
    {
        if (then.PackagePath != now.PackagePath || !then.Packages.SequenceEqual(now.Packages))
        {
            yield return Changed("plan-package", null, now.PackagePath);
        }

        foreach (PlanFinding change in then.Nodes.SelectMany(node => OfNode(node, now.Nodes.FirstOrDefault(n => n.Name == node.Name))))
        {
            yield return change;
        }

        foreach (PlannedNode added in now.Nodes.Where(n => then.Nodes.All(o => o.Name != n.Name)))
        {
            yield return Changed("plan-node-new", added.Name);
        }

        if (!then.Nodes.Select(n => n.Name).SequenceEqual(now.Nodes.Select(n => n.Name)) || !Outline(then).SequenceEqual(Outline(now)))
        {
            yield return Changed("plan-steps", null);
        }

        // What is found now and was not found then: a refusal would change the plan, everything else is told.
        foreach (PlanFinding found in now.Findings.Where(f => !then.Findings.Any(o => o.Severity == f.Severity && o.Code == f.Code && o.Text == f.Text)))
        {
            yield return found;
        }
    }

    private static IEnumerable<PlanFinding> OfNode(PlannedNode then, PlannedNode? now)
    {
        if (now is null)
        {
            return [Changed("plan-node-gone", then.Name)];
        }

        (string What, object? Then, object? Now)[] facts =
        [
            ("address", then.Address, now.Address), ("cluster-address", then.ClusterAddress, now.ClusterAddress), ("host-name", then.HostName, now.HostName),
            ("role", then.Role, now.Role), ("build", then.Build, now.Build), ("receiving", then.Receiving, now.Receiving), ("load", then.Load, now.Load),
        ];
        return facts
            .Where(fact => !Equals(fact.Then, fact.Now))
            .Select(fact => Changed("plan-node", then.Name, Message.Of($"plan-fact.{fact.What}"), fact.Then ?? "-", fact.Now ?? "-"));
    }

    private static IEnumerable<string> Outline(UpgradePlan plan) => plan.Steps.Select(s => $"{s.Key} {string.Join(' ', s.After)}");

    private static PlanFinding Changed(string code, string? node, params ReadOnlySpan<object?> arguments) =>
        PlanFinding.Of(FindingSeverity.Refusal, code, node, arguments);
}
