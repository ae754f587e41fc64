using System.Globalization;
using System.Text;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests;

public sealed class MailFlowTests(ITestOutputHelper output)
{
    private readonly VirtualTimeProvider _time = new();

    [Fact]
    public void Constant_load_is_delivered_exactly_once_and_its_gap_is_the_interval()
    {
        MailCluster cluster = MailCluster.Virtual(3, _time);
        cluster.Generator.Start(5);
        _time.Advance(TimeSpan.FromMinutes(1));
        cluster.Generator.Stop();
        _time.Advance(TimeSpan.FromSeconds(5));

        MailFigures figures = cluster.Ledger.Figures;
        Assert.Equal(300, figures.Accepted);
        Assert.Equal(300, figures.Delivered);
        Assert.Equal(0, figures.Queued);
        Assert.Equal(0, figures.Rejected);
        Assert.InRange(figures.LongestGapMs, 200, 230);
        Assert.True(cluster.Balancer.HasPassedMail);
        Assert.Equal([100, 100, 100], cluster.Hosts.Select(h => cluster.Balancer.StateOf(h.Name).SessionsTotal));
    }

    [Fact]
    public void An_outage_of_all_nodes_shows_as_a_gap_and_loses_nothing()
    {
        MailCluster cluster = MailCluster.Virtual(2, _time);
        cluster.Generator.Start(10);
        _time.Advance(TimeSpan.FromSeconds(10));
        cluster.Change(0, h => h.Receiving = false);
        cluster.Change(1, h => h.IsSmtpUp = false);
        _time.Advance(TimeSpan.FromSeconds(30));
        Assert.InRange(cluster.Ledger.Figures.LongestGapMs, 29_800, 30_200);
        Assert.True(cluster.Generator.Waiting > 250);

        cluster.Change(0, h => h.Receiving = true);
        cluster.Change(1, h => h.IsSmtpUp = true);
        _time.Advance(TimeSpan.FromSeconds(30));
        cluster.Generator.Stop();
        _time.Advance(TimeSpan.FromMinutes(1));

        MailFigures figures = cluster.Ledger.Figures;
        Assert.Equal(700, figures.Delivered);
        Assert.Equal(700, figures.Accepted);
        Assert.True(figures.Rejected > 0);
        Assert.Equal(0, cluster.Generator.Waiting);
        Assert.InRange(figures.LongestGapMs, 29_800, 31_500);
        AssertConserved(figures);
    }

    [Theory]
    [MemberData(nameof(Seeds))]
    public void Mail_is_conserved_whatever_happens_to_nodes_balancer_and_sink(int seed)
    {
        output.WriteLine($"seed {seed}");
        MailCluster cluster = Torment(seed, new VirtualTimeProvider(), out string story);
        MailFigures figures = cluster.Ledger.Figures;
        output.WriteLine(story);

        AssertConserved(figures);
        Assert.Equal(0, figures.Queued);
        Assert.Equal(figures.Accepted, figures.Delivered);
        Assert.Equal(0, cluster.Generator.Waiting);
        Assert.True(figures.Rejected > 0, "Nothing was ever refused: the torment was none.");
    }

    [Fact]
    public void Virtual_time_is_deterministic()
    {
        MailCluster first = Torment(4711, new VirtualTimeProvider(), out string story);
        MailCluster second = Torment(4711, new VirtualTimeProvider(), out string again);

        Assert.Equal(story, again);
        Assert.Equal(first.Ledger.Figures.Accepted, second.Ledger.Figures.Accepted);
        Torment(4712, new VirtualTimeProvider(), out string other);
        Assert.NotEqual(story, other);
    }

    [Fact]
    public void A_revert_loses_what_came_since_and_repeats_what_left_since_and_says_who_did_it()
    {
        MailCluster cluster = MailCluster.Virtual(1, _time);
        cluster.Change(0, h => h.Sending = false);
        Assert.True(cluster.Nodes[0].Reception.Offer(MailCluster.Probe("before@x")).IsPositive);
        QueueImage image = cluster.Nodes[0].Capture();
        cluster.Change(0, h => h.Sending = true);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Single(cluster.Sink.Find("before@x"));
        cluster.Change(0, h => h.Sending = false);
        cluster.Nodes[0].Reception.Offer(MailCluster.Probe("since@x"));

        cluster.Nodes[0].Restore(image, "human");
        cluster.Change(0, h => h.Sending = true);
        _time.Advance(TimeSpan.FromSeconds(1));

        MailFigures figures = cluster.Ledger.Figures;
        Assert.Equal(["since@x"], figures.Lost);
        Assert.Equal(["before@x"], figures.Duplicated);
        Assert.Equal(2, cluster.Sink.Find("<before@x>").Count);
        Assert.Equal(0, figures.Queued);
        Assert.All(cluster.Ledger.Findings, f => Assert.Equal("human", f.Cause));
    }

    [Fact]
    public void A_revert_in_the_middle_of_a_delivery_leaves_that_delivery_alone()
    {
        MailCluster cluster = MailCluster.Virtual(1, _time);
        QueueImage empty = cluster.Nodes[0].Capture();
        cluster.Nodes[0].Reception.Offer(MailCluster.Probe("away@x"));
        cluster.Nodes[0].Restore(empty, "human");
        _time.Advance(TimeSpan.FromSeconds(1));

        Assert.Empty(cluster.Ledger.Findings);
        Assert.Single(cluster.Sink.Find("away@x"));
        Assert.Equal(0, cluster.Ledger.Figures.Queued);
    }

