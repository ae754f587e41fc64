namespace Ksmg.Sdk.Infrastructure;

/// <summary>Whom a run writes to, and through which relay.</summary>
public sealed class SmtpNotifierOptions
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

    /// <summary>How long one notification may take, connecting included; 10 seconds. The run waits meanwhile.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<SmtpNotifierOptions> Shape { get; } = new SectionShape<SmtpNotifierOptions>()
        .Kind("Smtp")
        .Text(nameof(Relay), (o, value) => o.Relay = value)
        .Text(nameof(From), (o, value) => o.From = value)
        .Texts(nameof(To), o => o.To)
        .Word<SmtpTls>(nameof(Tls), (o, value) => o.Tls = value)
        .Word<MailLogin>(nameof(Login), (o, value) => o.Login = value)
        .Text(nameof(HelloName), (o, value) => o.HelloName = value)
        .Text(nameof(Fingerprint), (o, value) => o.Fingerprint = value)
        .Text(nameof(RootsFile), (o, value) => o.RootsFile = value)
        .Text(nameof(UserName), (o, value) => o.UserName = value)
        .Text(nameof(PasswordFile), (o, value) => o.PasswordFile = value)
        .Text(nameof(PasswordEnvironment), (o, value) => o.PasswordEnvironment = value)
        .Time(nameof(Timeout), (o, value) => o.Timeout = value);
}
