namespace Ksmg.Sdk.Infrastructure;

/// <summary>How test messages reach the nodes. Where each node takes mail stands with the node: <see cref="KsmgNodeOptions.Smtp"/>.</summary>
public abstract class SmtpProbeOptions
{
    /// <summary>The sender's address of test messages. Bounces go there. No default.</summary>
    public string From { get; set; } = string.Empty;

    /// <summary>The recipient's address: a mailbox of its own, behind the gateway. No default.</summary>
    public string To { get; set; } = string.Empty;

    /// <summary>The domain of the Message-IDs; the one of <see cref="From"/>: filters rate a domain that is not the sender's.</summary>
    public string? MessageIdDomain { get; set; }

    /// <summary>Whether nodes are spoken to in TLS; <see cref="SmtpTls.WhenOffered"/>.</summary>
    public SmtpTls SmtpTls { get; set; } = SmtpTls.WhenOffered;

    /// <summary>
    /// SHA-256 of the certificate that each node shows on SMTP, by node name; several, separated by commas, while a change is expected.
    /// It is not the certificate of the web interface.
    /// </summary>
    public IDictionary<string, string> SmtpFingerprints { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>A PEM file with the roots that the SMTP certificates of nodes without a fingerprint must lead to; none.</summary>
    public string? SmtpRootsFile { get; set; }

    /// <summary>
    /// The name of this machine in EHLO. Default: its full name where it has one, else its address; where that is refused, the other.
    /// </summary>
    public string? HelloName { get; set; }

    /// <summary>
    /// How long a conversation with a node may take, connecting included; 8 seconds, and 10 at the most: a message must not be sent by
    /// a process whose run was taken over meanwhile.
    /// </summary>
    public TimeSpan SmtpTimeout { get; set; } = TimeSpan.FromSeconds(8);

    /// <summary>What may stand in the sections of both kinds.</summary>
    internal static SectionShape<T> ShapeOf<T>(string kind)
        where T : SmtpProbeOptions => new SectionShape<T>()
            .Kind(kind)
            .Text(nameof(From), (o, value) => o.From = value)
            .Text(nameof(To), (o, value) => o.To = value)
            .Word<SmtpTls>(nameof(SmtpTls), (o, value) => o.SmtpTls = value)
            .Text(nameof(HelloName), (o, value) => o.HelloName = value)
            .Text(nameof(MessageIdDomain), (o, value) => o.MessageIdDomain = value)
            .Map(nameof(SmtpFingerprints), o => o.SmtpFingerprints)
            .Text(nameof(SmtpRootsFile), (o, value) => o.SmtpRootsFile = value)
            .Time(nameof(SmtpTimeout), (o, value) => o.SmtpTimeout = value);

    /// <summary>Relative paths count from the cluster's <see cref="KsmgOptions.BasePath"/>.</summary>
    internal virtual void Anchor(KsmgOptions cluster) => SmtpRootsFile = cluster.PathOf(SmtpRootsFile);
}
