using System.Net;
using System.Net.Sockets;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>How to reach HAProxy's runtime API, and what the nodes are called there.</summary>
public sealed class HaProxyOptions : IAdapterOptions
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
    [PerNode]
    public IDictionary<string, string> Servers { get; } = new Dictionary<string, string>(StringComparer.OrdinalIgnoreCase);

    /// <summary>How long one exchange may take, connecting included; 5 seconds.</summary>
    [TimeBounds("1ms", "1min")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>Every instance: its text, and where to connect; <see langword="null"/> where that cannot be read.</summary>
    internal IEnumerable<(string Text, EndPoint? EndPoint)> Instances => Split(Endpoint).Select(text => (text, ParseEndpoint(text)));

    /// <summary>Every backend.</summary>
    internal IEnumerable<string> Backends => Split(Backend);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster)
    {
        foreach ((string text, _) in Instances.Where(instance => instance.EndPoint is null))
        {
            yield return Words.Get("haproxy.endpoint", text);
        }

        foreach (string backend in Backends.Where(backend => !IsName(backend)))
        {
            yield return Words.Get("haproxy.backend", backend);
        }

        if (Servers.Count == 0)
        {
            yield return Words.Get("haproxy.servers-empty");
        }

        foreach ((string node, string server) in Servers.Where(server => !IsName(server.Value)))
        {
            yield return Words.Get("haproxy.server", server, node);
        }

        foreach (IGrouping<string, string> twice in Servers.GroupBy(s => s.Value, s => s.Key).Where(g => g.Count() > 1))
        {
            yield return Words.Get("haproxy.shared", string.Join(", ", twice), twice.Key);
        }
    }

    /// <summary>The items of a list with commas; of an empty one the empty item, which is wrong everywhere.</summary>
    private static string[] Split(string text) => text.Split(',', StringSplitOptions.TrimEntries);

    private static EndPoint? ParseEndpoint(string text)
    {
        if (text.StartsWith("unix:/", StringComparison.Ordinal))
        {
            // 100 bytes is less than what any platform takes.
            return text.Length is > 6 and <= 100 ? new UnixDomainSocketEndPoint(text[5..]) : null;
        }

        return HostPort.Parse(text)?.ToEndPoint();
    }

    /// <summary>Names go into commands, so they may hold nothing that ends one.</summary>
    private static bool IsName(string name) =>
        name.Length is > 0 and <= 200 && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.' or ':');
}
