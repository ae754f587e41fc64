using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// Listens to the events that nodes send in CEF over syslog (UDP, or TCP in either framing of RFC 6587) and remembers which build wrote
/// the last one of each node. Syslog proves nothing about its sender: this is evidence beside what a node says itself, never instead of it.
/// </summary>
internal sealed class CefListener : IAsyncDisposable
{
    /// <summary>The longest message that is read; longer ones are ignored.</summary>
    private const int MaxMessage = 16 * 1024;
    private const int MaxConnections = 64;

    /// <summary>How many ports are tried where any will do: it has to be free for both, streams and datagrams.</summary>
    private const int MostPorts = 20;

    /// <summary>A node that was switched off leaves its connection behind.</summary>
    private static readonly TimeSpan _longestSilence = TimeSpan.FromMinutes(15);

    private readonly CefListenerOptions _options;
    private readonly TimeProvider _time;
    private readonly ConcurrentDictionary<string, CefEvidence> _evidence = new(StringComparer.OrdinalIgnoreCase);
    private readonly ConcurrentDictionary<Socket, Task> _connections = new();
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _loops = [];
    private readonly List<Socket> _sockets = [];
    private Dictionary<IPAddress, string> _nodes = [];
    private long _ignored;

    /// <summary>Creates the listener; nothing is heard before <see cref="StartAsync"/>.</summary>
    /// <param name="options">Where to listen, and to whom.</param>
    /// <param name="timeProvider">The clock; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public CefListener(CefListenerOptions options, TimeProvider? timeProvider = null)
    {
        (_options, _time) = (options.Checked("Evidence"), timeProvider ?? TimeProvider.System);
    }

    /// <summary>Where it listens, once it does.</summary>
    public IPEndPoint? EndPoint { get; private set; }

    /// <summary>What was heard of each node so far, by node name; a copy.</summary>
    public IReadOnlyDictionary<string, CefEvidence> Evidence => new Dictionary<string, CefEvidence>(_evidence, StringComparer.OrdinalIgnoreCase);

    /// <summary>How many messages came from strangers, or were no events of the product, or too long.</summary>
    public long Ignored => Interlocked.Read(ref _ignored);

    /// <summary>Begins to listen; once.</summary>
    /// <param name="cancellationToken">Ends the looking up of names; not the listening.</param>
    /// <exception cref="KsmgException">The address cannot be listened on, or a sender's name is not known.</exception>
    public async Task StartAsync(CancellationToken cancellationToken = default)
    {
        if (EndPoint is not null)
        {
            throw new InvalidOperationException("The listener was started already.");
        }

        _nodes = await LookUpAsync(cancellationToken).ConfigureAwait(false);
        IPEndPoint wanted = IPEndPoint.Parse(_options.Endpoint);
        for (int left = wanted.Port == 0 ? MostPorts : 1; EndPoint is null; left--)
        {
            try
            {
                Listen(wanted);
            }
            catch (SocketException e) when (left > 1 && e.SocketErrorCode == SocketError.AddressAlreadyInUse)
            {
                // Any port will do, and of this one somebody has the half for datagrams.
                _sockets.ForEach(socket => socket.Dispose());
                _sockets.Clear();
            }
            catch (SocketException e)
            {
                throw new KsmgException(Words.Get("cef.cannot-listen", wanted, e.Message), e);
            }
        }
    }

