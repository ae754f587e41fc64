using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The steps of a plan by node and by what they do: a decision looks at every node, and must not look at every step for each.</summary>
internal static class StepIndex
{
    private static readonly ConditionalWeakTable<IReadOnlyList<PlannedStep>, Index> Indexes = [];

    /// <summary>The steps of a node, in the order of the plan.</summary>
    public static IReadOnlyList<PlannedStep> StepsOf(this UpgradePlan plan, string node) => Of(plan).ByNode.GetValueOrDefault(node) ?? [];

    /// <summary>The steps of all nodes that do the same, in the order of the plan.</summary>
    public static IReadOnlyList<PlannedStep> StepsOf(this UpgradePlan plan, StepId id) => Of(plan).ById.GetValueOrDefault(id) ?? [];

    /// <summary>Every step a run can have an intent for: those of the plan, and those of rollbacks.</summary>
    public static IEnumerable<PlannedStep> AllSteps(this UpgradePlan plan) => plan.Steps.Concat(
        from node in plan.Nodes
        from id in Procedure.RollBack
        where id.IsIn(StepGroup.RollBack)
        let step = plan.RollBackStep(node, id)
        where step is not null
        select step);

    /// <summary>A step of a rollback, where the plan has a use for it.</summary>
    public static PlannedStep? RollBackStep(this UpgradePlan plan, PlannedNode node, StepId id)
    {
        bool isNeeded = id == StepId.RollbackLoadOff ? plan.StepsOf(node.Name).Any(s => s.Id == StepId.LoadOff) : id != StepId.HandBack || plan.Nodes.Count > 1;
        return isNeeded ? Procedure.Plan(plan.Policy, id, node.Name, after: []) : null;
    }

    private static Index Of(UpgradePlan plan) => Indexes.GetValue(plan.Steps, static steps => new Index(
        steps.Where(s => s.Node is not null).GroupBy(s => s.Node!, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal),
        steps.GroupBy(s => s.Id).ToDictionary(g => g.Key, g => g.ToArray())));

    private sealed record Index(Dictionary<string, PlannedStep[]> ByNode, Dictionary<StepId, PlannedStep[]> ById);
}
