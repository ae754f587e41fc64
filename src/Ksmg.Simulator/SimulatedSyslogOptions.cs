using System.Net;

namespace Ksmg.Simulator;

/// <summary>
/// Where simulated nodes send their events, as CEF over syslog. Each node sends from a loopback address of its own: <c>gw1</c> from
/// 127.0.0.1, <c>gw2</c> from 127.0.0.2…
/// </summary>
public sealed record SimulatedSyslogOptions
{
    /// <summary>The collector. One that does not listen hears nothing, and no node minds.</summary>
    public required IPEndPoint Collector { get; init; }

    /// <summary>Whether the lines go over TCP, counted (RFC 6587); else each is a datagram. Default: no.</summary>
    public bool Tcp { get; init; }
}
