using System.Collections.Immutable;
using System.Text;

namespace Ksmg.Sdk;

/// <summary>One session on one node: its cookies, its XSRF token, the build it was opened on. Thrown away as a whole.</summary>
internal sealed class ClientSession
{
    private const int MaxCookies = 50;
    private const int MaxCookieLength = 4096;
    private const int ExcerptLength = 512;

    private ImmutableDictionary<string, string> _cookies = ImmutableDictionary.Create<string, string>(StringComparer.Ordinal);

    /// <summary>The build, once the node has told it.</summary>
    public BuildNumber? Build { get; set; }

    /// <summary>The password of the login: kept only so that no text of the node can carry it into a message.</summary>
    public string? Password { private get; set; }

    public bool HasToken => Token is not null;

    private string? Token => _cookies.FirstOrDefault(c => c.Key.Contains("XSRF-TOKEN", StringComparison.OrdinalIgnoreCase)).Value;

    public void Apply(HttpRequestMessage request)
    {
        ImmutableDictionary<string, string> cookies = _cookies;
        if (cookies.Count > 0)
        {
            request.Headers.TryAddWithoutValidation("Cookie", string.Join("; ", cookies.Select(c => $"{c.Key}={c.Value}")));
        }

        if (Token is { } token)
        {
            // Under both names: the node changes dialect when its update is installed.
            request.Headers.TryAddWithoutValidation("X-XSRF-TOKEN", token);
            request.Headers.TryAddWithoutValidation("KSMG-XSRF-TOKEN", token);
        }
    }

    /// <summary>Takes over the cookies of an answer. Path and domain do not matter: they go to this node alone.</summary>
    public void Absorb(HttpResponseMessage response)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? lines))
        {
            return;
        }

        foreach (string line in lines)
        {
            string[] parts = line.Split(';', StringSplitOptions.TrimEntries);
            int equals = parts[0].IndexOf('=', StringComparison.Ordinal);
            if (equals < 1 || parts[0].Length > MaxCookieLength)
            {
                continue;
            }

            string name = parts[0][..equals];
            string value = parts[0][(equals + 1)..];
            bool removed = value.Length == 0 || parts.Skip(1).Any(p => p.Equals("Max-Age=0", StringComparison.OrdinalIgnoreCase));
            ImmutableInterlocked.Update(
                ref _cookies,
                static (cookies, change) => change.removed ? cookies.Remove(change.name)
                    : cookies.Count < MaxCookies || cookies.ContainsKey(change.name) ? cookies.SetItem(change.name, change.value)
                    : cookies,
                (name, value, removed));
        }
    }

    /// <summary>The beginning of what a node said: cut, on one line, without password, token or cookie.</summary>
    public string Excerpt(ReadOnlyMemory<byte> body) =>
        // Redact before cutting, so that no half of a secret is left at the cut; no secret is longer than a cookie.
        Cut(Redact(Encoding.UTF8.GetString(body.Span[..Math.Min(body.Length, ExcerptLength + MaxCookieLength)])));

    /// <inheritdoc cref="Excerpt(ReadOnlyMemory{byte})"/>
    public string Excerpt(string text) => Cut(Redact(text));

    private static string Cut(string text)
    {
        string line = string.Create(Math.Min(text.Length, ExcerptLength), text, static (span, source) =>
        {
            for (int i = 0; i < span.Length; i++)
            {
                span[i] = char.IsControl(source[i]) ? ' ' : source[i];
            }
        });
        return text.Length > ExcerptLength ? line + "…" : line;
    }

    private string Redact(string text)
    {
        foreach (string secret in _cookies.Values.Append(Password).OfType<string>().Where(s => s.Length >= 4).OrderByDescending(s => s.Length))
        {
            text = text.Replace(secret, "***", StringComparison.Ordinal);
        }

        return text;
    }
}
