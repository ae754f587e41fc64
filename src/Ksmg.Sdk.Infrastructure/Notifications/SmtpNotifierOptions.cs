namespace Ksmg.Sdk.Infrastructure;

/// <summary>Whom a run writes to, and through which relay.</summary>
public sealed class SmtpNotifierOptions : IAdapterOptions
{
    /// <summary>
    /// The mail server that takes the notifications, <c>host:port</c>: none of the cluster's own nodes, and not the load balancer in front
    /// of them, or nobody is told when they stand still. No default.
    /// </summary>
    public string Relay { get; set; } = string.Empty;

    /// <summary>The sender's address. No default.</summary>
    public string From { get; set; } = string.Empty;

    /// <summary>The recipients' addresses, at least one.</summary>
    public IList<string> To { get; } = [];

    /// <summary>Whether the relay is spoken to in TLS; <see cref="SmtpTls.Required"/>.</summary>
    public SmtpTls Tls { get; set; } = SmtpTls.Required;

    /// <summary>
    /// SHA-256 of the relay's certificate in hex; several, separated by commas. Without it and without <see cref="RootsFile"/> the machine's
    /// certificate store decides.
    /// </summary>
    public string? Fingerprint { get; set; }

    /// <summary>A PEM file with the roots that the relay's certificate must lead to.</summary>
    [FilePath]
    public string? RootsFile { get; set; }

    /// <summary>The account at the relay, where it asks for one; needs <see cref="SmtpTls.Required"/> or <see cref="SmtpTls.Implicit"/>.</summary>
    public string? UserName { get; set; }

    /// <summary>What the account is opened with; <see cref="MailLogin.Password"/>.</summary>
    public MailLogin Login { get; set; } = MailLogin.Password;

    /// <summary>
    /// The name of this machine in EHLO. Default: its full name where it has one, else its address; where that is refused, the other.
    /// </summary>
    public string? HelloName { get; set; }

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

    /// <summary>A file in Liquid that gives the subject; default: ours. See <c>docs/notifications.md</c>.</summary>
    [FilePath]
    public string? SubjectTemplateFile { get; set; }

    /// <summary>A file in Liquid that gives the text; default: ours.</summary>
    [FilePath]
    public string? BodyTemplateFile { get; set; }

    /// <summary>How long one notification may take, connecting included; 10 seconds. The run waits meanwhile.</summary>
    [TimeBounds("1ms", "1min")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    internal SecretSource Password => new($"Notifications: {nameof(Password)}", PasswordFile, PasswordEnvironment, [.. PasswordCommand]);

    internal TrustSource Trust => new(Fingerprint, RootsFile);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster)
    {
        HostPort? relay = HostPort.Parse(Relay);
        if (relay is null)
        {
            yield return Words.Get("notifier.relay", Relay);
        }
        else if (cluster?.Nodes.Any(node => IsNode(relay, HostPort.Parse(node?.Smtp))) == true)
        {
            yield return Words.Get("notifier.relay-is-node");
        }

        if (To.Count is 0 or > 50)
        {
            yield return Words.Get("notifier.recipients");
        }

        foreach (string address in To.Prepend(From).Where(address => !MailText.IsAddress(address)))
        {
            yield return Words.Get("notifier.mail-address", address);
        }

        bool hasPassword = Password.Count > 0;
        if (UserName is not { Length: > 0 } && hasPassword)
        {
            yield return Words.Get("notifier.no-user");
        }

        if (UserName is { Length: > 0 } && Password.Mistake is { } password)
        {
            yield return password;
        }

        if (UserName is { Length: > 0 } && Tls is not (SmtpTls.Required or SmtpTls.Implicit))
        {
            yield return Words.Get("notifier.needs-tls");
        }

        _ = EventTemplate.Read(nameof(SubjectTemplateFile), SubjectTemplateFile, isJson: false, out string? subject);
        _ = EventTemplate.Read(nameof(BodyTemplateFile), BodyTemplateFile, isJson: false, out string? body);
        foreach (string template in new[] { subject, body }.OfType<string>())
        {
            yield return template;
        }

        if (Trust.Mistake is { } trust)
        {
            yield return Words.Get("notifier.trust", trust);
        }
    }

    /// <summary>Whether a relay is one of the nodes: the same host, or on this machine, where tests and tunnels live, the same port too.</summary>
    private static bool IsNode(HostPort relay, HostPort? node) =>
        relay.Host.Equals(node?.Host, StringComparison.OrdinalIgnoreCase)
        && (relay.Port == node!.Port || relay.Host is not ("localhost" or "127.0.0.1" or "::1"));
}
