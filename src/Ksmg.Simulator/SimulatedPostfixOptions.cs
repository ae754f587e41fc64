namespace Ksmg.Simulator;

/// <summary>
/// Nodes whose mail goes through a real Postfix, an instance each: the switches and the queue are its own. Needs Postfix on this machine,
/// and root. A snapshot does not hold its queue.
/// </summary>
public sealed record SimulatedPostfixOptions
{
    /// <summary>
    /// Where the nodes deliver, as Postfix writes it: <c>lmtp:inet:127.0.0.1:2400</c>, <c>smtp:[127.0.0.1]:2500</c>. Default: the
    /// simulated mailbox.
    /// </summary>
    public string? NextHop { get; init; }

    /// <summary>
    /// Where each instance keeps its configuration, its queue and its log, in a folder of the node's name. The user <c>postfix</c> must be
    /// able to get there. Default: a temporary folder, removed at the end.
    /// </summary>
    public string? Folder { get; init; }
}
