namespace Ksmg.Sdk.Infrastructure;

/// <summary>How test messages reach the nodes. Where each node takes mail stands with the node: <see cref="KsmgNodeOptions.Smtp"/>.</summary>
public abstract class SmtpProbeOptions : IAdapterOptions
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
    [PerNode]
    public IDictionary<string, string> SmtpFingerprints { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>A PEM file with the roots that the SMTP certificates of nodes without a fingerprint must lead to; none.</summary>
    [FilePath]
    public string? SmtpRootsFile { get; set; }

    /// <summary>
    /// The name of this machine in EHLO. Default: its full name where it has one, else its address; where that is refused, the other.
    /// </summary>
    public string? HelloName { get; set; }

    /// <summary>
    /// How long a conversation with a node may take, connecting included; 8 seconds, and 10 at the most: a message must not be sent by
    /// a process whose run was taken over meanwhile.
    /// </summary>
    [TimeBounds("1ms", "10s")]
    public TimeSpan SmtpTimeout { get; set; } = TimeSpan.FromSeconds(8);


    /// <summary>The trust in a node's SMTP certificate.</summary>
    internal TrustSource SmtpTrust(string node) =>
        SmtpFingerprints.TryGetValue(node, out string? pins) ? new TrustSource(pins, null) : new TrustSource(null, SmtpRootsFile);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster)
    {
        // Addresses go into commands, so they may hold nothing that ends one.
        foreach ((string option, string address) in new[] { (nameof(From), From), (nameof(To), To) }.Where(a => !MailText.IsAddress(a.Item2)))
        {
            yield return Words.Get("probe.mail-address", option, address);
        }

        if (MessageIdDomain is { Length: > 0 } domain && (domain.Length > 200 || !domain.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-')))
        {
            yield return Words.Get("probe.domain", domain);
        }

        foreach ((string node, string pins) in SmtpFingerprints)
        {
            if (new TrustSource(pins, null).Mistake is { } mistake)
            {
                yield return Words.Get("probe.fingerprints", node, mistake);
            }
        }

        if (new TrustSource(null, SmtpRootsFile).Mistake is { } roots)
        {
            yield return Words.Get("probe.roots", roots);
        }

        if (cluster?.Nodes.Any(node => HostPort.Parse(node?.Smtp) is null) == true)
        {
            yield return Words.Get("probe.nodes-without");
        }

        foreach (string mistake in FindMailboxMistakes())
        {
            yield return mistake;
        }
    }

    /// <summary>What is wrong with the place where messages are looked for.</summary>
    private protected abstract IEnumerable<string> FindMailboxMistakes();
}
