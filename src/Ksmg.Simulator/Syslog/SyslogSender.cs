using System.Net;
using System.Net.Sockets;
using System.Text;
using System.Threading.Channels;

namespace Ksmg.Simulator;

/// <summary>Sends the lines of one node to the collector, one after the other. What cannot be sent is lost, as with any syslog.</summary>
internal sealed class SyslogSender : IAsyncDisposable
{
    /// <summary>Older lines than these are lost while the collector takes none.</summary>
    private const int MaxWaiting = 1000;

    private static readonly TimeSpan ConnectLimit = TimeSpan.FromSeconds(5);

    private readonly Channel<string> _lines = Channel.CreateBounded<string>(
        new BoundedChannelOptions(MaxWaiting) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true });

    private readonly SimulatedSyslogOptions _options;
    private readonly IPAddress _from;
    private readonly CancellationTokenSource _end = new();
    private readonly Task _sending;
    private Socket? _socket;

    public SyslogSender(SimulatedSyslogOptions options, int node)
    {
        (_options, _from) = (options, AddressOf(node));
        _sending = SendAsync();
    }

    /// <summary>The address a node sends from.</summary>
    public static IPAddress AddressOf(int node) => new([127, 0, (byte)(node / 256), (byte)(node % 256)]);

    public void Send(string line) => _lines.Writer.TryWrite(line);

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        await _sending.ConfigureAwait(false);
        _socket?.Dispose();
        _end.Dispose();
    }

    private async Task SendAsync()
    {
        try
        {
            await foreach (string line in _lines.Reader.ReadAllAsync(_end.Token).ConfigureAwait(false))
            {
                try
                {
                    await SendAsync(Encoding.UTF8.GetBytes(line)).ConfigureAwait(false);
                }
                catch (SocketException)
                {
                    _socket?.Dispose();
                    _socket = null;
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The cluster has ended.
        }
    }

    private async Task SendAsync(byte[] line)
    {
        Socket socket = _socket ??= await ConnectAsync().ConfigureAwait(false);
        byte[] sent = _options.Tcp ? [.. Encoding.ASCII.GetBytes(FormattableString.Invariant($"{line.Length} ")), .. line] : line;
        for (int done = 0; done < sent.Length;)
        {
            done += await socket.SendAsync(sent.AsMemory(done), _end.Token).ConfigureAwait(false);
        }
    }

    private async Task<Socket> ConnectAsync()
    {
        Socket socket = _options.Tcp
            ? new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp)
            : new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        try
        {
            socket.Bind(new IPEndPoint(_from, 0));
            using CancellationTokenSource limit = CancellationTokenSource.CreateLinkedTokenSource(_end.Token);
            limit.CancelAfter(ConnectLimit);
            await socket.ConnectAsync(_options.Collector, limit.Token).ConfigureAwait(false);
            return socket;
        }
        catch (OperationCanceledException) when (!_end.IsCancellationRequested)
        {
            socket.Dispose();
            throw new SocketException((int)SocketError.TimedOut);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
