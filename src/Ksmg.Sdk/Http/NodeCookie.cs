using System.Globalization;

namespace Ksmg.Sdk.Http;

/// <summary>A cookie as a node set it; <paramref name="Domain"/> is absent where the node named none.</summary>
internal sealed record NodeCookie(string Name, string Value, string Path, string? Domain)
{
    private const int MaxLength = 4096;

    /// <summary>Whether a browser would send it there.</summary>
    public bool Fits(Uri address) => FitsDomain(address) && FitsPath(address.AbsolutePath);

    /// <summary>Whether it is the same cookie, which a later one replaces.</summary>
    public bool IsSame(NodeCookie other) =>
        Name == other.Name && Path == other.Path && string.Equals(Domain, other.Domain, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a line of <c>Set-Cookie</c> as browsers do (RFC 6265).</summary>
    /// <param name="line">The line.</param>
    /// <param name="address">The address that answered.</param>
    /// <param name="answered">When it answered, by its own clock where it tells it.</param>
    /// <returns>The cookie and whether the node takes it back; nothing for what cannot be put into a header.</returns>
    public static (NodeCookie Cookie, bool IsTakenBack)? Read(string line, Uri address, DateTimeOffset answered)
    {
        string[] parts = line.Split(';', StringSplitOptions.TrimEntries);
        int equals = parts[0].IndexOf('=', StringComparison.Ordinal);

        // Bytes come as characters of Latin-1 and go back as such. Anything else was never a byte of a header.
        if (equals < 1 || parts[0].Length > MaxLength || parts[0].Any(c => c is < ' ' or '\x7f' or > '\xff'))
        {
            return null;
        }

        string value = parts[0][(equals + 1)..].Trim();
        string path = address.AbsolutePath[..Math.Max(1, address.AbsolutePath.LastIndexOf('/'))];
        string? domain = null;
        DateTimeOffset? expires = null;
        bool? isOver = null;
        foreach (string attribute in parts.AsSpan(1))
        {
            string[] pair = attribute.Split('=', 2);
            string text = pair is [_, string given] ? given.Trim().Trim('"') : "";
            switch (pair[0].TrimEnd().ToUpperInvariant())
            {
                case "PATH" when text.StartsWith('/'):
                    path = text;
                    break;
                case "DOMAIN" when text.TrimStart('.') is { Length: > 0 } name:
                    domain = name;
                    break;
                case "MAX-AGE" when text.Length > 0 && text.AsSpan(text[0] == '-' ? 1 : 0).ContainsAnyExceptInRange('0', '9') is false:
                    isOver = text[0] == '-' || text.All(c => c == '0');
                    break;
                case "EXPIRES":
                    expires = ReadDate(text) ?? expires;
                    break;
            }
        }

        return (new NodeCookie(parts[0][..equals].TrimEnd(), value, path, domain), value is "" or "\"\"" || (isOver ?? expires <= answered));
    }

    private bool FitsDomain(Uri address) =>
        Domain is null
        || string.Equals(address.IdnHost, Domain, StringComparison.OrdinalIgnoreCase)
        || address.IdnHost.EndsWith("." + Domain, StringComparison.OrdinalIgnoreCase);

    private bool FitsPath(string path) =>
        path.StartsWith(Path, StringComparison.Ordinal) && (path.Length == Path.Length || Path.EndsWith('/') || path[Path.Length] == '/');

    /// <summary>A date in whatever of the customary forms: the first time, day, month and year in it.</summary>
    private static DateTimeOffset? ReadDate(string text)
    {
        const string months = "jan feb mar apr may jun jul aug sep oct nov dec";
        int? day = null, month = null, year = null;
        TimeSpan? time = null;
        foreach (string token in text.Split([' ', ',', '-', '/', '\t'], StringSplitOptions.RemoveEmptyEntries))
        {
            bool isNumber = int.TryParse(token, NumberStyles.None, CultureInfo.InvariantCulture, out int number);
            if (time is null && token.Contains(':', StringComparison.Ordinal) && TimeSpan.TryParse(token, CultureInfo.InvariantCulture, out TimeSpan parsed))
            {
                time = parsed;
            }
            else if (day is null && isNumber && token.Length <= 2)
            {
                day = number;
            }
            else if (month is null && token.Length >= 3 && months.IndexOf(token[..3], StringComparison.OrdinalIgnoreCase) is >= 0 and var at)
            {
                month = (at / 4) + 1;
            }
            else if (year is null && isNumber)
            {
                year = number + (token.Length > 2 ? 0 : number >= 70 ? 1900 : 2000);
            }
        }

        // An hour of 24 and more is none: the framework would take it for days, as many as lead out of all time.
        bool isDate = !(time >= TimeSpan.FromDays(1))
            && day is >= 1 && month is not null && year is >= 1601 and <= 9998 && day <= DateTime.DaysInMonth(year.Value, month.Value);
        return isDate ? new DateTimeOffset(year!.Value, month!.Value, day!.Value, 0, 0, 0, TimeSpan.Zero) + (time ?? TimeSpan.Zero) : null;
    }
}
