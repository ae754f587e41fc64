using System.Text.Json.Nodes;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk;

/// <summary>A file of catalogue entries: the embedded one, or a dialect of the user's.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed class DialectDocument
{
    public required int Schema { get; init; }

    public string? Name { get; init; }

    [JsonPropertyName("$comment")]
    public JsonNode? Comment { get; init; }

    public SessionNames? Session { get; init; }

    public DialectDefaults? Defaults { get; init; }

    public required Dictionary<string, IList<CatalogueEntryOptions>> Operations { get; init; }

    public SessionDialect ToSession() => new(
        Session?.XsrfHeaders is { Count: > 0 } headers ? [.. headers] : SessionDialect.Observed.TokenHeaders,
        Session?.XsrfCookie is { Length: > 0 } cookie ? cookie : SessionDialect.Observed.TokenCookie);
}

/// <summary>The names of the session as they are written.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed class SessionNames
{
    public IList<string>? XsrfHeaders { get; init; }

    public string? XsrfCookie { get; init; }
}

/// <summary>What holds for all entries of a file that do not say it themselves.</summary>
[JsonUnmappedMemberHandling(JsonUnmappedMemberHandling.Disallow)]
internal sealed class DialectDefaults
{
    public string? Success { get; init; }

    public string? Failure { get; init; }

    public JsonNode? Times { get; init; }

    public IList<string>? MayHaveActed { get; init; }

    public IDictionary<string, string>? Headers { get; init; }
}

/// <summary>Which cookie holds the token of a session, and which headers it goes into.</summary>
/// <param name="TokenHeaders">The headers.</param>
/// <param name="TokenCookie">Part of the name of every cookie whose value goes there.</param>
internal sealed record SessionDialect(IReadOnlyList<string> TokenHeaders, string TokenCookie)
{
    /// <summary>Under both headers: the node changes from one to the other when its update is installed.</summary>
    public static SessionDialect Observed { get; } = new(["X-XSRF-TOKEN", "KSMG-XSRF-TOKEN"], "XSRF-TOKEN");
}
