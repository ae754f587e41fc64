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
    [FilePath]
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
    /// A program that prints the password (or token), and its arguments; it is started without a shell, has 15 seconds and prints nothing else. Default: none.
    /// </summary>
    public IList<string> ImapPasswordCommand { get; } = [];

    /// <summary>
    /// SHA-256 of the IMAP server's certificate in hex; several, separated by commas. Without it and without <see cref="ImapRootsFile"/>
    /// the machine's certificate store decides.
    /// </summary>
    public string? ImapFingerprint { get; set; }

    /// <summary>A PEM file with the roots that the IMAP server's certificate must lead to.</summary>
    [FilePath]
    public string? ImapRootsFile { get; set; }

    /// <summary>The folder in which test messages arrive, by the name that people see; <c>INBOX</c>.</summary>
    public string ImapFolder { get; set; } = "INBOX";

    /// <summary>How long one look into the mailbox may take, connecting included; 10 seconds.</summary>
    [TimeBounds("1ms", "1min")]
    public TimeSpan ImapTimeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// Test messages of this age are deleted after another one was sent; 7 days; one day to a year, <see langword="null"/> (in the configuration
    /// <c>never</c>): never. Only
    /// messages whose Message-ID begins with <c>&lt;ksmg-upgrade.</c> are, and only where the server knows UIDPLUS (RFC 4315).
    /// </summary>
    [TimeBounds("1d", "365d")]
    public TimeSpan? CleanUpAfter { get; set; } = TimeSpan.FromDays(7);


    internal SecretSource ImapPassword => new($"MailProbe: {nameof(ImapPassword)}", ImapPasswordFile, ImapPasswordEnvironment, [.. ImapPasswordCommand]);

    internal TrustSource ImapTrust => new(ImapFingerprint, ImapRootsFile);

    private protected override IEnumerable<string> FindMailboxMistakes()
    {
        if (HostPort.Parse(Imap) is null)
        {
            yield return Words.Get("probe.imap", Imap);
        }

        if (ImapUserName.Length == 0 || ImapUserName.Contains('\0', StringComparison.Ordinal))
        {
            yield return Words.Get("probe.imap-user");
        }

        if (ImapPassword.Mistake is { } secret)
        {
            yield return secret;
        }

        if (ImapTrust.Mistake is { } trust)
        {
            yield return Words.Get("probe.imap-trust", trust);
        }

        if (ImapFolder.Length is 0 or > 200 || ImapFolder.Any(char.IsControl))
        {
            yield return Words.Get("probe.imap-folder", ImapFolder);
        }
    }
}
