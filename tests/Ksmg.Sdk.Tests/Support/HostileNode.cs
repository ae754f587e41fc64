using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A node that speaks HTTP by hand over real TLS: whatever bytes a test wants it to say, in whatever pieces, well-formed or not. It reads
/// each request whole, and hangs up after what was no answer.
/// </summary>
internal sealed class HostileNode : IAsyncDisposable
{
    private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
    private readonly CancellationTokenSource _end = new();
    private readonly Func<HostileRequest, HostileAnswer> _answer;
    private readonly Task _serving;
    private long _said;
    private int _asked;

    public HostileNode(X509Certificate2 certificate, Func<HostileRequest, HostileAnswer> answer)
    {
        (Certificate, _answer) = (certificate, answer);
        _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _listener.Listen();
        _serving = ServeAsync();
    }

    /// <summary>What it shows from the next connection on.</summary>
    public X509Certificate2 Certificate { get; set; }

    /// <summary><c>https://127.0.0.1:PORT</c>.</summary>
    public Uri Address => new($"https://{_listener.LocalEndPoint}");

    /// <summary>How many bytes it got rid of in hostile answers.</summary>
    public long Said => Volatile.Read(ref _said);

    /// <summary>How often it gave a hostile answer.</summary>
    public int Asked => Volatile.Read(ref _asked);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        await _serving.WaitAsync(Eventually.Limit);
        _end.Dispose();
    }

    private async Task ServeAsync()
    {
        List<Task> connections = [];
        try
        {
            while (true)
            {
                connections.Add(TalkAsync(await _listener.AcceptAsync(_end.Token)));
            }
        }
        catch (Exception e) when (e is OperationCanceledException or SocketException or ObjectDisposedException)
        {
            await Task.WhenAll(connections);
        }
    }

    private async Task TalkAsync(Socket socket)
    {
        await Task.Yield();
        try
        {
            using Socket own = socket;
            socket.NoDelay = true;
            await using SslStream stream = new(new NetworkStream(socket));
            await stream.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = Certificate }, _end.Token);
            HostileReader reader = new(stream);
            while (await reader.ReadAsync(_end.Token) is { } request)
            {
                HostileAnswer answer = _answer(request);
                if (answer.IsHostile)
                {
                    Interlocked.Increment(ref _asked);
                }

                await foreach (ReadOnlyMemory<byte> piece in answer.Pieces().WithCancellation(_end.Token))
                {
                    await stream.WriteAsync(piece, _end.Token);
                    Interlocked.Add(ref _said, answer.IsHostile ? piece.Length : 0);
                }

                await stream.FlushAsync(_end.Token);
                if (answer.IsHostile && !answer.IsWhole)
                {
                    await stream.ShutdownAsync();
                    return;
                }
            }
        }
        catch (Exception e) when (
            e is OperationCanceledException or IOException or SocketException or ObjectDisposedException
                or System.Security.Authentication.AuthenticationException)
        {
            // The client has heard enough, or the test is over.
        }
    }

    /// <summary>Requests of one connection, read whole.</summary>
    private sealed class HostileReader(Stream stream)
    {
        private readonly byte[] _buffer = new byte[64 * 1024];
        private int _from;
        private int _to;

        public async Task<HostileRequest?> ReadAsync(CancellationToken cancellationToken)
        {
            StringBuilder head = new();
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await NextAsync(cancellationToken) is not { } next)
                {
                    return null;
                }

                head.Append((char)next);
            }

            string[] lines = head.ToString().Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
            Dictionary<string, string> headers = new(StringComparer.OrdinalIgnoreCase);
            foreach (string line in lines[1..])
            {
                headers[line[..line.IndexOf(':', StringComparison.Ordinal)]] = line[(line.IndexOf(':', StringComparison.Ordinal) + 1)..].Trim();
            }

            if (headers.ContainsKey("Expect"))
            {
                await stream.WriteAsync("HTTP/1.1 100 Continue\r\n\r\n"u8.ToArray(), cancellationToken);
                await stream.FlushAsync(cancellationToken);
            }

            int length = int.Parse(headers.GetValueOrDefault("Content-Length", "0"), CultureInfo.InvariantCulture);
            StringBuilder body = new();
            while (body.Length < length && await NextAsync(cancellationToken) is { } next)
            {
                body.Append((char)next);
            }

            string[] words = lines[0].Split(' ');
            return new HostileRequest(words[0], words[1].Split('?')[0], headers, body.ToString());
        }

        private async ValueTask<byte?> NextAsync(CancellationToken cancellationToken)
        {
            if (_from == _to)
            {
                (_from, _to) = (0, await stream.ReadAsync(_buffer, cancellationToken));
                if (_to == 0)
                {
                    return null;
                }
            }

            return _buffer[_from++];
        }
    }
}
