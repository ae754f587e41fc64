using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>What a run does on an appliance that cannot be asked which uploads it holds, whoever names them.</summary>
[Trait("Category", "Slow")]
public sealed class UnlistedUploadTests : IDisposable
{
    private static readonly string[] Agreed = [UpgradeConsents.UploadUnproven];

    private readonly Dictionary<string, UploadFrontState> _fronts = [];
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-unlisted-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>How many nodes, and whether they name uploads themselves.</summary>
    public static TheoryData<int, bool> Clusters { get; } = new() { { 1, false }, { 2, false }, { 3, false }, { 1, true }, { 2, true }, { 3, true } };

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Uploads_that_nobody_can_be_asked_for_need_a_consent(bool nodeNames)
    {
        UpgradePlan plan = Rig(2, nodeNames, []).Plan();
        Assert.Equal(2, plan.Findings.Count(finding => finding is { Severity: FindingSeverity.Refusal, Code: UpgradeConsents.UploadUnproven }));

        plan = Rig(2, nodeNames, Agreed).Plan();
        Assert.Equal(2, plan.Findings.Count(finding => finding is { Severity: FindingSeverity.Warning, Code: UpgradeConsents.UploadUnproven }));
    }

    [Theory]
    [MemberData(nameof(Clusters))]
    public void An_upload_counts_as_there_because_its_answer_came(int nodes, bool nodeNames)
    {
        VirtualRig rig = Rig(nodes, nodeNames, Agreed);
        UpgradeReport report = rig.Upgrade();

        AssertUpgradedOnce(rig, report, nodes);
        Assert.Equal(nodes, rig.Effects("upload-finished").Count());
        Assert.Empty(rig.Effects("upload-deleted"));
        Assert.DoesNotContain(rig.Cluster.GetRequests(), r => r.Operation == OperationNames.ListUpdates);
    }

    [Theory]
    [InlineData(1, false)]
    [InlineData(2, false)]
    [InlineData(1, true)]
    [InlineData(2, true)]
    public void A_crash_at_a_point_of_the_way_of_an_upload_is_survived(int nodes, bool nodeNames)
    {
        VirtualProcess whole = new();
        Rig(nodes, nodeNames, Agreed).Upgrade(whole);
        int[] points = [.. Enumerable.Range(0, whole.Points.Count).Where(p => IsAboutUploads(whole.Points[p])).Where((_, i) => i % nodes == 0)];
        Assert.Equal(points.Length, points.Sum(point => CrashSequence.Run(Rig(nodes, nodeNames, Agreed), point)));
    }

