using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk;

/// <summary>The request of an entry, with placeholders where the arguments of a call go. What has but absent arguments is left out.</summary>
internal sealed class RequestTemplate
{
    /// <summary>What belongs to the connection, the session or the content.</summary>
    private static readonly HashSet<string> OwnHeaders = new(StringComparer.OrdinalIgnoreCase)
    {
        "Host", "Cookie", "Connection", "Expect", "Transfer-Encoding", "Upgrade", "Accept-Encoding", "Accept",
    };

    private readonly TextTemplate _path;
    private readonly List<(string Name, TextTemplate Value)> _query;
    private readonly List<(string Name, TextTemplate Value)> _headers;
    private readonly List<(string Name, TextTemplate Value)> _form;
    private readonly string? _content;
    private readonly string _partType;
    private readonly JsonNode? _body;
    private readonly Dictionary<string, TextTemplate> _bodyTexts = new(StringComparer.Ordinal);
    private readonly HashSet<string> _placeholders;

    private RequestTemplate(CatalogueEntryOptions entry)
    {
        _path = new TextTemplate(entry.Path!);
        _query = Read(entry.Query);
        _headers = Read(entry.Headers);
        _form = Read(entry.Form);
        _content = entry.Content;
        _partType = entry.PartType ?? FileFrame.DefaultType;
        _body = entry.Body;
        CollectTexts(_body);
        IEnumerable<TextTemplate> templates = _query.Concat(_headers).Concat(_form).Select(pair => pair.Value).Concat(_bodyTexts.Values).Prepend(_path);
        _placeholders = templates.SelectMany(template => template.Placeholders).ToHashSet(StringComparer.Ordinal);
    }

    /// <summary>The arguments that there is a place for.</summary>
    public IReadOnlySet<string> Placeholders => _placeholders;

    /// <summary>Whether there is a place for an argument.</summary>
    public bool Uses(string argument) => _placeholders.Contains(argument);

    /// <summary>Reads the request of an entry; what is wrong with it is told with the member.</summary>
    /// <param name="operation">The operation.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="kept">What the entries of the catalogue keep of answers.</param>
    /// <param name="fault">Told of a mistake: the member, and what is wrong with it.</param>
    public static RequestTemplate Read(string operation, CatalogueEntryOptions entry, IReadOnlyCollection<string> kept, Action<string, string> fault)
    {
        RequestTemplate request = new(entry);
        string[] known = [.. OperationArguments.Of(operation).Where(name => name != OperationArguments.File), .. kept];
        void Check(string member, IEnumerable<TextTemplate> templates)
        {
            foreach (string name in templates.SelectMany(t => t.Placeholders).Where(name => !known.Contains(name)).Distinct(StringComparer.Ordinal))
            {
                string all = known.Length > 0 ? string.Join(", ", known) : Words.Get("dialect.none");
                fault(member, Words.Get("dialect.placeholder", name, Nearest.Ask(name, known), all));
            }
        }

        Check("path", [request._path]);
        Check("query", request._query.Select(q => q.Value));
        Check("headers", request._headers.Select(h => h.Value));
        Check("body", request._bodyTexts.Values);
        Check("form", request._form.Where(f => !IsFile(f.Value)).Select(f => f.Value));
        foreach ((string name, TextTemplate value) in request._headers)
        {
            if (!IsHeader(name))
            {
                fault("headers", Words.Get("dialect.header", name));
            }
        }

        if (operation == OperationNames.UserLogin && request._query.Concat(request._headers).Select(pair => pair.Value).Prepend(request._path)
            .Any(template => template.Placeholders.Contains("password")))
        {
            // Addresses and headers are written down on the way.
            fault("body", Words.Get("dialect.password-place"));
        }

        request.CheckFile(operation, entry, fault);
        return request;
    }

    /// <summary>Whether nothing is given of what stands in the path: left out, it would be the root.</summary>
    public bool IsPathAbsent(CallArguments arguments) => _path.IsAbsent(arguments);

    /// <summary>Path and query, from the root of the node's web interface.</summary>
    public string Target(CallArguments arguments)
    {
        string? path = _path.Fill(arguments, Uri.EscapeDataString);
        if (_query.Count == 0)
        {
            return path ?? string.Empty;
        }

        StringBuilder target = new(path);
        char separator = '?';
        foreach ((string name, TextTemplate value) in _query)
        {
            if (value.Fill(arguments) is { } text)
            {
                target.Append(separator).Append(Uri.EscapeDataString(name)).Append('=').Append(Uri.EscapeDataString(text));
                separator = '&';
            }
        }

        return target.ToString();
    }

