using System.Diagnostics.CodeAnalysis;
using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Fleet;

/// <summary>The words for people of fleets and of the database, from <c>Words.resx</c>.</summary>
internal static class Words
{
    /// <summary>All of them.</summary>
    public static WordFile File { get; } = new("Ksmg.Sdk.Fleet.Words.Words", typeof(Words).Assembly);

    /// <inheritdoc cref="WordFile.Get(string)"/>
    public static string Get(string key) => File.Get(key);

    /// <inheritdoc cref="WordFile.Get(string, ReadOnlySpan{object?})"/>
    public static string Get(string key, params ReadOnlySpan<object?> arguments) => File.Get(key, arguments);

    /// <summary>What a fleet's journal says is put into these words wherever it is read.</summary>
    [ModuleInitializer]
    [SuppressMessage("Usage", "CA2255", Justification = "Messages are read before anything else of this assembly is used.")]
    internal static void AddToMessages() => Sdk.Words.AddForMessages(File);
}
