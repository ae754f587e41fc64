namespace Ksmg.Sdk.Upgrades;

/// <summary>Mail that waits for one destination.</summary>
internal sealed record WaitingMail(string Destination, int Count, DateTimeOffset? OldestAt, string? Reason);

/// <summary>How a queue empties: what it held first and at the least, and when.</summary>
internal sealed record QueueProgress(long First, DateTimeOffset FirstAt, long Least, DateTimeOffset LeastAt)
{
    /// <summary>After another look; mail that comes in starts the measuring again.</summary>
    public static QueueProgress After(QueueProgress? before, long total, DateTimeOffset now)
    {
        if (before is null || total > before.First)
        {
            return new QueueProgress(total, now, total, now);
        }

        return total < before.Least ? before with { Least = total, LeastAt = now } : before;
    }

    /// <summary>How long the rest takes if it goes on as it went; <see langword="null"/> while nobody can tell.</summary>
    public TimeSpan? Estimate()
    {
        TimeSpan took = LeastAt - FirstAt;
        return First > Least && Least > 0 && took > TimeSpan.Zero && took / (First - Least) * Least is { TotalDays: < 30 } rest ? rest : null;
    }
}

/// <summary>Puts into words what waits in the queues of a node.</summary>
internal static class QueueReport
{
    /// <summary>Messages that are looked at for the reasons: enough to name what holds a node up.</summary>
    public const int Sample = 2000;

    private const int MostDestinations = 5;

    public static IReadOnlyList<WaitingMail> Group(IReadOnlyList<QueuedMessage> messages) =>
    [
        .. messages
            .GroupBy(m => m.Recipients.Count == 0 ? "?" : m.Recipients[0][(m.Recipients[0].LastIndexOf('@') + 1)..].ToLowerInvariant(), StringComparer.Ordinal)
            .OrderByDescending(g => g.Count())
            .ThenBy(g => g.Key, StringComparer.Ordinal)
            .Take(MostDestinations)
            .Select(g => new WaitingMail(
                g.Key,
                g.Count(),
                g.Min(m => m.ReceivedAt),
                MostFrequent(g.Select(m => m.Reason)))),
    ];

    private static string? MostFrequent(IEnumerable<string?> reasons) => reasons
        .Where(r => !string.IsNullOrWhiteSpace(r))
        .GroupBy(r => r, StringComparer.Ordinal)
        .MaxBy(g => g.Count())?.Key;

    /// <summary>What is left, as people count: nothing is named that is not there.</summary>
    public static Message Left(string node, QueueSummary queues)
    {
        (string Key, long Count)[] kinds =
        [
            ("count.mta", queues.Mta), ("count.kata", queues.KataQuarantine), ("count.anti-spam", queues.AntiSpamQuarantine),
        ];
        List<Message> held = [.. kinds.Where(k => k.Count > 0).Select(k => Message.Of(k.Key, k.Count))];
        if (queues.SmtpSessions is > 0 and int sessions)
        {
            held.Add(Message.Of("count.session", sessions));
        }

        return held.Count == 0 ? Message.Of("wait.drain-empty", node) : Message.Of("wait.drain", node, held);
    }

    /// <summary>The destinations with reasons and ages; empty where the node does not tell.</summary>
    public static Message? Why(IReadOnlyList<WaitingMail>? waiting, DateTimeOffset now) => waiting is not { Count: > 0 } ? null
        : Message.Of("drain.why", waiting.Select(w => Message.Of(
            w.Reason is null ? "drain.destination" : "drain.destination-reason",
            w.Destination,
            w.Count,
            w.OldestAt is { } oldest ? Message.Of("drain.age", now - oldest) : null,
            w.Reason)));

    /// <summary>Why the node does not tell them, where it can be asked.</summary>
    public static Message? Untold(string? problem) => problem is null ? null : Message.Of("drain.why-untold", problem);
}
