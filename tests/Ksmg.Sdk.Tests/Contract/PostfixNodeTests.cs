using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>A simulated node with a real Postfix: its switches, its queue, and what the ledger makes of mail it cannot see.</summary>
public sealed class PostfixNodeTests
{
    /// <summary>EADDRINUSE of Linux.</summary>
    private const int AddressInUse = 98;

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(60);

    [ServerFact("postfix")]
    public async Task Mail_waits_in_its_queue_while_sending_is_off_and_nothing_counts_as_lost()
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 1, PackageBytes = 1024, Postfix = new SimulatedPostfixOptions() }).WaitAsync(Limit);
        SimulatedNode node = cluster.World["gw1"];
        cluster.StartMail(20);
        await Eventually.TrueAsync(() => cluster.GetMail().Delivered >= 5, limit: Limit);

        node.SetSending(null, enabled: false, Caller.Client);
        await Eventually.TrueAsync(() => node.Mail.Count(MessageQueueKind.Mta) >= 5, limit: Limit);
        Assert.Empty(cluster.GetMail().Lost);
        node.SetReceiving(null, enabled: false, Caller.Client);
        await Eventually.TrueAsync(() => cluster.GetMail().Rejected >= 5, limit: Limit);
        cluster.StopMail();
        node.Mail.Hold(MessageQueueKind.Mta, 2, "held", stubborn: true);

        // Here and below: an attempt that was cut before its answer may have arrived as well.
        await Eventually.TrueAsync(() => cluster.GetMail() is var mail && mail.Queued >= mail.Accepted - mail.Delivered, limit: Limit);
        node.Mail.Release();
        node.SetSending(null, enabled: true, Caller.Client);
        node.SetReceiving(null, enabled: true, Caller.Client);
        await Eventually.TrueAsync(() => cluster.GetMail() is { Queued: 0 } mail && mail.Delivered >= mail.Accepted, limit: Limit);
        Assert.Empty(cluster.GetMail().Lost);
        Assert.Empty(cluster.GetMail().Duplicated);
    }

    /// <summary>
    /// A switch reloads Postfix. Its queue manager begins anew then, and puts aside what the old one's deliveries still hold: it is made to
    /// look again, as a node that receives no longer gets no new mail that would do it.
    /// </summary>
    [ServerFact("postfix", "smtp-sink")]
    public async Task A_switch_in_the_middle_of_deliveries_leaves_nothing_in_the_queue()
    {
        int port = ServerProcess.FreePort();
        ServerProcess slow = await StartSlowServerAsync(port);
        try
        {
            await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions
            {
                Nodes = 1,
                PackageBytes = 1024,
                Postfix = new SimulatedPostfixOptions { NextHop = string.Create(CultureInfo.InvariantCulture, $"smtp:[127.0.0.1]:{port}") },
            }).WaitAsync(Limit);
            SimulatedNode node = cluster.World["gw1"];
            cluster.StartMail(20);
            await Eventually.TrueAsync(() => node.Mail.Count(MessageQueueKind.Mta) >= 10, limit: Limit);

            node.SetReceiving(null, enabled: false, Caller.Client);
            await Eventually.TrueAsync(() => cluster.GetMail().Rejected >= 5, limit: Limit);
            await Eventually.TrueAsync(() => node.Mail.Count(MessageQueueKind.Mta) == 0, limit: Limit);
        }
        finally
        {
            await slow.StopAsync();
        }
    }

    /// <summary>A connection that happened to leave from it would keep Postfix from starting again.</summary>
    [ServerFact("postfix")]
    public async Task The_port_of_a_node_is_nobody_elses_while_the_node_is_down()
    {
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 1, PackageBytes = 1024, Speed = 100, Postfix = new SimulatedPostfixOptions() }).WaitAsync(Limit);
        SimulatedNode node = cluster.World["gw1"];
        IPEndPoint port = node.Mail.EndPoint!;
        await GreetedAsync(greets: true);

        node.PowerOff(Caller.Fault);
        await GreetedAsync(greets: false);
        using (Socket somebodyElse = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            // Not by .NET, which would share it: connections that are given a port by the system do not.
            SocketAddress address = port.Serialize();
            Assert.Equal(-1, Bind(somebodyElse.Handle.ToInt32(), address.Buffer.ToArray(), address.Size));
            Assert.Equal(AddressInUse, Marshal.GetLastPInvokeError());
        }

        node.PowerOn(Caller.Fault);
        await GreetedAsync(greets: true);

        Task GreetedAsync(bool greets) => Eventually.TrueAsync(
            async () =>
            {
                using TcpClient client = new();
                try
                {
                    await client.ConnectAsync(port).WaitAsync(Limit);
                    return await client.GetStream().ReadAsync(new byte[1]).AsTask().WaitAsync(Limit) == 1 == greets;
                }
                catch (Exception e) when (e is SocketException or IOException)
                {
                    return !greets;
                }
            },
            limit: Limit);
    }

    [DllImport("libc", EntryPoint = "bind", SetLastError = true)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static extern int Bind(int socket, byte[] address, int size);

    /// <summary>Takes each message two seconds after it has come.</summary>
    private static Task<ServerProcess> StartSlowServerAsync(int port) => ServerProcess.StartAsync(
        port, "none", greets: true, "smtp-sink", "-u", "postfix", "-w", "2", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "100");
}
