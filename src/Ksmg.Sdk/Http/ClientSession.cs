using System.Collections.Concurrent;
using System.Text;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>One session on one node: its cookies, its XSRF token, the build it was opened on. Thrown away as a whole.</summary>
internal sealed class ClientSession
{
    private const int ExcerptLength = 512;

    /// <summary>The longest cookie that is taken.</summary>
    private const int LongestSecret = 4096;

    /// <summary>More are forgotten: an address may have a message's number in it.</summary>
    private const int MaxAddresses = 64;

    private readonly IReadOnlyList<string> _tokenHeaders;
    private readonly CookieJar _cookies;

    /// <summary>What requests to the addresses of the node carry, as long as the cookies are the same.</summary>
    private Carried _carried = new(new object());

    /// <summary>A session without cookies, with the names of a dialect.</summary>
    public ClientSession(SessionDialect? names = null)
    {
        names ??= SessionDialect.Observed;
        (_tokenHeaders, _cookies) = (names.TokenHeaders, new CookieJar(names.TokenCookie));
    }

    /// <summary>The build, once the node has told it.</summary>
    public BuildNumber? Build { get; set; }

    /// <summary>The password of the login: kept only so that no text of the node can carry it into a message.</summary>
    public string? Password { private get; set; }

    /// <summary>Whether the token goes into the headers without the percent escapes of its cookie.</summary>
    public bool DecodesToken { get; init; }

    public bool HasToken => _cookies.TokenNames.Any();

    /// <summary>Whether the token can be understood in two ways, and goes out as it came.</summary>
    public bool MayDecodeToken => !DecodesToken && _tokenHeaders.Any(h => _cookies.Token(h, AnyAddress) is { } token && Uri.UnescapeDataString(token) != token);

    /// <summary>What is odd about the session and may be why it fails; for people, without a value.</summary>
    public string? Oddity
    {
        get
        {
            string[] names = [.. _cookies.TokenNames];
            string several = names.Length > 1
                ? Words.Get("call.cookies", names.Length, string.Join(Words.Get("call.and"), names))
                : "";
            string escapes = DecodesToken ? Words.Get("call.escapes-decoded")
                : MayDecodeToken ? Words.Get("call.escapes-as-sent") : "";
            string oddity = string.Join("; ", new[] { several, escapes }.Where(o => o.Length > 0));
            return oddity.Length > 0 ? oddity : null;
        }
    }

    private static Uri AnyAddress { get; } = new("https://node/web/api/");

    public void Apply(HttpRequestMessage request)
    {
        Uri address = request.RequestUri!;
        Carried carried = _carried;
        if (carried.Cookies != _cookies.State || carried.Headers.Count >= MaxAddresses)
        {
            _carried = carried = new Carried(_cookies.State);
        }

        (string Host, string Path) to = (address.IdnHost, address.AbsolutePath);
        foreach ((string name, string value) in carried.Headers.GetOrAdd(to, static (_, a) => a.self.HeadersTo(a.address), (self: this, address)))
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }
    }

    /// <inheritdoc cref="CookieJar.Absorb"/>
    public void Absorb(Uri address, HttpResponseMessage response, DateTimeOffset now) => _cookies.Absorb(address, response, now);

    /// <summary>The beginning of what a node said: cut, on one line, without password, token or cookie.</summary>
    public string Excerpt(ReadOnlyMemory<byte> body) =>
        // Redact before cutting, so that no half of a secret is left at the cut.
        Cut(Redact(Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, ExcerptLength + LongestSecret)])));

    /// <inheritdoc cref="Excerpt(ReadOnlyMemory{byte})"/>
    public string Excerpt(string text) => Cut(Redact(text[..Math.Min(text.Length, ExcerptLength + LongestSecret)]));

    private List<(string Name, string Value)> HeadersTo(Uri address)
    {
        List<(string Name, string Value)> headers = [];
        if (_cookies.Header(address) is { } cookies)
        {
            headers.Add(("Cookie", cookies));
        }

        foreach (string header in _tokenHeaders)
        {
            if (_cookies.Token(header, address) is { } token)
            {
                headers.Add((header, DecodesToken ? Decode(token) : token));
            }
        }

        return headers;
    }

    private static string Cut(string text)
    {
        StringBuilder line = new();
        foreach (Rune rune in text.EnumerateRunes())
        {
            if (line.Length + rune.Utf16SequenceLength > ExcerptLength)
            {
                return line.Append('…').ToString();
            }

            // Half a character, which is no text, comes as U+FFFD from the enumeration.
            line.Append(Printable.IsTrick(rune) ? " " : rune.ToString());
        }

        return line.ToString();
    }

    /// <summary>A token that cannot be decoded to something a header can carry stays as it is.</summary>
    private static string Decode(string token) =>
        Uri.UnescapeDataString(token) is var text && text.All(c => c is >= ' ' and <= '\xff' and not '\x7f') ? text : token;

    private string Redact(string text) => SecretFilter.Redact(
        text,
        _cookies.Values
            .Where(v => v.Length >= 4)
            .SelectMany(v => new[] { v, Uri.UnescapeDataString(v), Encoding.UTF8.GetString(Encoding.Latin1.GetBytes(v)) })
            .Append(Password)
            .OfType<string>());

    /// <summary>The headers of requests by host and path, worked out from one state of the cookies.</summary>
    private sealed record Carried(object Cookies)
    {
        public ConcurrentDictionary<(string Host, string Path), List<(string Name, string Value)>> Headers { get; } = new();
    }
}
