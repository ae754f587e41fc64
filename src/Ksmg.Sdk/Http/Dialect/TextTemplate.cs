using System.Text;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk;

/// <summary>A text with placeholders such as <c>{node}</c>; a brace that opens none is itself.</summary>
internal sealed class TextTemplate
{
    private readonly List<(string Text, bool IsPlaceholder)> _parts = [];

    public TextTemplate(string text)
    {
        int at = 0;
        int from = 0;
        while ((at = text.IndexOf('{', at)) >= 0)
        {
            int end = text.IndexOf('}', at);
            if (end > at + 1 && text.AsSpan(at + 1, end - at - 1) is var name && IsName(name))
            {
                AddText(text[from..at]);
                _parts.Add((name.ToString(), true));
                from = at = end + 1;
            }
            else
            {
                at++;
            }
        }

        AddText(text[from..]);
    }

    public IEnumerable<string> Placeholders => _parts.Where(part => part.IsPlaceholder).Select(part => part.Text);

    /// <summary>Whether the text is this placeholder and nothing else.</summary>
    public bool IsOnly(string placeholder) => _parts is [(var name, true)] && name == placeholder;

    /// <summary>Whether something may be the name of a placeholder.</summary>
    public static bool IsName(ReadOnlySpan<char> name) =>
        !name.IsEmpty && !name.ContainsAnyExcept(NameCharacters) && char.IsAsciiLetter(name[0]);

    /// <summary>The text with the values of its placeholders; <see langword="null"/>: it has some, and none of them has a value.</summary>
    public string? Fill(CallArguments arguments, Func<string, string>? escape = null)
    {
        if (_parts is [(var only, false)])
        {
            return only;
        }

        if (IsAbsent(arguments))
        {
            return null;
        }

        StringBuilder text = new();
        foreach ((string part, bool isPlaceholder) in _parts)
        {
            string filled = !isPlaceholder ? part : arguments[part] is { } value ? CallArguments.Text(value) : string.Empty;
            text.Append(isPlaceholder && escape is not null ? escape(filled) : filled);
        }

        return text.ToString();
    }

    /// <summary>As JSON: what is only a placeholder keeps the type of its argument, everything else is text; absent as in <see cref="Fill"/>.</summary>
    public JsonNode? FillJson(CallArguments arguments) =>
        _parts is [(var name, true)] ? arguments[name]?.DeepClone() : Fill(arguments);

    private static System.Buffers.SearchValues<char> NameCharacters { get; } =
        System.Buffers.SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

    /// <summary>Whether it has placeholders, and none of them has a value.</summary>
    public bool IsAbsent(CallArguments arguments)
    {
        bool has = false;
        foreach ((string part, bool isPlaceholder) in _parts)
        {
            if (isPlaceholder && arguments[part] is not null)
            {
                return false;
            }

            has |= isPlaceholder;
        }

        return has;
    }

    private void AddText(string text)
    {
        if (text.Length > 0)
        {
            _parts.Add((text, false));
        }
    }
}
