using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>
/// The answer to the start of an installation is lost, and the node acts on it minutes later: whoever drives the run meanwhile, and
/// whatever people say to it, it never meets a node that is back at work, and nothing is installed twice.
/// </summary>
public sealed class LateStartTests
{
    private const string Node = "gw2";
    private const string Install = "S8/gw2/0";

    private static readonly TimeSpan Late = TimeSpan.FromMinutes(4);

    /// <summary>What stands in the way of the fence: no proof of anything, each of them.</summary>
    public static TheoryData<string, string?> Obstacles => new()
    {
        { "refuse", "403" },
        { "refuse", "404" },
        { "refuse", "409" },
        { "refuse", "423" },
        { "refuse", "501" },
        { "hidden-error", "locked" },
        { "hidden-error", "emergencyMode" },
        { "hidden-error", "notSupported" },
        { "hidden-error", "notFound" },
        { "drop-request", null },
        { "drop-response", null },
    };

    [Theory]
    [MemberData(nameof(Obstacles))]
    public void A_refusal_to_delete_the_upload_is_no_proof_that_its_start_arrived(string fault, string? value)
    {
        (VirtualRig rig, UpgradePlan plan) = Die(VirtualProcess.AnswerRead);
        rig.Tell(plan.RunId, run => run.AbortAsync("ann", "stop it"));
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = Node, Operation = "delete-update", Value = value, Times = 0 });
        UpgradeReport report = rig.Resume(plan.RunId);

        AssertSafe(rig, plan, report);
        Assert.Equal(UpgradeEnd.Aborted, report.End);
    }

    [Theory]
    [InlineData("after the intent")]
    [InlineData(VirtualProcess.AnswerRead)]
    [InlineData(VirtualProcess.AfterOutcome)]
    public void An_account_that_is_locked_is_no_proof_either(string death)
    {
        using PackageFolder folder = new();
        (VirtualRig rig, UpgradePlan plan) = Die(death, folder["update.zip"]);
        rig.Tell(plan.RunId, run => run.AbortAsync("ann", "stop it"));
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "account-locked", Node = Node, For = TimeSpan.FromSeconds(20) });

        AssertSafe(rig, plan, rig.Resume(plan.RunId));
    }

    [Fact]
    public void A_node_that_never_lets_the_upload_be_deleted_needs_a_human_who_can_vouch_for_it()
    {
        // A start that never arrives.
        (VirtualRig rig, UpgradePlan plan) = Die(VirtualProcess.AnswerRead, late: TimeSpan.FromDays(1));
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "hidden-error", Node = Node, Operation = "delete-update", Value = "notSupported", Times = 0 });
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains(Node, report.Reason, StringComparison.Ordinal);
        Assert.Contains("upload", report.Reason, StringComparison.Ordinal);
        Assert.Contains(UpgradeOverrides.LateStart, report.Reason, StringComparison.Ordinal);
        Assert.Equal(NodeOutcome.Parked, report.Nodes.Single(n => n.Name == Node).Outcome);
        Assert.Equal(UpgradeEnd.NeedsHuman, rig.Resume(plan.RunId).End);

        rig.Tell(plan.RunId, run => run.OverrideAsync("ann", UpgradeOverrides.LateStart, "restarted it", rig.Time.GetUtcNow() + TimeSpan.FromHours(2)));
        UpgradeReport resumed = rig.Resume(plan.RunId);
        Assert.True(resumed.End == UpgradeEnd.Completed, resumed.Reason + "\n" + rig.Story(plan.RunId));
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData(VirtualProcess.AnswerRead)]
    [InlineData(VirtualProcess.AfterOutcome)]
    public void An_outcome_that_is_written_down_as_unknown_is_fenced_like_an_open_intent(string death)
    {
        (VirtualRig rig, UpgradePlan plan) = Die(death);
        rig.Tell(plan.RunId, run => run.AbortAsync("ann", "stop it"));
        UpgradeReport report = rig.Resume(plan.RunId);

        AssertSafe(rig, plan, report);
        Assert.Equal(UpgradeEnd.Aborted, report.End);
        Assert.Empty(rig.Effects("install-started"));
        Assert.Single(rig.Effects("upload-deleted", Node));
        Assert.True(rig.Cluster.World[Node].Receiving);
    }

    [Theory]
    [InlineData(VirtualProcess.AnswerRead)]
    [InlineData(VirtualProcess.AfterOutcome)]
    public void The_run_goes_on_under_a_new_upload_once_the_old_one_is_gone(string death)
    {
        (VirtualRig rig, UpgradePlan plan) = Die(death);
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        AssertSafe(rig, plan, report);
        Assert.Single(rig.Effects("install-started", Node));
        Assert.Equal(2, Uploads(rig, plan).Distinct().Count());
    }

    [Theory]
    [InlineData("nothing")]
    [InlineData("abort")]
    [InlineData("skip")]
    [InlineData("park")]
    [InlineData("rollback")]
    [InlineData("service-lost")]
    [InlineData("pause")]
    public void Without_a_crash_the_start_counts_as_never_arrived_only_when_its_upload_is_gone(string meanwhile)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        Delay(rig, Late);
        VirtualProcess process = At(VirtualProcess.AfterOutcome, () =>
        {
            UpgradeRun run = rig.Orchestrator().GetRun(plan.RunId);
            Task<RunCommandAnswer?>? said = meanwhile switch
            {
                "abort" => run.AbortAsync("ann", "stop"),
                "skip" => run.SkipAsync("ann", Node, "stop"),
                "park" => run.ParkAsync("ann", Node, "stop"),
                "rollback" => run.RollbackAsync("ann", Node, "stop"),
                "pause" => run.PauseAsync("ann", "stop"),
                _ => null,
            };
            if (meanwhile == "service-lost")
            {
                rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "power-off", Node = "gw3", For = TimeSpan.FromMinutes(3) });
            }
        });
        UpgradeReport report = rig.Start(plan, process);
        if (meanwhile == "rollback")
        {
            rig.Tell(plan.RunId, run => run.ApproveAsync("ann", plan.Hash));
            report = rig.Resume(plan.RunId);
        }

        AssertSafe(rig, plan, report);
        if (meanwhile == "nothing")
        {
            Assert.Equal(UpgradeEnd.Completed, report.End);
            Assert.Single(rig.Effects("install-started", Node));
            Assert.Equal(2, Uploads(rig, plan).Distinct().Count());
        }
    }

    [Fact]
    public void An_upload_that_comes_back_with_a_snapshot_is_deleted_before_the_node_is_back_at_work()
    {
        VirtualRig rig = new(policy: VirtualRig.FastPolicy(3) with { StageUploads = StageUploads.BeforeRun });
        UpgradePlan plan = rig.Plan();
        Delay(rig, TimeSpan.FromMinutes(30));
        VirtualProcess process = At(VirtualProcess.AfterOutcome, () => _ = rig.Orchestrator().GetRun(plan.RunId).ParkAsync("ann", Node, "stop"));
        Assert.Equal(UpgradeEnd.NeedsHuman, rig.Start(plan, process).End);
        rig.Tell(plan.RunId, run => run.RollbackAsync("ann", Node, "back to work"));
        rig.Resume(plan.RunId);
        rig.Tell(plan.RunId, run => run.ApproveAsync("ann", plan.Hash));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.Equal(NodeOutcome.RolledBack, report.Nodes.Single(n => n.Name == Node).Outcome);
        Assert.True(rig.Cluster.World[Node].Receiving);
        rig.Time.Advance(TimeSpan.FromHours(1));
        AssertSafe(rig, plan, report);
        Assert.Empty(rig.Effects("install-started"));
    }

    [Theory]
    [InlineData(3)]
    [InlineData(30)]
    public void A_moment_of_silence_is_no_proof_of_a_failed_installation(int seconds)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        Delay(rig, TimeSpan.FromSeconds(40));
        VirtualProcess process = At(
            VirtualProcess.AfterOutcome,
            () => rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "partition-client", Node = Node, For = TimeSpan.FromSeconds(seconds) }));
        UpgradeReport report = rig.Start(plan, process);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        AssertSafe(rig, plan, report);
        Assert.Single(rig.Effects("install-started", Node));
    }

    [Theory]
    [InlineData("unknown-objects")]
    [InlineData("install-old-build")]
    public void What_the_node_says_of_an_attempt_before_is_no_proof_that_this_one_failed(string fault)
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = Node, Value = fault == "unknown-objects" ? "/opt/extra" : null });
        Assert.Equal(UpgradeEnd.NeedsHuman, rig.Start(plan).End);

        // The second start comes late: until then the node says what became of the first.
        Delay(rig, Late);
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        AssertSafe(rig, plan, report);
        Assert.Equal(2, rig.Effects("install-started", Node).Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_start_that_arrives_while_it_is_being_fenced_is_seen_to_the_end(bool answers)
    {
        VirtualRig rig = new(options: new SimulatedClusterOptions { AnswersWhileInstalling = answers });
        UpgradePlan plan = rig.Plan();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Node = Node, Operation = "start-update" });
        UpgradeReport report = rig.Start(plan);

        Assert.Equal(UpgradeEnd.Completed, report.End);
        Assert.Single(rig.Effects("install-started", Node));
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData("park")]
    [InlineData("pause")]
    [InlineData("abort")]
    public void Who_takes_over_hears_people_while_it_fences(string command)
    {
        (VirtualRig rig, UpgradePlan plan) = Die("after the intent");
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "power-off", Node = Node });
        DateTimeOffset began = rig.Time.GetUtcNow();
        RunCommandAnswer? answer = null;
        UpgradeReport report = rig.Time.Run(
            async () =>
            {
                UpgradeRun run = await rig.Orchestrator().ResumeAsync(plan.RunId);
                await Task.Delay(TimeSpan.FromSeconds(30), rig.Time);
                UpgradeRun human = rig.Orchestrator().GetRun(plan.RunId);
                answer = await (command switch
                {
                    "park" => human.ParkAsync("ann", Node, "I look after it"),
                    "abort" => human.AbortAsync("ann", "no"),
                    _ => human.PauseAsync("ann", "tea"),
                });
                return await run.WaitAsync();
            },
            VirtualRig.Limit);

        Assert.True(answer?.At - began < TimeSpan.FromSeconds(40), $"heard at {answer?.At}: {report.Reason}\n{rig.Story(plan.RunId)}");
        if (command == "park")
        {
            // A node that is told to stay out of work need not be waited for.
            Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
            Assert.True(rig.Records(plan.RunId)[^1].At - began < TimeSpan.FromMinutes(4), rig.Story(plan.RunId));
        }

        rig.Cluster.Faults.Clear();
        rig.Cluster.Act(Node, "power-on");
        rig.Time.Advance(TimeSpan.FromMinutes(2));
        report = rig.StateOf(plan.RunId) == UpgradeEnd.Aborted ? report : rig.Resume(plan.RunId);
        AssertSafe(rig, plan, report);
    }

    [Fact]
    public void Who_takes_over_waits_the_whole_limit_of_a_call()
    {
        VirtualRig rehearsal = new();
        VirtualProcess whole = new();
        rehearsal.Upgrade(whole);
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(whole.Points.IndexOf($"{VirtualProcess.AfterIntent} S2/gw2/-")), resume: false);
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);

        List<JournalRecord> receiving = [.. rig.Records(plan.RunId).Where(r => r.Entry.Step == "S2/gw2/-")];
        Assert.Equal([JournalEntryKind.Intent, JournalEntryKind.Outcome], receiving.Take(2).Select(r => r.Entry.Kind));
        Assert.Equal(StepOutcome.Unknown, receiving[1].Entry.Outcome);
        Assert.True(receiving[1].At - receiving[0].At >= DirectWorld.RequestLimit, $"only {receiving[1].At - receiving[0].At}");
        rig.AssertNoViolation();
    }

    [Fact]
    public void Uploads_that_were_begun_anew_after_a_cut_are_deleted_too()
    {
        VirtualRig rehearsal = new();
        VirtualProcess whole = new();
        rehearsal.Upgrade(whole);
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(whole.Points.IndexOf($"{VirtualProcess.AfterIntent} S7/gw2/0")), resume: false);
        SimulatedNode node = rig.Cluster.World[Node];
        string id = Uploads(rig, plan, "S7/gw2/0").Single();
        string[] others = ["by-hand-1"];
        foreach (string upload in (string[])[id + "-2", id + "-3", .. others])
        {
            node.BeginUpload(upload, "begun.ktgz", 1000, 0, Caller.Client);
        }

        UpgradeReport report = rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(plan.RunId));
        Assert.Equal(
            others.Order(StringComparer.Ordinal), node.ListUploads().Where(u => u.FileName == "begun.ktgz").Select(u => u.Id).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_unknown_outcome_is_no_success_that_ends_a_row_of_failures()
    {
        VirtualRig rig = new();
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-request", Node = Node, Operation = "upload-update", Times = 0 });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Equal(StepJudge.MostFailures, rig.Records(report.RunId).Count(r => r.Entry is { Kind: JournalEntryKind.Intent, Step: "S7/gw2/0" }));
        Assert.Equal(NodeOutcome.PutBack, report.Nodes.Single(n => n.Name == Node).Outcome);
    }

    /// <summary>A driver that dies right after it has announced a start leaves nothing that the node did.</summary>
    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 0)]
    public void What_a_driver_that_is_gone_did_not_bring_about_is_no_failure_of_the_node(long later, int failures)
    {
        RunState state = new();
        Apply(state, 1, 1, JournalEntryKind.Intent, null);
        Apply(state, 2, 1 + later, JournalEntryKind.Outcome, StepOutcome.FailedNoEffect);
        Assert.Equal((StepStatus.FailedNoEffect, failures), (state[StepKey.Parse("S8/gw2/0")].Status, state[StepKey.Parse("S8/gw2/0")].Failures));

        static void Apply(RunState state, long sequence, long epoch, JournalEntryKind kind, StepOutcome? outcome) => state.Apply(new JournalRecord(
            sequence, DateTimeOffset.UnixEpoch, epoch, new JournalEntry
            {
                Kind = kind,
                Step = "S8/gw2/0",
                Node = Node,
                Attempt = 1,
                Outcome = outcome,
                Text = Message.Said("-"),
            }, string.Empty));
    }

    [Fact]
    public void A_snapshot_that_stalls_over_a_put_back_is_not_waited_for_without_end()
    {
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        VirtualProcess process = new()
        {
            At = point =>
            {
                if (point.StartsWith(VirtualProcess.AfterOutcome + " S3/gw2", StringComparison.Ordinal))
                {
                    rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "snapshot-stalls", Node = Node });
                }

                if (point.StartsWith(VirtualProcess.AfterIntent + " S4b/gw2", StringComparison.Ordinal))
                {
                    rig.Time.CreateTimer(
                        _ =>
                            rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "power-off", Node = "gw3", For = TimeSpan.FromSeconds(60) }), null,
                            TimeSpan.FromSeconds(5), Timeout.InfiniteTimeSpan);
                }
            },
        };
        Assert.Equal(UpgradeEnd.Paused, rig.Start(plan, process).End);
        rig.Cluster.Faults.Clear();
        rig.Cluster.Act("gw3", "power-on");
        rig.Time.Advance(TimeSpan.FromMinutes(10));
        TimeSpan began = rig.Time.Elapsed;
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("snapshot", report.Reason, StringComparison.OrdinalIgnoreCase);
        Assert.True(rig.Time.Elapsed - began < TimeSpan.FromMinutes(10));
    }

    /// <summary>A rig whose first driver died at a boundary of the start of the installation, which comes late.</summary>
    private static (VirtualRig Rig, UpgradePlan Plan) Die(string boundary, string? package = null, TimeSpan? late = null)
    {
        VirtualRig Make() =>
            package is null ? new VirtualRig() : new VirtualRig(options: new SimulatedClusterOptions { PackageBytes = 1 << 16 }) { PackageFile = package };
        VirtualRig rehearsal = Make();
        VirtualProcess whole = new();
        UpgradePlan plan = rehearsal.Plan();
        Delay(rehearsal, late ?? Late);
        rehearsal.Start(plan, whole);
        int at = whole.Points.FindIndex(p => p.StartsWith($"{boundary} {Install}", StringComparison.Ordinal));
        Assert.True(at >= 0);

        VirtualRig rig = Make();
        plan = rig.Plan();
        Delay(rig, late ?? Late);
        rig.Crash(plan, new VirtualProcess(at), resume: false);
        return (rig, plan);
    }

    private static void Delay(VirtualRig rig, TimeSpan late) =>
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "late-request", Node = Node, Operation = "start-update", For = late });

    private static VirtualProcess At(string boundary, Action act) =>
        VirtualProcess.Once($"{boundary} {Install}", act);

    /// <summary>The uploads that the intents of a step named.</summary>
    private static IEnumerable<string> Uploads(VirtualRig rig, UpgradePlan plan, string step = Install) =>
        rig.Records(plan.RunId).Where(r => r.Entry.Kind == JournalEntryKind.Intent && r.Entry.Step == step).Select(r => r.Entry.Values![UploadStep.UploadId]);

    /// <summary>Everything that is still on the way has arrived, and nobody was hurt by it.</summary>
    private static void AssertSafe(VirtualRig rig, UpgradePlan plan, UpgradeReport report)
    {
        rig.Time.Advance(TimeSpan.FromMinutes(10));
        List<SimulatedViolation> violations = [.. rig.Cluster.GetViolations(atEnd: false).Where(v => v.Cause == EffectCause.Client)];
        Assert.True(violations.Count == 0, $"{string.Join('\n', violations)}\n{report.End}: {report.Reason}\n{rig.Story(plan.RunId)}");
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.NotEqual(UpgradeEnd.Running, report.End);
    }
}
