using System.Net;
using System.Net.Sockets;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed class LoopbackListenerTests
{
    [Fact]
    public async Task A_port_that_is_listened_on_is_shared_with_no_second_simulator()
    {
        await using LoopbackListener first = new(0, (_, _) => Task.CompletedTask);
        first.Open();

        SocketException e = Assert.Throws<SocketException>(() => new LoopbackListener(first.EndPoint.Port, (_, _) => Task.CompletedTask));
        Assert.Equal(SocketError.AddressAlreadyInUse, e.SocketErrorCode);
    }

    [Fact]
    public async Task A_port_opens_again_while_what_was_connected_lasts()
    {
        await using LoopbackListener listener = new(0, (_, cut) => Task.Delay(Timeout.Infinite, cut));
        for (int i = 0; i < 3; i++)
        {
            listener.Open();
            using TcpClient lasting = await ConnectAsync(listener.EndPoint);
            listener.Close(cut: false);
            SocketException e = await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(listener.EndPoint));
            Assert.Equal(SocketError.ConnectionRefused, e.SocketErrorCode);
            listener.Open();
            using TcpClient again = await ConnectAsync(listener.EndPoint);
            listener.Close(cut: false);
        }
    }

    private static async Task<TcpClient> ConnectAsync(IPEndPoint to)
    {
        TcpClient client = new();
        try
        {
            await client.ConnectAsync(to).WaitAsync(TimeSpan.FromSeconds(30));
            return client;
        }
        catch
        {
            client.Dispose();
            throw;
        }
    }
}
