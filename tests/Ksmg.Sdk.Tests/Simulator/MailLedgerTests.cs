using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

public sealed class MailLedgerTests
{
    private static readonly SmtpVerdict _ok = new(250, "Ok");
    private static readonly SmtpVerdict _later = new(451, "Later");

    private readonly VirtualTimeProvider _time = new();
    private readonly MailLedger _ledger;

    public MailLedgerTests() => _ledger = new MailLedger(_time);

    [Fact]
    public void Accepted_and_nowhere_is_lost()
    {
        SimulatedMessage message = Begin("m");
        _ledger.Queued(message);
        Assert.Empty(_ledger.Figures.Lost);
        _ledger.Answered(message.Attempt, _ok);
        Assert.Empty(_ledger.Figures.Lost);
        _ledger.Unqueued(message);
        Assert.Equal(["m"], _ledger.Figures.Lost);
        Assert.Equal([new MailFinding("m", Lost: true, "appliance")], _ledger.Findings);
    }

    [Fact]
    public void The_order_in_which_sender_queue_and_sink_report_does_not_matter()
    {
        SimulatedMessage message = Begin("m");
        _ledger.Queued(message);
        _ledger.Delivered(message);
        _ledger.Unqueued(message);
        _ledger.Answered(message.Attempt, _ok);
        Assert.Empty(_ledger.Findings);
        Assert.Equal((1, 1, 0), (_ledger.Figures.Accepted, _ledger.Figures.Delivered, _ledger.Figures.Queued));
    }

    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(2, false)]
    public void An_attempt_cut_before_its_answer_may_arrive_once_or_not_at_all(int arrivals, bool holds)
    {
        SimulatedMessage message = Begin("m");
        _ledger.Answered(message.Attempt, SmtpVerdict.Cut);
        for (int i = 0; i < arrivals; i++)
        {
            _ledger.Delivered(message);
        }

        Assert.Equal(holds, _ledger.Findings.Count == 0);
    }

    [Fact]
    public void A_refused_attempt_must_not_arrive()
    {
        SimulatedMessage message = Begin("m");
        _ledger.Answered(message.Attempt, _later);
        _ledger.Delivered(message);
        Assert.Equal(["m"], _ledger.Figures.Duplicated);
    }

    [Fact]
    public void A_settled_attempt_that_arrives_again_is_a_duplicate()
    {
        SimulatedMessage message = Begin("m");
        _ledger.Answered(message.Attempt, _ok);
        _ledger.Delivered(message);
        _ledger.Blame(message, "human");
        _ledger.Delivered(message);
        Assert.Equal([new MailFinding("m", Lost: false, "human")], _ledger.Findings);
        Assert.Equal(1, _ledger.Figures.Delivered);
    }

    [Fact]
    public void Two_attempts_of_one_message_are_two_accounts()
    {
        SimulatedMessage first = Begin("m");
        _ledger.Answered(first.Attempt, SmtpVerdict.Cut);
        _ledger.Delivered(first);
        SimulatedMessage second = Begin("m");
        _ledger.Answered(second.Attempt, _ok);
        _ledger.Delivered(second);
        Assert.Empty(_ledger.Findings);
    }

    [Fact]
    public void The_gap_runs_only_while_it_is_measured()
    {
        _time.Advance(TimeSpan.FromMinutes(5));
        _ledger.MeasureGap(true);
        _time.Advance(TimeSpan.FromSeconds(2));
        _ledger.Answered(Begin("a").Attempt, _ok, load: true);
        _time.Advance(TimeSpan.FromSeconds(1));
        _ledger.Answered(Begin("b").Attempt, _later, load: true);
        _time.Advance(TimeSpan.FromSeconds(3));
        _ledger.Answered(Begin("probe").Attempt, _ok);
        Assert.Equal(4000, _ledger.Figures.LongestGapMs);
        _ledger.MeasureGap(false);
        _time.Advance(TimeSpan.FromMinutes(5));
        Assert.Equal(4000, _ledger.Figures.LongestGapMs);
    }

    [Fact]
    public void A_stranger_cannot_claim_an_attempt_that_was_never_begun()
    {
        _ledger.Delivered(MailCluster.Probe() with { Attempt = 999 });
        Assert.Empty(_ledger.Findings);
        Assert.Equal(0, _ledger.Figures.Delivered);
    }

    private SimulatedMessage Begin(string id) => MailCluster.Probe(id) with { Attempt = _ledger.Begin(id) };
}
