using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>Reads a HAR 1.2 file, which anybody may have made: entry by entry, with limits on everything.</summary>
internal sealed class HarReader
{
    private const long MostBytes = 256L << 20;
    private const int MostEntries = 50_000;
    private const int MostBodyCharacters = 1 << 20;
    private const int MaxDepth = 64;

    /// <summary>The observed call that every session begins with: a host that was asked it is an appliance.</summary>
    private const string FirstCall = OperationNames.GetAuthInfo;

    private static readonly string[] Files =
        [".js", ".mjs", ".css", ".map", ".html", ".htm", ".png", ".jpg", ".jpeg", ".gif", ".svg", ".ico", ".woff", ".woff2", ".ttf", ".wasm", ".webp"];

    /// <summary>What browsers and proxies send by themselves.</summary>
    private static readonly HashSet<string> CommonHeaders = new(
        [
            "accept", "cache-control", "connection", "content-length", "content-type", "cookie", "dnt", "host", "origin", "pragma", "priority",
            "referer", "te", "user-agent", "x-requested-with", "expect", "if-none-match", "if-modified-since", "upgrade-insecure-requests",
        ],
        StringComparer.OrdinalIgnoreCase);

    private readonly Discretion _discretion = new();
    private readonly List<(RecordedCall Call, IReadOnlyList<RecordedPart> Headers)> _calls = [];
    private readonly Dictionary<string, string> _cookies = new(StringComparer.Ordinal);
    private int _dropped;

    /// <exception cref="FormatException">It is no HAR, too large, or of no appliance; the message says which.</exception>
    public static async Task<Recording> ReadAsync(Stream har, CancellationToken cancellationToken)
    {
        using MemoryStream bytes = new();
        byte[] buffer = new byte[1 << 16];
        while (await har.ReadAsync(buffer, cancellationToken).ConfigureAwait(false) is > 0 and int read)
        {
            if (bytes.Length + read > MostBytes)
            {
                throw new FormatException(Words.Get("har.too-large", MostBytes >> 20));
            }

            bytes.Write(buffer, 0, read);
        }

        HarReader reader = new();
        try
        {
            reader.Read(bytes.GetBuffer().AsSpan(0, (int)bytes.Length));
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException)
        {
            // A text that is not UTF-8 is found where it is read.
            throw new FormatException(Words.Get("har.none"), e);
        }

        return reader.Sift();
    }

    private void Read(ReadOnlySpan<byte> json)
    {
        ReadOnlySpan<byte> mark = "\uFEFF"u8;
        Utf8JsonReader reader = new(json.StartsWith(mark) ? json[mark.Length..] : json, new JsonReaderOptions { MaxDepth = MaxDepth });
        if (!reader.Read() || !Enter(ref reader, "log"u8) || !Enter(ref reader, "entries"u8) || reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException();
        }

        for (int i = 0; reader.Read() && reader.TokenType == JsonTokenType.StartObject; i++)
        {
            if (i == MostEntries)
            {
                throw new FormatException(Words.Get("har.too-many", MostEntries));
            }

            using JsonDocument entry = JsonDocument.ParseValue(ref reader);
            Take(entry.RootElement);
        }

        if (reader.TokenType != JsonTokenType.EndArray)
        {
            throw new JsonException();
        }
    }

    /// <summary>Steps to the value of a member of the object that begins here.</summary>
    private static bool Enter(ref Utf8JsonReader reader, ReadOnlySpan<byte> member)
    {
        if (reader.TokenType != JsonTokenType.StartObject)
        {
            return false;
        }

        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            if (reader.ValueTextEquals(member))
            {
                return reader.Read();
            }

            reader.Skip();
        }

