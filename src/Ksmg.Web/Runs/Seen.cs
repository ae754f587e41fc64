using Ksmg.Sdk.Upgrades;

namespace Ksmg.Web;

/// <summary>What was seen of a run at a moment.</summary>
/// <param name="Explanation">What it waits for.</param>
/// <param name="Report">What it has done.</param>
internal sealed record Seen(UpgradeExplanation Explanation, UpgradeReport Report)
{
    /// <summary>The explanation as JSON, made once for all who look.</summary>
    public string ExplanationJson { get; } = Explanation.ToJson();

    /// <summary>The report as JSON, made once for all who look.</summary>
    public string ReportJson { get; } = Report.ToJson();

    public bool IsEnded => Report.End is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman);
}
