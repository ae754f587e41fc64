namespace Ksmg.Sdk.Infrastructure;

/// <summary>A web address that is spoken to, with whose trust and which token.</summary>
public abstract class HttpPortOptions : IAdapterOptions
{
    /// <summary>What people, plans and the journal call it: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; no two have the same. No default.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>
    /// The address: <c>https://…</c>, or <c>http://</c> on this machine. A path or query may hold a token: it appears in no message and no log. No default.
    /// </summary>
    public Uri? Url { get; set; }

    /// <summary>A file with nothing but a bearer token; line ends at its end are ignored. Default: no token.</summary>
    [FilePath]
    public string? TokenFile { get; set; }

    /// <summary>The name of an environment variable with a bearer token. Default: no token.</summary>
    public string? TokenEnvironment
    {
        get;
        set
        {
            field = value;
            SecretVariables.Add(value);
        }
    }

    /// <summary>
    /// A program that prints a bearer token, and its arguments; it is started without a shell, has 15 seconds and prints nothing else. Default: none.
    /// </summary>
    public IList<string> TokenCommand { get; } = [];

    /// <summary>
    /// SHA-256 of the server's certificate in hex; several, separated by commas. Without it and without <see cref="RootsFile"/> the
    /// machine's certificate store decides.
    /// </summary>
    public string? Fingerprint { get; set; }

    /// <summary>A PEM file with the roots that the server's certificate must lead to.</summary>
    [FilePath]
    public string? RootsFile { get; set; }

    internal SecretSource Token => new("Token", TokenFile, TokenEnvironment, [.. TokenCommand]);

    internal TrustSource Trust => new(Fingerprint, RootsFile);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster) => FindMistakes();

    private protected virtual IEnumerable<string> FindMistakes()
    {
        if (Url is not { IsAbsoluteUri: true } url || url.UserInfo.Length > 0
            || (url.Scheme != Uri.UriSchemeHttps && !(url.Scheme == Uri.UriSchemeHttp && url.IsLoopback)))
        {
            yield return Words.Get("http.url");
        }

        if (Token is { Count: > 0, Mistake: { } token })
        {
            yield return token;
        }

        if (Trust.Mistake is { } trust)
        {
            yield return Words.Get("http.trust", trust);
        }
    }
}
