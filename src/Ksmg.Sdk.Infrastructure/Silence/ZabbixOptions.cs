namespace Ksmg.Sdk.Infrastructure;

/// <summary>How to reach Zabbix, and which of its hosts the nodes are.</summary>
public sealed class ZabbixOptions : IAdapterOptions
{
    /// <summary>The address of the API, <c>https://HOST/…/api_jsonrpc.php</c>. No default.</summary>
    public Uri? Url { get; set; }

    /// <summary>What a node is called as a host in Zabbix (its technical name), where that is not its name here.</summary>
    [PerNode]
    public IDictionary<string, string> Hosts { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>A file with nothing but the API token in UTF-8; line ends at its end are ignored.</summary>
    [FilePath]
    public string? TokenFile { get; set; }

    /// <summary>The name of an environment variable with the API token.</summary>
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
    /// A program that prints the API token, and its arguments; it is started without a shell, has 15 seconds and prints nothing else. Default: none.
    /// </summary>
    public IList<string> TokenCommand { get; } = [];

    /// <summary>
    /// SHA-256 of the server's certificate in hex; several, separated by commas. Without it and without <see cref="RootsFile"/> the machine's
    /// certificate store decides.
    /// </summary>
    public string? Fingerprint { get; set; }

    /// <summary>A PEM file with the roots that the server's certificate must lead to.</summary>
    [FilePath]
    public string? RootsFile { get; set; }

    /// <summary>How long one call may take. Default: 10 seconds.</summary>
    [TimeBounds("1ms", "20s")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    internal SecretSource Token => new($"Silence: {nameof(Token)}", TokenFile, TokenEnvironment, [.. TokenCommand]);

    internal TrustSource Trust => new(Fingerprint, RootsFile);

    /// <summary>What a node is called in Zabbix.</summary>
    internal string HostOf(string node) => Hosts.TryGetValue(node, out string? host) ? host : node;

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster)
    {
        if (Url is not { IsAbsoluteUri: true } url || url.Scheme != Uri.UriSchemeHttps || url.UserInfo.Length > 0)
        {
            yield return Words.Get("silence.zabbix-url");
        }

        foreach (string node in Hosts.Where(h => string.IsNullOrWhiteSpace(h.Value)).Select(h => h.Key))
        {
            yield return Words.Get("silence.empty-host", node);
        }

        if (Token.Mistake is { } token)
        {
            yield return token;
        }

        if (Trust.Mistake is { } trust)
        {
            yield return Words.Get("silence.trust", trust);
        }
    }
}
