using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Runs through the typed clients whose logins are refused: they end in a named state, lock no account, and go on afterwards.</summary>
public sealed class LoginFaultTests
{
    public static TheoryData<string, bool> Refusals =>
        Pairs.Of<string, bool>(["AuthFailed", "LoginAttemptsExceed", "PasswordExpired", "PasswordReset", "NTLMServersNotAvailable", "Unknown"], true, false);

    [Theory]
    [MemberData(nameof(Refusals))]
    public void A_refused_login_in_the_middle_ends_in_a_named_state_and_locks_no_account(string word, bool overCluster)
    {
        using PackageFolder folder = new();
        VirtualRig rig = Rig(folder, overCluster);
        UpgradePlan plan = rig.Plan();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "queue-stuck", Node = "gw2", Queue = "mta", Value = "1" });
        UpgradeRun run = rig.Time.Run(() => rig.Orchestrator().StartAsync(plan), VirtualRig.Limit);
        rig.Time.Run(() => Task.Delay(TimeSpan.FromSeconds(30), rig.Time), VirtualRig.Limit);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "login-refused", Node = "gw2", Value = word });
        UpgradeReport report = rig.Time.Run(() => run.WaitAsync(), VirtualRig.Limit);

        Assert.True(report.End is UpgradeEnd.NeedsHuman or UpgradeEnd.Paused, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Contains("refuses the login", report.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain("does not answer", report.Reason, StringComparison.Ordinal);
        Assert.InRange(rig.Effects("login-refused").Count(), 1, 2);
        Assert.Empty(rig.Effects("account-locked"));
        Assert.Empty(rig.Effects("install-started"));

        rig.Cluster.Faults.Clear();
        UpgradeReport resumed = rig.Resume(report.RunId);
        Assert.True(resumed.End == UpgradeEnd.Completed, resumed.Reason + "\n" + rig.Story(report.RunId));
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_plan_of_nodes_that_refuse_the_login_says_so()
    {
        using PackageFolder folder = new();
        VirtualRig rig = Rig(folder, overCluster: true);
        foreach (string node in (string[])["gw1", "gw2", "gw3"])
        {
            rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "login-refused", Node = node });
        }

        UpgradePlan plan = rig.Plan();

        Assert.Equal(3, plan.Findings.Count(f => f.Code == "node-login" && f.Text.ToString().Contains("refuses the login", StringComparison.Ordinal)));
        Assert.DoesNotContain(plan.Findings, f => f.Code == "node-silent");
        Assert.Single(rig.Effects("login-refused"));
    }

    [Theory]
    [InlineData(-1, 1, 0, null)]
    [InlineData(0, -1, 1, null)]
    [InlineData(0, 0, -1, null)]
    [InlineData(0, 0, 0, -1)]
    [InlineData(long.MaxValue, long.MaxValue, 2, null)]
    public void A_queue_is_empty_only_if_each_is(long mta, long kata, long antiSpam, int? sessions)
    {
        VirtualTimeProvider time = new();
        QueuePort port = new(new QueueSummary { Mta = mta, KataQuarantine = kata, AntiSpamQuarantine = antiSpam, SmtpSessions = sessions });
        UpgradeWorld world = new()
        {
            Nodes = new Dictionary<string,
            INodePort>
            { ["gw1"] = port },
            Ports = new UpgradePorts(),
            Time = time,
            RequestLimit = TimeSpan.FromSeconds(8),
        };
        ClusterObserver observer = new(world, new RunClock(time), ["gw1"], null, new UpgradePolicy());
        NodeObservation seen = null!;
        for (int poll = 0; poll < 3; poll++)
        {
            seen = time.Run(
                () => observer.ObserveAsync(new Dictionary<string, Facets> { ["gw1"] = Facets.Queues }, null, null, complete: false, CancellationToken.None),
                VirtualRig.Limit)["gw1"];
            time.Advance(TimeSpan.FromMinutes(1));
        }

        bool isUnusable = mta < 0 || kata < 0 || antiSpam < 0 || sessions < 0;
        Assert.Null(seen.EmptySince);
        Assert.Equal(isUnusable, seen.Queues is null);
        Assert.Equal(isUnusable ? NodeProblemKind.Unread : NodeProblemKind.None, seen.ProblemKind);
    }

    private static VirtualRig Rig(PackageFolder folder, bool overCluster) =>
        new(
            3,
            options: new SimulatedClusterOptions { PackageBytes = 1 << 16, LockoutCountsOverCluster = overCluster },
            mailPerSecond: 0)
        { PackageFile = folder["update.zip"] };

    /// <summary>A node that answers everything like a healthy one but counts its queues as it is told.</summary>
    private sealed class QueuePort(QueueSummary queues) : INodePort
    {
        public string Name => "gw1";

        public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) =>
            Task.FromResult(new NodeStatus { Address = "10.0.0.1:9045", Role = NodeRole.Secondary });

        public Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => Task.FromResult(new AboutInfo("2.0", null));

        public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) => Task.FromResult(new MailFlowSwitches(true, true));

        public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) => Task.FromResult<QueueSummary?>(queues);

        public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
            throw new NotSupportedException();

        public Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task StartInstallAsync(string uploadId, CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task AssignControlAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task AssignSecondaryAsync(CancellationToken cancellationToken) => throw new NotSupportedException();
    }
}
