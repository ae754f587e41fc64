namespace Ksmg.Sdk.Infrastructure;

/// <summary>Test messages sent by SMTP and looked for by IMAP.</summary>
public sealed class SmtpImapOptions : SmtpProbeOptions
{
    /// <summary>The recipient's IMAP server, <c>host:port</c>. No default.</summary>
    public string Imap { get; set; } = string.Empty;

    /// <summary>How it is reached in TLS; <see cref="ImapTls.ByPort"/>.</summary>
    public ImapTls ImapTls { get; set; } = ImapTls.ByPort;

    /// <summary>The account of the mailbox. No default.</summary>
    public string ImapUserName { get; set; } = string.Empty;

    /// <summary>What the account is opened with; <see cref="MailLogin.Password"/>.</summary>
    public MailLogin ImapLogin { get; set; } = MailLogin.Password;

    /// <summary>A file with nothing but the password (or token) in UTF-8; line ends at its end are ignored.</summary>
    public string? ImapPasswordFile { get; set; }

    /// <summary>The name of an environment variable with the password (or token).</summary>
    public string? ImapPasswordEnvironment
    {
        get;
        set
        {
            field = value;
            SecretVariables.Add(value);
        }
    }

    /// <summary>
    /// SHA-256 of the IMAP server's certificate in hex; several, separated by commas. Without it and without <see cref="ImapRootsFile"/>
    /// the machine's certificate store decides.
    /// </summary>
    public string? ImapFingerprint { get; set; }

    /// <summary>A PEM file with the roots that the IMAP server's certificate must lead to.</summary>
    public string? ImapRootsFile { get; set; }

    /// <summary>The folder in which test messages arrive, by the name that people see; <c>INBOX</c>.</summary>
    public string ImapFolder { get; set; } = "INBOX";

    /// <summary>How long one look into the mailbox may take, connecting included; 10 seconds.</summary>
    public TimeSpan ImapTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Test messages of this age are deleted after another one was sent; 7 days; one day to a year, <see langword="null"/> (in the configuration <c>never</c>): never. Only
    /// messages whose Message-ID begins with <c>&lt;ksmg-upgrade.</c> are, and only where the server knows UIDPLUS (RFC 4315).
    /// </summary>
    public TimeSpan? CleanUpAfter { get; set; } = TimeSpan.FromDays(7);

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<SmtpImapOptions> Shape { get; } = ShapeOf<SmtpImapOptions>("SmtpImap")
        .Text(nameof(Imap), (o, value) => o.Imap = value)
        .Text(nameof(ImapUserName), (o, value) => o.ImapUserName = value)
        .Text(nameof(ImapPasswordFile), (o, value) => o.ImapPasswordFile = value)
        .Text(nameof(ImapPasswordEnvironment), (o, value) => o.ImapPasswordEnvironment = value)
        .Text(nameof(ImapFingerprint), (o, value) => o.ImapFingerprint = value)
        .Text(nameof(ImapRootsFile), (o, value) => o.ImapRootsFile = value)
        .Text(nameof(ImapFolder), (o, value) => o.ImapFolder = value)
        .Word<ImapTls>(nameof(ImapTls), (o, value) => o.ImapTls = value)
        .Word<MailLogin>(nameof(ImapLogin), (o, value) => o.ImapLogin = value)
        .Time(nameof(ImapTimeout), (o, value) => o.ImapTimeout = value)
        .TimeOrNever(nameof(CleanUpAfter), (o, value) => o.CleanUpAfter = value);

    internal override void Anchor(KsmgOptions cluster)
    {
        base.Anchor(cluster);
        (ImapPasswordFile, ImapRootsFile) = (cluster.PathOf(ImapPasswordFile), cluster.PathOf(ImapRootsFile));
    }
}
