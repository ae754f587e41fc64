namespace Ksmg.Sdk;

/// <summary>An entry of the operation catalogue as it is written: in the embedded JSON and under <c>Ksmg:Catalogue</c>.</summary>
public sealed class CatalogueEntryOptions
{
    /// <summary>The first build of the range, such as <c>2.1.0.7854</c>; empty: no lower end.</summary>
    public string? From { get; set; }

    /// <summary>The first build after the range; empty: no upper end.</summary>
    public string? Before { get; set; }

    /// <summary><c>GET</c> or <c>POST</c>.</summary>
    public string? Method { get; set; }

    /// <summary>The path from the root, such as <c>/web/api/get-about</c>.</summary>
    public string? Path { get; set; }

    /// <summary><c>safe</c>, <c>ifNotSent</c> or <c>never</c>.</summary>
    public string? Safety { get; set; }

    /// <summary><c>observed</c> or <c>assumed</c> (the default).</summary>
    public string? Provenance { get; set; }

    /// <summary>For <c>upload-update</c>: whether the node takes the rest of a package at an offset.</summary>
    public bool Resumable { get; set; }

    /// <summary>What may stand in the section of an entry.</summary>
    internal static SectionShape<CatalogueEntryOptions> Shape { get; } = new SectionShape<CatalogueEntryOptions>()
        .Text(nameof(From), (o, value) => o.From = value)
        .Text(nameof(Before), (o, value) => o.Before = value)
        .Text(nameof(Method), (o, value) => o.Method = value)
        .Text(nameof(Path), (o, value) => o.Path = value)
        .Text(nameof(Safety), (o, value) => o.Safety = value)
        .Text(nameof(Provenance), (o, value) => o.Provenance = value)
        .Flag(nameof(Resumable), (o, value) => o.Resumable = value);
}
