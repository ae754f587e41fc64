using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>What several answers of one call have in common: the names that occur, and the values that stood there.</summary>
internal sealed class Seen
{
    private const int MostValues = 200;
    private const int Deepest = 3;

    private readonly Dictionary<string, Seen> _members = new(StringComparer.Ordinal);
    private readonly List<JsonValue> _values = [];

    /// <summary>What stands in the lists here.</summary>
    public Seen? Items { get; private set; }

    public bool IsObject => _members.Count > 0;

    public bool IsScalar => !IsObject && Items is null;

    /// <summary>The values other than <c>null</c> that stood here.</summary>
    public IReadOnlyList<JsonValue> Values => _values;

    public IEnumerable<string> Texts => _values.Select(CallArguments.Text).Distinct(StringComparer.Ordinal);

    public IEnumerable<string> Names => _members.Keys;

    public Seen? this[string name] => _members.GetValueOrDefault(name);

    /// <param name="samples">The answers.</param>
    /// <param name="marker">A member of each that speaks of the call, and not of what was asked.</param>
    public static Seen Of(IEnumerable<JsonNode?> samples, string? marker)
    {
        Seen seen = new();
        foreach (JsonNode? sample in samples)
        {
            seen.Add(sample);
        }

        seen._members.Remove(marker ?? string.Empty);
        return seen;
    }

    /// <summary>What stands in an object and the objects in it, but not in its lists: each with the names that lead to it.</summary>
    public IEnumerable<(string[] Path, Seen Node)> Inside(int depth = Deepest)
    {
        foreach ((string name, Seen member) in _members)
        {
            yield return ([name], member);
            foreach ((string[] path, Seen inner) in depth > 1 ? member.Inside(depth - 1) : [])
            {
                yield return ([name, .. path], inner);
            }
        }
    }

    private void Add(JsonNode? sample)
    {
        switch (sample)
        {
            case JsonObject members:
                foreach ((string name, JsonNode? value) in members)
                {
                    if (!_members.TryGetValue(name, out Seen? member))
                    {
                        _members[name] = member = new Seen();
                    }

                    member.Add(value);
                }

                break;
            case JsonArray items:
                Items ??= new Seen();
                foreach (JsonNode? item in items)
                {
                    Items.Add(item);
                }

                break;
            case JsonValue value when _values.Count < MostValues:
                _values.Add(value);
                break;
        }
    }
}
