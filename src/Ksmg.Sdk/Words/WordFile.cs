using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Resources;
using System.Text.RegularExpressions;

namespace Ksmg.Sdk;

/// <summary>
/// The words for people of one assembly: its neutral file <c>Words/Words.resx</c> and, for another language, a file beside it such as
/// <c>Words/Words.de.resx</c>. Compiled into each assembly that has such a file; each file has a text <c>language</c> and its own units of time.
/// </summary>
/// <param name="baseName">The name of the neutral resource without its end: the root namespace, then <c>.Words.Words</c>.</param>
/// <param name="assembly">The assembly that carries it.</param>
internal sealed partial class WordFile(string baseName, Assembly assembly)
{
    private const string Language = "language";

    private readonly ResourceManager _texts = new(baseName, assembly);

    /// <summary>The languages there are words in; the first one is that of the neutral file.</summary>
    public static IReadOnlyList<string> Languages { get; } = ["en", "de", "ru"];

    /// <summary>A language on this machine; <see langword="null"/> where there are no words of it, or the machine knows no languages.</summary>
    /// <param name="language">Two letters.</param>
    public static CultureInfo? Culture(string? language)
    {
        try
        {
            return language is not null && Languages.Contains(language) ? CultureInfo.GetCultureInfo(language) : null;
        }
        catch (CultureNotFoundException)
        {
            // The runtime was told to do without (DOTNET_SYSTEM_GLOBALIZATION_INVARIANT): there is one language then, the neutral one.
            return language == Languages[0] ? CultureInfo.InvariantCulture : null;
        }
    }

    /// <summary>Every text of a language by its key, as it is written down; those of the neutral file where there is none of the language.</summary>
    public IReadOnlyDictionary<string, string> All(CultureInfo language) => _texts.GetResourceSet(language, createIfNotExists: true, tryParents: true)!
        .Cast<DictionaryEntry>().ToDictionary(entry => (string)entry.Key, entry => (string)entry.Value!, StringComparer.Ordinal);

    /// <summary>Whether there is a text for a key, of one form or of several.</summary>
    public bool Has(string key) => Find(CultureInfo.InvariantCulture, key) is not null || IsCounted(key);

    /// <summary>The text of a key in the reader's language; a missing key is a defect that a test finds.</summary>
    public string Get(string key) => Text(CultureInfo.CurrentUICulture, key);

    /// <summary>The text of a key in the reader's language with its arguments filled in; numbers go with the language.</summary>
    public string Get(string key, params ReadOnlySpan<object?> arguments) =>
        Get(CultureInfo.CurrentUICulture, CultureInfo.CurrentCulture, key, arguments);

    /// <summary>The text of a key with its arguments filled in: durations in words, instants to the second in UTC.</summary>
    /// <param name="language">The language of the text.</param>
    /// <param name="formats">How numbers are written in another language; the neutral one has them the same for everybody.</param>
    /// <param name="key">The key; where its text has forms, the first argument is the number that wants one.</param>
    /// <param name="arguments">What is filled in.</param>
    public string Get(CultureInfo language, CultureInfo formats, string key, params ReadOnlySpan<object?> arguments)
    {
        formats = IsNeutral(language) ? CultureInfo.InvariantCulture : formats;
        object?[] written = arguments.ToArray();
        string form = written is [long number, ..] && IsCounted(key) ? "." + PluralForm(Text(language, Language), number) : string.Empty;
        foreach (ref object? argument in written.AsSpan())
        {
            argument = argument switch
            {
                TimeSpan time => Duration(language, formats, time),
                DateTimeOffset at => at.ToString("u", CultureInfo.InvariantCulture),
                _ => argument,
            };
        }

        return DoubledStop().Replace(string.Format(formats, Text(language, key + form), written), "${end}");
    }

    /// <summary>A number of things: the form that the number wants in the language of the text.</summary>
    public string Count(string key, long number) => Count(CultureInfo.CurrentUICulture, CultureInfo.CurrentCulture, key, number);

    /// <summary>A number of things: the form that the number wants in the language of the text.</summary>
    /// <param name="language">The language of the text.</param>
    /// <param name="formats">How numbers are written.</param>
    /// <param name="key">The key; the form is added.</param>
    /// <param name="number">How many.</param>
    public string Count(CultureInfo language, CultureInfo formats, string key, long number) =>
        Get(language, formats, key, number);

    /// <summary>A time span as people say it, by its two largest units: <c>2 d 3 h</c>, <c>1 h 30 min</c>, <c>10 min</c>, <c>45 s</c>.</summary>
    public string Duration(TimeSpan time) => Duration(CultureInfo.CurrentUICulture, CultureInfo.CurrentCulture, time);

    /// <summary>The form of a word after a number, as Unicode's plural rules name it; what no rule knows has one form for all but one.</summary>
    /// <param name="language">The language, two letters.</param>
    /// <param name="number">How many.</param>
    internal static string PluralForm(string language, long number) => (language, Math.Abs(number % 10), Math.Abs(number % 100)) switch
    {
        ("ru", 1, not 11) => "one",
        ("ru", >= 2 and <= 4, not (>= 12 and <= 14)) => "few",
        ("ru", _, _) => "many",
        _ => number == 1 ? "one" : "other",
    };

    /// <summary>What is filled in may be a sentence of its own: no full stop follows its end. Dots of a path or of an ellipsis stay.</summary>
    [GeneratedRegex(@"(?<![./\\])(?<end>[.?!])\.(?=\s|$)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex DoubledStop();

    /// <summary>Whether the reader gets the neutral file, for want of one in the language.</summary>
    private bool IsNeutral(CultureInfo language) =>
        language.Equals(CultureInfo.InvariantCulture) || Text(language, Language) == Text(CultureInfo.InvariantCulture, Language);

    private bool IsCounted(string key) => Find(CultureInfo.InvariantCulture, key + ".other") is not null;

    private string? Find(CultureInfo language, string key) => _texts.GetString(key, language);

    private string Text(CultureInfo language, string key) =>
        Find(language, key) ?? throw new InvalidOperationException($"There are no words for '{key}'.");

    private string Duration(CultureInfo language, CultureInfo formats, TimeSpan time)
    {
        time = time < TimeSpan.Zero ? TimeSpan.Zero : time;
        if (time > TimeSpan.Zero && time < TimeSpan.FromSeconds(1))
        {
            return Get(language, formats, "time.seconds", Math.Round(time.TotalSeconds, 3));
        }

        (string Unit, long Number)[] units =
        [
            ("time.days", time.Days), ("time.hours", time.Hours), ("time.minutes", time.Minutes), ("time.seconds", time.Seconds),
        ];
        int first = Array.FindIndex(units, u => u.Number > 0);
        IEnumerable<(string Unit, long Number)> largest = first < 0 ? [units[^1]] : units[first..].Take(2).Where(u => u.Number > 0);
        return string.Join(' ', largest.Select(u => Get(language, formats, u.Unit, u.Number)));
    }
}
