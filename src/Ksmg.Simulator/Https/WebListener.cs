using System.Net;
using System.Net.Sockets;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Server.Kestrel.Transport.Sockets;
using Microsoft.Extensions.Logging.Abstractions;

namespace Ksmg.Simulator;

/// <summary>
/// A web port which really opens and closes: a restarting machine refuses connections, and the ones that were open break.
/// </summary>
internal sealed class WebListener : IConnectionListener
{
    /// <summary>One for all ports: each would have memory of its own.</summary>
    private static readonly SocketConnectionContextFactory Contexts = new(new SocketConnectionFactoryOptions(), NullLogger.Instance);

    private readonly Lock _gate = new();
    private readonly HashSet<ConnectionContext> _connections = [];
    private readonly CancellationTokenSource _ended = new();

    // Bound but never listening: on Linux it keeps the port while the machine is down, and connecting is refused all the same.
    private readonly Socket _reservation;
    private TaskCompletionSource _opened = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private Socket? _socket;

    public WebListener(int port)
    {
        _reservation = LoopbackListener.Bind(port);
        EndPoint = _reservation.LocalEndPoint!;
        Set(open: true);
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
                if (!OperatingSystem.IsLinux())
                {
                    _reservation.Dispose();
                }

                _socket = LoopbackListener.Bind(((IPEndPoint)EndPoint).Port);
                _socket.Listen(512);
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
            if (!_ended.IsCancellationRequested)
            {
                _ended.Cancel();
            }

            _socket?.Dispose();
            _socket = null;
        }

        return ValueTask.CompletedTask;
    }

    /// <summary>Kestrel ends what it was given; one that it never came to have is ended by its owner.</summary>
    public async ValueTask DisposeAsync()
    {
        await UnbindAsync(CancellationToken.None).ConfigureAwait(false);
        _reservation.Dispose();
        _ended.Dispose();
    }

    private ConnectionContext Remember(Socket socket)
    {
        ConnectionContext connection = Contexts.Create(socket);
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

/// <summary>Lets Kestrel take its connections from listeners that are there already.</summary>
internal sealed class WebTransport(IReadOnlyDictionary<EndPoint, WebListener> listeners) : IConnectionListenerFactory
{
    public ValueTask<IConnectionListener> BindAsync(EndPoint endpoint, CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IConnectionListener>(listeners[endpoint]);
}
