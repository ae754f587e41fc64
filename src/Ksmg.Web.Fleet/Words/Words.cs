using Ksmg.Sdk;

namespace Ksmg.Web.Fleet;

/// <summary>What the server says to people of fleets, from <c>Words.resx</c>; what the page says stands in <c>Page/words.en.json</c>.</summary>
internal static class Words
{
    /// <summary>All of them.</summary>
    public static WordFile File { get; } = new("Ksmg.Web.Fleet.Words.Words", typeof(Words).Assembly);

    /// <inheritdoc cref="WordFile.Get(string)"/>
    public static string Get(string key) => File.Get(key);

    /// <inheritdoc cref="WordFile.Get(string, ReadOnlySpan{object?})"/>
    public static string Get(string key, params ReadOnlySpan<object?> arguments) => File.Get(key, arguments);
}
