using System.Collections;
using System.Globalization;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk;

/// <summary>What a client gives a call, by the names of <see cref="OperationArguments"/>; the catalogue says where in the request it goes.</summary>
internal sealed class CallArguments : IEnumerable<KeyValuePair<string, JsonNode>>
{
    private readonly Dictionary<string, JsonNode> _values = new(StringComparer.Ordinal);

    /// <summary>No arguments.</summary>
    public static CallArguments None { get; } = [];

    public bool IsEmpty => _values.Count == 0;

    /// <summary>The argument as JSON; <see langword="null"/>: it is absent.</summary>
    public JsonNode? this[string name] => _values.GetValueOrDefault(name);

    /// <summary>Adds an argument; one without a value is absent.</summary>
    public void Add(string name, JsonNode? value)
    {
        if (value is not null)
        {
            _values[name] = value;
        }
    }

    /// <summary>These arguments, and one more.</summary>
    public CallArguments With(string name, JsonNode? value)
    {
        CallArguments more = [];
        foreach ((string known, JsonNode node) in _values)
        {
            more.Add(known, node);
        }

        more.Add(name, value);
        return more;
    }

    /// <summary>A value as text: what stands in a path, a query or a header.</summary>
    public static string Text(JsonNode value) => value is JsonValue scalar && scalar.TryGetValue(out string? text) ? text : value.ToJsonString();

    /// <summary>An instant as text.</summary>
    public static string? Text(DateTimeOffset? instant) =>
        instant?.ToUniversalTime().ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFF'Z'", CultureInfo.InvariantCulture);

    public IEnumerator<KeyValuePair<string, JsonNode>> GetEnumerator() => _values.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
