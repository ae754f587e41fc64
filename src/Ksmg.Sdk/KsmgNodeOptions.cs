namespace Ksmg.Sdk;

/// <summary>A node as configured.</summary>
public sealed class KsmgNodeOptions
{
    private readonly ServerTrust? _trust;

    /// <summary>For the configuration.</summary>
    public KsmgNodeOptions()
    {
    }

    /// <summary>A node whose trust is given in code.</summary>
    internal KsmgNodeOptions(ServerTrust? trust) => _trust = trust;

    /// <summary>The name under which people and plans speak of the node: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</summary>
    public string? Name { get; set; }

    /// <summary>The base address of the web interface, such as <c>https://10.0.0.11</c>.</summary>
    public Uri? Address { get; set; }

    /// <summary>
    /// SHA-256 of the node's certificate in hex, with or without colons and spaces, or the whole line that
    /// <c>openssl x509 -noout -fingerprint -sha256</c> prints; several, separated by commas, while a change is expected. Without it and without <see
    /// cref="RootsFile"/> the machine's certificate store decides.
    /// </summary>
    public string? Fingerprint { get; set; }

    /// <summary>A PEM file with the roots that the node's certificate must lead to.</summary>
    public string? RootsFile { get; set; }

    /// <summary>Where the node takes mail, <c>host:port</c>.</summary>
    public string? Smtp { get; set; }

    /// <summary>The address under which the product lists the node, <c>IP:port</c>. When absent, the node is asked.</summary>
    public string? ClusterAddress { get; set; }

    /// <summary>A certificate that is trusted beside the pinned ones for as long as a run is driven that says so.</summary>
    internal string? OtherFingerprint { get; set; }

    /// <summary>What may stand in the section of a node.</summary>
    internal static SectionShape<KsmgNodeOptions> Shape { get; } = new SectionShape<KsmgNodeOptions>()
        .Text(nameof(Name), (o, value) => o.Name = value)
        .Address(nameof(Address), (o, value) => o.Address = value)
        .Text(nameof(Fingerprint), (o, value) => o.Fingerprint = value)
        .Text(nameof(RootsFile), (o, value) => o.RootsFile = value)
        .Text(nameof(Smtp), (o, value) => o.Smtp = value)
        .Text(nameof(ClusterAddress), (o, value) => o.ClusterAddress = value);

    /// <summary>The trust that holds.</summary>
    /// <exception cref="FormatException">The fingerprint is malformed, or the file holds no certificate.</exception>
    /// <exception cref="IOException">The file cannot be read.</exception>
    internal ServerTrust ResolveTrust(KsmgOptions cluster) =>
        _trust ?? new TrustSource(Fingerprint, string.IsNullOrEmpty(RootsFile) ? null : cluster.FullPath(RootsFile)).Resolve() ?? ServerTrust.System;
}
