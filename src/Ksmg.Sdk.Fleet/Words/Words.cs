namespace Ksmg.Sdk.Fleet;

/// <summary>The words for people of the database, from <c>Words.resx</c>.</summary>
internal static class Words
{
    /// <summary>All of them.</summary>
    public static WordFile File { get; } = new("Ksmg.Sdk.Fleet.Words.Words", typeof(Words).Assembly);

    /// <inheritdoc cref="WordFile.Get(string)"/>
    public static string Get(string key) => File.Get(key);

    /// <inheritdoc cref="WordFile.Get(string, ReadOnlySpan{object?})"/>
    public static string Get(string key, params ReadOnlySpan<object?> arguments) => File.Get(key, arguments);
}