        return false;
    }

    private void Take(JsonElement entry)
    {
        JsonElement request = Member(entry, "request");
        JsonElement response = Member(entry, "response");
        RecordedPart[] headers = [.. Pairs(Member(request, "headers"))];
        LookAtSession(request, response, headers);
        if (!Uri.TryCreate(Text(request, "url"), UriKind.Absolute, out Uri? url) || url.Scheme is not ("https" or "http"))
        {
            _dropped++;
            return;
        }

        RecordedCall call = Call(entry, request, response, headers, url);
        if (IsOfApi(call))
        {
            _calls.Add((call, headers));
        }
        else
        {
            _dropped++;
        }
    }

    private RecordedCall Call(JsonElement entry, JsonElement request, JsonElement response, RecordedPart[] headers, Uri url)
    {
        JsonElement posted = Member(request, "postData");
        string text = Text(posted, "text") ?? string.Empty;
        long bytes = Length(Member(request, "bodySize"), Header("Content-Length"));

        // Of the body of an upload some browsers leave out even what it is.
        string type = Text(posted, "mimeType") ?? (bytes > 0 ? Header("Content-Type") : null) ?? string.Empty;
        JsonNode? body = Parse(text);
        bool isForm = type.StartsWith("multipart/", StringComparison.OrdinalIgnoreCase);
        RecordedPart[] form = isForm ? [.. Form(posted, text)] : [];
        JsonElement content = Member(response, "content");
        JsonNode? answer = Parse(Decoded(Text(content, "text") ?? string.Empty, Text(content, "encoding")));
        RecordedPart[] query = [.. Encoded(url.Query.TrimStart('?'))];

        // No dialect sends such a form; what must not be written is known from it all the same.
        bool isEncoded = type.StartsWith("application/x-www-form-urlencoded", StringComparison.OrdinalIgnoreCase);
        IEnumerable<RecordedPart> fields = isEncoded ? Encoded(text).Concat(Pairs(Member(posted, "params"))) : form;
        foreach (RecordedPart part in query.Concat(fields))
        {
            _discretion.Look(part.Name, part.Value);
        }

        Look(string.Empty, body);
        Look(string.Empty, answer);
        return new RecordedCall
        {
            At = DateTimeOffset.TryParse(Text(entry, "startedDateTime"), CultureInfo.InvariantCulture, out DateTimeOffset at) ? at : default,
            Method = (Text(request, "method") ?? string.Empty).ToUpperInvariant(),
            Host = url.Authority,
            Segments = [.. url.AbsolutePath.Split('/', StringSplitOptions.RemoveEmptyEntries).Select(Uri.UnescapeDataString)],
            Query = query,
            Body = body,
            Form = form,
            IsRaw = body is null && !isForm && type.Length > 0 && !type.Contains("json", StringComparison.OrdinalIgnoreCase),
            IsUnseenForm = isForm && form.Length == 0,
            BodyBytes = bytes,
            Range = Header("Content-Range"),
            Status = Member(response, "status") is { ValueKind: JsonValueKind.Number } status && status.TryGetInt32(out int code) ? code : 0,
            Answer = answer,
        };

        string? Header(string name) => Array.Find(headers, header => header.Name.Equals(name, StringComparison.OrdinalIgnoreCase))?.Value;

        static long Length(JsonElement told, string? header) => told.ValueKind == JsonValueKind.Number && told.TryGetInt64(out long length) && length > 0
            ? length
            : long.TryParse(header, NumberStyles.None, CultureInfo.InvariantCulture, out length) ? length : 0;
    }

    private static IEnumerable<RecordedPart> Encoded(string pairs) =>
        pairs.Split('&', StringSplitOptions.RemoveEmptyEntries).Select(pair => pair.Split('=', 2)).Select(pair => new RecordedPart(
            Uri.UnescapeDataString(pair[0]), pair.Length > 1 ? Uri.UnescapeDataString(pair[1].Replace('+', ' ')) : string.Empty));

    /// <summary>Files and pages are asked for with GET, and are no JSON.</summary>
    private static bool IsOfApi(RecordedCall call) => call.Status > 0 && call.Method is "GET" or "POST" or "PUT" or "PATCH" or "DELETE"
        && (call.Method != "GET" || call.Answer is JsonObject or JsonArray || call.Name == FirstCall)
        && !Files.Any(end => call.Name.EndsWith(end, StringComparison.OrdinalIgnoreCase));

    private void LookAtSession(JsonElement request, JsonElement response, RecordedPart[] headers)
    {
        foreach (RecordedPart cookie in Pairs(Member(request, "cookies")).Concat(Pairs(Member(response, "cookies"))))
        {
            AddCookie(cookie.Name, cookie.Value);
        }

        foreach (RecordedPart header in headers.Concat(Pairs(Member(response, "headers"))))
        {
            if (header.Name.Equals("Cookie", StringComparison.OrdinalIgnoreCase) || header.Name.Equals("Set-Cookie", StringComparison.OrdinalIgnoreCase))
            {
                bool isSet = header.Name.StartsWith("Set", StringComparison.OrdinalIgnoreCase);
                foreach (string[] pair in header.Value.Split(isSet ? '\n' : ';').Select(one => one.Split(';')[0].Split('=', 2)).Where(pair => pair.Length == 2))
                {
                    AddCookie(pair[0].Trim(), pair[1].Trim());
                }
            }
            else
            {
                _discretion.Look(header.Name, header.Value);
            }
        }

        void AddCookie(string name, string value)
        {
            _discretion.AddSecret(value);
            if (value.Length > 0)
            {
                _cookies[Uri.UnescapeDataString(value)] = name;
            }
        }
    }

    /// <summary>Leaves the calls of appliances alone, in their order.</summary>
    private Recording Sift()
    {
        HashSet<string> hosts = [.. _calls.Where(c => c.Call.Name == FirstCall).Select(c => c.Call.Host)];
        if (hosts.Count == 0)
        {
            throw new FormatException(Words.Get("har.no-host", FirstCall));
        }

        (RecordedCall Call, IReadOnlyList<RecordedPart> Headers)[] ours = [.. _calls.Where(c => hosts.Contains(c.Call.Host)).OrderBy(c => c.Call.At)];
        RecordedPart[] tokens = [.. ours.SelectMany(c => c.Headers).Where(h => IsOwn(h.Name) && _cookies.ContainsKey(Uri.UnescapeDataString(h.Value)))];
        IEnumerable<RecordedPart> constant = ours[0].Headers.Where(
            header => IsOwn(header.Name) && !Discretion.IsSecretName(header.Name) && _discretion.MayWrite(header.Name) && _discretion.MayWrite(header.Value)
                && ours.All(c => c.Headers.Any(other => other.Name.Equals(header.Name, StringComparison.OrdinalIgnoreCase) && other.Value == header.Value)));
        return new Recording
        {
            Calls = [.. ours.Select(c => c.Call)],
            Discretion = _discretion,
            TokenHeaders = [.. tokens.Select(h => h.Name).Distinct(StringComparer.OrdinalIgnoreCase)],
            TokenCookie = tokens.Select(h => _cookies[Uri.UnescapeDataString(h.Value)]).FirstOrDefault(),
            Headers = [.. constant],
            Dropped = _dropped + _calls.Count - ours.Length,
        };
    }

    private static bool IsOwn(string header) =>
        !CommonHeaders.Contains(header) && !header.StartsWith(':') && !header.StartsWith("sec-", StringComparison.OrdinalIgnoreCase)
        && !header.StartsWith("accept-", StringComparison.OrdinalIgnoreCase);

    private void Look(string name, JsonNode? node)
    {
        switch (node)
        {
            case JsonObject members:
                foreach ((string member, JsonNode? value) in members)
                {
                    Look(member, value);
                }

                break;
            case JsonArray items:
                foreach (JsonNode? item in items)
                {
                    Look(name, item);
                }

                break;
            case JsonValue value:
                _discretion.Look(name, CallArguments.Text(value));
                break;
        }
    }

    private static JsonNode? Parse(string text)
    {
        if (text.Length is 0 or > MostBodyCharacters || text.AsSpan().TrimStart(" \t\r\n\uFEFF") is not ['{' or '[', ..])
        {
            return null;
        }

        try
        {
            return JsonNode.Parse(
                text.TrimStart('\uFEFF'), documentOptions: new JsonDocumentOptions { MaxDepth = MaxDepth, AllowDuplicateProperties = false });
        }
        catch (JsonException)
        {
            return null;
        }
    }

    private static string Decoded(string text, string? encoding)
    {
        if (encoding != "base64")
        {
            return text;
        }

        byte[] bytes = new byte[Math.Min(text.Length, MostBodyCharacters)];
        bool isRead = Convert.TryFromBase64String(text[..bytes.Length], bytes, out int length);
        return isRead && bytes.Length == text.Length ? Encoding.UTF8.GetString(bytes, 0, length) : string.Empty;
    }

    /// <summary>The fields of a form, as browsers list them, or as they stand in its text.</summary>
    private static IEnumerable<RecordedPart> Form(JsonElement posted, string text)
    {
        RecordedPart[] listed = [.. Pairs(Member(posted, "params"))];
        if (listed.Length > 0)
        {
            return listed;
        }

        // The text of a file may be anything, and is not needed: only the heads of the parts are read.
        const string Head = "Content-Disposition: form-data;";
        return text[..Math.Min(text.Length, MostBodyCharacters)].Split(Head).Skip(1).Select(part =>
        {
            string[] lines = part.Split("\r\n");
            string value = lines.SkipWhile(line => line.Length > 0).Skip(1).FirstOrDefault() ?? string.Empty;
            string? file = Quoted(lines[0], "filename");
            string? type = lines.FirstOrDefault(line => line.StartsWith("Content-Type:", StringComparison.OrdinalIgnoreCase))?["Content-Type:".Length..].Trim();
            return new RecordedPart(Quoted(lines[0], "name") ?? string.Empty, file is null ? value : string.Empty) { FileName = file, ContentType = type };
        }).Where(part => part.Name.Length > 0);
    }

    private static string? Quoted(string head, string name) =>
        head.Split($" {name}=\"") is [_, var rest, ..] ? rest.Split('"')[0] : null;

    private static IEnumerable<RecordedPart> Pairs(JsonElement list) => list.ValueKind != JsonValueKind.Array
        ? []
        : list.EnumerateArray().Select(pair => new RecordedPart(Text(pair, "name") ?? string.Empty, Text(pair, "value") ?? string.Empty)
        {
            FileName = Text(pair, "fileName"),
            ContentType = Text(pair, "contentType"),
        }).Where(pair => pair.Name.Length > 0);

    private static JsonElement Member(JsonElement element, string name) =>
        element.ValueKind == JsonValueKind.Object && element.TryGetProperty(name, out JsonElement member) ? member : default;

    private static string? Text(JsonElement element, string name) =>
        Member(element, name) is { ValueKind: JsonValueKind.String } text ? text.GetString() : null;
}
