using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>A call of a recording, without headers and cookies.</summary>
internal sealed record RecordedCall
{
    public required DateTimeOffset At { get; init; }

    public required string Method { get; init; }

    /// <summary>Name and port.</summary>
    public required string Host { get; init; }

    /// <summary>The path, decoded, from the root.</summary>
    public required IReadOnlyList<string> Segments { get; init; }

    public required IReadOnlyList<RecordedPart> Query { get; init; }

    /// <summary>The JSON that was sent; <see langword="null"/>: something else, or nothing.</summary>
    public JsonNode? Body { get; init; }

    /// <summary>The fields of a form.</summary>
    public IReadOnlyList<RecordedPart> Form { get; init; } = [];

    /// <summary>Whether the body is neither JSON nor a form, as a browser sends a file.</summary>
    public bool IsRaw { get; init; }

    /// <summary>Whether it is a form whose fields were not recorded.</summary>
    public bool IsUnseenForm { get; init; }

    /// <summary>How long the body is; 0: nobody wrote it down.</summary>
    public long BodyBytes { get; init; }

    /// <summary>Which part of something larger was sent: the header <c>Content-Range</c>.</summary>
    public string? Range { get; init; }

    public int Status { get; init; }

    /// <summary>The JSON that was answered.</summary>
    public JsonNode? Answer { get; init; }

    public string Name => Segments.Count > 0 ? Segments[^1] : string.Empty;

    public bool HasFile => IsRaw || IsUnseenForm || Form.Any(part => part.FileName is not null);

    /// <summary>Whether its answer says that the appliance did not do it.</summary>
    public bool IsRefused { get; init; }

    public bool IsGood => Status is >= 200 and < 300 && !IsRefused && (Answer as JsonObject)?["error"] is null;
}

/// <summary>A named value of a query or a form.</summary>
internal sealed record RecordedPart(string Name, string Value)
{
    /// <summary>The name of the file, where it is one.</summary>
    public string? FileName { get; init; }

    public string? ContentType { get; init; }
}
