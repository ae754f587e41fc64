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

/// <summary>The answer to an upload on a node that cannot be asked for it afterwards: what it does not tell is as it was sent.</summary>
internal sealed record UnlistedUploadDto : IJsonOnDeserialized
{
    public JsonElement? Id { get; init; }

    public long? SizeBytes { get; init; }

    public string? Sha256 { get; init; }

    public bool? Complete { get; init; }

    void IJsonOnDeserialized.OnDeserialized() => _ = Id is { } id ? UploadIds.Read(id) : null;

    public UploadedUpdate ToModel(string sentAs, string fileName, long sizeBytes) => new()
    {
        Id = Id is { } id ? UploadIds.Read(id) : sentAs,
        FileName = fileName,
        SizeBytes = SizeBytes ?? sizeBytes,
        ReceivedBytes = SizeBytes ?? sizeBytes,
        Sha256 = Sha256,
        IsComplete = Complete ?? true,
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
