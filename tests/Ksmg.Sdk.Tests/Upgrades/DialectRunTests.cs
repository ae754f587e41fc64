using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>Whole upgrades through nodes that disagree with us in every respect.</summary>
[Trait("Category", "Slow")]
public sealed class DialectRunTests : IDisposable
{
    private readonly Dictionary<string, UploadFrontState> _fronts = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-dialect-run-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void A_foreign_cluster_is_upgraded_by_its_dialect_file(int nodes)
    {
        VirtualRig rig = Rig(nodes);
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.All(rig.Cluster.World.Nodes, node => Assert.Equal(rig.Cluster.Package.To, node.Build));
        Assert.Empty(rig.Cluster.GetViolations());
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.Equal(nodes, rig.Effects("install-started").Count());
    }

    [Theory]
    [InlineData("S2")]
    [InlineData("S7")]
    [InlineData("S8")]
    [InlineData("S11")]
    [InlineData("S13")]
    public void A_driver_that_dies_with_an_effect_on_its_way_is_taken_over(string step)
    {
        VirtualRig rig = Rig(2);
        UpgradePlan plan = rig.Plan();
        VirtualProcess process = new() { DiesAt = $"{VirtualProcess.EffectSent} {step}/" };
        Assert.ThrowsAny<Exception>(() => rig.Start(plan, process));
        Assert.True(process.IsDead, string.Join('\n', process.Points));
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.Empty(rig.Cluster.GetViolations());
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.Equal(2, rig.Effects("install-started").Count());
    }

