using System.Net;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Where nodes send their events in CEF, and which node sends from where.</summary>
public sealed class CefListenerOptions : IAdapterOptions
{
    /// <summary>The address and port to listen on, UDP and TCP, such as <c>0.0.0.0:5514</c>. Port 0: any free one. No default.</summary>
    public string Endpoint { get; set; } = string.Empty;

    /// <summary>
    /// The address or host name each node sends from, by node name; names are looked up at the start. What comes from elsewhere is not
    /// read. Every node needs an address of its own: a relay in between would hide who speaks.
    /// </summary>
    [PerNode]
    public IDictionary<string, string> Senders { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster)
    {
        if (!Endpoint.Contains(':', StringComparison.Ordinal) || !IPEndPoint.TryParse(Endpoint, out _))
        {
            yield return Words.Get("cef.endpoint", Endpoint);
        }

        if (Senders.Count == 0)
        {
            yield return Words.Get("cef.senders-empty");
        }

        foreach ((string node, string sender) in Senders.Where(s => Uri.CheckHostName(s.Value) is UriHostNameType.Unknown or UriHostNameType.Basic))
        {
            yield return Words.Get("cef.sender", sender, node);
        }

        foreach (IGrouping<string, string> twice in Senders.GroupBy(s => s.Value, s => s.Key, StringComparer.OrdinalIgnoreCase).Where(g => g.Count() > 1))
        {
            yield return Words.Get("cef.shared-sender", string.Join(", ", twice), twice.Key);
        }
    }
}