    [Theory]
    [InlineData(ReceivingOffAnswer.Reply450, 450)]
    [InlineData(ReceivingOffAnswer.Reply421, 421)]
    [InlineData(ReceivingOffAnswer.Refuse, -1)]
    public void Receiving_off_answers_as_configured(ReceivingOffAnswer answer, int code)
    {
        MailCluster cluster = MailCluster.Virtual(1, _time, new MailSettings { ReceivingOff = answer });
        cluster.Change(0, h => h.Receiving = false);
        Assert.Equal(code, cluster.Nodes[0].Reception.Offer(MailCluster.Probe()).Code);

        // A balancer's check sees the greeting only: with 450 the server stays green.
        Assert.Equal(answer == ReceivingOffAnswer.Reply450, cluster.Balancer.StateOf("gw1").Healthy);

        cluster.Change(0, h => h.Receiving = true);
        Assert.Equal(250, cluster.Nodes[0].Reception.Offer(MailCluster.Probe()).Code);
    }

    [Fact]
    public void The_copy_proves_node_and_build()
    {
        MailCluster cluster = MailCluster.Virtual(2, _time);
        cluster.Hosts[1].Build = new BuildNumber(2, 1, 0, 7854);
        cluster.Nodes[1].Reception.Offer(MailCluster.Probe());
        _time.Advance(TimeSpan.FromSeconds(1));

        MailboxCopy copy = Assert.Single(cluster.Sink.Find("probe-1@probe.example"));
        Assert.StartsWith(
            "Kaspersky Secure Mail Gateway, version 2.1.0.7854, bases: ",
            copy.Headers.First(h => h.Name == "X-KSMG-AntiVirus").Value,
            StringComparison.Ordinal);
        Assert.Contains(copy.Headers, h => h.Name == "Received" && h.Value.Contains(" by gw2.example (Postfix) ", StringComparison.Ordinal));
        Assert.Contains(copy.Headers, h => h.Name == "Subject");

        cluster.Hosts[1].AddsHeaders = false;
        cluster.Nodes[1].Reception.Offer(MailCluster.Probe("plain@x"));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.DoesNotContain(Assert.Single(cluster.Sink.Find("plain@x")).Headers, h => h.Name.StartsWith("X-KSMG", StringComparison.Ordinal));
    }

    public static TheoryData<int> Seeds => [.. Enumerable.Range(1, 25)];

    private static void AssertConserved(MailFigures figures)
    {
        Assert.Empty(figures.Lost);
        Assert.Empty(figures.Duplicated);
    }

    /// <summary>Three nodes under load for some minutes in which everything goes wrong in turn, and then a calm end.</summary>
    private static MailCluster Torment(int seed, VirtualTimeProvider time, out string story)
    {
        Random random = new(seed);
        MailCluster cluster = MailCluster.Virtual(3, time);
        StringBuilder told = new();
        cluster.Generator.Start(20);
        for (int step = 0; step < 150; step++)
        {
            int node = random.Next(3);
            int what = random.Next(12);
            told.Append(CultureInfo.InvariantCulture, $"{what}@{node} ");
            switch (what)
            {
                case < 6:
                    cluster.Meddle(node, what, random);
                    break;
                case 6:
                    cluster.Sink.Down = !cluster.Sink.Down;
                    break;
                case 7:
                    cluster.Nodes[node].Defer(random.Next(2) == 0);
                    break;
                case 8:
                    cluster.Nodes[node].Hold(MessageQueueKind.KataQuarantine, random.Next(3), "waits for KATA");
                    break;
                case 9:
                    cluster.Nodes[node].Release();
                    break;
                case 10:
                    cluster.Sink.Arm(new SinkFault(SinkFaultKind.Greylist, Times: 5));
                    break;
                case 11:
                    cluster.Balancer.Fault = random.Next(3) == 0 ? BalancerFault.Down : BalancerFault.None;
                    break;
            }

            time.Advance(TimeSpan.FromMilliseconds(random.Next(1500)));
        }

        cluster.Sink.Down = false;
        cluster.Balancer.Fault = BalancerFault.None;
        for (int node = 0; node < 3; node++)
        {
            cluster.Change(node, h => (h.IsSmtpUp, h.Receiving, h.Sending) = (true, true, true));
            cluster.Nodes[node].Release();
            cluster.Balancer.Set($"gw{node + 1}", LoadMode.Ready, "human");
        }

        cluster.Generator.Stop();
        time.Advance(TimeSpan.FromMinutes(10));
        MailFigures figures = cluster.Ledger.Figures;
        told.Append(
            CultureInfo.InvariantCulture,
            $"accepted {figures.Accepted} delivered {figures.Delivered} rejected {figures.Rejected} gap {figures.LongestGapMs} sessions {string.Join(',', cluster.Hosts.Select(h => cluster.Balancer.StateOf(h.Name).SessionsTotal))}");
        story = told.ToString();
        return cluster;
    }
}
