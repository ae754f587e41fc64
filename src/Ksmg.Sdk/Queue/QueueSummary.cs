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

    /// <summary>Messages in all queues.</summary>
    public long Total => Mta + KataQuarantine + AntiSpamQuarantine;
}
