using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>What a run does on an appliance that cannot be asked for something, as the table of <c>docs/dialects.md</c> says.</summary>
[Trait("Category", "Slow")]
public sealed class MissingCallTests : IDisposable
{
    private static readonly BuildNumber Middle = BuildNumber.Parse("2.0.1.7000");

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-missing-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public void Queues_that_nobody_can_be_asked_for_need_a_consent()
    {
        VirtualRig rig = Rig(2, OperationNames.GetQueueSummary);
        UpgradePlan plan = rig.Plan();

        Assert.Equal(2, plan.Findings.Count(finding => finding is { Severity: FindingSeverity.Refusal, Code: UpgradeConsents.QueueUnproven }));
    }

    [Fact]
    public void With_the_consent_each_node_gets_all_the_time_of_a_drain()
    {
        VirtualRig rig = Rig(2, OperationNames.GetQueueSummary, UpgradeConsents.QueueUnproven);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Operation = "set-receiving", After = "apply" });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.Empty(rig.Cluster.GetViolations());
        Assert.Empty(rig.Cluster.GetMail().Lost);
        foreach (string node in new[] { "gw1", "gw2" })
        {
            DateTimeOffset off = rig.Effects("receiving-switched").First(e => e.Node == node).At;
            DateTimeOffset install = rig.Effects("install-started").Single(e => e.Node == node).At;
            Assert.True(install - off >= rig.Policy.DrainTimeout, $"{node}: {off:O} to {install:O}");
        }
    }

    [Fact]
    public void Sessions_that_stay_are_left_to_a_human_where_the_queues_cannot_be_seen()
    {
        VirtualRig rig = Rig(2, OperationNames.GetQueueSummary, UpgradeConsents.QueueUnproven);
        UpgradePlan plan = rig.Plan();
        VirtualProcess process = new() { DiesAt = $"{VirtualProcess.EffectSent} S2/" };
        Assert.ThrowsAny<Exception>(() => rig.Start(plan, process));
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "session-held", Node = "gw2" });
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.Contains("1 open SMTP session", report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("install-started"));
    }

    [Fact]
    public void An_installation_that_nobody_can_be_asked_for_is_proven_by_the_build()
    {
        VirtualRig rig = Rig(2, OperationNames.GetUpdateStatus);
        Assert.Equal(2, rig.Plan().Findings.Count(finding => finding is { Severity: FindingSeverity.Warning, Code: "update-untold" }));
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Node = "gw2", Operation = "start-update", After = "apply" });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.Empty(rig.Cluster.GetViolations());
        Assert.Equal(2, rig.Effects("install-started").Count());
    }

    [Fact]
    public void Where_nobody_tells_that_an_installation_failed_a_human_is_asked_when_its_time_is_over()
    {
        VirtualRig rig = Rig(2, OperationNames.GetUpdateStatus);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "install-old-build", Node = "gw2" });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("gw2", report.Reason, StringComparison.Ordinal);
        SimulatedEffect started = Assert.Single(rig.Effects("install-started"));
        Assert.True(rig.Time.GetUtcNow() - started.At >= rig.Policy.InstallTimeout);
    }

    [Fact]
    public void A_preliminary_package_needs_a_node_that_tells_of_it()
    {
        VirtualRig rig = Rig(2, OperationNames.GetUpdateStatus);
        PlannedPackage first = new("preliminary.ktgz", rig.Packages[0].From, Middle, 1 << 20, "aa", IsPreliminary: true);
        UpgradePlan plan = rig.Plan([first, .. rig.Packages]);

        Assert.Contains(plan.Findings, finding => finding is { Severity: FindingSeverity.Refusal, Code: "preliminary-untold" });
    }

    [Fact]
    public void Uploads_that_cannot_be_deleted_are_told_in_the_plan()
    {
        UpgradePlan plan = Rig(2, OperationNames.DeleteUpdate).Plan();

        Assert.Equal(2, plan.Findings.Count(finding => finding is { Severity: FindingSeverity.Warning, Code: "delete-untold" }));
    }

    [Theory]
    [InlineData(VirtualProcess.EffectSent, "S7")]
    [InlineData(VirtualProcess.AnswerRead, "S7")]
    [InlineData(VirtualProcess.AfterIntent, "S8")]
    [InlineData(VirtualProcess.EffectSent, "S8")]
    public void What_cannot_be_fenced_by_deleting_its_upload_is_outwaited(string point, string step)
    {
        VirtualRig rig = Rig(2, OperationNames.DeleteUpdate);
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{point} {step}/" }, resume: false);
        AssertUpgradedOnce(rig, rig.Resume(plan.RunId));
        DateTimeOffset begun = rig.Records(plan.RunId).Last(r => r.Entry.Kind == JournalEntryKind.EpochStarted).At;
        JournalRecord fenced = Assert.Single(rig.Records(plan.RunId), r => r.Entry.Values?.GetValueOrDefault(Marks.Fence) == Marks.Outwaited);
        Assert.True(fenced.At - begun >= DirectWorld.RequestLimit, rig.Story(plan.RunId));
    }

    [Theory]
    [InlineData("drop-request", "start-update")]
    [InlineData("drop-response", "start-update")]
    [InlineData("cut-upload", "upload-update")]
    public void What_is_lost_on_the_way_is_looked_behind_where_nothing_can_be_deleted(string fault, string operation)
    {
        VirtualRig rig = Rig(2, OperationNames.DeleteUpdate);
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = fault, Node = "gw2", Operation = operation });
        AssertUpgradedOnce(rig, rig.Upgrade());
    }

    [Fact]
    public void A_node_that_cannot_delete_uploads_is_rolled_back()
    {
        VirtualRig rig = Rig(2, OperationNames.DeleteUpdate);
        string run = rig.Upgrade().RunId;
        rig.Tell(run, r => r.RollbackAsync("ann", "gw1"));
        Assert.Equal(UpgradeEnd.Paused, rig.Resume(run).End);
        rig.Tell(run, async r => await r.ApproveAsync("ann", (await r.GetPlanAsync()).Hash));
        UpgradeReport report = rig.Resume(run);

        Assert.True(report.End == UpgradeEnd.RolledBack, report.Reason + "\n" + rig.Story(run));
        Assert.Single(rig.Effects("snapshot-reverted"));
        Assert.Empty(rig.Effects("upload-deleted"));
        rig.AssertNoViolation(rig.Story(run));
    }

    [Fact]
    public async Task Who_waits_for_an_installation_is_told_at_once_that_nobody_can_be_asked()
    {
        VirtualRig rig = Rig(1, OperationNames.GetUpdateStatus);
        using KsmgCluster cluster = ClientWorld.Connect(rig.Cluster, TimeProvider.System, new VirtualProcess(), rig.Dialect);
        KsmgMissingOperationException e = await Assert.ThrowsAsync<KsmgMissingOperationException>(
            () => cluster.Nodes[0].Updates.WaitAsync(VirtualRig.Limit).WaitAsync(TimeSpan.FromMinutes(1)));

        Assert.Equal(OperationNames.GetUpdateStatus, e.Operation);
    }

    [Theory]
    [InlineData(OperationNames.GetQueueSummary, ", smtpSessions: data.sessions")]
    [InlineData(OperationNames.GetAbout, ", build: data.full")]
    public void An_answer_without_what_some_appliances_do_not_tell_is_enough(string operation, string told)
    {
        VirtualRig rig = Rig(2, Rewritten(entry =>
        {
            Assert.Contains(told, (string)entry[operation]![0]!["answer"]!, StringComparison.Ordinal);
            entry[operation]![0]!["answer"] = ((string)entry[operation]![0]!["answer"]!).Replace(told, string.Empty, StringComparison.Ordinal);
        }));
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason);
        Assert.Empty(rig.Cluster.GetViolations());
        Assert.Empty(rig.Cluster.GetMail().Lost);
    }

    private static void AssertUpgradedOnce(VirtualRig rig, UpgradeReport report)
    {
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Empty(rig.Cluster.GetViolations());
        Assert.Empty(rig.Cluster.GetMail().Lost);
        Assert.Empty(rig.Effects("upload-deleted"));
        Assert.Equal(2, rig.Effects("install-started").Count());
    }

    private VirtualRig Rig(int nodes, string missing, params string[] accepted) =>
        Rig(nodes, Rewritten(operations => operations[missing] = new JsonArray(new JsonObject { ["missing"] = true })), accepted);

    private VirtualRig Rig(int nodes, JsonNode dialect, params string[] accepted)
    {
        string file = Path.Combine(_folder.FullName, "dialect.json");
        File.WriteAllText(file, dialect.ToJsonString());
        UpgradePolicy policy = VirtualRig.FastPolicy(nodes);
        policy = policy with { Accept = [.. policy.Accept, .. accepted] };
        return new VirtualRig(nodes, policy) { PackageFile = Path.Combine(_folder.FullName, "update.zip"), Dialect = file };
    }

    private static JsonNode Rewritten(Action<JsonNode> change)
    {
        JsonNode dialect = JsonNode.Parse(ForeignFront.Dialect, documentOptions: new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip })!;
        change(dialect["operations"]!);
        return dialect;
    }
}
