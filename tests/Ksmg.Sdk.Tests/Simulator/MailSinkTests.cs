using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed class MailSinkTests
{
    private readonly VirtualTimeProvider _time = new();
    private readonly MailCluster _cluster;

    public MailSinkTests() => _cluster = MailCluster.Virtual(2, _time);

    [Fact]
    public void A_lost_message_is_answered_well_and_counted_as_a_fault()
    {
        Probe(new SinkFault(SinkFaultKind.Lose, "probe-"));
        Assert.Empty(_cluster.Sink.Find("probe-1@x"));
        Assert.Equal([new MailFinding("probe-1@x", Lost: true, "fault")], _cluster.Ledger.Findings);
    }

    [Fact]
    public void A_duplicated_message_arrives_twice_and_is_counted_as_a_fault()
    {
        Probe(new SinkFault(SinkFaultKind.Duplicate, "probe-"));
        Assert.Equal(2, _cluster.Sink.Find("probe-1@x").Count);
        Assert.Equal([new MailFinding("probe-1@x", Lost: false, "fault")], _cluster.Ledger.Findings);
    }

    [Fact]
    public void A_delayed_message_becomes_visible_later()
    {
        Probe(new SinkFault(SinkFaultKind.Delay, "probe-", Delay: TimeSpan.FromMinutes(3)));
        Assert.Empty(_cluster.Sink.Find("probe-1@x"));
        _time.Advance(TimeSpan.FromMinutes(3));
        Assert.Single(_cluster.Sink.Find("probe-1@x"));
        Assert.Empty(_cluster.Ledger.Findings);
    }

    [Fact]
    public void Greylisting_defers_the_first_try_only()
    {
        _cluster.Sink.Arm(new SinkFault(SinkFaultKind.Greylist));
        _cluster.Nodes[0].Reception.Offer(MailCluster.Probe("probe-1@x"));
        _time.Advance(TimeSpan.FromMilliseconds(500));
        Assert.Contains("451", Assert.Single(_cluster.Nodes[0].List()).Reason, StringComparison.Ordinal);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Single(_cluster.Sink.Find("probe-1@x"));
    }

    [Fact]
    public void Stripped_headers_prove_nothing()
    {
        Probe(new SinkFault(SinkFaultKind.StripHeaders));
        Assert.DoesNotContain(
            Assert.Single(_cluster.Sink.Find("probe-1@x")).Headers, h => h.Name == "Received" || h.Name.StartsWith("X-KSMG", StringComparison.Ordinal));
    }

    [Fact]
    public void Another_hop_can_be_claimed()
    {
        Probe(new SinkFault(SinkFaultKind.OtherHop, OtherHost: "gw2.example"));
        IEnumerable<string> hops = Assert.Single(_cluster.Sink.Find("probe-1@x")).Headers.Where(h => h.Name == "Received").Select(h => h.Value);
        Assert.Contains(hops, h => h.Contains(" by gw2.example (Postfix) ", StringComparison.Ordinal));
        Assert.DoesNotContain(hops, h => h.Contains("gw1.example", StringComparison.Ordinal));
    }

    [Fact]
    public void A_fault_hits_only_what_it_names_and_only_so_often()
    {
        _cluster.Sink.Arm(new SinkFault(SinkFaultKind.Lose, "probe-", Times: 1));
        _cluster.Nodes[0].Reception.Offer(MailCluster.Probe("other@x"));
        _cluster.Nodes[0].Reception.Offer(MailCluster.Probe("probe-1@x"));
        _cluster.Nodes[0].Reception.Offer(MailCluster.Probe("probe-2@x"));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Single(_cluster.Sink.Find("other@x"));
        Assert.Empty(_cluster.Sink.Find("probe-1@x"));
        Assert.Single(_cluster.Sink.Find("probe-2@x"));
    }

    [Fact]
    public void A_probe_stays_findable_under_load()
    {
        _cluster.Nodes[0].Reception.Offer(MailCluster.Probe());
        _cluster.Generator.Start(100);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.True(_cluster.Ledger.Figures.Delivered > 5000);
        Assert.Single(_cluster.Sink.Find("<probe-1@probe.example>"));
    }

    private void Probe(SinkFault fault)
    {
        _cluster.Sink.Arm(fault);
        Assert.True(_cluster.Nodes[0].Reception.Offer(MailCluster.Probe("probe-1@x")).IsPositive);
        _time.Advance(TimeSpan.FromSeconds(1));
        _cluster.Sink.ClearFaults();
    }
}
