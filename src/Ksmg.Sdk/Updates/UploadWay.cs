namespace Ksmg.Sdk;

/// <summary>How packages get into a node, as its catalogue says.</summary>
internal sealed record UploadWay
{
    private const string ByAnswer = "answer";

    private const string WithUpload = "with-upload";

    private static readonly string?[] Installations = [null, "separate", WithUpload];
    private static readonly string?[] Namings = [null, "client", ByAnswer];

    /// <summary>Under our ids, whole, and installed by a call of its own.</summary>
    public static UploadWay Observed { get; } = new();

    /// <summary>Whether the node names uploads: none of ours shows by its id whose it is.</summary>
    public bool NodeNames { get; init; }

    /// <summary>Whether the node takes the rest of a package at an offset.</summary>
    public bool Resumable { get; init; }

    /// <summary>Whether a package that is uploaded is installed at once.</summary>
    public bool Installs { get; init; }

    /// <summary>Whether the node deletes uploads, by what it has told until now.</summary>
    public bool Deletes { get; init; } = true;

    /// <summary>What deleting asks with and no answer has told yet, if that is why nothing can be deleted.</summary>
    public string? Untold { get; init; }

    /// <summary>Whether the node tells which uploads it holds.</summary>
    public bool Lists { get; init; } = true;

    /// <summary>In pieces of how many bytes; <see langword="null"/>: whole.</summary>
    public long? PieceBytes { get; init; }

    /// <summary>The call before the first piece.</summary>
    public OperationEntry? Begin { get; init; }

    /// <summary>The call after the last piece.</summary>
    public OperationEntry? Commit { get; init; }

    /// <summary>Whether an entry says that uploading installs.</summary>
    public static bool IsInstalling(CatalogueEntryOptions entry) => entry.Upload?.Install == WithUpload;

    /// <summary>What the entries say together.</summary>
    /// <param name="upload">That of <c>upload-update</c>.</param>
    /// <param name="delete">That of <c>delete-update</c>.</param>
    /// <param name="list">That of <c>list-updates</c>.</param>
    /// <param name="kept">What answers have told until now.</param>
    public static UploadWay Of(OperationEntry upload, OperationEntry delete, OperationEntry list, KeptValues kept)
    {
        string? untold = ArgumentFinder.KeptOf(OperationNames.DeleteUpdate, delete).FirstOrDefault(name => kept[name] is null);
        return upload.Upload with
        {
            Deletes = !delete.Missing && untold is null,
            Untold = delete.Missing ? null : untold,
            Lists = !list.Missing,
        };
    }

    /// <summary>Reads what an entry says; what is wrong with it is told with the member.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="request">Its request.</param>
    /// <param name="part">Reads a call beside the entry's own.</param>
    /// <param name="fault">Told of a mistake: the member, and what is wrong with it.</param>
    public static UploadWay Read(
        string operation,
        CatalogueEntryOptions entry,
        RequestTemplate? request,
        Func<string, string, CatalogueEntryOptions, OperationEntry> part,
        Action<string, string> fault)
    {
        UploadEntryOptions? upload = entry.Upload;
        if (upload is not null && operation != OperationNames.UploadUpdate)
        {
            fault("upload", Words.Get("dialect.no-upload", OperationNames.UploadUpdate));
        }
        else if (!Namings.Contains(upload?.Id))
        {
            fault("upload", Words.Get("dialect.upload-id", upload?.Id));
        }
        else if (!Installations.Contains(upload?.Install))
        {
            fault("upload", Words.Get("dialect.upload-install", upload?.Install));
        }
        else if (upload?.PieceBytes < 1 || upload is { PieceBytes: null } && upload.Calls.Any() || upload?.PieceBytes is not null && entry.Resumable)
        {
            fault("upload", Words.Get("dialect.pieces"));
        }

        OperationEntry? begin = upload?.Begin is { } first ? part(OperationArguments.BeginUpload, "upload.begin", first) : null;
        OperationEntry? commit = upload?.Commit is { } last ? part(OperationArguments.CommitUpload, "upload.commit", last) : null;
        bool asksForOurs = new[] { request, begin?.Request, commit?.Request }.Any(r => r?.Uses(OperationArguments.UploadId) == true);
        if (upload?.Id is not null and not ByAnswer && request is not null && !asksForOurs)
        {
            fault("upload", Words.Get("dialect.upload-id-nowhere"));
        }

        return new UploadWay
        {
            NodeNames = operation == OperationNames.UploadUpdate && (upload?.Id == ByAnswer || !asksForOurs),
            Installs = IsInstalling(entry),
            Resumable = entry.Resumable,
            PieceBytes = upload?.PieceBytes,
            Begin = begin,
            Commit = commit,
        };
    }
}
