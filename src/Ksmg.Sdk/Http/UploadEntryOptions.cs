using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>How an upload goes, as the entry of <c>upload-update</c> says it.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed class UploadEntryOptions
{
    /// <summary>
    /// <c>client</c> (the default): the SDK names an upload. <c>answer</c>: the node does, in its answer; one whose answer was lost is found among
    /// what was not there before.
    /// </summary>
    public string? Id { get; set; }

    /// <summary>
    /// <c>separate</c> (the default): a call of its own installs what was uploaded. <c>with-upload</c>: uploading installs.
    /// </summary>
    public string? Install { get; set; }

    /// <summary>In pieces of how many bytes a package goes in; left out: whole.</summary>
    public long? PieceBytes { get; set; }

    /// <summary>The call before the first piece.</summary>
    public CatalogueEntryOptions? Begin { get; set; }

    /// <summary>The call after the last piece; its answer is then the upload's.</summary>
    public CatalogueEntryOptions? Commit { get; set; }

    /// <summary>The entry's calls beside its own.</summary>
    internal IEnumerable<CatalogueEntryOptions> Calls => new[] { Begin, Commit }.OfType<CatalogueEntryOptions>();

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<UploadEntryOptions> Shape { get; } = new SectionShape<UploadEntryOptions>()
        .Text(nameof(Id), (o, value) => o.Id = value)
        .Text(nameof(Install), (o, value) => o.Install = value)
        .Number(nameof(PieceBytes), (o, value) => o.PieceBytes = value, 1, int.MaxValue)
        .Part(nameof(Begin), () => CatalogueEntryOptions.Shape, o => o.Begin ??= new CatalogueEntryOptions())
        .Part(nameof(Commit), () => CatalogueEntryOptions.Shape, o => o.Commit ??= new CatalogueEntryOptions());
}
