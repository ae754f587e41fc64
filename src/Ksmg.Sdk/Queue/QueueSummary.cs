namespace Ksmg.Sdk;

/// <summary>How many messages wait on a node.</summary>
public sealed record QueueSummary
{
    /// <summary>Messages in the queue of the mail transfer agent.</summary>
    public required long Mta { get; init; }

    /// <summary>Messages in the KATA quarantine.</summary>
    public required long KataQuarantine { get; init; }

    /// <summary>Messages in the Anti-Spam quarantine.</summary>
    public required long AntiSpamQuarantine { get; init; }

    /// <summary>Inbound SMTP sessions open right now, where the node says so.</summary>
    public int? SmtpSessions { get; init; }

    /// <summary>Whether every queue is empty, each looked at by itself: a sum could hide what one of them holds.</summary>
    public bool IsEmpty => Mta == 0 && KataQuarantine == 0 && AntiSpamQuarantine == 0;

    /// <summary>Whether a count is below zero, and thus tells nothing.</summary>
    internal bool IsUnusable => Mta < 0 || KataQuarantine < 0 || AntiSpamQuarantine < 0 || SmtpSessions < 0;

    /// <summary>Messages in all queues.</summary>
    public long Total => Mta + KataQuarantine + AntiSpamQuarantine;
}
