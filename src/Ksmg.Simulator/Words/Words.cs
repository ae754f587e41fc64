using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>The words for people of the simulator's adapters, from <c>Words.resx</c>. What simulated machines answer is no part of them.</summary>
internal static class Words
{
    /// <summary>All of them.</summary>
    public static WordFile File { get; } = new("Ksmg.Simulator.Words.Words", typeof(Words).Assembly);

    /// <inheritdoc cref="WordFile.Get(string)"/>
    public static string Get(string key) => File.Get(key);

    /// <inheritdoc cref="WordFile.Get(string, ReadOnlySpan{object?})"/>
    public static string Get(string key, params ReadOnlySpan<object?> arguments) => File.Get(key, arguments);
}
