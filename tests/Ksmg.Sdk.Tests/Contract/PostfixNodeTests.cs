using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>A simulated node with a real Postfix: its switches, its queue, and what the ledger makes of mail it cannot see.</summary>
public sealed class PostfixNodeTests
{
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
        using Process slow = StartSlowServer(out int port);
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
            slow.Kill();
        }
    }

    /// <summary>Takes each message two seconds after it has come.</summary>
    private static Process StartSlowServer(out int port)
    {
        using (Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp))
        {
            socket.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            port = ((IPEndPoint)socket.LocalEndPoint!).Port;
        }

        return Process.Start(
            ServerFactAttribute.Find("smtp-sink")!, ["-u", "postfix", "-w", "2", string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{port}"), "100"]);
    }
}