    /// <summary>Stops listening and closes every connection.</summary>
    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync().ConfigureAwait(false);
        _sockets.ForEach(socket => socket.Dispose());
        await Task.WhenAll([.. _loops, .. _connections.Values]).ConfigureAwait(false);
        _end.Dispose();
    }

    private void Listen(IPEndPoint wanted)
    {
        Socket tcp = Open(wanted, SocketType.Stream, ProtocolType.Tcp);
        tcp.Listen(MaxConnections);
        IPEndPoint endPoint = (IPEndPoint)tcp.LocalEndPoint!;
        Socket udp = Open(endPoint, SocketType.Dgram, ProtocolType.Udp);
        EndPoint = endPoint;
        _loops.Add(AcceptAsync(tcp));
        _loops.Add(ReceiveAsync(udp));
    }

    private async Task<Dictionary<IPAddress, string>> LookUpAsync(CancellationToken cancellationToken)
    {
        Dictionary<IPAddress, string> nodes = [];
        foreach ((string node, string sender) in _options.Senders)
        {
            IPAddress[] addresses;
            try
            {
                addresses = await Dns.GetHostAddressesAsync(sender, cancellationToken).ConfigureAwait(false);
            }
            catch (SocketException e)
            {
                throw new KsmgException(Words.Get("cef.unknown-sender", sender, node, e.Message), e) { Node = node };
            }

            foreach (IPAddress address in addresses)
            {
                if (!nodes.TryAdd(address, node) && nodes[address] != node)
                {
                    throw new KsmgException(Words.Get("cef.shared-address", nodes[address], node, address)) { Node = node };
                }
            }
        }

        return nodes;
    }

    private Socket Open(IPEndPoint endPoint, SocketType type, ProtocolType protocol)
    {
        Socket socket = new(endPoint.AddressFamily, type, protocol);
        _sockets.Add(socket);
        if (endPoint.Address.Equals(IPAddress.IPv6Any))
        {
            // Every address of the machine, as everywhere else: nodes that have none of IPv6 are heard too.
            socket.DualMode = true;
        }

        socket.Bind(endPoint);
        return socket;
    }

    private async Task ReceiveAsync(Socket udp)
    {
        byte[] buffer = new byte[64 * 1024];
        EndPoint anybody = new IPEndPoint(udp.AddressFamily == AddressFamily.InterNetworkV6 ? IPAddress.IPv6Any : IPAddress.Any, 0);
        while (!_end.IsCancellationRequested)
        {
            try
            {
                SocketReceiveFromResult got = await udp.ReceiveFromAsync(buffer, SocketFlags.None, anybody, _end.Token).ConfigureAwait(false);
                Hear(NodeAt(got.RemoteEndPoint), buffer.AsSpan(0, got.ReceivedBytes));
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // One datagram that went wrong is no reason to be deaf to the next.
            }
        }
    }

    private async Task AcceptAsync(Socket tcp)
    {
        while (!_end.IsCancellationRequested)
        {
            try
            {
                Socket connection = await tcp.AcceptAsync(_end.Token).ConfigureAwait(false);
                if (NodeAt(connection.RemoteEndPoint) is { } node && _connections.Count < MaxConnections)
                {
                    _connections[connection] = FollowAsync(connection, node);
                }
                else
                {
                    connection.Dispose();
                    Interlocked.Increment(ref _ignored);
                }
            }
            catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
            {
                // A client that was gone before it was let in.
            }
        }
    }

    private async Task FollowAsync(Socket connection, string node)
    {
        // The entry must be there before it can be taken out.
        await Task.Yield();
        SyslogStream stream = new(MaxMessage);
        try
        {
            while (true)
            {
                using CancellationTokenSource silence = new(_longestSilence, _time);
                using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(silence.Token, _end.Token);
                int read = await connection.ReceiveAsync(stream.Free, either.Token).ConfigureAwait(false);
                if (read == 0)
                {
                    break;
                }

                stream.Advance(read);
                int dropped = stream.Dropped;
                while (stream.TryTake(out ReadOnlySpan<byte> message))
                {
                    Hear(node, message);
                }

                Interlocked.Add(ref _ignored, stream.Dropped - dropped);
            }
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException or ObjectDisposedException)
        {
            // The node hung up or fell silent; it will come again.
        }
        finally
        {
            connection.Dispose();
            _connections.TryRemove(connection, out _);
        }
    }

    private string? NodeAt(EndPoint? sender)
    {
        IPAddress? address = (sender as IPEndPoint)?.Address;
        return address is null ? null : _nodes.GetValueOrDefault(address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address);
    }

    private void Hear(string? node, ReadOnlySpan<byte> message)
    {
        if (node is null || CefHeader.BuildOf(message) is not { } build)
        {
            Interlocked.Increment(ref _ignored);
            return;
        }

        DateTimeOffset now = _time.GetUtcNow();
        _evidence.AddOrUpdate(
            node, _ => new CefEvidence(build, now, 1), (_, before) => new CefEvidence(build, now, before.Build == build ? before.Events + 1 : 1));
    }
}
