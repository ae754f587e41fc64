namespace Ksmg.Sdk.Dialects;

/// <summary>What of a browser's recording concerns the appliance, and what of it must not be written anywhere.</summary>
internal sealed class Recording
{
    /// <summary>The calls of the appliance, in the order in which they were made.</summary>
    public required IReadOnlyList<RecordedCall> Calls { get; init; }

    public required Discretion Discretion { get; init; }

    /// <summary>Headers that carried the value of a cookie, and that cookie: the token of the session.</summary>
    public required IReadOnlyList<string> TokenHeaders { get; init; }

    public string? TokenCookie { get; init; }

    /// <summary>Headers of the front end's own that every call had with the same value.</summary>
    public required IReadOnlyList<RecordedPart> Headers { get; init; }

    /// <summary>How many entries were of other sites, or of files.</summary>
    public required int Dropped { get; init; }
}
