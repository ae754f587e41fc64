using System.Collections.Frozen;
using System.Globalization;

namespace Ksmg.Simulator;

/// <summary>What is wrong with a fault is told to whoever arms it: later it would be a client's request that fails, or nothing would happen.</summary>
internal static class FaultCheck
{
    /// <summary>What can be waited for: the operations of a node, and what an upload consists of where there are no sockets.</summary>
    private static readonly FrozenSet<string> Operations = NodeFront.Operations.Concat(["upload-bytes", "upload-end"]).ToFrozenSet();

    /// <exception cref="ArgumentException">It could never fire, or not do what it says; the message lists the words that there are.</exception>
    public static void Of(SimulatedWorld world, SimulatedFault fault)
    {
        Known("fault", fault.Fault, SimulatedFaults.Names);
        Known("node", fault.Node, world.Nodes.Select(node => node.Name));
        Known("operation", fault.Operation, Operations);
        Known("moment", fault.After, ["request", "apply"]);
        Must(fault.Nth >= 1 && fault.Times >= 0, "'nth' counts from 1, and 'times' is 0 or more.");
        Must(fault.Probability is null or (>= 0 and <= 1), "'probability' is a part from 0 to 1.");
        Must(fault.Fraction is null or (>= 0 and <= 1), "'fraction' is a part from 0 to 1.");
        Must(fault.Fault == "clock-skew" || fault.For is null || fault.For >= TimeSpan.Zero, "'for' is a time from now on.");
        Known("queue", fault.Queue, ["mta", "kata", "antispam"]);
        if (fault.Value is not { } value)
        {
            Must(fault.Fault != "human-act", "The fault 'human-act' needs the act as its value.");
            return;
        }

        switch (fault.Fault)
        {
            case "refuse":
                Must(
                    int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int status) && status is >= 200 and < 600,
                    $"'{value}' is no status.");
                break;
            case "queue-stuck":
                Must(int.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out int count) && count > 0, $"'{value}' is no number of messages.");
                break;
            case "clock-skew":
                Must(TimeSpan.TryParse(value, CultureInfo.InvariantCulture, out _), $"'{value}' is no time such as -00:20:00.");
                break;
            case "disk-low":
                Known("mount point", value, world.Nodes[0].MountPoints);
                break;
            case "login-refused":
                Known("login refusal", value, SimulatedNode.LoginRefusalWords);
                break;
            case "human-act":
                Known("act", value, SimulatedWorld.Acts);
                break;
            case "snapshot-wrong-machine":
                Known("node", value, world.Nodes.Select(node => node.Name));
                break;
        }
    }

    private static void Known(string kind, string? word, IEnumerable<string> words) =>
        Must(word is null || words.Contains(word), $"There is no {kind} '{word}'; known: {string.Join(", ", words)}.");

    private static void Must(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new ArgumentException(otherwise);
        }
    }
}
