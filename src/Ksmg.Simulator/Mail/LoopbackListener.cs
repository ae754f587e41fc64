using System.Net;
using System.Net.Sockets;

namespace Ksmg.Simulator;

/// <summary>A loopback port that opens and closes like a service's, and is never somebody else's in between.</summary>
internal sealed class LoopbackListener : IAsyncDisposable
{
    /// <summary>More connections at a time are closed at once.</summary>
    private const int MaxSessions = 1000;

    /// <summary>SOL_SOCKET and SO_REUSEADDR of Linux.</summary>
    private const int SolSocket = 1;
    private const int SoReuseAddr = 2;

    private readonly Lock _gate = new();
    private readonly Func<Socket, CancellationToken, Task> _serve;
    private readonly HashSet<Session> _sessions = [];
    private readonly Socket? _reservation;
    private Socket? _listener;
    private bool _disposed;

    /// <summary>Takes a port (0: any free one) without opening it; <paramref name="serve"/> owns each connection, and its token says "cut it".</summary>
    public LoopbackListener(int port, Func<Socket, CancellationToken, Task> serve)
    {
        _serve = serve;

        // A closed port in the ephemeral range could be given to any outgoing connection. On Linux a second
        // socket that is bound but never listens keeps it, and connecting to it is refused.
        Socket first = Bind(port);
        EndPoint = (IPEndPoint)first.LocalEndPoint!;
        if (OperatingSystem.IsLinux())
        {
            _reservation = first;
        }
        else
        {
            first.Dispose();
        }
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>Connections are taken from now on.</summary>
    public void Open()
    {
        lock (_gate)
        {
            if (_listener is null && !_disposed)
            {
                _listener = Bind(EndPoint.Port);
                _listener.Listen(512);
                _ = AcceptAsync(_listener);
            }
        }
    }

    /// <summary>Connections are refused from now on; open ones go on or are cut.</summary>
    public void Close(bool cut)
    {
        Session[] sessions;
        lock (_gate)
        {
            _listener?.Dispose();
            _listener = null;
            sessions = cut ? [.. _sessions] : [];
        }

        foreach (Session session in sessions)
        {
            session.Cut();
        }
    }

    public async ValueTask DisposeAsync()
    {
        Task[] ends;
        lock (_gate)
        {
            _disposed = true;
            ends = [.. _sessions.Select(s => s.End)];
        }

        Close(cut: true);
        await Task.WhenAll(ends).ConfigureAwait(false);
        _reservation?.Dispose();
    }

    /// <summary>A socket on a loopback port that may share the port with one that does not listen.</summary>
    public static Socket Bind(int port)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            if (OperatingSystem.IsLinux())
            {
                // Not by the option of .NET, which sets SO_REUSEPORT too: a second simulator on the same ports would listen beside this one, and take
                // every other connection.
                socket.SetRawSocketOption(SolSocket, SoReuseAddr, BitConverter.GetBytes(1));
            }

            socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private async Task AcceptAsync(Socket listener)
    {
        while (true)
        {
            Socket socket;
            try
            {
                socket = await listener.AcceptAsync().ConfigureAwait(false);
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                lock (_gate)
                {
                    if (_listener != listener)
                    {
                        return;
                    }
                }

                continue;
            }

            Session session;
            lock (_gate)
            {
                if (_listener != listener || _sessions.Count == MaxSessions)
                {
                    socket.Dispose();
                    continue;
                }

                session = new Session();
                _sessions.Add(session);
            }

            _ = ServeAsync(socket, session);
        }
    }

    private async Task ServeAsync(Socket socket, Session session)
    {
        try
        {
            socket.NoDelay = true;
            await _serve(socket, session.Token).ConfigureAwait(false);
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or OperationCanceledException)
        {
            // The other side went away, or the session was cut: both are the daily business of a listener.
        }
        finally
        {
            socket.Dispose();
            lock (_gate)
            {
                _sessions.Remove(session);
            }

            session.Dispose();
        }
    }

    private sealed class Session : IDisposable
    {
        private readonly CancellationTokenSource _cut = new();
        private readonly TaskCompletionSource _end = new(TaskCreationOptions.RunContinuationsAsynchronously);

        public CancellationToken Token => _cut.Token;

        public Task End => _end.Task;

        public void Cut()
        {
            try
            {
                _cut.Cancel();
            }
            catch (ObjectDisposedException)
            {
                // It has ended by itself just now.
            }
        }

        public void Dispose()
        {
            _cut.Dispose();
            _end.SetResult();
        }
    }
}
