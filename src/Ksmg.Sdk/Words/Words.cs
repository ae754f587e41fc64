using System.Globalization;

namespace Ksmg.Sdk;

/// <summary>The words for people of this assembly, from <c>Words.resx</c>.</summary>
internal static class Words
{
    /// <summary>The words of messages that another assembly makes; it adds them when it is loaded.</summary>
    private static WordFile[] _others = [];

    /// <summary>All of them.</summary>
    public static WordFile File { get; } = new("Ksmg.Sdk.Words.Words", typeof(Words).Assembly);

    /// <summary>Messages may have keys of this file too.</summary>
    public static void AddForMessages(WordFile file) => _others = [.. _others, file];

    /// <summary>The words of the assembly that knows the key of a message; <see langword="null"/>: none that is loaded does.</summary>
    public static WordFile? FileOf(string key) => File.Has(key) ? File : Array.Find(_others, file => file.Has(key));

    /// <inheritdoc cref="WordFile.Get(string)"/>
    public static string Get(string key) => File.Get(key);

    /// <inheritdoc cref="WordFile.Get(string, ReadOnlySpan{object?})"/>
    public static string Get(string key, params ReadOnlySpan<object?> arguments) => File.Get(key, arguments);

    /// <inheritdoc cref="WordFile.Count(string, long)"/>
    public static string Count(string key, long number) => File.Count(key, number);

    /// <summary>
    /// Whatever the calling asynchronous method and those that it calls put into words is English: it is written down, and read by others.
    /// </summary>
    public static void UseEnglish() => CultureInfo.CurrentUICulture = CultureInfo.InvariantCulture;

    /// <inheritdoc cref="WordFile.PluralForm"/>
    public static string PluralForm(string language, long number) => WordFile.PluralForm(language, number);

    /// <summary>A text without line breaks and control characters: what a node or an adapter said must not steer a terminal.</summary>
    public static string OneLine(string? text) => Printable.Line(text);
}
