namespace Ksmg.Sdk;

/// <summary>How one operation is called on the builds of a range.</summary>
public sealed record OperationEntry
{
    /// <summary>The first build of the range; <see langword="null"/>: no lower end.</summary>
    public BuildNumber? From { get; init; }

    /// <summary>The first build after the range; <see langword="null"/>: no upper end.</summary>
    public BuildNumber? Before { get; init; }

    /// <summary><c>GET</c>, <c>POST</c>, <c>PUT</c>, <c>PATCH</c> or <c>DELETE</c>.</summary>
    public required HttpMethod Method { get; init; }

    /// <summary>The path, from the root of the node's web interface, without a query.</summary>
    public required string Path { get; init; }

    /// <summary>Whether the SDK may send the call again.</summary>
    public required CallSafety Safety { get; init; }

    /// <summary>How well the entry is known.</summary>
    public required OperationProvenance Provenance { get; init; }

    /// <summary>For <c>upload-update</c>: whether the node takes the rest of a package at an offset.</summary>
    public bool Resumable { get; init; }

    /// <summary>Whether the appliance has no such call.</summary>
    public bool Missing { get; init; }

    /// <summary>How an upload goes.</summary>
    internal UploadWay Upload { get; init; } = UploadWay.Observed;

    /// <summary>The entry as it is written, with what it left out.</summary>
    internal CatalogueEntryOptions Written { get; init; } = null!;

    /// <summary>What is sent.</summary>
    internal RequestTemplate Request { get; init; } = null!;

    /// <summary>How the answer is read; <see langword="null"/>: in the observed envelope, with our names and words.</summary>
    internal AnswerMapping? Mapping { get; init; }

    /// <summary>Whether the entry serves every build.</summary>
    internal bool IsUnbounded => From is null && Before is null;

    internal bool Covers(BuildNumber build) =>
        (From is not { } from || build >= from) && (Before is not { } before || build < before);
}