    /// <summary>Adds the headers of the entry to a request.</summary>
    public void AddHeaders(HttpRequestMessage request, CallArguments arguments)
    {
        foreach ((string name, TextTemplate value) in _headers)
        {
            if (value.Fill(arguments) is { } text)
            {
                request.Headers.TryAddWithoutValidation(name, text);
            }
        }
    }

    /// <summary>
    /// The body. A call that acts has one even where the entry has none: the platform repeats by itself what has no body, and only that.
    /// </summary>
    public HttpContent? Content(CallArguments arguments, CallSafety safety)
    {
        if (_body is not null)
        {
            return Call.Json(JsonSerializer.SerializeToUtf8Bytes(Fill(_body, arguments), KsmgJson.Default.JsonNode));
        }

        return safety == CallSafety.Safe ? null : new ByteArrayContent([]);
    }

    /// <summary>What stands around the file that the call sends.</summary>
    public FileFrame Frame(CallArguments arguments)
    {
        if (_content is not null)
        {
            return FileFrame.Raw(_partType);
        }

        List<(string Name, string? Value)> fields = [];
        foreach ((string name, TextTemplate value) in _form)
        {
            if (IsFile(value))
            {
                fields.Add((name, null));
            }
            else if (value.Fill(arguments) is { } text)
            {
                fields.Add((name, text));
            }
        }

        return FileFrame.Form(fields, CallArguments.Text(arguments[OperationArguments.FileName]!), _partType);
    }

    /// <summary>Whether a header of the name can be set by anybody but the connection, the session and the content.</summary>
    public static bool IsHeader(string name) =>
        name.Length > 0 && name.All(c => char.IsAsciiLetterOrDigit(c) || "!#$%&'*+-.^_`|~".Contains(c, StringComparison.Ordinal))
        && !OwnHeaders.Contains(name) && !name.StartsWith("Content-", StringComparison.OrdinalIgnoreCase);

    private static bool IsFile(TextTemplate value) => value.IsOnly(OperationArguments.File);

    private void CheckFile(string operation, CatalogueEntryOptions entry, Action<string, string> fault)
    {
        (string Member, object? Value)[] members = [("form", entry.Form), ("content", _content), ("partType", entry.PartType)];
        if (!OperationArguments.HasFile(operation))
        {
            foreach ((string member, object? _) in members.Where(m => m.Value is not null))
            {
                fault(member, Words.Get("dialect.no-file", operation));
            }

            return;
        }

        if (entry.Body is not null)
        {
            fault("body", Words.Get("dialect.upload-body"));
        }

        if (_content is not null && (entry.Form is not null || !IsFile(new TextTemplate(_content))))
        {
            fault("content", Words.Get(entry.Form is null ? "dialect.content" : "dialect.form-and-content"));
        }

        if (entry.Form is not null && _form.Count(f => IsFile(f.Value)) != 1)
        {
            fault("form", Words.Get("dialect.form-file"));
        }

        foreach ((string name, TextTemplate _) in _form)
        {
            if (name.Length == 0 || name.Any(c => c is < ' ' or > '~' or '"' or '\\'))
            {
                fault("form", Words.Get("dialect.form-field", name));
            }
        }

        if (!MediaTypeHeaderValue.TryParse(_partType, out _))
        {
            fault("partType", Words.Get("dialect.part-type", _partType));
        }
    }

    private static List<(string Name, TextTemplate Value)> Read(IDictionary<string, string>? texts) =>
        texts is null ? [] : [.. texts.Select(text => (text.Key, new TextTemplate(text.Value)))];

    private JsonNode? Fill(JsonNode? node, CallArguments arguments)
    {
        switch (node)
        {
            case JsonObject members:
                JsonObject filled = [];
                foreach ((string name, JsonNode? member) in members)
                {
                    if (!IsLeftOut(member, arguments))
                    {
                        filled.Add(name, Fill(member, arguments));
                    }
                }

                return filled;
            case JsonArray items:
                return new JsonArray([.. items.Where(item => !IsLeftOut(item, arguments)).Select(item => Fill(item, arguments))]);
            case JsonValue value when value.TryGetValue(out string? text):
                return _bodyTexts[text].FillJson(arguments);
            default:
                return node?.DeepClone();
        }
    }

    private bool IsLeftOut(JsonNode? node, CallArguments arguments) =>
        node is JsonValue value && value.TryGetValue(out string? text) && _bodyTexts[text].FillJson(arguments) is null;

    private void CollectTexts(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach ((string _, JsonNode? member) in members)
                {
                    CollectTexts(member);
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                {
                    CollectTexts(item);
                }

                break;
            case JsonValue value when value.TryGetValue(out string? text):
                _bodyTexts[text] = new TextTemplate(text);
                break;
        }
    }
}
