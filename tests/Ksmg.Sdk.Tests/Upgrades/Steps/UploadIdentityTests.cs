using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades.Steps;

/// <summary>Nodes that name uploads themselves, and nodes that tell no digest: what a run can still prove, and where it stops.</summary>
public class UploadIdentityTests
{
    private static readonly UpgradePolicy Accepting = VirtualRig.FastPolicy(3) with { Accept = [UpgradeConsents.UploadWithoutHash] };

    public static TheoryData<UploadNaming, bool> Worlds { get; } = new()
    {
        { UploadNaming.BySender, false },
        { UploadNaming.Numbered, true },
        { UploadNaming.Numbered, false },
    };

    [Theory]
    [MemberData(nameof(Worlds))]
    public void A_crash_at_a_point_is_survived(UploadNaming naming, bool digest)
    {
        SimulatedClusterOptions options = new() { UploadNaming = naming, TellsUploadDigest = digest };
        VirtualRig Rig() => new(policy: Accepting, options: options, mailPerSecond: 0.2);

        VirtualProcess whole = new();
        Rig().Upgrade(whole);
        Assert.Contains(whole.Points, IsAboutUploads);
        Assert.All(
            Enumerable.Range(0, whole.Points.Count).Where(p => IsAboutUploads(whole.Points[p])).Where((_, i) => i % 3 == 0),
            point => CrashSequence.Run(Rig(), point));
    }

    [Fact]
    public void Without_a_digest_nothing_is_installed_before_somebody_agrees_by_name()
    {
        VirtualRig rig = new(options: new SimulatedClusterOptions { TellsUploadDigest = false });
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.Paused, report.End);
        Assert.Contains("tells no SHA-256", report.Reason, StringComparison.Ordinal);
        Assert.Contains(UpgradeConsents.UploadWithoutHash, report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("install-started"));
        Assert.Single(rig.Effects("upload-finished"));
        Assert.True(rig.Cluster.World["gw2"].Receiving);

        rig.Tell(report.RunId, run => run.OverrideAsync("somebody", UpgradeConsents.UploadWithoutHash, "Compared by hand.", rig.Time.GetUtcNow().AddHours(12)));
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(report.RunId).End);
        rig.AssertNoViolation();
    }

    [Theory]
    [InlineData(UploadNaming.BySender)]
    [InlineData(UploadNaming.Numbered)]
    public async Task Without_a_digest_what_was_there_before_the_run_is_not_taken_for_its_upload(UploadNaming naming)
    {
        VirtualRig rig = new(policy: Accepting, options: new SimulatedClusterOptions { TellsUploadDigest = false, UploadNaming = naming });
        SimulatedPackage package = rig.Cluster.Package;
        await rig.Cluster.World["gw2"].CallAsync("upload-update", Caller.Human, n =>
        {
            string id = n.BeginUpload("by-hand", package.FileName, package.SizeBytes, 0, Caller.Human).Id;
            n.ReceiveUpload(id, package.SizeBytes);
            n.CompleteUpload(id, new string('0', 64), Caller.Human);
        });

        Assert.Equal(UpgradeEnd.Completed, rig.Upgrade().End);
        rig.AssertNoViolation();
    }

    [Fact]
    public void A_start_that_was_lost_meets_no_upload_of_the_same_number_unseen()
    {
        VirtualRig rig = LateStarts.Arm(new VirtualRig(options: new SimulatedClusterOptions { UploadNaming = UploadNaming.LowestFree }), 0);
        UpgradeReport report = rig.Upgrade();

        Assert.Equal(UpgradeEnd.NeedsHuman, report.End);
        Assert.Contains("gave an upload the id 1 again", report.Reason, StringComparison.Ordinal);
        Assert.False(rig.Cluster.World["gw2"].Receiving);
        Assert.Empty(rig.Effects("install-started"));
        Assert.DoesNotContain(rig.Cluster.GetViolations(), v => v.Cause == EffectCause.Client);
    }

    [Fact]
    public void Starts_that_arrive_minutes_late_find_nothing_where_the_node_names_uploads()
    {
        VirtualRig rig = LateStarts.Arm(new VirtualRig(options: new SimulatedClusterOptions { UploadNaming = UploadNaming.Numbered }), 2);
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        rig.AssertNoViolation();
    }

    [Theory]
    [MemberData(nameof(Worlds))]
    public void The_typed_clients_bring_a_package_to_such_nodes(UploadNaming naming, bool digest)
    {
        using PackageFolder folder = new();
        SimulatedClusterOptions options = new() { UploadNaming = naming, TellsUploadDigest = digest, PackageBytes = 1 << 16 };
        VirtualRig rig = new(policy: Accepting, options: options) { PackageFile = folder["update.zip"] };
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.All(rig.Cluster.World.Nodes, n => Assert.Single(rig.Effects("upload-finished", n.Name)));
        rig.AssertNoViolation();
    }

    [Fact]
    public void An_upload_that_installs_under_our_id_is_known_to_the_journal()
    {
        VirtualRig rig = UploadSwitches.Rig(UploadSwitches.UploadInstalls, 1, VirtualRig.FastPolicy(1));
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.BeforeIntent} S4a/" }, resume: false);
        rig.Crash(plan, new VirtualProcess { DiesAt = $"{VirtualProcess.EffectSent} S8/" }, resume: true);
        UpgradeReport report = rig.Resume(plan.RunId);

        Assert.True(report.End == UpgradeEnd.NeedsHuman, report.Reason + "\n" + rig.Story(plan.RunId));
        Assert.Contains(UpgradeOverrides.LateStart, report.Reason, StringComparison.Ordinal);
        Assert.DoesNotContain(UpgradeOverrides.OlderJournal, report.Reason, StringComparison.Ordinal);
    }

    [Fact]
    public void A_package_whose_answer_was_lost_is_found_under_the_id_that_the_node_gave_it()
    {
        using PackageFolder folder = new();
        VirtualRig rig = new(options: new SimulatedClusterOptions { UploadNaming = UploadNaming.Numbered, PackageBytes = 1 << 16 })
        {
            PackageFile = folder["update.zip"],
        };
        rig.Cluster.Faults.Arm(new SimulatedFault { Fault = "drop-response", Node = "gw2", Operation = "upload-update" });
        UpgradeReport report = rig.Upgrade();

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Single(rig.Effects("upload-finished", "gw2"));
        rig.AssertNoViolation();
    }

    private static bool IsAboutUploads(string point) => point.Contains("S7/", StringComparison.Ordinal) || point.Contains("S8/", StringComparison.Ordinal);
}
