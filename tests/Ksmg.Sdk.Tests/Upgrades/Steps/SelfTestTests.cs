using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The neighbours' tests of themselves, in the plan and at the start of a run: nothing is first tried by an effect.</summary>
public sealed class SelfTestTests
{
    private const string Refused = "Permission denied";
    private static readonly string Consent = UpgradeConsents.FailedSelfTestOf("LoadBalancer");

    private int _asked;
    private Func<Task<IReadOnlyList<SelfTestResult>>> _answer = () => Say(SelfTestOutcome.Works, "level admin");

    [Fact]
    public void A_plan_is_refused_by_the_name_of_the_neighbour_with_what_to_do()
    {
        _answer = () => Say(SelfTestOutcome.Fails, Refused, "Give the socket 'level admin'.");
        UpgradePlan plan = Rig().Plan();

        PlanFinding finding = Assert.Single(plan.Findings, f => f.Severity == FindingSeverity.Refusal);
        Assert.Equal(
            (
                Consent,
                "LoadBalancer (gw1, gw2, gw3) does not work: Permission denied. Give the socket 'level admin'. Put it right, or accept 'self-test:LoadBalancer'."),
            (finding.Code, finding.Text.English));
    }

    [Fact]
    public void Who_knows_better_consents_by_the_name_of_the_port()
    {
        _answer = () => Say(SelfTestOutcome.Fails, Refused);
        VirtualRig rig = Rig(VirtualRig.FastPolicy(3) with { Accept = [Consent] });
        UpgradePlan plan = rig.Plan();

        Assert.False(plan.IsRefused);
        Assert.Contains(plan.Findings, f => f.Code == Consent && f.Severity == FindingSeverity.Warning);
        Assert.Equal(UpgradeEnd.Completed, rig.Start(plan).End);
    }

    [Fact]
    public void What_breaks_after_the_plan_stops_the_run_before_any_effect()
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();
        _answer = () => Say(SelfTestOutcome.Fails, Refused, "Give the socket 'level admin'.");
        _asked = 0;
        UpgradeReport report = rig.Start(plan);

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("LoadBalancer (gw1, gw2, gw3) does not work: Permission denied. Give the socket", report.Reason.English, StringComparison.Ordinal);
        Assert.DoesNotContain(rig.Records(plan.RunId), r => r.Entry.Kind == JournalEntryKind.Intent);
        Assert.Equal(2, _asked);

