namespace Ksmg.Sdk.Infrastructure;

/// <summary>How to reach HAProxy's runtime API, and what the nodes are called there.</summary>
public sealed class HaProxyOptions
{
    /// <summary>
    /// Where the <c>stats socket</c> listens: <c>host:port</c>, or <c>unix:/run/haproxy/admin.sock</c>. It needs <c>level admin</c>;
    /// whoever reaches it rules the balancer, so a TCP one belongs on loopback or behind a firewall. Several instances, separated by
    /// commas, are switched together. No default.
    /// </summary>
    public string Endpoint { get; set; } = string.Empty;

    /// <summary>
    /// The name of the backend that holds the nodes' SMTP servers; several, separated by commas, are switched together. No default.
    /// </summary>
    public string Backend { get; set; } = string.Empty;

    /// <summary>The name of the server, the same in every backend, by node name. Every node that is behind the balancer stands here.</summary>
    public IDictionary<string, string> Servers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How long one exchange may take, connecting included; 5 seconds.</summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<HaProxyOptions> Shape { get; } = new SectionShape<HaProxyOptions>()
        .Kind("HaProxy")
        .Text(nameof(Endpoint), (o, value) => o.Endpoint = value)
        .Text(nameof(Backend), (o, value) => o.Backend = value)
        .Map(nameof(Servers), o => o.Servers)
        .Time(nameof(Timeout), (o, value) => o.Timeout = value);
}
