using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;

namespace Ksmg.Simulator;

/// <summary>
/// The web port of a node, which really opens and closes: a restarting machine refuses connections, and the ones that were open break.
/// </summary>
internal sealed class NodeListener : IConnectionListener
{
    private readonly Lock _gate = new();
    private readonly HashSet<ConnectionContext> _connections = [];
    private readonly SocketConnectionContextFactory _contexts;
    private readonly CancellationTokenSource _ended = new();
    private TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _socket;

    public NodeListener(int port, SocketTransportOptions options)
    {
        _contexts = new SocketConnectionContextFactory(new SocketConnectionFactoryOptions(options), NullLogger.Instance);
        _socket = port == 0 ? LoopbackPorts.ListenAnywhere() : LoopbackPorts.Listen(port);
        EndPoint = _socket.LocalEndPoint!;
        _opened.SetResult();
    }

    public EndPoint EndPoint { get; }

    /// <summary>Opens or closes the port; closing breaks what is connected.</summary>
    public void Set(bool open)
    {
        ConnectionContext[] broken = [];
        lock (_gate)
        {
            if (open == (_socket is not null) || _ended.IsCancellationRequested)
            {
                return;
            }

            if (open)
            {
                _socket = LoopbackPorts.Listen(((IPEndPoint)EndPoint).Port);
                _opened.SetResult();
            }
            else
            {
                _opened = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                _socket!.Dispose();
                _socket = null;
                broken = [.. _connections];
                _connections.Clear();
            }
        }

        foreach (ConnectionContext connection in broken)
        {
            connection.Abort(new ConnectionAbortedException("The machine went down."));
        }
    }

    public async ValueTask<ConnectionContext?> AcceptAsync(CancellationToken cancellationToken = default)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, _ended.Token);
        while (!_ended.IsCancellationRequested)
        {
            try
            {
                await _opened.Task.WaitAsync(either.Token).ConfigureAwait(false);
                if (_socket is not { } listening)
                {
                    continue;
                }

                Socket socket = await listening.AcceptAsync(either.Token).ConfigureAwait(false);
                socket.NoDelay = true;
                return Remember(socket);
            }
            catch (Exception closed) when (closed is SocketException or ObjectDisposedException)
            {
                // The port was closed under the accept: wait until it opens again.
            }
            catch (OperationCanceledException) when (_ended.IsCancellationRequested)
            {
            }
        }

        return null;
    }

    public ValueTask UnbindAsync(CancellationToken cancellationToken = default)
    {
        lock (_gate)
        {
            _ended.Cancel();
            _socket?.Dispose();
            _socket = null;
        }

        return ValueTask.CompletedTask;
    }

    public ValueTask DisposeAsync()
    {
        _contexts.Dispose();
        _ended.Dispose();
        return ValueTask.CompletedTask;
    }

    private ConnectionContext Remember(Socket socket)
    {
        ConnectionContext connection = _contexts.Create(socket);
        lock (_gate)
        {
            _connections.Add(connection);
        }

        connection.ConnectionClosed.Register(() =>
        {
            lock (_gate)
            {
                _connections.Remove(connection);
            }
        });
        return connection;
    }
}

/// <summary>Lets Kestrel take its connections from the listeners of the nodes.</summary>
internal sealed class NodeTransport(IReadOnlyDictionary<EndPoint, NodeListener> listeners) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(listeners[endpoint]);
}

/// <summary>Free ports that a closed listener gets back: outside the range from which systems hand out ports by themselves.</summary>
internal static class LoopbackPorts
{
    private const int First = 15000;
    private const int Count = 15000;

    public static Socket Listen(int port)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            socket.Listen(512);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public static Socket ListenAnywhere()
    {
        int start = Random.Shared.Next(Count);
        for (int i = 0; i < 100; i++)
        {
            try
            {
                return Listen(First + ((start + (i * 7)) % Count));
            }
            catch (SocketException taken) when (taken.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                // Somebody else has it.
            }
        }

        throw new IOException("No free port was found on loopback.");
    }
}
