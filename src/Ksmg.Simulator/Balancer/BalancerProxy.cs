using System.Buffers;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ksmg.Simulator;

/// <summary>The balancer's sockets: mail in and through, the runtime API, the health checks.</summary>
internal sealed class BalancerProxy : IAsyncDisposable
{
    private const int MaxCommandLine = 16 * 1024;

    private static readonly TimeSpan _checkEvery = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan _connectLimit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan _idleLimit = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan _commandLimit = TimeSpan.FromSeconds(10);

    private readonly SimulatedBalancer _balancer;
    private readonly BalancerServer[] _servers;
    private readonly TimeProvider _time;
    private readonly LoopbackListener _mail;
    private readonly LoopbackListener _runtime;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _checks;

    public BalancerProxy(SimulatedBalancer balancer, BalancerServer[] servers, TimeProvider time, int mailPort, int runtimePort)
    {
        (_balancer, _servers, _time) = (balancer, servers, time);
        _mail = new LoopbackListener(mailPort, ForwardAsync);
        _runtime = new LoopbackListener(runtimePort, CommandAsync);
        FaultChanged();
        _checks = CheckAsync();
    }

    public IPEndPoint MailEndPoint => _mail.EndPoint;

    public IPEndPoint RuntimeEndPoint => _runtime.EndPoint;

    /// <summary>Opens and closes the ports as the fault wants it.</summary>
    public void FaultChanged()
    {
        Set(_mail, _balancer.Fault != BalancerFault.Down);
        Set(_runtime, _balancer.Fault is not (BalancerFault.Down or BalancerFault.ApiRefused));

        static void Set(LoopbackListener listener, bool open)
        {
            if (open)
            {
                listener.Open();
            }
            else
            {
                listener.Close(cut: true);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _mail.DisposeAsync().ConfigureAwait(false);
        await _runtime.DisposeAsync().ConfigureAwait(false);
        await _checks.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task ForwardAsync(Socket client, CancellationToken cut)
    {
        List<BalancerServer> tried = [];
        while (_balancer.Choose(tried) is { } server)
        {
            Socket? inner = await ConnectAsync(server, cut).ConfigureAwait(false);
            if (inner is null)
            {
                // "option redispatch": a server that does not answer is passed over.
                tried.Add(server);
                continue;
            }

            void Close()
            {
                client.Dispose();
                inner.Dispose();
            }

            BalancerSession session = _balancer.Start(server, Close);
            try
            {
                using CancellationTokenRegistration registration = cut.UnsafeRegister(static close => ((Action)close!)(), (Action)Close);
                using ITimer idle = _time.CreateTimer(static close => ((Action)close!)(), (Action)Close, _idleLimit, Timeout.InfiniteTimeSpan);
                await Task.WhenAll(
                    PumpAsync(client, inner, idle, Close, bytes => _balancer.Passed(session, bytes, 0)),
                    PumpAsync(inner, client, idle, Close, bytes => _balancer.Passed(session, 0, bytes))).ConfigureAwait(false);
            }
            finally
            {
                inner.Dispose();
                _balancer.Stop(session);
            }

            return;
        }
    }

    /// <summary>Moves bytes one way to the end of the stream, then says the end on the other side.</summary>
    private static async Task PumpAsync(Socket from, Socket to, ITimer idle, Action close, Action<int> passed)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(8192);
        try
        {
            int read;
            while ((read = await from.ReceiveAsync(buffer.AsMemory()).ConfigureAwait(false)) > 0)
            {
                idle.Change(_idleLimit, Timeout.InfiniteTimeSpan);
                passed(read);
                for (int sent = 0; sent < read;)
                {
                    sent += await to.SendAsync(buffer.AsMemory(sent, read - sent)).ConfigureAwait(false);
                }
            }

            to.Shutdown(SocketShutdown.Send);
        }
        catch (Exception e) when (e is SocketException or ObjectDisposedException)
        {
            close();
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }
    }

    private async Task<Socket?> ConnectAsync(BalancerServer server, CancellationToken cancellationToken)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            using CancellationTokenSource limit = new(_connectLimit, _time);
            using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
            await socket.ConnectAsync(server.Mail.EndPoint!, both.Token).ConfigureAwait(false);
            return socket;
        }
        catch (Exception e) when (e is SocketException or OperationCanceledException)
        {
            socket.Dispose();
            return null;
        }
    }

    private async Task CheckAsync()
    {
        using PeriodicTimer timer = new(_checkEvery, _time);
        try
        {
            do
            {
                await Task.WhenAll(_servers
                    .Where(s => s.Mode != Sdk.Upgrades.LoadMode.Maintenance)
                    .Select(async s => _balancer.Checked(s, s.Mail.Greets ?? await GreetsAsync(s).ConfigureAwait(false)))).ConfigureAwait(false);
            }
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false));
        }
        catch (OperationCanceledException)
        {
            // The balancer is being disposed of.
        }
    }

    /// <summary>A health check: connect, and read the greeting.</summary>
    private async Task<bool> GreetsAsync(BalancerServer server)
    {
        using Socket? socket = await ConnectAsync(server, _stop.Token).ConfigureAwait(false);
        if (socket is null)
        {
            return false;
        }

        using SmtpStream stream = new(socket, _time, _connectLimit, _stop.Token);
        try
        {
            return (await stream.ReadAnswerAsync().ConfigureAwait(false)).IsPositive;
        }
        catch (Exception e) when (e is SocketException or IOException or ObjectDisposedException or InvalidDataException)
        {
            return false;
        }
    }

    /// <summary>One line in, its answer out, closed: HAProxy's non-interactive mode.</summary>
    private async Task CommandAsync(Socket socket, CancellationToken cut)
    {
        using CancellationTokenSource limit = new(_commandLimit, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cut);
        byte[] buffer = new byte[MaxCommandLine];
        int length = 0;
        while (!buffer.AsSpan(0, length).Contains((byte)'\n'))
        {
            int read = length == buffer.Length ? 0 : await socket.ReceiveAsync(buffer.AsMemory(length), both.Token).ConfigureAwait(false);
            if (read == 0)
            {
                return;
            }

            length += read;
        }

        string line = Encoding.Latin1.GetString(buffer, 0, buffer.AsSpan(0, length).IndexOf((byte)'\n'));
        switch (_balancer.Fault)
        {
            case BalancerFault.ApiSilent:
                await Task.Delay(Timeout.InfiniteTimeSpan, _time, both.Token).ConfigureAwait(false);
                break;
            case BalancerFault.ApiGarbled:
                _balancer.Execute(line);
                await SendAsync("\u0000\u00ffHTTP/1.0 400 Bad request\r\n\r\n3 smtp gw1,,,").ConfigureAwait(false);
                break;
            default:
                await SendAsync(_balancer.Execute(line)).ConfigureAwait(false);
                break;
        }

        async Task SendAsync(string answer)
        {
            ReadOnlyMemory<byte> rest = Encoding.Latin1.GetBytes(answer);
            while (!rest.IsEmpty)
            {
                rest = rest[await socket.SendAsync(rest, both.Token).ConfigureAwait(false)..];
            }

            socket.Shutdown(SocketShutdown.Send);
        }
    }
}
