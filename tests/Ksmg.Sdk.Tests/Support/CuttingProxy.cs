using System.Net;
using System.Net.Sockets;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A way to a server that lets everything through; once, when asked, cuts the connection in the place of an answer; and stands still, when
/// asked, as a process that was stopped or a network that swallows what is sent.
/// </summary>
internal sealed class CuttingProxy : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly int _server;
    private int _cuts;
    private TaskCompletionSource? _standing;

    public CuttingProxy(int server)
    {
        _server = server;
        _listener.Start();
        _ = AcceptAsync();
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    /// <summary>Whether an answer is still to be swallowed.</summary>
    public bool IsArmed => Volatile.Read(ref _cuts) > 0;

    /// <summary>The next answer never comes.</summary>
    public void CutNextAnswer() => Interlocked.Increment(ref _cuts);

    /// <summary>Nothing comes through any more, and no connection ends.</summary>
    public void StandStill() => _standing = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>What was held back comes through.</summary>
    public void GoOn() => Interlocked.Exchange(ref _standing, null)?.SetResult();

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Dispose();
        _end.Dispose();
    }

    private async Task AcceptAsync()
    {
        while (true)
        {
            _ = ServeAsync(await _listener.AcceptTcpClientAsync(_end.Token));
        }
    }

    private async Task ServeAsync(TcpClient client)
    {
        using (client)
        {
            using TcpClient server = new();
            await server.ConnectAsync(IPAddress.Loopback, _server, _end.Token);
            await Task.WhenAny(PumpAsync(client, server, isAnswer: false), PumpAsync(server, client, isAnswer: true));
        }
    }

    private async Task PumpAsync(TcpClient from, TcpClient to, bool isAnswer)
    {
        byte[] buffer = new byte[64 * 1024];
        int count;
        while ((count = await from.GetStream().ReadAsync(buffer, _end.Token)) > 0)
        {
            if (isAnswer && IsArmed)
            {
                Interlocked.Decrement(ref _cuts);
                return;
            }

            if (Volatile.Read(ref _standing) is { } standing)
            {
                await standing.Task.WaitAsync(_end.Token);
            }

            await to.GetStream().WriteAsync(buffer.AsMemory(0, count), _end.Token);
        }
    }
}
