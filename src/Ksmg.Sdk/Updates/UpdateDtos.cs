using System.Text.Json;
using System.Text.Json.Serialization;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

internal sealed record UploadListDto : IJsonOnDeserialized
{
    public required List<UploadDto> Packages { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnusableDataException.RefuseGaps(Packages, "packages");
}

internal sealed record UploadDto
{
    public required JsonElement Id { get; init; }

    public string? FileName { get; init; }

    public long? SizeBytes { get; init; }

    public long? ReceivedBytes { get; init; }

    public string? Sha256 { get; init; }

    public bool Complete { get; init; }

    public DateTimeOffset? UploadedAt { get; init; }

    public UploadedUpdate ToModel() => new()
    {
        Id = UploadIds.Read(Id),
        FileName = FileName ?? "",
        SizeBytes = SizeBytes ?? 0,
        ReceivedBytes = ReceivedBytes ?? 0,
        Sha256 = Sha256,
        IsComplete = Complete,
        UploadedAt = UploadedAt,
    };
}

internal sealed record UpdateStatusDto : IJsonOnDeserialized
{
    public required string State { get; init; }

    public JsonElement? UploadId { get; init; }

    public int? ProgressPercent { get; init; }

    public List<string>? UnknownObjects { get; init; }

    public string? Message { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => UnusableDataException.RefuseGaps(UnknownObjects, "unknownObjects");

    public UpdateStatus ToModel() => new()
    {
        State = new UpdateState(State),
        UploadId = UploadId is { } id ? UploadIds.Read(id) : null,
        ProgressPercent = ProgressPercent,
        UnknownObjects = UnknownObjects ?? [],
        Message = Message,
    };
}
