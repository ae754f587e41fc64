using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Lines and counted bytes over a socket, plain or in TLS. Lengths are bounded here; time is bounded by the caller's token.</summary>
internal sealed class TextConnection : IDisposable
{
    /// <summary>Longer than any line that SMTP or IMAP servers send.</summary>
    private const int MaxLine = 16 * 1024;

    private readonly Socket _socket;
    private readonly byte[] _buffer = new byte[MaxLine];
    private Stream _stream;
    private int _start;
    private int _end;

    private TextConnection(Socket socket)
    {
        _socket = socket;
        _stream = new NetworkStream(socket, ownsSocket: false);
    }

    /// <summary>The own address, as the server may see it.</summary>
    public IPAddress LocalAddress
    {
        get
        {
            IPAddress address = ((IPEndPoint)_socket.LocalEndPoint!).Address;
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }
    }

    public static async Task<TextConnection> ConnectAsync(MailServer server, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, cancellationToken).ConfigureAwait(false);
            return new TextConnection(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Goes on in TLS.</summary>
    /// <exception cref="System.Security.Authentication.AuthenticationException">The certificate is not trusted.</exception>
    public async Task SecureAsync(ServerTrust trust, string host, CancellationToken cancellationToken)
    {
        // What was sent in the clear behind the consent to TLS is somebody else's.
        if (_start < _end)
        {
            throw new IOException("The server talks on in the clear after it agreed to TLS.");
        }

        SslStream tls = new(_stream);
        _stream = tls;
        SslClientAuthenticationOptions options = trust.CreateSslOptions();
        options.TargetHost = host;
        await tls.AuthenticateAsClientAsync(options, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The next line without its end, one character per byte.</summary>
    /// <exception cref="IOException">The line is too long, or the connection has ended.</exception>
    public async ValueTask<string> ReadLineAsync(CancellationToken cancellationToken)
    {
        int scanned = 0;
        while (true)
        {
            int at = _buffer.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (at >= 0)
            {
                int length = scanned + at;
                string line = Encoding.Latin1.GetString(_buffer, _start, length > 0 && _buffer[_start + length - 1] == '\r' ? length - 1 : length);
                _start += length + 1;
                return line;
            }

            scanned = _end - _start;
            if (scanned == _buffer.Length)
            {
                throw new IOException("The server sends a line without an end.");
            }

            await FillAsync(cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>Exactly that many bytes; the caller has bounded the number.</summary>
    public async ValueTask<byte[]> ReadBytesAsync(int count, CancellationToken cancellationToken)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            if (_start == _end)
            {
                await FillAsync(cancellationToken).ConfigureAwait(false);
            }

            int take = Math.Min(count - have, _end - _start);
            _buffer.AsSpan(_start, take).CopyTo(bytes.AsSpan(have));
            _start += take;
            have += take;
        }

        return bytes;
    }

    public ValueTask WriteLineAsync(string line, CancellationToken cancellationToken) =>
        WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), cancellationToken);

    public ValueTask WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken) => _stream.WriteAsync(bytes, cancellationToken);

    public void Dispose()
    {
        _stream.Dispose();
        _socket.Dispose();
    }

    private async ValueTask FillAsync(CancellationToken cancellationToken)
    {
        _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
        (_start, _end) = (0, _end - _start);
        int read = await _stream.ReadAsync(_buffer.AsMemory(_end), cancellationToken).ConfigureAwait(false);
        if (read == 0)
        {
            throw new EndOfStreamException("The server closed the connection.");
        }

        _end += read;
    }
}
