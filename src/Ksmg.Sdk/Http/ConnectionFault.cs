using System.Net.Sockets;
using System.Security.Authentication;

namespace Ksmg.Sdk.Http;

/// <summary>Says why a connection failed, from the innermost reason and in words of ours.</summary>
internal static class ConnectionFault
{
    /// <summary>What TLS libraries say (OpenSSL, Schannel through .NET), and what it means. The first that fits.</summary>
    private static readonly (string[] Signs, string Meaning)[] TlsFaults =
    [
        (["wrong version number", "packet length too long", "http request", "corrupted frame", "record layer", "bad record type"],
            "{0} does not speak TLS; is it plain HTTP, or another service?"),
        (["protocol version", "unsupported protocol", "no protocols available", "unsupported ssl", "0x80090331"],
            "{0} offers only a version of TLS that is too old; TLS 1.2 is the least"),
        (["handshake failure", "no shared cipher", "no cipher", "cipher match", "insufficient security"],
            "{0} and this machine have no TLS cipher in common; the node must offer one with ECDHE or DHE"),
        (["unexpected eof", "0 bytes from the transport"], "{0} closed the connection during the TLS handshake"),
        (["certificate required", "bad certificate", "unknown ca"], "{0} wants a certificate of the client, which is not supported"),
        (["unrecognized name"], "{0} knows no web interface of this host name"),
    ];

    public static string Describe(Exception fault, Uri address)
    {
        Exception[] chain = [.. Chain(fault)];
        if (chain.OfType<SocketException>().LastOrDefault() is { } socket)
        {
            return Describe(socket, address);
        }

        bool isTls = chain.Any(e => e is AuthenticationException) || fault is HttpRequestException { HttpRequestError: HttpRequestError.SecureConnectionError };
        if (isTls)
        {
            string meaning = TlsFaults.FirstOrDefault(f => f.Signs.Any(s => chain.Any(e => e.Message.Contains(s, StringComparison.OrdinalIgnoreCase)))).Meaning
                ?? "the TLS handshake with {0} failed";
            return meaning.Replace("{0}", address.Authority, StringComparison.Ordinal);
        }

        return fault is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded }
            || chain.Any(e => e is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded })
            ? "the node closed it before its answer was complete"
            : chain[^1].Message.TrimEnd('.');
    }

    private static string Describe(SocketException socket, Uri address) => socket.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => $"nothing listens on {address.Authority}",
        SocketError.HostNotFound or SocketError.NoData => $"the name {address.IdnHost} is not known",
        SocketError.TryAgain => $"no name server tells the address of {address.IdnHost}",
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown =>
            $"there is no way to {address.Authority}",
        SocketError.TimedOut => $"{address.Authority} does not answer",
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => $"{address.Authority} cut it",
        _ => socket.Message,
    };

    private static IEnumerable<Exception> Chain(Exception fault)
    {
        for (Exception? e = fault; e is not null; e = e.InnerException)
        {
            yield return e;
        }
    }
}
