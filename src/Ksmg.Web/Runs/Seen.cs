using System.Collections.Concurrent;
using System.Globalization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Web;

/// <summary>What was seen of a run at a moment.</summary>
/// <param name="explanation">What it waits for.</param>
/// <param name="report">What it has done.</param>
internal sealed class Seen(UpgradeExplanation explanation, UpgradeReport report)
{
    private readonly ConcurrentDictionary<CultureInfo, (string Explanation, string Report)> _spoken = [];

    public UpgradeExplanation Explanation => explanation;

    public UpgradeReport Report => report;

    /// <summary>The explanation as JSON in the reader's language.</summary>
    public string ExplanationJson => In(CultureInfo.CurrentUICulture).Explanation;

    /// <summary>The report as JSON in the reader's language.</summary>
    public string ReportJson => In(CultureInfo.CurrentUICulture).Report;

    public bool IsEnded => report.End is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman);

    /// <summary>Looks that differ in nothing but the time they were made at are one.</summary>
    public bool IsAs(Seen before)
    {
        (string explained, string reported) = In(CultureInfo.InvariantCulture);
        (string explainedBefore, string reportedBefore) = before.In(CultureInfo.InvariantCulture);
        return reported == reportedBefore
            && (explained == explainedBefore
                || explanation.Nodes.Count == 0 && (explanation with { At = before.Explanation.At }).ToJson() == explainedBefore);
    }

    /// <summary>Made once for all who look in a language.</summary>
    private (string Explanation, string Report) In(CultureInfo language) =>
        _spoken.GetOrAdd(language, l => (explanation.Speak(l), report.Speak(l)));
}
