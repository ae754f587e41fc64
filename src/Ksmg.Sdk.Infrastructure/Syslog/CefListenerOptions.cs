namespace Ksmg.Sdk.Infrastructure;

/// <summary>Where nodes send their events in CEF, and which node sends from where.</summary>
public sealed class CefListenerOptions
{
    /// <summary>The address and port to listen on, UDP and TCP, such as <c>0.0.0.0:5514</c>. Port 0: any free one. No default.</summary>
    public string Endpoint { get; set; } = string.Empty;

    /// <summary>
    /// The address or host name each node sends from, by node name; names are looked up at the start. What comes from elsewhere is not
    /// read. Every node needs an address of its own: a relay in between would hide who speaks.
    /// </summary>
    public IDictionary<string, string> Senders { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<CefListenerOptions> Shape { get; } = new SectionShape<CefListenerOptions>()
        .Kind("Cef")
        .Text(nameof(Endpoint), (o, value) => o.Endpoint = value)
        .Map(nameof(Senders), o => o.Senders);
}
