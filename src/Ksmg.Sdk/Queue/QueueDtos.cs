using System.Text.Json.Serialization;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

internal sealed record QueueSummaryDto : IJsonOnDeserialized
{
    public required long Mta { get; init; }

    public required long KataQuarantine { get; init; }

    public required long AntiSpamQuarantine { get; init; }

    public int? SmtpSessions { get; init; }

    void IJsonOnDeserialized.OnDeserialized()
    {
        UnusableDataException.RefuseNegative(Mta, "mta");
        UnusableDataException.RefuseNegative(KataQuarantine, "kataQuarantine");
        UnusableDataException.RefuseNegative(AntiSpamQuarantine, "antiSpamQuarantine");
        UnusableDataException.RefuseNegative(SmtpSessions, "smtpSessions");
    }

    public QueueSummary ToModel() => new()
    {
        Mta = Mta,
        KataQuarantine = KataQuarantine,
        AntiSpamQuarantine = AntiSpamQuarantine,
        SmtpSessions = SmtpSessions,
    };
}

internal sealed record QueuePageDto : IJsonOnDeserialized
{
    public required List<QueuedMessageDto> Messages { get; init; }

    public string? Next { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnusableDataException.RefuseGaps(Messages, "messages");
}

internal sealed record QueuedMessageDto : IJsonOnDeserialized
{
    public required string Id { get; init; }

    public string? Queue { get; init; }

    public string? Sender { get; init; }

    public List<string>? Recipients { get; init; }

    public long? SizeBytes { get; init; }

    public DateTimeOffset? ReceivedAt { get; init; }

    public string? Reason { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnusableDataException.RefuseGaps(Recipients, "recipients");

    public QueuedMessage ToModel() => new()
    {
        Id = Id,
        Queue = new MessageQueueKind(Queue ?? ""),
        Sender = Sender ?? "",
        Recipients = Recipients ?? [],
        SizeBytes = SizeBytes ?? 0,
        ReceivedAt = ReceivedAt,
        Reason = Reason,
    };
}

internal sealed record MailFlowDto
{
    public required bool Receiving { get; init; }

    public required bool Sending { get; init; }
}
