using System.Net;
using System.Net.Sockets;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>Ports for servers that cannot be told to take a free one themselves.</summary>
internal static class FreePort
{
    /// <summary>The system has just picked it; it does not give it to the next that asks.</summary>
    public static IPEndPoint Take()
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        return (IPEndPoint)socket.LocalEndPoint!;
    }
}
