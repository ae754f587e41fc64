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

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<UploadEntryOptions> Shape { get; } = new SectionShape<UploadEntryOptions>()
        .Text(nameof(Id), (o, value) => o.Id = value);
}
