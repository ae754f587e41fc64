namespace Ksmg.Simulator;

/// <summary>Something that goes wrong during a rehearsal.</summary>
/// <param name="Name">Its name.</param>
/// <param name="Faults">What is armed for it before the run begins.</param>
public sealed record RehearsalFault(string Name, IReadOnlyList<SimulatedFault> Faults)
{
    /// <summary>What the ids of a run's test messages contain, and no other message's do.</summary>
    internal const string TestMessages = "ksmg-upgrade";

    /// <summary>Every one that is rehearsed, as it happens to a node.</summary>
    /// <param name="node">The node, by its name.</param>
    public static IReadOnlyList<RehearsalFault> Of(string node) =>
    [
        // What a run gets over by itself.
        new("answers-lost", [
            new() { Fault = "drop-response", Operation = "set-receiving", After = "apply", Node = node },
            new() { Fault = "drop-response", Operation = "start-update", After = "apply", Node = node },
            new() { Fault = "drop-response", Operation = "assign-control", After = "apply", Node = node }]),
        new("upload-cut", [new() { Fault = "cut-upload", Fraction = 0.5, Node = node }]),
        new("balancer-reload", [new() { Fault = "balancer-reload", Operation = "set-receiving", Node = node }]),
        new("receives-after-update", [new() { Fault = "receives-after-update", Node = node }]),
        new("web-flapping", [new() { Fault = "ui-flapping", Node = node, For = TimeSpan.FromMinutes(2) }]),
        new("message-late", [new() { Fault = "probe-late", Value = TestMessages, For = TimeSpan.FromMinutes(1), Times = 1 }]),

        // What mostly needs a human.
        new("queue-stuck", [new() { Fault = "queue-stuck", Node = node, Value = "1" }]),
        new("session-held", [new() { Fault = "session-held", Node = node }]),
        new("snapshot-stalls", [new() { Fault = "snapshot-stalls", Node = node }]),
        new("disk-full", [new() { Fault = "disk-full", Node = node, Times = 0 }]),
        new("unknown-objects", [new() { Fault = "unknown-objects", Node = node }]),
        new("old-build", [new() { Fault = "install-old-build", Node = node }]),
        new("node-lost", [new() { Fault = "ui-never-returns", Node = node }]),
        new("service-failed", [new() { Fault = "service-failed-after-update", Node = node }]),
        new("no-synchronization", [new() { Fault = "no-sync-after-update", Node = node }]),
        new("balancer-refuses", [new() { Fault = "balancer-refuses", Operation = "get-mail-flow", Node = node, Nth = 3 }]),
        new("message-lost", [new() { Fault = "probe-lost", Value = TestMessages, Times = 0 }]),
    ];
}
