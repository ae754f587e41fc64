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

    /// <summary>
    /// Takes over what was written down of answers, here and elsewhere, in that order. A value that is not among it was told since and counts
    /// more; one that others wrote after it is older than theirs.
    /// </summary>
    /// <exception cref="JsonException">It is not what <see cref="All"/> gave.</exception>
    public void Recall(IReadOnlyList<KeyValuePair<string, string>> written)
    {
        foreach (IGrouping<string, string> told in written.GroupBy(value => value.Key, value => value.Value, StringComparer.Ordinal))
        {
            string last = told.Last();
            using JsonDocument proven = JsonDocument.Parse(last);
            _values.AddOrUpdate(told.Key, last, (_, held) => told.Contains(held) ? last : held);
        }
    }
}
