using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>
/// An entry of the operation catalogue as it is written: in the embedded JSON, in a dialect file and under <c>Ksmg:Catalogue</c>. What it
/// leaves out of method, path, safety, provenance and the request comes from the shipped entry.
/// </summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
public sealed class CatalogueEntryOptions
{
    /// <summary>The first build of the range, such as <c>2.1.0.7854</c>; empty: no lower end.</summary>
    public string? From { get; set; }

    /// <summary>The first build after the range; empty: no upper end.</summary>
    public string? Before { get; set; }

    /// <summary><c>GET</c>, <c>POST</c>, <c>PUT</c>, <c>PATCH</c> or <c>DELETE</c>.</summary>
    public string? Method { get; set; }

    /// <summary>The path from the root, such as <c>/web/api/get-about</c>; placeholders in it are percent-encoded.</summary>
    public string? Path { get; set; }

    /// <summary>The query by name, with placeholders such as <c>{node}</c>; what has but absent arguments is left out.</summary>
    public IDictionary<string, string>? Query { get; set; }

    /// <summary>Further headers by name, with placeholders.</summary>
    public IDictionary<string, string>? Headers { get; set; }

    /// <summary>The JSON body; a text that is only a placeholder keeps the type of its argument.</summary>
    public JsonNode? Body { get; set; }

    /// <summary>
    /// For a call that sends a file: the fields of its <c>multipart/form-data</c>, with placeholders; the one that is <c>{file}</c> is the file.
    /// </summary>
    public IDictionary<string, string>? Form { get; set; }

    /// <summary>For a call that sends a file: <c>{file}</c>, where the body is the file itself and nothing else.</summary>
    public string? Content { get; set; }

    /// <summary>The media type of the file, in a form or as the body. Default: <c>application/octet-stream</c>.</summary>
    public string? PartType { get; set; }

    /// <summary><c>safe</c>, <c>ifNotSent</c> or <c>never</c>.</summary>
    public string? Safety { get; set; }

    /// <summary><c>observed</c> or <c>assumed</c> (the default).</summary>
    public string? Provenance { get; set; }

    /// <summary>For <c>upload-update</c>: whether the node takes the rest of a package at an offset.</summary>
    public bool Resumable { get; set; }

    /// <summary>What the data of the answer are, as an expression of the <see cref="KsmgOptions.AnswerLanguage"/> over the whole answer.</summary>
    public string? Answer { get; set; }

    /// <summary>An expression that is true where the node did what it was asked for. Left out: the status alone says so.</summary>
    public string? Success { get; set; }

    /// <summary>An expression that gives <c>{ code, message }</c> where the node refuses, and <c>null</c> where it does not; looked at first.</summary>
    public string? Failure { get; set; }

    /// <summary>Codes of a failure after which the node may have acted all the same; of every other it certainly did not.</summary>
    public IList<string>? MayHaveActed { get; set; }

    /// <summary>
    /// Field → the node's word → ours. A field is named as in the data, with dots where the same name stands twice (<c>integrity.state</c>).
    /// Read backwards for arguments of that name.
    /// </summary>
    public JsonObject? Words { get; set; }

    /// <summary>How times are written: <c>iso</c> (the default), <c>unix</c>, <c>unix-ms</c>, or an object field → format.</summary>
    public JsonNode? Times { get; set; }

    /// <summary>
    /// Name → expression over the whole answer: kept of it for later calls to the same node, as an argument of that name. A run writes it into
    /// its journal, so it must be no secret.
    /// </summary>
    public IDictionary<string, string>? Keep { get; set; }

    /// <summary>For <c>upload-update</c>: how an upload goes.</summary>
    public UploadEntryOptions? Upload { get; set; }

    /// <summary>Whether the appliance has no such call; not allowed where a run cannot do without it.</summary>
    public bool Missing { get; set; }

    /// <summary>
    /// What nobody has decided yet, as <c>ksmg dialect draft</c> says it: the entry is refused until this is gone. Default: nothing.
    /// </summary>
    public string? Unsure { get; set; }

    /// <summary>What may stand in the section of an entry.</summary>
    internal static SectionShape<CatalogueEntryOptions> Shape { get; } = new SectionShape<CatalogueEntryOptions>()
        .Text(nameof(From), (o, value) => o.From = value)
        .Text(nameof(Before), (o, value) => o.Before = value)
        .Text(nameof(Method), (o, value) => o.Method = value)
        .Text(nameof(Path), (o, value) => o.Path = value)
        .Map(nameof(Query), o => o.Query ??= new Dictionary<string, string>(StringComparer.Ordinal))
        .Map(nameof(Headers), o => o.Headers ??= new Dictionary<string, string>(StringComparer.Ordinal))
        .Json(nameof(Body), (o, value) => o.Body = value)
        .Map(nameof(Form), o => o.Form ??= new Dictionary<string, string>(StringComparer.Ordinal))
        .Text(nameof(Content), (o, value) => o.Content = value)
        .Text(nameof(PartType), (o, value) => o.PartType = value)
        .Text(nameof(Safety), (o, value) => o.Safety = value)
        .Text(nameof(Provenance), (o, value) => o.Provenance = value)
        .Flag(nameof(Resumable), (o, value) => o.Resumable = value)
        .Text(nameof(Answer), (o, value) => o.Answer = value)
        .Text(nameof(Success), (o, value) => o.Success = value)
        .Text(nameof(Failure), (o, value) => o.Failure = value)
        .Texts(nameof(MayHaveActed), o => o.MayHaveActed ??= [])
        .JsonMaps(nameof(Words), (o, value) => o.Words = value)
        .Json(nameof(Times), (o, value) => o.Times = value)
        .Map(nameof(Keep), o => o.Keep ??= new Dictionary<string, string>(StringComparer.Ordinal))
        .Part(nameof(Upload), UploadEntryOptions.Shape, o => o.Upload ??= new UploadEntryOptions())
        .Flag(nameof(Missing), (o, value) => o.Missing = value)
        .Text(nameof(Unsure), (o, value) => o.Unsure = value);
}
