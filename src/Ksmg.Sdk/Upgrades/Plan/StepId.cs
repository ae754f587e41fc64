using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A step of the procedure by its number in the documentation. An open enumeration: a number that this version does not know, of a plan that a
/// newer one made, survives. As JSON it is its number.
/// </summary>
/// <param name="Value">The number, such as <c>S8</c>.</param>
[JsonConverter(typeof(StepIdConverter))]
public readonly record struct StepId(string Value)
{
    /// <summary>Everything is healthy, and as the plan saw it.</summary>
    public static StepId Preflight { get; } = new("S0");

    /// <summary>The node gets nothing new from the load balancer.</summary>
    public static StepId LoadOff { get; } = new("S1");

    /// <summary>The node takes no more mail.</summary>
    public static StepId ReceiveOff { get; } = new("S2");

    /// <summary>The node's queue becomes empty.</summary>
    public static StepId Drain { get; } = new("S3");

    /// <summary>A snapshot of the node's machine, before the run touches anything.</summary>
    public static StepId SnapshotBefore { get; } = new("S4a");

    /// <summary>A snapshot of the drained node: what a rollback goes back to.</summary>
    public static StepId SnapshotDrained { get; } = new("S4b");

    /// <summary>The hand-edited configuration files are copied out.</summary>
    public static StepId SaveConfiguration { get; } = new("S5");

    /// <summary>The former Control node becomes a Secondary one.</summary>
    public static StepId Demote { get; } = new("S6");

    /// <summary>The node has the package.</summary>
    public static StepId Upload { get; } = new("S7");

    /// <summary>The update is installed.</summary>
    public static StepId Install { get; } = new("S8");

    /// <summary>The node answers again.</summary>
    public static StepId WaitForNode { get; } = new("S9");

    /// <summary>The node runs the new build, and is well.</summary>
    public static StepId VerifyBuild { get; } = new("S10");

    /// <summary>The node becomes the Control node.</summary>
    public static StepId Promote { get; } = new("S11");

    /// <summary>Hand-made changes of the configuration are carried over.</summary>
    public static StepId RestoreConfiguration { get; } = new("S12");

    /// <summary>The node takes mail again.</summary>
    public static StepId ReceiveOn { get; } = new("S13");

    /// <summary>A test message goes through the node.</summary>
    public static StepId TestMessage { get; } = new("S14");

    /// <summary>A node that did not receive before takes no more mail after the test message.</summary>
    public static StepId ReceiveOffAgain { get; } = new("S14b");

    /// <summary>The node gets connections from the load balancer again.</summary>
    public static StepId LoadOn { get; } = new("S15");

    /// <summary>The finished node is watched, and a human lets the run go on.</summary>
    public static StepId Gate { get; } = new("S16");

    /// <summary>The Control role goes to the node that is to have it when all is done.</summary>
    public static StepId HandOver { get; } = new("S16a");

    /// <summary>All nodes are looked at once more.</summary>
    public static StepId Commit { get; } = new("S17");

    /// <summary>In a rollback: the node gets nothing new from the load balancer.</summary>
    public static StepId RollbackLoadOff { get; } = new("R1");

    /// <summary>In a rollback: the node takes no more mail.</summary>
    public static StepId RollbackReceiveOff { get; } = new("R1b");

    /// <summary>In a rollback: what would be lost is counted.</summary>
    public static StepId RollbackLosses { get; } = new("R2");

    /// <summary>In a rollback: a human agrees to lose it.</summary>
    public static StepId RollbackConsent { get; } = new("R3");

    /// <summary>In a rollback: the Control role goes to another node.</summary>
    public static StepId HandBack { get; } = new("R4a");

    /// <summary>In a rollback: the machine goes back to its snapshot.</summary>
    public static StepId Revert { get; } = new("R4");

    /// <summary>In a rollback: the uploads that the snapshot brought back are deleted.</summary>
    public static StepId DeleteUploads { get; } = new("R4b");

    /// <summary>In a rollback: the node runs the old build, and is well.</summary>
    public static StepId VerifyReverted { get; } = new("R5");

    /// <summary>The user's hooks before the run.</summary>
    public static StepId HooksBeforeRun { get; } = new("H1");

    /// <summary>The user's hooks before a node.</summary>
    public static StepId HooksBeforeNode { get; } = new("H2");

    /// <summary>The user's hooks after a node.</summary>
    public static StepId HooksAfterNode { get; } = new("H3");

    /// <summary>The user's hooks after the run.</summary>
    public static StepId HooksAfterRun { get; } = new("H4");

    /// <summary>The number.</summary>
    public override string ToString() => Value ?? string.Empty;

    /// <summary>Cheap, and the same in every process: decisions look steps up often, and a number is a few letters of our own.</summary>
    public override int GetHashCode()
    {
        int hash = 0;
        foreach (char c in Value ?? string.Empty)
        {
            hash = (hash * 31) + c;
        }

        return hash;
    }
}
