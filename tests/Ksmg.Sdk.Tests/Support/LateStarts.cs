using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>On each node the answer to the first start of an installation is lost, and the node acts on it minutes later.</summary>
internal static class LateStarts
{
    private static readonly string[] Codes = ["accessDenied", "locked", "emergencyMode", "notSupported"];

    /// <param name="rig">The rig.</param>
    /// <param name="refusals">How often each node refuses to delete an upload, each time for another reason.</param>
    public static VirtualRig Arm(VirtualRig rig, int refusals)
    {
        foreach (SimulatedNode node in rig.Cluster.World.Nodes)
        {
            rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "late-request", Node = node.Name, Operation = "start-update", For = TimeSpan.FromMinutes(4) });
            for (int refusal = 0; refusal < refusals; refusal++)
            {
                rig.Cluster.Faults.Arm(
                    new SimulatedFault
                    {
                        Fault = "hidden-error",
                        Node = node.Name,
                        Operation = "delete-update",
                        Nth = refusal + 1,
                        Value = Codes[refusal % Codes.Length],
                    });
            }
        }

        return rig;
    }
}
