namespace Ksmg.Sdk;

/// <summary>One call of an upload: the whole or the rest of a package, a piece of it, or the call before or after all pieces.</summary>
/// <param name="UploadId">Our id of the upload, or what the node told of it.</param>
internal sealed record UploadPart(string UploadId)
{
    /// <summary>Where in the package it begins.</summary>
    public long Offset { get; init; }

    /// <summary>Which piece it is, from 0; <see langword="null"/>: none.</summary>
    public long? Index { get; init; }

    /// <summary>How many pieces there are; <see langword="null"/>: the package goes in whole.</summary>
    public long? Count { get; init; }

    /// <summary>Whether it is the last one, whose answer tells of the upload.</summary>
    public bool IsLast { get; init; } = true;

    /// <summary>The bytes, of this attempt alone; <see langword="null"/>: the call before or after all pieces.</summary>
    public PackageUploadContent? Content { get; init; }
}
