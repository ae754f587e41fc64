using System.Globalization;
using System.Net;

namespace Ksmg.Sdk;

/// <summary>A host and a port, as they stand in the configuration.</summary>
internal sealed record HostPort(string Host, int Port)
{
    /// <summary>
    /// Reads <c>host:port</c>, <c>1.2.3.4:port</c> or <c>[::1]:port</c>, and a host alone where a port is given for it;
    /// <see langword="null"/> for anything else. A host never begins as an option of a program does.
    /// </summary>
    public static HostPort? Parse(string? text, int? defaultPort = null)
    {
        if (string.IsNullOrEmpty(text))
        {
            return null;
        }

        if (defaultPort is { } alone && text[0] != '[' && IPAddress.TryParse(text, out IPAddress? address))
        {
            return new HostPort(address.ToString(), alone);
        }

        int colon = text.LastIndexOf(':');
        bool hasPort = colon > 0 && text[colon - 1] != ':' && !text.EndsWith(']');
        int? port = !hasPort ? defaultPort
            : ushort.TryParse(text.AsSpan(colon + 1), NumberStyles.None, CultureInfo.InvariantCulture, out ushort number) && number > 0 ? number
            : null;
        string host = hasPort ? text[..colon] : text;
        if (port is null || host[0] == '-')
        {
            return null;
        }

        return Uri.CheckHostName(host) switch
        {
            UriHostNameType.Dns or UriHostNameType.IPv4 => new HostPort(host, port.Value),
            UriHostNameType.IPv6 when host is ['[', .., ']'] => new HostPort(host[1..^1], port.Value),
            _ => null,
        };
    }

    /// <summary>Where to connect.</summary>
    public EndPoint ToEndPoint() => IPAddress.TryParse(Host, out IPAddress? address) ? new IPEndPoint(address, Port) : new DnsEndPoint(Host, Port);

    public override string ToString() => Host.Contains(':', StringComparison.Ordinal) ? $"[{Host}]:{Port}" : $"{Host}:{Port}";
}
