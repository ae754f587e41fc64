using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The steps of a plan by node: a decision looks at every node, and must not look at every step for each.</summary>
internal static class StepIndex
{
    private static readonly ConditionalWeakTable<IReadOnlyList<PlannedStep>, Dictionary<string, PlannedStep[]>> Indexes = [];

    /// <summary>The steps of a node, in the order of the plan.</summary>
    public static IReadOnlyList<PlannedStep> StepsOf(this UpgradePlan plan, string node) => Indexes
        .GetValue(plan.Steps, static steps => steps.Where(s => s.Node is not null).GroupBy(s => s.Node!, StringComparer.Ordinal).ToDictionary(g => g.Key, g => g.ToArray(), StringComparer.Ordinal))
        .GetValueOrDefault(node) ?? [];
}
