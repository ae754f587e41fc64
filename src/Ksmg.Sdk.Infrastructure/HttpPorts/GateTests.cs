using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>How gates are tried: they are asked, which changes nothing. Whether one is green now is another question than whether it works.</summary>
internal static class GateTests
{
    public static async Task<IReadOnlyList<SelfTestResult>> AskAsync(
        IUpgradeGate gate, string where, string remedy, IReadOnlyList<string> nodes, CancellationToken cancellationToken)
    {
        string subject = Words.Get("gate.subject", gate.Name, where);
        try
        {
            GateAnswer answer = await gate.AskAsync(nodes.Count > 0 ? nodes[0] : string.Empty, cancellationToken).ConfigureAwait(false);
            string text = Printable.OneLine(answer.Text);
            return [new SelfTestResult(subject, SelfTestOutcome.Works, answer.IsGreen ? Words.Get("gate.green", text) : Words.Get("gate.red", text))];
        }
        catch (KsmgException e)
        {
            return [new SelfTestResult(subject, SelfTestOutcome.Fails, e.Message, remedy)];
        }
    }
}
