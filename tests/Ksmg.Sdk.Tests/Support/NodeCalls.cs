using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What somebody else does to a simulated node.</summary>
internal static class NodeCalls
{
    public static Task CallAsync(this SimulatedNode node, string operation, Caller caller, Action<SimulatedNode> act) =>
        node.CallAsync(operation, caller, it =>
        {
            act(it);
            return true;
        });
}
