using System.Buffers;
using System.Text.Json;

namespace Ksmg.Sdk.Dialects;

/// <summary>What an expression finds: something in the answer, or a list or an object made of such. Without a value it is null.</summary>
internal readonly struct Found
{
    private const int InitialBytes = 1024;

    private static readonly Found True = new(JsonElement.Parse("true"));
    private static readonly Found False = new(JsonElement.Parse("false"));
    private static readonly JsonElement Null = JsonElement.Parse("null");

    private readonly JsonElement _element;
    private readonly Found[]? _items;
    private readonly string[]? _names;

    public Found(JsonElement element) => _element = element;

    /// <summary>A list, or with names an object.</summary>
    public Found(Found[] items, string[]? names = null) => (_items, _names) = (items, names);

    /// <summary>Whether it is a list of which each item is asked by itself.</summary>
    public bool IsProjection { get; private init; }

    public bool IsNull => IsNothing || _element.ValueKind == JsonValueKind.Null;

    /// <summary>Whether it counts as true: all but null, <c>false</c>, and what is empty.</summary>
    public bool IsTrue => _items is not null ? _items.Length > 0 : _element.ValueKind switch
    {
        JsonValueKind.True or JsonValueKind.Number => true,
        JsonValueKind.String => !_element.ValueEquals(string.Empty),
        JsonValueKind.Array => _element.GetArrayLength() > 0,
        JsonValueKind.Object => _element.GetPropertyCount() > 0,
        _ => false,
    };

    /// <summary>Whether there is nothing, not even a null that somebody wrote.</summary>
    private bool IsNothing => _items is null && _element.ValueKind == JsonValueKind.Undefined;

    /// <summary>The items of a list; <see langword="null"/>: it is none.</summary>
    private Found[]? Items
    {
        get
        {
            if (_items is not null)
            {
                return _names is null ? _items : null;
            }

            return _element.ValueKind == JsonValueKind.Array ? [.. _element.EnumerateArray().Select(item => new Found(item))] : null;
        }
    }

    public static Found Of(bool value) => value ? True : False;

    public static bool AreEqual(Found a, Found b) => a.IsNull || b.IsNull ? a.IsNull && b.IsNull : JsonElement.DeepEquals(a.ToElement(), b.ToElement());

    public Found Member(string name)
    {
        if (_names is not null)
        {
            int at = Array.IndexOf(_names, name);
            return at < 0 ? default : _items![at];
        }

        return _element.ValueKind == JsonValueKind.Object && _element.TryGetProperty(name, out JsonElement member) ? new Found(member) : default;
    }

    /// <summary>The item of a list at a place, from the end where that is negative.</summary>
    public Found At(int index)
    {
        Found[] items = Items ?? [];
        int at = index < 0 ? index + items.Length : index;
        return at >= 0 && at < items.Length ? items[at] : default;
    }

    /// <summary>As a value by itself: what comes after it is asked of the list, not of its items.</summary>
    public Found AsList() => IsProjection ? new Found(_items!) : this;

    /// <summary>As part of a list or an object, where nothing is a null.</summary>
    public Found AsPart() => IsNothing ? new Found(Null) : AsList();

    public Found Project(Predicate<Found> condition) => Items is { } items ? new Found(Array.FindAll(items, condition)) { IsProjection = true } : default;

    public Found Flatten() => Items is { } items
        ? new Found([.. items.SelectMany(item => item.Items ?? [item]).Where(item => !item.IsNull)]) { IsProjection = true }
        : default;

    /// <summary>What is found for each item. A null that was written is told all the same: nobody is to count one item less.</summary>
    public Found Map(Func<Found, Found> find) =>
        new(Array.FindAll(Array.ConvertAll(_items!, find.Invoke), found => !found.IsNothing)) { IsProjection = true };

    public JsonElement ToElement()
    {
        if (_items is null)
        {
            return IsNull ? Null : _element;
        }

        ArrayBufferWriter<byte> json = new(InitialBytes);
        using (Utf8JsonWriter writer = new(json))
        {
            Write(writer);
        }

        Utf8JsonReader reader = new(json.WrittenSpan);
        return JsonElement.ParseValue(ref reader);
    }

    private void Write(Utf8JsonWriter writer)
    {
        if (_items is null)
        {
            ToElement().WriteTo(writer);
        }
        else if (_names is null)
        {
            writer.WriteStartArray();
            foreach (Found item in _items)
            {
                item.Write(writer);
            }

            writer.WriteEndArray();
        }
        else
        {
            writer.WriteStartObject();
            for (int i = 0; i < _names.Length; i++)
            {
                writer.WritePropertyName(_names[i]);
                _items[i].Write(writer);
            }

            writer.WriteEndObject();
        }
    }
}
