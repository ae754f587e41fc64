namespace Ksmg.Sdk.Dialects;

/// <summary>The words for people of dialects, from <c>Words.resx</c>.</summary>
internal static class Words
{
    /// <summary>All of them.</summary>
    public static WordFile File { get; } = new("Ksmg.Sdk.Dialects.Words.Words", typeof(Words).Assembly);

    /// <inheritdoc cref="WordFile.Get(string)"/>
    public static string Get(string key) => File.Get(key);

    /// <inheritdoc cref="WordFile.Get(string, ReadOnlySpan{object?})"/>
    public static string Get(string key, params ReadOnlySpan<object?> arguments) => File.Get(key, arguments);

    /// <inheritdoc cref="WordFile.Count(string, long)"/>
    public static string Count(string key, long number) => File.Count(key, number);
}
