namespace Ksmg.Sdk;

/// <summary>How packages get into a node, as its catalogue says.</summary>
internal sealed record UploadWay
{
    private const string ByAnswer = "answer";

    private static readonly string?[] Namings = [null, "client", ByAnswer];

    /// <summary>Under our ids, whole, and installed by a call of its own.</summary>
    public static UploadWay Observed { get; } = new();

    /// <summary>Whether the node names uploads: none of ours shows by its id whose it is.</summary>
    public bool NodeNames { get; init; }

    /// <summary>Whether the node takes the rest of a package at an offset.</summary>
    public bool Resumable { get; init; }

    /// <summary>Reads what an entry says; what is wrong with it is told with the member.</summary>
    public static UploadWay Read(string operation, CatalogueEntryOptions entry, Action<string, string> fault)
    {
        if (entry.Upload is not null && operation != OperationNames.UploadUpdate)
        {
            fault("upload", Words.Get("dialect.no-upload", OperationNames.UploadUpdate));
        }
        else if (!Namings.Contains(entry.Upload?.Id))
        {
            fault("upload", Words.Get("dialect.upload-id", entry.Upload?.Id));
        }

        return new UploadWay { NodeNames = entry.Upload?.Id == ByAnswer, Resumable = entry.Resumable };
    }
}
