using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Self-tests that ask the same of every node.</summary>
internal static class NodeTests
{
    /// <summary>Asks about one node after the other; a failure is a result.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="ask">The question.</param>
    /// <param name="remedy">What to do about a failure.</param>
    public static async Task<IReadOnlyList<SelfTestResult>> AskEachAsync(IReadOnlyList<string> nodes, Func<string, Task<SelfTestResult>> ask, string remedy)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        List<SelfTestResult> results = [];
        foreach (string node in nodes)
        {
            try
            {
                results.Add(await ask(node).ConfigureAwait(false));
            }
            catch (KsmgException e)
            {
                results.Add(new SelfTestResult(node, Works: false, e.Message, remedy));
            }
        }

        return results;
    }
}
