namespace Ksmg.Sdk.Upgrades;

/// <summary>What is known of an update, told as findings are.</summary>
public static class DefectFindings
{
    /// <summary>
    /// Findings of known defects: what people have to look after is a warning, what a run looks after itself is told. They are no part of a plan
    /// and of its hash: what is known may change between the plan and its run.
    /// </summary>
    /// <param name="defects">The defects, as <see cref="KnownDefects.For"/> answers them.</param>
    public static IReadOnlyList<PlanFinding> ToFindings(this IEnumerable<KnownDefect> defects)
    {
        ArgumentNullException.ThrowIfNull(defects);
        return [.. defects.OrderBy(d => d.When).Select(Finding)];
    }

    private static PlanFinding Finding(KnownDefect defect) => new(
        defect.IsByHand ? FindingSeverity.Warning : FindingSeverity.Information,
        $"known-defect:{defect.Id}",
        null,
        Message.Of(
            "finding.known-defect",
            Message.Of($"defect.{defect.When}"),
            defect.Text,
            defect.IsByHand ? Message.Of("defect.by-hand") : Message.Of("defect.checked", defect.Check),
            defect.Source?.ToString() ?? "-"));
}
