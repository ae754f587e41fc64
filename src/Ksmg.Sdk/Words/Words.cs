using System.Collections;
using System.Globalization;
using System.Resources;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The words for people, from the one resource file <c>Words.resx</c>.</summary>
internal static class Words
{
    private static readonly ResourceManager Resources = new("Ksmg.Sdk.Upgrades.Words", typeof(Words).Assembly);

    /// <summary>Every text, as it is written down.</summary>
    public static IEnumerable<string> All => Resources.GetResourceSet(CultureInfo.InvariantCulture, createIfNotExists: true, tryParents: true)!
        .Cast<DictionaryEntry>().Select(entry => (string)entry.Value!);

    /// <summary>The text of a key; a missing key is a defect that a test finds.</summary>
    public static string Get(string key) =>
        Resources.GetString(key, CultureInfo.CurrentUICulture) ?? throw new InvalidOperationException($"There are no words for '{key}'.");

    /// <summary>The text of a key with its arguments filled in.</summary>
    public static string Get(string key, params ReadOnlySpan<object?> arguments) =>
        string.Format(CultureInfo.InvariantCulture, Get(key), arguments);

    /// <summary>A number of things: one has words of its own.</summary>
    public static string Count(string key, long number) => Get(key + (number == 1 ? ".one" : ".many"), number);

    /// <summary>A time as people say it: in whole minutes, below one in seconds, beyond two hours in hours.</summary>
    public static string Minutes(TimeSpan time) => time.TotalMinutes switch
    {
        < 1 => Get("time.seconds", Math.Max(0, (long)time.TotalSeconds)),
        < 120 => Get("time.minutes", (long)time.TotalMinutes),
        _ => Get("time.hours", (long)time.TotalHours),
    };

    /// <summary>A text without line breaks and control characters: what a node or an adapter said must not steer a terminal.</summary>
    public static string OneLine(string? text) => Printable.Line(text);
}