    [Fact]
    public void What_cannot_be_asked_is_told_in_the_plan()
    {
        Assert.Contains(Rig(1).Plan().Findings, finding => finding is { Severity: FindingSeverity.Warning, Code: "rights-untold" });
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Updates_that_go_in_another_way_are_brought_and_installed_once(int nodes)
    {
        VirtualRig rig = UploadRig(nodes);
        AssertCompleted(rig, rig.Upgrade(), nodes);
    }

    [Theory]
    [InlineData(VirtualProcess.EffectSent, "S7")]
    [InlineData(VirtualProcess.EffectSent, "S8")]
    [InlineData(VirtualProcess.AfterIntent, "S7")]
    [InlineData(VirtualProcess.AfterIntent, "S13")]
    public void A_driver_that_dies_on_the_way_of_such_an_update_is_taken_over(string point, string step)
    {
        VirtualRig rig = UploadRig(2);
        UpgradePlan plan = rig.Plan();
        VirtualProcess process = new() { DiesAt = $"{point} {step}/" };
        Assert.ThrowsAny<Exception>(() => rig.Start(plan, process));
        Assert.True(process.IsDead, string.Join('\n', process.Points));
        AssertCompleted(rig, rig.Resume(plan.RunId), 2);
    }

    [Fact]
    public void A_successor_asks_with_what_its_predecessor_was_told()
    {
        VirtualRig rig = UploadRig(1);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = "after Observation" }, resume: false);
        Assert.Equal("41", rig.Records(plan.RunId)[^1].Entry.Values?.GetValueOrDefault("kept.job"));
        long asked = rig.Cluster.GetRequests()[^1].Seq;
        AssertCompleted(rig, rig.Resume(plan.RunId), 1);
        Assert.Contains(rig.Cluster.GetRequests(asked), r => r.Operation == OperationNames.GetUpdateStatus);
    }

    [Fact]
    public void A_start_that_may_not_have_been_sent_is_never_repeated_while_nobody_can_be_asked_for_it()
    {
        VirtualRig rig = UploadRig(2);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.AfterIntent} S8/" }, resume: false);
        UpgradeReport report = rig.Resume(plan.RunId);
        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Empty(rig.Effects("install-started"));
        Assert.False(rig.Cluster.World["gw2"].Receiving);
    }

    [Fact]
    public void An_upload_whose_answer_was_lost_is_found_among_what_was_not_there_before()
    {
        VirtualRig rig = UploadRig(2, tellsDigest: false);
        UploadByHand(rig);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Node = "gw2", Operation = "upload-update" });
        AssertCompleted(rig, rig.Upgrade(), 2);
        Assert.Equal([EffectCause.Human, EffectCause.Client], rig.Effects("upload-finished", "gw2").Select(e => e.Cause));
    }

    [Fact]
    public void What_a_dead_driver_may_have_brought_under_a_name_of_the_nodes_is_deleted_before_anybody_looks()
    {
        VirtualRig rig = UploadRig(2, tellsDigest: false);
        UploadByHand(rig);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.EffectSent} S7/" }, resume: false);
        AssertCompleted(rig, rig.Resume(plan.RunId), 2);
        Assert.StartsWith("2", Assert.Single(rig.Effects("upload-deleted", "gw2")).Detail, StringComparison.Ordinal);
        Assert.StartsWith("3 ", Assert.Single(rig.Effects("install-started", "gw2")).Detail, StringComparison.Ordinal);
    }

    public static TheoryData<string> WaysInPieces { get; } = [UploadFront.InPieces, UploadFront.InTiedPieces];

    [Theory]
    [MemberData(nameof(WaysInPieces))]
    public void A_package_goes_in_in_pieces(string dialect)
    {
        VirtualRig rig = UploadRig(3, dialect: dialect);
        AssertCompleted(rig, rig.Upgrade(), 3);
        Assert.All(_fronts.Values, state => Assert.Equal([0, 1, 2, 3], state.Pieces));
    }

    /// <summary>Before the piece, nothing of it is there; after it, only its answer is lost; in both cases the node is asked first.</summary>
    [Theory]
    [MemberData(nameof(WaysInPieces))]
    public void A_piece_is_sent_again_only_where_the_node_has_nothing_of_it(string dialect)
    {
        VirtualRig rig = UploadRig(1, dialect: dialect);
        HashSet<int> cut = [2];
        HashSet<int> lost = [1];
        UploadFrontState state = new()
        {
            Before = piece => cut.Remove(piece) ? throw new HttpRequestException("cut") : Task.CompletedTask,
            After = piece => lost.Remove(piece) ? throw new HttpRequestException("lost") : Task.CompletedTask,
        };
        _fronts["gw1"] = state;
        AssertCompleted(rig, rig.Upgrade(), 1);
        Assert.Equal([0, 1, 2, 3], state.Pieces);
        Assert.Equal(0, state.Unfinished);
    }

    [Theory]
    [MemberData(nameof(WaysInPieces))]
    public void A_driver_that_dies_between_two_pieces_leaves_nothing_behind(string dialect)
    {
        VirtualRig rig = UploadRig(1, dialect: dialect);
        UpgradePlan plan = rig.Plan();
        VirtualProcess process = new() { DiesAt = $"{VirtualProcess.EffectSent} S7/gw1/0 piece-2" };
        UploadFrontState state = new()
        {
            After = piece =>
            {
                if (!process.IsDead)
                {
                    process.EffectCaused($"piece-{piece}", "gw1", "S7");
                }

                return Task.CompletedTask;
            },
        };
        _fronts["gw1"] = state;
        rig.Crash(plan, process, resume: false);
        Assert.True(process.IsDead, string.Join('\n', process.Points));
        Assert.Equal(1, state.Unfinished);
        AssertCompleted(rig, rig.Resume(plan.RunId), 1);
        Assert.Equal([0, 1, 2, 0, 1, 2, 3], state.Pieces);
        Assert.Equal(0, state.Unfinished);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Uploading_installs_once_the_node_is_ready_for_it(int nodes)
    {
        VirtualRig rig = UploadRig(nodes, dialect: UploadFront.Installing);
        UpgradePlan plan = rig.Plan();
        Assert.DoesNotContain(plan.Steps, s => s.Id == StepId.Upload);
        Assert.Equal(nodes, plan.Findings.Count(f => f is { Severity: FindingSeverity.Warning, Code: "upload-installs" }));
        AssertCompleted(rig, rig.Start(plan), nodes);
        Assert.Equal(nodes, rig.Effects("upload-finished").Count());
    }

    [Fact]
    public void The_answer_to_an_upload_that_installs_may_be_lost()
    {
        VirtualRig rig = UploadRig(2, dialect: UploadFront.Installing);
        _fronts["gw2"] = new UploadFrontState { After = _ => throw new HttpRequestException("lost") };
        AssertCompleted(rig, rig.Upgrade(), 2);
    }

    [Fact]
    public void An_upload_that_installs_is_sent_again_where_the_node_cannot_have_got_all_of_it()
    {
        VirtualRig rig = UploadRig(2, dialect: UploadFront.Installing);
        int cuts = 1;
        _fronts["gw2"] = new UploadFrontState { Before = _ => cuts-- > 0 ? throw new HttpRequestException("cut") : Task.CompletedTask };
        UpgradeReport report = rig.Upgrade();
        AssertCompleted(rig, report, 2);
        Assert.Contains("cannot have got all of the package", rig.Story(report.RunId), StringComparison.Ordinal);
    }

    [Fact]
    public void A_driver_that_dies_while_an_upload_installs_is_taken_over()
    {
        VirtualRig rig = UploadRig(2, dialect: UploadFront.Installing);
        UpgradePlan plan = rig.Plan();
        VirtualProcess process = new() { DiesAt = $"{VirtualProcess.EffectSent} S8/" };
        rig.Crash(plan, process, resume: false);
        Assert.True(process.IsDead, string.Join('\n', process.Points));
        AssertCompleted(rig, rig.Resume(plan.RunId), 2);
    }

    [Fact]
    public void An_upload_that_installs_and_may_have_been_sent_is_repeated_only_when_a_human_vouches_for_it()
    {
        VirtualRig rig = UploadRig(2, dialect: UploadFront.Installing);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.AfterIntent} S8/" }, resume: false);
        UpgradeReport report = rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.NeedsHuman, report.Reason);
        Assert.Empty(rig.Effects("install-started"));
        Assert.False(rig.Cluster.World["gw2"].Receiving);

        rig.Tell(plan.RunId, run => run.OverrideAsync("somebody", UpgradeOverrides.LateStart, "Looked at the machine.", rig.Time.GetUtcNow().AddHours(12)));
        AssertCompleted(rig, rig.Resume(plan.RunId), 2);
    }

    /// <summary>Somebody's own upload of the very package: nothing but its id tells it from ours.</summary>
    private static void UploadByHand(VirtualRig rig)
    {
        SimulatedPackage package = rig.Cluster.Package;
        rig.Cluster.World["gw2"].CallAsync("upload-update", Caller.Human, n =>
        {
            string id = n.BeginUpload("by-hand", package.FileName, package.SizeBytes, 0, Caller.Human).Id;
            n.ReceiveUpload(id, package.SizeBytes);
            n.CompleteUpload(id, new string('0', 64), Caller.Human);
        }).GetAwaiter().GetResult();
    }

    private static void AssertCompleted(VirtualRig rig, UpgradeReport report, int nodes)
    {
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        rig.AssertNoViolation();
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.Equal(nodes, rig.Effects("install-started").Count());
    }

    private VirtualRig Rig(int nodes) => new(nodes) { PackageFile = Package, Dialect = Write(ForeignFront.Dialect) };

    private VirtualRig UploadRig(int nodes, bool tellsDigest = true, string dialect = UploadFront.Dialect) => new(
        nodes,
        VirtualRig.FastPolicy(nodes) with { Accept = [UpgradeConsents.InterruptsMail, UpgradeConsents.UploadWithoutHash] },
        new SimulatedClusterOptions { UploadNaming = UploadNaming.Numbered, TellsUploadDigest = tellsDigest, PackageBytes = 1 << 16 })
    {
        PackageFile = Package,
        Dialect = Write(dialect),
        Front = (name, node) => new UploadFront(node, State(name)),
    };

    private UploadFrontState State(string node) => _fronts.TryGetValue(node, out UploadFrontState? state) ? state : _fronts[node] = new();

    private string Package => Path.Combine(_folder.FullName, "update.zip");

    private string Write(string dialect)
    {
        string file = Path.Combine(_folder.FullName, "dialect.json");
        File.WriteAllText(file, dialect);
        return file;
    }
}
