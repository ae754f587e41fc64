namespace Ksmg.Sdk.Upgrades;

/// <summary>The fixed words in the values of journal entries.</summary>
internal static class Marks
{
    public const string NodePrefix = "node/";
    public const string Node = "node";
    public const string Parking = "Parking";
    public const string PuttingBack = "PuttingBack";
    public const string RollingBack = "RollingBack";
    public const string Prior = "prior.";
    public const string Redo = "redo";

    /// <summary>Before a name: what the node told for later calls, as JSON.</summary>
    public const string Kept = "kept.";

    /// <summary>The upload that an attempt brings or installs.</summary>
    public const string Upload = "upload";

    /// <summary>What is proven of the request of the last attempt (<see cref="UploadFence"/>).</summary>
    public const string Fence = "fence";

    /// <summary>The hard limit of the request is over, and its upload cannot be deleted.</summary>
    public const string Outwaited = "outwaited";

    public const string End = "end";
    public const string State = "state";
    public const string Command = "command";
    public const string Check = "check";
    public const string Until = "until";
    public const string PauseAfter = "pauseAfter";
    public const string ThisDriving = "thisDriving";
    public const string Nodes = "nodes";
    public const string Notice = "notice";

    /// <summary>The notice that a node's new certificate is trusted, before its name and the fingerprint.</summary>
    public const string Certificate = "certificate/";

    /// <summary>Before the name of an external gate: what it said when a node was begun.</summary>
    public const string ExternalGate = "externalGate.";

    /// <summary>Of how a run or a node stands: the step that brought it there.</summary>
    public const string StoppedAt = "stoppedAt";

    /// <summary>Before the name of a node: when its settings were last changed, as far as the run knows.</summary>
    public const string Settings = "settings.";

    /// <summary>Before the name of a node: what it carried when the run began, a key a line.</summary>
    public const string Baseline = "baseline.";

    /// <summary>Before the name of a node: how it was when the run began.</summary>
    public const string Before = "before.";

    /// <summary>Before the name of a node: how it is at the end.</summary>
    public const string After = "after.";

    /// <summary>Before the name of a node: what it carries at the end and did not at the start, a text a line.</summary>
    public const string Problems = "problems.";

    /// <summary>Before the name of a node: what it carries at the end as it did at the start.</summary>
    public const string KnownProblems = "known-problems.";

    /// <summary>Before the name of a port: what its test of itself found when the run began, a result a line.</summary>
    public const string SelfTest = "self-test.";

    /// <summary>The key of the step that waits for an approval.</summary>
    public const string Gate = "gate";

    /// <summary>The node's word for its refusal.</summary>
    public const string Code = "code";

    /// <summary>Of such a word: the node has no such thing.</summary>
    public const string NotFound = "notFound";

    /// <summary>What the load balancer gave the node before its first touch.</summary>
    public const string PriorLoad = Prior + "load";

    /// <summary>Whether the node received before its first touch.</summary>
    public const string PriorReceiving = Prior + "receiving";

    /// <summary>The Message-ID of a test message.</summary>
    public const string MessageId = "messageId";

    /// <summary>Of a fence: the upload is gone, and a late request finds nothing to install.</summary>
    public const string Gone = "gone";

    /// <summary>Of a fence: the request has arrived.</summary>
    public const string Arrived = "arrived";

    /// <summary>The word for a switch.</summary>
    public static string Text(bool value) => value ? "true" : "false";
}
