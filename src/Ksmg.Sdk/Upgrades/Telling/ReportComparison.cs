namespace Ksmg.Sdk.Upgrades;

/// <summary>Two runs side by side: how they ended, what was wrong at their ends, and how long each step took.</summary>
public sealed record ReportComparison
{
    /// <summary>The one run.</summary>
    public required ComparedRun Left { get; init; }

    /// <summary>The other run.</summary>
    public required ComparedRun Right { get; init; }

    /// <summary>The steps of either, in the order of the one run; those that only the other one has come last.</summary>
    public required IReadOnlyList<ComparedStep> Steps { get; init; }

    /// <summary>The comparison as one JSON document.</summary>
    public string ToJson() => ReportJson.Serialize(this);

    /// <summary>The comparison in words.</summary>
    public string ToText() => ComparisonText.Render(this);

    internal static ReportComparison Between(UpgradeReport left, UpgradeReport right)
    {
        Dictionary<StepKey, StepReport> ones = StepsOf(left);
        Dictionary<StepKey, StepReport> others = StepsOf(right);
        return new ReportComparison
        {
            Left = ComparedRun.Of(left),
            Right = ComparedRun.Of(right),
            Steps =
            [
                .. ones.Keys.Union(others.Keys).Select(key => new ComparedStep
                {
                    Id = key.Id,
                    Node = key.Node,
                    Package = key.Package,
                    Left = ones.GetValueOrDefault(key)?.Took,
                    Right = others.GetValueOrDefault(key)?.Took,
                }),
            ],
        };
    }

    private static Dictionary<StepKey, StepReport> StepsOf(UpgradeReport report) => report.Steps.Select(s => (Node: (string?)null, Step: s))
        .Concat(report.Nodes.SelectMany(n => n.Steps.Select(s => (Node: (string?)n.Name, Step: s))))
        .ToDictionary(s => new StepKey(s.Step.Id, s.Node, s.Step.Package), s => s.Step);
}
