using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>What people decided and nobody has carried out yet, in words: whoever resumes the run has to know it before.</summary>
internal static class PendingText
{
    public static void Append(StringBuilder text, IReadOnlyList<HumanDecision> pending)
    {
        if (pending.Count == 0)
        {
            return;
        }

        text.Append('\n').Append(Words.Get("report.pending")).Append('\n');
        foreach (HumanDecision decision in pending)
        {
            text.Append(Words.OneLine(Words.Get("report.decision", decision.At, decision.Text))).Append('\n');
        }
    }
}
