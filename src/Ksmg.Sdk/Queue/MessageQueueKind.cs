namespace Ksmg.Sdk;

/// <summary>One of the three message queues of a node. An open enumeration: a value this version does not know survives and never means success.</summary>
/// <param name="Value">The word on the wire.</param>
public readonly record struct MessageQueueKind(string Value)
{
    /// <summary>The queue of the mail transfer agent.</summary>
    public static MessageQueueKind Mta { get; } = new("mta");

    /// <summary>Messages waiting for a verdict of Kaspersky Anti Targeted Attack.</summary>
    public static MessageQueueKind KataQuarantine { get; } = new("kataQuarantine");

    /// <summary>Messages held for a second look by Anti-Spam, which leave by time only.</summary>
    public static MessageQueueKind AntiSpamQuarantine { get; } = new("antiSpamQuarantine");

    /// <summary>The word on the wire.</summary>
    public override string ToString() => Value ?? string.Empty;
}
