namespace Ksmg.Sdk.Infrastructure;

/// <summary>Where events of a run are posted to, and how they are signed.</summary>
public sealed class WebhookOptions : IAdapterOptions
{
    /// <summary>The receiver, <c>https://…</c>. A path or query may hold a token: it appears in no message and no log. No default.</summary>
    public Uri? Url { get; set; }

    /// <summary>A file with nothing but the signing secret in UTF-8, 16 characters or more; line ends at its end are ignored.</summary>
    [FilePath]
    public string? SecretFile { get; set; }

    /// <summary>The name of an environment variable with the signing secret.</summary>
    public string? SecretEnvironment
    {
        get;
        set
        {
            field = value;
            SecretVariables.Add(value);
        }
    }

    /// <summary>
    /// A program that prints the signing secret, and its arguments; it is started without a shell, has 15 seconds and prints nothing else. Default: none.
    /// </summary>
    public IList<string> SecretCommand { get; } = [];

    /// <summary>
    /// SHA-256 of the receiver's certificate in hex; several, separated by commas. Without it and without <see cref="RootsFile"/> the
    /// machine's certificate store decides.
    /// </summary>
    public string? Fingerprint { get; set; }

    /// <summary>A PEM file with the roots that the receiver's certificate must lead to.</summary>
    [FilePath]
    public string? RootsFile { get; set; }

    /// <summary>
    /// A file in Liquid that gives the body instead of the event, as JSON; what it puts in is escaped. Default: the event. See <c>docs/notifications.md</c>.
    /// </summary>
    [FilePath]
    public string? TemplateFile { get; set; }

    /// <summary>How long one notification may take, its second attempt included; 10 seconds. The run waits meanwhile.</summary>
    [TimeBounds("1ms", "1min")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    internal SecretSource Secret => new($"Notifications: {nameof(Secret)}", SecretFile, SecretEnvironment, [.. SecretCommand]);

    internal TrustSource Trust => new(Fingerprint, RootsFile);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster)
    {
        if (Url is not { IsAbsoluteUri: true } url || url.Scheme != Uri.UriSchemeHttps || url.UserInfo.Length > 0)
        {
            yield return Words.Get("webhook.url");
        }

        if (Secret.Mistake is { } secret)
        {
            yield return secret;
        }

        _ = EventTemplate.Read(nameof(TemplateFile), TemplateFile, isJson: true, out string? template);
        if (template is not null)
        {
            yield return template;
        }

        if (Trust.Mistake is { } trust)
        {
            yield return Words.Get("webhook.trust", trust);
        }
    }
}