    /// <summary>The id is in the journal as soon as the answer is, so that whoever comes next installs that upload and sends no other.</summary>
    [Theory]
    [MemberData(nameof(Clusters))]
    public void Who_takes_over_goes_by_the_id_that_was_answered(int nodes, bool nodeNames)
    {
        VirtualRig rig = Rig(nodes, nodeNames, Agreed);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = "after Observation" }, resume: false);
        JournalEntry told = rig.Records(plan.RunId)[^1].Entry;
        string first = told.Node!;
        string id = UploadIds.Parse(Assert.Single(told.Values!).Value);
        Assert.Equal(nodeNames ? "#1" : plan.RunId + "-" + first + "-0-1", id);

        AssertUpgradedOnce(rig, rig.Resume(plan.RunId), nodes);
        Assert.Single(rig.Effects("upload-finished", first));
        Assert.StartsWith(id.TrimStart('#') + " ", Assert.Single(rig.Effects("install-started", first)).Detail, StringComparison.Ordinal);
    }

    /// <summary>What has no answer in the journal is sent again; under an id of ours what came of it is deleted first.</summary>
    [Theory]
    [InlineData(false, VirtualProcess.EffectSent)]
    [InlineData(true, VirtualProcess.EffectSent)]
    [InlineData(false, VirtualProcess.AfterIntent)]
    [InlineData(true, VirtualProcess.AfterIntent)]
    public void What_a_dead_driver_may_have_brought_is_sent_again(bool nodeNames, string point)
    {
        VirtualRig rig = Rig(2, nodeNames, Agreed);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{point} S7/" }, resume: false);
        int lost = rig.Effects("upload-finished", "gw2").Count();
        Assert.Equal(point == VirtualProcess.EffectSent ? 1 : 0, lost);

        AssertUpgradedOnce(rig, rig.Resume(plan.RunId), 2);
        Assert.Equal(1 + lost, rig.Effects("upload-finished", "gw2").Count());
        Assert.Equal(nodeNames ? 0 : lost, rig.Effects("upload-deleted", "gw2").Count());
        Assert.Single(
            rig.Records(plan.RunId), r => r.Entry.Values?.GetValueOrDefault(Marks.Fence) == (nodeNames ? Marks.Outwaited : Marks.Gone));
    }

    /// <summary>It had begun anew, so that our id has a number behind it.</summary>
    [Fact]
    public void Nothing_is_left_of_an_upload_that_a_dead_driver_had_begun_anew()
    {
        VirtualRig rig = Rig(2, nodeNames: false, Agreed);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "cut-upload", Node = "gw2", Operation = "upload-update" });
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.EffectSent} S7/gw2/0 upload-finished" }, resume: false);
        string begunAnew = Assert.Single(rig.Cluster.World["gw2"].ListUploads()).Id;
        Assert.EndsWith("-0-1-2", begunAnew, StringComparison.Ordinal);

        AssertUpgradedOnce(rig, rig.Resume(plan.RunId), 2);
        Assert.Contains(rig.Effects("upload-deleted", "gw2"), e => e.Detail!.StartsWith(begunAnew, StringComparison.Ordinal));
    }

    /// <summary>Its id is in the journal, so that a start which may still arrive is fenced as ever.</summary>
    [Theory]
    [MemberData(nameof(Clusters))]
    public void A_start_that_may_be_on_its_way_is_fenced_by_deleting_the_upload_of_that_id(int nodes, bool nodeNames)
    {
        VirtualRig rig = Rig(nodes, nodeNames, Agreed);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.AfterIntent} S8/" }, resume: false);
        string first = rig.Records(plan.RunId)[^1].Entry.Node!;

        AssertUpgradedOnce(rig, rig.Resume(plan.RunId), nodes);
        Assert.Single(rig.Effects("upload-deleted", first));
        Assert.Equal(2, rig.Effects("upload-finished", first).Count());
        Assert.Single(rig.Records(plan.RunId), r => r.Entry.Values?.GetValueOrDefault(Marks.Fence) == Marks.Gone);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_start_that_has_arrived_is_not_repeated(bool nodeNames)
    {
        VirtualRig rig = Rig(2, nodeNames, Agreed);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.EffectSent} S8/" }, resume: false);

        AssertUpgradedOnce(rig, rig.Resume(plan.RunId), 2);
        Assert.Equal(2, rig.Effects("upload-finished").Count());
    }

    [Theory]
    [InlineData(false, "drop-response", "upload-update", 1)]
    [InlineData(true, "drop-response", "upload-update", 0)]
    [InlineData(false, "cut-upload", "upload-update", 1)]
    [InlineData(true, "cut-upload", "upload-update", 0)]
    [InlineData(false, "drop-request", "start-update", 1)]
    [InlineData(true, "drop-request", "start-update", 1)]
    [InlineData(false, "drop-response", "start-update", 0)]
    [InlineData(true, "drop-response", "start-update", 0)]
    public void What_is_lost_on_the_way_is_sent_again_and_installed_once(bool nodeNames, string fault, string operation, int deleted)
    {
        VirtualRig rig = Rig(2, nodeNames, Agreed);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = "gw2", Operation = operation });
        UpgradeReport report = rig.Upgrade();

        AssertUpgradedOnce(rig, report, 2);
        Assert.Equal(deleted, rig.Effects("upload-deleted", "gw2").Count());
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Where_nothing_can_be_deleted_either_a_start_is_outwaited_and_repeated_with_the_same_upload(bool nodeNames)
    {
        VirtualRig rig = Rig(2, nodeNames, Agreed, OperationNames.DeleteUpdate);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.AfterIntent} S8/" }, resume: false);

        AssertUpgradedOnce(rig, rig.Resume(plan.RunId), 2);
        Assert.Single(rig.Effects("upload-finished", "gw2"));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Starts_that_arrive_minutes_late_find_nothing(bool nodeNames)
    {
        VirtualRig rig = LateStarts.Arm(Rig(2, nodeNames, Agreed), 2);
        AssertUpgradedOnce(rig, rig.Upgrade(), 2);
    }

    [Fact]
    public void A_start_that_was_lost_meets_no_upload_of_the_same_number_unseen()
    {
        VirtualRig rig = LateStarts.Arm(Rig(2, nodeNames: true, Agreed, naming: UploadNaming.LowestFree), 0);
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("gave an upload the id #1 again", report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("install-started"));
    }

    [Fact]
    public void An_upload_that_the_node_says_it_does_not_have_is_sent_again()
    {
        VirtualRig rig = Rig(2, nodeNames: false, Agreed);
        VirtualProcess process = VirtualProcess.Once($"{VirtualProcess.AfterOutcome} S7/gw2", () => rig.Cluster.World["gw2"]
            .CallAsync("delete-update", Caller.Human, node => node.DeleteUpload(node.ListUploads()[0].Id, Caller.Human)).GetAwaiter().GetResult());
        UpgradeReport report = rig.Upgrade(process);

        AssertUpgradedOnce(rig, report, 2);
        Assert.Equal(2, rig.Effects("upload-finished", "gw2").Count());
    }

    [Fact]
    public void What_our_own_upload_takes_up_is_no_reason_not_to_install_it()
    {
        VirtualRig rig = Rig(2, nodeNames: true, Agreed, free: new VirtualRig(1).Cluster.World["gw1"].FreeBytes("/var"));
        AssertUpgradedOnce(rig, rig.Upgrade(), 2);
    }

    /// <summary>A dialect that is corrected in the middle of a run: nobody has agreed yet.</summary>
    [Fact]
    public void A_run_that_is_stopped_for_it_goes_on_by_an_override()
    {
        VirtualRig rig = Rig(2, nodeNames: true, []);
        string unlisted = File.ReadAllText(rig.Dialect!);
        JsonNode listed = JsonNode.Parse(unlisted)!;
        listed["operations"]!.AsObject().Remove("list-updates");
        listed["operations"]!["list-updates"] = JsonNode.Parse("""[ { "path": "/web/api/imports" } ]""");
        File.WriteAllText(rig.Dialect!, listed.ToJsonString());
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.BeforeIntent} S7/" }, resume: false);

        File.WriteAllText(rig.Dialect!, unlisted);
        UpgradeReport report = rig.Resume(plan.RunId);
        Assert.True(report.End == UpgradeEnd.Paused, report.Reason);
        Assert.Contains(UpgradeConsents.UploadUnproven, report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("install-started"));

        DateTimeOffset until = rig.Time.GetUtcNow().AddHours(12);
        rig.Tell(plan.RunId, run => run.OverrideAsync("somebody", UpgradeConsents.UploadUnproven, "Looked at the page.", until));
        AssertUpgradedOnce(rig, rig.Resume(plan.RunId), 2);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void A_node_that_lists_nothing_is_rolled_back(bool nodeNames)
    {
        VirtualRig rig = Rig(2, nodeNames, Agreed);
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw1"));
        Assert.Equal(UpgradeEnd.Paused, rig.Resume(run).End);
        rig.Tell(run, async r => await r.ApproveAsync("ann", (await r.GetPlanAsync()).Hash));
        UpgradeReport report = rig.Resume(run);

        Assert.True(report.End == UpgradeEnd.RolledBack, report.Reason + "\n" + rig.Story(run));
        SimulatedEffect reverted = Assert.Single(rig.Effects("snapshot-reverted"));
        Assert.Contains(rig.Cluster.GetRequests(), r => r.At >= reverted.At && r is { Operation: OperationNames.DeleteUpdate, Node: "gw1" });
        rig.AssertNoViolation(rig.Story(run));
    }

    /// <summary>No list proves anything there: what may have arrived whole is looked behind by what the node runs.</summary>
    [Fact]
    public void Where_uploading_installs_nobody_is_asked_for_a_list_or_a_consent()
    {
        _fronts["gw2"] = new UploadFrontState { After = _ => throw new HttpRequestException("lost") };
        VirtualRig rig = Rig(2, nodeNames: true, [], dialect: UploadFront.Installing);
        Assert.DoesNotContain(rig.Plan().Findings, f => f.Code == UpgradeConsents.UploadUnproven);
        AssertUpgradedOnce(rig, rig.Upgrade(), 2);
    }

    public static TheoryData<string> WaysInPieces { get; } = [UploadFront.InPieces, UploadFront.InTiedPieces];

    [Theory]
    [MemberData(nameof(WaysInPieces))]
    public void After_the_failure_of_a_piece_the_package_begins_anew(string dialect)
    {
        HashSet<int> cut = [2];
        UploadFrontState state = new() { Before = piece => cut.Remove(piece) ? throw new HttpRequestException("cut") : Task.CompletedTask };
        _fronts["gw1"] = state;
        VirtualRig rig = Rig(1, nodeNames: true, Agreed, dialect: dialect);
        UpgradeReport report = rig.Upgrade();
        AssertUpgradedOnce(rig, report, 1);
        Assert.Equal([0, 1, 0, 1, 2, 3], state.Pieces);
        Assert.DoesNotContain("does not say what it has", rig.Story(report.RunId), StringComparison.Ordinal);
    }

    /// <summary>What deletes by a number that only a start tells cannot delete before the first one.</summary>
    [Fact]
    public void A_deletion_that_asks_with_what_nobody_has_told_yet_is_told_in_the_plan()
    {
        VirtualRig rig = Rig(2, nodeNames: true, Agreed, change: operations =>
        {
            operations["start-update"]![0]!["keep"] = new JsonObject { ["job"] = "data.job" };
            operations["delete-update"]![0]!["query"] = new JsonObject { ["of"] = "{job}" };
        });
        UpgradePlan plan = rig.Plan();
        Assert.Equal(2, plan.Findings.Count(f => f is { Severity: FindingSeverity.Warning, Code: "delete-untold-yet" }));
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.AfterIntent} S8/" }, resume: false);
        AssertUpgradedOnce(rig, rig.Resume(plan.RunId), 2);
    }

    /// <summary>What an attempt of a step left is deleted by the next one, if it can be.</summary>
    [Fact]
    public void Nothing_is_deleted_before_an_upload_with_what_nobody_has_told_yet()
    {
        VirtualRig rig = Rig(2, nodeNames: false, Agreed, change: operations =>
        {
            operations["start-update"]![0]!["keep"] = new JsonObject { ["job"] = "status" };
            operations["delete-update"]![0]!["query"] = new JsonObject { ["of"] = "{job}" };
        });
        for (int cut = 1; cut <= PackageUploader.MaxAttempts; cut++)
        {
            rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "cut-upload", Node = "gw2", Operation = "upload-update", Nth = cut });
        }

        UpgradeReport report = rig.Upgrade();
        AssertUpgradedOnce(rig, report, 2);
        Assert.Contains(rig.Records(report.RunId), r => r.Entry is { Kind: JournalEntryKind.Intent, Step: "S7/gw2/0", Attempt: 2 });
    }

    private static bool IsAboutUploads(string point) =>
        point.Contains("S7/", StringComparison.Ordinal) || point.Contains("S8/", StringComparison.Ordinal)
        || point.EndsWith(nameof(JournalEntryKind.Observation), StringComparison.Ordinal);

    private static void AssertUpgradedOnce(VirtualRig rig, UpgradeReport report, int nodes)
    {
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        rig.AssertNoViolation(rig.Story(report.RunId));
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.Equal(nodes, rig.Effects("install-started").Count());
    }

    private VirtualRig Rig(
        int nodes,
        bool nodeNames,
        string[] accepted,
        string? missing = null,
        string? dialect = null,
        long free = 0,
        UploadNaming naming = UploadNaming.Numbered,
        Action<JsonNode>? change = null)
    {
        JsonNode written = JsonNode.Parse(
            dialect ?? (nodeNames ? UploadFront.Dialect : ForeignFront.Dialect),
            documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!;
        JsonNode operations = written["operations"]!;
        foreach (string operation in new[] { OperationNames.ListUpdates, missing }.OfType<string>())
        {
            operations[operation] = new JsonArray(new JsonObject { ["missing"] = true });
        }

        if (nodeNames)
        {
            // That the number of a job was lost is another matter.
            operations["start-update"]![0]!.AsObject().Remove("keep");
            operations["get-update-status"]![0]!["query"] = new JsonObject { ["number"] = "41" };
        }

        change?.Invoke(operations);
        string file = Path.Combine(_folder.FullName, "dialect.json");
        File.WriteAllText(file, written.ToJsonString());
        UpgradePolicy policy = VirtualRig.FastPolicy(nodes);
        policy = policy with
        {
            Accept = [.. policy.Accept, .. accepted],
            RequiredFreeBytes = new Dictionary<string, long>(StringComparer.Ordinal) { ["/var"] = free },
        };
        SimulatedClusterOptions options = new()
        {
            UploadNaming = nodeNames ? naming : UploadNaming.BySender,
            PackageBytes = 1 << 16,
        };
        return new VirtualRig(nodes, policy, options)
        {
            PackageFile = Path.Combine(_folder.FullName, "update.zip"),
            Dialect = file,
            Front = nodeNames ? (name, node) => new UploadFront(node, State(name)) : null,
        };
    }

    private UploadFrontState State(string node) => _fronts.TryGetValue(node, out UploadFrontState? state) ? state : _fronts[node] = new();
}
