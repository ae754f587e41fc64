using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed class MailQueueTests
{
    private readonly VirtualTimeProvider _time = new();
    private readonly MailCluster _cluster;
    private readonly NodeMail _node;

    public MailQueueTests()
    {
        _cluster = MailCluster.Virtual(1, _time);
        _node = _cluster.Nodes[0];
    }

    [Fact]
    public void Sending_off_holds_mail_and_on_delivers_it()
    {
        _cluster.Change(0, h => h.Sending = false);
        _node.Reception.Offer(MailCluster.Probe());
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(1, _node.Count(MessageQueueKind.Mta));

        QueuedMessage message = Assert.Single(_node.List());
        Assert.Equal("probe@example.org", message.Sender);
        Assert.Equal(MessageQueueKind.Mta, message.Queue);
        Assert.True(message.SizeBytes > 0);

        _cluster.Change(0, h => h.Sending = true);
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.Equal(0, _node.Count(MessageQueueKind.Mta));
        Assert.Single(_cluster.Sink.Find("probe-1@probe.example"));
    }

    [Fact]
    public void A_node_that_is_off_keeps_what_it_has_accepted()
    {
        _cluster.Sink.Down = true;
        _node.Reception.Offer(MailCluster.Probe());
        _time.Advance(TimeSpan.FromMilliseconds(500));
        _cluster.Change(0, h => h.IsSmtpUp = false);
        _cluster.Sink.Down = false;
        _time.Advance(TimeSpan.FromMinutes(10));
        Assert.Equal(1, _node.Count(MessageQueueKind.Mta));
        Assert.Equal(1, _cluster.Ledger.Figures.Queued);

        _cluster.Change(0, h => h.IsSmtpUp = true);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Single(_cluster.Sink.Find("probe-1@probe.example"));
    }

    [Fact]
    public void Held_messages_leave_by_flush_unless_they_are_stubborn()
    {
        _node.Hold(MessageQueueKind.KataQuarantine, 2, "waits for KATA");
        _node.Hold(MessageQueueKind.KataQuarantine, 3, "waits for KATA", stubborn: true);
        _time.Advance(TimeSpan.FromHours(1));
        Assert.Equal(5, _node.Count(MessageQueueKind.KataQuarantine));
        Assert.Equal(5, _node.List(new QueueFilter { Queue = MessageQueueKind.KataQuarantine, Sender = "stuck" }).Count);
        Assert.Empty(_node.List(new QueueFilter { ReceivedBefore = _time.GetUtcNow() - TimeSpan.FromHours(2) }));
        Assert.All(_node.List(), m => Assert.Equal("waits for KATA", m.Reason));

        Assert.True(_node.Flush(MessageQueueKind.KataQuarantine));
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(3, _node.Count(MessageQueueKind.KataQuarantine));

        _node.Release();
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(_node.List());
        Assert.Equal(5, _cluster.Ledger.Figures.Delivered);
    }

    [Fact]
    public void A_message_that_a_fault_puts_into_a_queue_is_at_no_moment_a_lost_one()
    {
        LookingTime time = new();
        MailCluster cluster = new(1, time, sockets: false);
        List<string> lost = [];
        time.Looked = () => lost.AddRange(cluster.Ledger.Figures.Lost);
        cluster.Nodes[0].Hold(MessageQueueKind.Mta, 3, "deferred by a fault");
        time.Looked = () => { };
        Assert.Empty(lost);
    }

    [Fact]
    public void The_anti_spam_quarantine_empties_by_time_and_not_by_flush()
    {
        _node.Hold(MessageQueueKind.AntiSpamQuarantine, 2, "a second look", releaseAfter: TimeSpan.FromMinutes(20));
        Assert.False(_node.Flush(MessageQueueKind.AntiSpamQuarantine));
        _time.Advance(TimeSpan.FromMinutes(19));
        Assert.Equal(2, _node.Count(MessageQueueKind.AntiSpamQuarantine));
        _time.Advance(TimeSpan.FromMinutes(2));
        Assert.Empty(_node.List());
        Assert.Equal(2, _cluster.Ledger.Figures.Delivered);
    }

    [Fact]
    public void Deferred_mail_stays_whatever_is_flushed_until_the_next_hop_is_back()
    {
        _node.Defer(true);
        _node.Reception.Offer(MailCluster.Probe());
        _time.Advance(TimeSpan.FromMinutes(1));
        _node.Flush(MessageQueueKind.Mta);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Contains("timed out", Assert.Single(_node.List()).Reason, StringComparison.Ordinal);

        _node.Defer(false);
        _time.Advance(TimeSpan.FromSeconds(5));
        Assert.Empty(_node.List());
    }

    [Fact]
    public void An_oscillating_queue_shows_nought_and_one_and_ends_empty()
    {
        _node.Oscillate(TimeSpan.FromSeconds(3));
        List<long> seen = [];
        for (int i = 0; i < 20; i++)
        {
            _time.Advance(TimeSpan.FromSeconds(1));
            seen.Add(_node.Count(MessageQueueKind.Mta));
        }

        Assert.Equal([0, 1], seen.Distinct().Order());
        Assert.True(seen.Zip(seen.Skip(1)).Count(p => p.First != p.Second) >= 5, string.Join(' ', seen));

        _node.Release();
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Empty(_node.List());
        MailFigures figures = _cluster.Ledger.Figures;
        Assert.Equal(figures.Accepted, figures.Delivered);
    }

    [Fact]
    public void A_session_is_cut_when_the_node_goes_away_and_its_message_was_never_accepted()
    {
        SmtpVerdict? verdict = null;
        _cluster.Balancer.Send(MailCluster.Probe(), v => verdict = v);
        Assert.Equal(1, _node.OpenSessions);
        _cluster.Change(0, h => h.IsSmtpUp = false);

        Assert.Equal(SmtpVerdict.Cut, verdict);
        Assert.Equal(0, _node.OpenSessions);
        Assert.Equal(0, _cluster.Balancer.StateOf("gw1").Sessions);
        _time.Advance(TimeSpan.FromMinutes(1));
        Assert.Equal(0, _cluster.Ledger.Figures.Accepted);
    }

    /// <summary>Calls somebody whenever it is asked for the time.</summary>
    private sealed class LookingTime : TimeProvider
    {
        public Action Looked { get; set; } = () => { };

        public override DateTimeOffset GetUtcNow()
        {
            Looked();
            return base.GetUtcNow();
        }
    }
}