        // Whoever resumes asks again, and a human may say so by name.
        RunCommandAnswer? answer = rig.Tell(
            plan.RunId, run => run.OverrideAsync("admin", Consent, "the level is known", rig.Time.GetUtcNow().AddHours(2)));
        Assert.True(answer is null or { Accepted: true }, answer?.Text.ToString());
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
    }

    [Fact]
    public void What_fails_once_is_asked_again_and_holds_nothing_up()
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();
        _asked = 0;
        _answer = () => _asked == 1 ? Say(SelfTestOutcome.Fails, "Connection refused") : Say(SelfTestOutcome.Works, "level admin");

        Assert.Equal(UpgradeEnd.Completed, rig.Start(plan).End);
        Assert.Equal(2, _asked);
    }

    [Fact]
    public void What_was_found_stands_in_the_journal_and_nothing_of_it_where_nobody_tests_itself()
    {
        _answer = () => Say(SelfTestOutcome.NotTried, "nobody was heard");
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();
        Assert.Equal(UpgradeEnd.Completed, rig.Start(plan).End);
        Assert.Equal(
            "gw1: NotTried: nobody was heard\ngw2: NotTried: nobody was heard\ngw3: NotTried: nobody was heard",
            Preflight(rig, plan).Values!["self-test.LoadBalancer"]);

        VirtualRig silent = new();
        plan = silent.Plan();
        Assert.Equal(UpgradeEnd.Completed, silent.Start(plan).End);
        Assert.DoesNotContain(Preflight(silent, plan).Values!, v => v.Key.StartsWith(Marks.SelfTest, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("hangs", "LoadBalancer (Tested) does not work: LoadBalancer did not answer within 45 s.")]
    [InlineData("throws", "LoadBalancer (Tested) does not work: a defect.")]
    [InlineData("says nothing", "LoadBalancer (Tested) does not work: its test said nothing of what it tried.")]
    public void A_test_that_does_not_answer_has_failed(string how, string told)
    {
        _answer = how switch
        {
            "hangs" => async () =>
            {
                await Task.Delay(Timeout.Infinite);
                return [];
            }
            ,
            "throws" => () => throw new InvalidOperationException("a defect."),
            _ => () => Task.FromResult<IReadOnlyList<SelfTestResult>>([]),
        };

        Assert.StartsWith(told, Assert.Single(Rig().Plan().Findings, f => f.Code == Consent).Text.English, StringComparison.Ordinal);
    }

    [Fact]
    public void Nobody_is_held_up_by_who_is_to_be_told()
    {
        TestedNotifier notifier = new();
        VirtualRig rig = new() { Bend = world => world with { Ports = world.Ports with { Notifiers = [notifier] } } };
        UpgradePlan plan = rig.Plan();
        UpgradeReport report = rig.Start(plan);

        Assert.Contains(plan.Findings, f => f is { Code: "self-test:Notifications", Severity: FindingSeverity.Warning });
        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Equal(
            "All 3 nodes are healthy and as planned. Notifications (Relay a:25) does not work: no answer. Correct Relay. No run depends on it: it goes on without.",
            Preflight(rig, plan).Text!.English);
    }

    [Fact]
    public void A_run_that_is_past_its_preflight_does_not_ask_again()
    {
        VirtualRig rig = Rig();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.AfterOutcome} S1/" }, resume: false);
        _asked = 0;
        _answer = () => Say(SelfTestOutcome.Fails, Refused);

        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        Assert.Equal(0, _asked);
    }

    [Fact]
    public void Machines_that_are_none_are_not_tested_and_who_does_not_receive_is_not_asked_for_mail()
    {
        Dictionary<string, IReadOnlyList<string>> asked = [];
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.NoSnapshotsOf("gw2"), UpgradeConsents.UpgradeOutOfService] })
        {
            Bend = world => world with
            {
                Ports = world.Ports with
                {
                    Snapshots = new TestedSnapshots(world.Ports.Snapshots!, asked),
                    MailProbe = new TestedProbe(world.Ports.MailProbe!, asked),
                },
            },
        };
        rig.Cluster.World.Nodes[2].SetReceiving(null, enabled: false, Caller.Human);
        rig.Plan();

        Assert.Equal(["gw1", "gw2"], asked["MailProbe"]);
        Assert.Equal(["gw1", "gw3"], asked["Snapshots"]);
    }

    private static Task<IReadOnlyList<SelfTestResult>> Say(SelfTestOutcome outcome, string text, string? remedy = null) =>
        Task.FromResult<IReadOnlyList<SelfTestResult>>([.. Enumerable.Range(1, 3).Select(n => new SelfTestResult($"gw{n}", outcome, text, remedy))]);

    private static JournalEntry Preflight(VirtualRig rig, UpgradePlan plan) =>
        rig.Records(plan.RunId).Single(r => r.Entry is { Kind: JournalEntryKind.Outcome } entry && entry.Key?.Id == StepId.Preflight).Entry;

    private VirtualRig Rig(UpgradePolicy? policy = null) => new(policy: policy)
    {
        Bend = world => world with { Ports = world.Ports with { LoadBalancer = new Tested(world.Ports.LoadBalancer!, this) } },
    };

    private sealed class Tested(ILoadBalancer inner, SelfTestTests tests) : ILoadBalancer, ISelfTest
    {
        public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) => inner.GetAsync(cancellationToken);

        public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => inner.SetAsync(node, mode, cancellationToken);

        public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => inner.CloseSessionsAsync(node, cancellationToken);

        public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
        {
            tests._asked++;
            return tests._answer();
        }
    }

    private sealed class TestedNotifier : INotifier, ISelfTest
    {
        public Task NotifyAsync(UpgradeEvent upgradeEvent, CancellationToken cancellationToken = default) => Task.CompletedTask;

        public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
            Task.FromResult<IReadOnlyList<SelfTestResult>>([new("Relay a:25", SelfTestOutcome.Fails, "no answer", "Correct Relay.")]);
    }

    private sealed class TestedSnapshots(ISnapshotProvider inner, Dictionary<string, IReadOnlyList<string>> asked) : ISnapshotProvider, ISelfTest
    {
        public Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default) =>
            inner.ListAsync(node, cancellationToken);

        public Task CreateAsync(string node, string name, CancellationToken cancellationToken = default) => inner.CreateAsync(node, name, cancellationToken);

        public Task RevertAsync(string node, string name, CancellationToken cancellationToken = default) => inner.RevertAsync(node, name, cancellationToken);

        public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
        {
            asked["Snapshots"] = nodes;
            return Say(SelfTestOutcome.Works, "possible");
        }
    }

    private sealed class TestedProbe(IMailProbe inner, Dictionary<string, IReadOnlyList<string>> asked) : IMailProbe, ISelfTest
    {
        public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) => inner.AskAsync(node, cancellationToken);

        public Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default) =>
            inner.SendAsync(node, messageId, cancellationToken);

        public Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default) =>
            inner.FindAsync(messageId, cancellationToken);

        public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
        {
            asked["MailProbe"] = nodes;
            return Say(SelfTestOutcome.Works, "taken");
        }
    }
}
