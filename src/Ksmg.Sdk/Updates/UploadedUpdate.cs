namespace Ksmg.Sdk;

/// <summary>An update package a node holds, complete or not.</summary>
public sealed record UploadedUpdate
{
    /// <summary>
    /// The upload's id, chosen by the sender, so that it can be deleted whatever became of the answer; a node may name it itself. One that the
    /// node gives as a number has a <c>#</c> before it: <c>#17</c>.
    /// </summary>
    public required string Id { get; init; }

    /// <summary>The file name of the package.</summary>
    public required string FileName { get; init; }

    /// <summary>The announced size in bytes.</summary>
    public long SizeBytes { get; init; }

    /// <summary>The bytes the node holds.</summary>
    public long ReceivedBytes { get; init; }

    /// <summary>SHA-256 of what the node holds, hex, when complete; <see langword="null"/> where the node tells none.</summary>
    public string? Sha256 { get; init; }

    /// <summary>Whether all announced bytes arrived.</summary>
    public bool IsComplete { get; init; }

    /// <summary>When the upload began.</summary>
    public DateTimeOffset? UploadedAt { get; init; }
}
