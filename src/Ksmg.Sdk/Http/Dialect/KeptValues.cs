using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk;

/// <summary>What the entries of a node keep of its answers for later calls: the latest by name.</summary>
internal sealed class KeptValues
{
    private readonly ConcurrentDictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Everything that is kept, by name, as JSON.</summary>
    public IReadOnlyDictionary<string, string> All => _values;

    /// <summary>A value; <see langword="null"/>: no answer has told it.</summary>
    public JsonNode? this[string name] => _values.TryGetValue(name, out string? json) ? JsonNode.Parse(json) : null;

    /// <summary>Takes over what an answer told. What it does not tell any more is not what an older one told.</summary>
    public void Keep(IReadOnlyDictionary<string, JsonNode?> told)
    {
        foreach ((string name, JsonNode? value) in told)
        {
            if (value is null)
            {
                _values.TryRemove(name, out _);
            }
            else
            {
                _values[name] = value.ToJsonString();
            }
        }
    }

    /// <summary>Takes over what was written down of earlier answers; what was told since counts more.</summary>
    /// <exception cref="JsonException">It is not what <see cref="All"/> gave.</exception>
    public void Recall(IReadOnlyDictionary<string, string> written)
    {
        foreach ((string name, string json) in written)
        {
            using JsonDocument proven = JsonDocument.Parse(json);
            _values.TryAdd(name, json);
        }
    }
}
