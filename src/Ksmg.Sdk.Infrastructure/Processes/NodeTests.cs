using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Self-tests that ask the same of every node.</summary>
internal static class NodeTests
{
    /// <summary>Asks about all nodes side by side; a failure is a result.</summary>
    /// <param name="nodes">The nodes.</param>
    /// <param name="ask">The question.</param>
    /// <param name="remedy">What to do about a failure.</param>
    public static async Task<IReadOnlyList<SelfTestResult>> AskEachAsync(IReadOnlyList<string> nodes, Func<string, Task<SelfTestResult>> ask, string remedy)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        return await Task.WhenAll(nodes.Select(TryAsync)).ConfigureAwait(false);

        async Task<SelfTestResult> TryAsync(string node)
        {
            try
            {
                return await ask(node).ConfigureAwait(false);
            }
            catch (KsmgException e)
            {
                return new SelfTestResult(node, SelfTestOutcome.Fails, e.Message, remedy);
            }
        }
    }
}
