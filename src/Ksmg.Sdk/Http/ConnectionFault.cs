using System.Net.Sockets;
using System.Security.Authentication;

namespace Ksmg.Sdk.Http;

/// <summary>Says why a connection failed, from the innermost reason and in words of ours.</summary>
internal static class ConnectionFault
{
    /// <summary>What TLS libraries say (OpenSSL, Schannel through .NET), and what it means. The first that fits.</summary>
    private static readonly (string[] Signs, string Key)[] TlsFaults =
    [
        (["wrong version number", "packet length too long", "http request", "corrupted frame", "record layer", "bad record type"],
            "tls.not-spoken"),
        (["protocol version", "unsupported protocol", "no protocols available", "unsupported ssl", "0x80090331"],
            "tls.too-old"),
        (["handshake failure", "no shared cipher", "no cipher", "cipher match", "insufficient security"],
            "tls.no-cipher"),
        (["unexpected eof", "0 bytes from the transport"], "tls.closed"),
        (["certificate required", "bad certificate", "unknown ca"], "tls.wants-certificate"),
        (["unrecognized name"], "tls.unknown-host"),
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
            string? key = TlsFaults.FirstOrDefault(f => f.Signs.Any(s => chain.Any(e => e.Message.Contains(s, StringComparison.OrdinalIgnoreCase)))).Key;
            return Words.Get(key ?? "tls.failed", address.Authority);
        }

        return fault is HttpRequestException { HttpRequestError: HttpRequestError.ResponseEnded }
            || chain.Any(e => e is HttpIOException { HttpRequestError: HttpRequestError.ResponseEnded })
            ? Words.Get("call.cut-short")
            : chain[^1].Message.TrimEnd('.');
    }

    private static string Describe(SocketException socket, Uri address) => socket.SocketErrorCode switch
    {
        SocketError.ConnectionRefused => Words.Get("call.nobody-listens", address.Authority),
        SocketError.HostNotFound or SocketError.NoData => Words.Get("call.unknown-name", address.IdnHost),
        SocketError.TryAgain => Words.Get("call.no-name-server", address.IdnHost),
        SocketError.HostUnreachable or SocketError.NetworkUnreachable or SocketError.HostDown or SocketError.NetworkDown =>
            Words.Get("call.no-way", address.Authority),
        SocketError.TimedOut => Words.Get("call.no-reply", address.Authority),
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => Words.Get("call.cut", address.Authority),
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
