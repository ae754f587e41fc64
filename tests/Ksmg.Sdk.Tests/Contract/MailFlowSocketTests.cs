using System.Net.Sockets;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Real sockets from the generator through the balancer and the nodes to the sink.</summary>
public sealed class MailFlowSocketTests(ITestOutputHelper output)
{
    private static readonly MailSettings _settings = new() { ScanDelay = TimeSpan.FromMilliseconds(5), RetryDelay = TimeSpan.FromMilliseconds(100) };

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public async Task Mail_is_conserved_while_nodes_restart_under_load(int seed)
    {
        output.WriteLine($"seed {seed}");
        Random random = new(seed);
        await using MailCluster cluster = new(2, TimeProvider.System, sockets: true, _settings);
        cluster.Generator.Start(200);
        long goal = 0;
        for (int i = 0; i < 30; i++)
        {
            int node = random.Next(2);
            cluster.Meddle(node, random.Next(6), random);

            // Goes on with the mail, not with the clock: after so many more answers, whatever they were.
            goal = Answers(cluster) + random.Next(20);
            await Eventually.TrueAsync(() => Answers(cluster) >= goal, "mail goes on");
        }

        for (int node = 0; node < 2; node++)
        {
            cluster.Change(node, h => (h.IsSmtpUp, h.Receiving, h.Sending) = (true, true, true));
            cluster.Balancer.Set($"gw{node + 1}", LoadMode.Ready, "human");
        }

        cluster.Generator.Stop();
        await Eventually.TrueAsync(() => cluster.Generator.Waiting == 0 && cluster.Ledger.Figures.Queued == 0, "everything has arrived");
        MailFigures figures = cluster.Ledger.Figures;
        output.WriteLine($"accepted {figures.Accepted} delivered {figures.Delivered} rejected {figures.Rejected} gap {figures.LongestGapMs} ms");
        Assert.Empty(figures.Lost);
        Assert.Empty(figures.Duplicated);
        Assert.True(figures.Accepted > 0);
        Assert.InRange(figures.Delivered, figures.Accepted, figures.Accepted + figures.Rejected);
    }

    [Fact]
    public async Task A_drain_waits_for_the_session_that_is_open()
    {
        await using MailCluster cluster = new(2, TimeProvider.System, sockets: true, _settings);
        using Socket sender = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await sender.ConnectAsync(cluster.Balancer.MailEndPoint);
        using SmtpStream stream = new(sender, TimeProvider.System, TimeSpan.FromSeconds(20), default);
        await stream.ReadAnswerAsync();
        await SayAsync("EHLO sender.example", 250);
        int held = cluster.Balancer.StateOf("gw1").Sessions == 1 ? 0 : 1;
        string name = $"gw{held + 1}";
        Assert.Equal(1, cluster.Balancer.StateOf(name).Sessions);

        cluster.Balancer.Set(name, LoadMode.Drain, "client");
        cluster.Generator.Start(100);
        await Eventually.TrueAsync(() => cluster.Ledger.Figures.Accepted >= 20, "mail goes the other way");
        Assert.Equal(1, cluster.Balancer.StateOf(name).SessionsTotal);
        Assert.Equal(1, cluster.Balancer.StateOf(name).Sessions);
        Assert.Equal(1, cluster.Nodes[held].OpenSessions);

        // The open session still works, and its end ends the drain.
        await SayAsync("MAIL FROM:<late@example.org>", 250);
        await SayAsync("RCPT TO:<user@example.org>", 250);
        await SayAsync("DATA", 354);
        await SayAsync("Message-ID: <late@example.org>\r\n\r\nlate\r\n.", 250);
        await SayAsync("QUIT", 221);
        stream.Dispose();
        await Eventually.TrueAsync(() => cluster.Balancer.StateOf(name).Sessions == 0 && cluster.Nodes[held].OpenSessions == 0, "the session has ended");
        await Eventually.TrueAsync(() => cluster.Sink.Find("late@example.org").Count == 1, "its message has arrived");

        async Task SayAsync(string line, int code)
        {
            stream.WriteLine(line);
            await stream.FlushAsync();
            Assert.Equal(code, (await stream.ReadAnswerAsync()).Code);
        }
    }

    [Fact]
    public async Task Health_checks_find_a_dead_node_and_find_it_again()
    {
        await using MailCluster cluster = new(2, TimeProvider.System, sockets: true, _settings);
        cluster.Change(1, h => h.IsSmtpUp = false);

        // Whatever is checked while this machine stands still is red for a moment.
        await Eventually.TrueAsync(
            () => cluster.Balancer.StateOf("gw2").Healthy == false && cluster.Balancer.StateOf("gw1").Healthy == true, "gw2 is red, and gw1 is not");
        cluster.Change(1, h => h.IsSmtpUp = true);
        await Eventually.TrueAsync(() => cluster.Balancer.StateOf("gw2").Healthy == true, "gw2 is green");
        Assert.Equal(0, cluster.Nodes[1].OpenSessions);
        Assert.False(cluster.Balancer.HasPassedMail);
    }

    [Fact]
    public async Task A_balancer_that_is_down_lets_nothing_through_and_loses_nothing()
    {
        await using MailCluster cluster = new(1, TimeProvider.System, sockets: true, _settings);
        cluster.Generator.Start(100);
        await Eventually.TrueAsync(() => cluster.Ledger.Figures.Accepted >= 10, "mail flows");
        cluster.Balancer.Fault = BalancerFault.Down;
        await Eventually.TrueAsync(() => cluster.Ledger.Figures.Rejected >= 10, "senders are refused");
        cluster.Balancer.Fault = BalancerFault.None;
        long before = cluster.Ledger.Figures.Accepted;
        await Eventually.TrueAsync(() => cluster.Ledger.Figures.Accepted >= before + 10, "mail flows again");
        cluster.Generator.Stop();
        await Eventually.TrueAsync(() => cluster.Generator.Waiting == 0 && cluster.Ledger.Figures.Queued == 0, "everything has arrived");
        Assert.Empty(cluster.Ledger.Findings);
    }

    private static long Answers(MailCluster cluster) => cluster.Ledger.Figures.Accepted + cluster.Ledger.Figures.Rejected;
}
