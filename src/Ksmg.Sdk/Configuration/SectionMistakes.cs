using System.Globalization;
using System.Text;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk;

/// <summary>The mistakes found in sections of the configuration, each with its place, and what sections look like.</summary>
internal sealed class SectionMistakes
{
    private const string Root = "Ksmg:";
    private const int MostCharactersShown = 120;

    private static readonly string[] _secrets = ["password", "passwd", "secret", "token", "apikey"];

    private readonly List<string> _failures = [];

    public IReadOnlyList<string> Failures => _failures;

    public bool IsEmpty => _failures.Count == 0;

    /// <summary>Whether nothing stands there: <c>null</c>, or an empty object.</summary>
    public static bool IsNothing(IConfigurationSection section) => section.Value is null && !section.GetChildren().Any();

    public static bool IsIndex(string key) => key.Length > 0 && key.All(char.IsAsciiDigit);

    /// <summary>A value as it is shown to people: what cannot be seen is written out, and what is long is cut.</summary>
    public static string Show(string text)
    {
        StringBuilder shown = new();
        foreach (char c in text)
        {
            if (shown.Length >= MostCharactersShown)
            {
                shown.Append('…');
                break;
            }

            bool isVisible = !char.IsControl(c)
                && char.GetUnicodeCategory(c) is not (UnicodeCategory.Format or UnicodeCategory.LineSeparator or UnicodeCategory.ParagraphSeparator
                or UnicodeCategory.Surrogate or UnicodeCategory.PrivateUse or UnicodeCategory.OtherNotAssigned) && (c == ' ' || !char.IsWhiteSpace(c));
            shown.Append(isVisible ? c.ToString() : string.Create(CultureInfo.InvariantCulture, $"(U+{(int)c:X4})"));
        }

        return shown.ToString();
    }

    public void Add(IConfigurationSection section, string text) => _failures.Add($"{Place(section)}: {text}");

    /// <summary>Where there is no default to fall back to.</summary>
    public void AddNull(IConfigurationSection section) => Add(section, Words.Get("setting.null"));

    public void AddUnknown(IConfigurationSection section, IEnumerable<string> known)
    {
        string[] names = [.. known];
        bool isSecret = section.Value is not null && _secrets.Any(secret => section.Key.EndsWith(secret, StringComparison.OrdinalIgnoreCase));
        Add(section, isSecret
            ? Words.Get("setting.password")
            : Words.Get("setting.unknown", Nearest.Ask(section.Key, names), string.Join(", ", names.Order(StringComparer.Ordinal))));
    }

    /// <summary>The text of a setting; <see langword="null"/> where it has none, which is a mistake unless the default holds.</summary>
    public string? Scalar(IConfigurationSection section, string form, bool isItem = false)
    {
        if (section.GetChildren().Any())
        {
            Add(section, Words.Get("setting.not-scalar", form));
            return null;
        }

        if (section.Value is null && isItem)
        {
            AddNull(section);
        }

        return section.Value;
    }

    /// <summary>The items of a list; <see langword="null"/> where the default holds or there is no list.</summary>
    public IReadOnlyList<IConfigurationSection>? Items(IConfigurationSection section, string form)
    {
        IConfigurationSection[] items = [.. section.GetChildren()];
        if (items.Length == 0 && string.IsNullOrEmpty(section.Value))
        {
            return section.Value is null ? null : [];
        }

        if (items.Length > 0 && items.All(item => IsIndex(item.Key)))
        {
            return items;
        }

        Add(section, Words.Get("setting.list", form));
        return null;
    }

    /// <summary>The entries of an object or a map; none where the default holds.</summary>
    public IReadOnlyList<IConfigurationSection> Entries(IConfigurationSection section, string form)
    {
        IConfigurationSection[] entries = [.. section.GetChildren()];
        if (entries.Length == 0 && section.Value is not null)
        {
            Add(section, Words.Get("setting.object", form));
        }

        return entries;
    }

    /// <exception cref="OptionsValidationException">There are mistakes.</exception>
    public void ThrowIfAny(Type options)
    {
        if (_failures.Count > 0)
        {
            throw new OptionsValidationException(options.Name, options, _failures);
        }
    }

    private static string Place(IConfigurationSection section) =>
        Show(section.Path.StartsWith(Root, StringComparison.OrdinalIgnoreCase) ? section.Path[Root.Length..] : section.Path);
}
