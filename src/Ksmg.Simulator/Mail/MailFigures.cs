namespace Ksmg.Simulator;

/// <summary>What became of all mail since the start.</summary>
public sealed record MailFigures
{
    /// <summary>Delivery attempts answered 250.</summary>
    public required long Accepted { get; init; }

    /// <summary>Attempts that reached the sink.</summary>
    public required long Delivered { get; init; }

    /// <summary>Messages in the queues of all nodes.</summary>
    public required long Queued { get; init; }

    /// <summary>Attempts refused (4xx, 5xx, no connection); their sender repeats them as new attempts.</summary>
    public required long Rejected { get; init; }

    /// <summary>Message ids answered 250 and neither delivered nor queued.</summary>
    public required IReadOnlyList<string> Lost { get; init; }

    /// <summary>Message ids of attempts that were delivered twice.</summary>
    public required IReadOnlyList<string> Duplicated { get; init; }

    /// <summary>The longest time, in milliseconds, without an accepted message while constant load ran.</summary>
    public required long LongestGapMs { get; init; }
}
