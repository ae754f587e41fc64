using System.Text.RegularExpressions;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>How to reach Alertmanager, and which alerts are those of a node.</summary>
public sealed class AlertmanagerOptions : IAdapterOptions
{
    /// <summary>In the value of a matcher: the node, as the monitoring calls it.</summary>
    internal const string NodePlaceholder = "{node}";

    /// <summary>Before the value of a matcher: it is a regular expression.</summary>
    private const char Pattern = '~';

    /// <summary>Where Alertmanager stands, up to before <c>/api/v2</c>; without <c>https://</c> only where no login is given. No default.</summary>
    public Uri? Url { get; set; }

    /// <summary>
    /// The labels of a node's alerts: a value, or with <c>~</c> before it a regular expression that the whole value has to match. All of them have to
    /// match; <c>{node}</c> stands for the node, and has to stand in one of them. No default.
    /// </summary>
    public IDictionary<string, string> Matchers { get; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>What a node is called in the labels, where that is not its name here.</summary>
    [PerNode]
    public IDictionary<string, string> Names { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>The user at Alertmanager or at the proxy before it (HTTP Basic). Default: no login.</summary>
    public string? UserName { get; set; }

    /// <summary>A file with nothing but the password in UTF-8; line ends at its end are ignored.</summary>
    [FilePath]
    public string? PasswordFile { get; set; }

    /// <summary>The name of an environment variable with the password.</summary>
    public string? PasswordEnvironment
    {
        get;
        set
        {
            field = value;
            SecretVariables.Add(value);
        }
    }

    /// <summary>
    /// A program that prints the password, and its arguments; it is started without a shell, has 15 seconds and prints nothing else. Default: none.
    /// </summary>
    public IList<string> PasswordCommand { get; } = [];

    /// <summary>
    /// SHA-256 of the server's certificate in hex; several, separated by commas. Without it and without <see cref="RootsFile"/> the machine's
    /// certificate store decides.
    /// </summary>
    public string? Fingerprint { get; set; }

    /// <summary>A PEM file with the roots that the server's certificate must lead to.</summary>
    [FilePath]
    public string? RootsFile { get; set; }

    /// <summary>How long one call may take. Default: 10 seconds.</summary>
    [TimeBounds("1ms", "40s")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    internal SecretSource Password => new($"Silence: {nameof(Password)}", PasswordFile, PasswordEnvironment, [.. PasswordCommand]);

    internal TrustSource Trust => new(Fingerprint, RootsFile);

    /// <summary>The matchers of a node's alerts.</summary>
    internal IEnumerable<AlertmanagerMatcher> MatchersOf(string node)
    {
        string name = Names.TryGetValue(node, out string? other) ? other : node;
        return Matchers.Select(m => m.Value.StartsWith(Pattern)
            ? new AlertmanagerMatcher(m.Key, m.Value[1..].Replace(NodePlaceholder, Regex.Escape(name), StringComparison.Ordinal), IsRegex: true)
            : new AlertmanagerMatcher(m.Key, m.Value.Replace(NodePlaceholder, name, StringComparison.Ordinal), IsRegex: false));
    }

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster)
    {
        bool hasLogin = UserName is { Length: > 0 };
        if (Url is not { IsAbsoluteUri: true } url || url.UserInfo.Length > 0 || url.Query.Length > 0
            || url.Scheme != Uri.UriSchemeHttps && (url.Scheme != Uri.UriSchemeHttp || hasLogin))
        {
            yield return Words.Get("silence.alertmanager-url");
        }

        // Without the node all alerts of everything else would fall silent too.
        if (!Matchers.Values.Any(value => value?.Contains(NodePlaceholder, StringComparison.Ordinal) == true))
        {
            yield return Words.Get("silence.no-node", NodePlaceholder);
        }

        foreach (string label in Matchers.Where(m => m.Key.Length == 0 || m.Value is not { Length: > 0 } || m.Value == $"{Pattern}").Select(m => m.Key))
        {
            yield return Words.Get("silence.empty-matcher", label);
        }

        if (!hasLogin && Password.Count > 0)
        {
            yield return Words.Get("silence.no-user");
        }

        if (hasLogin && Password.Mistake is { } password)
        {
            yield return password;
        }

        if (Trust.Mistake is { } trust)
        {
            yield return Words.Get("silence.trust", trust);
        }
    }
}
