using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>Whole upgrades through nodes that disagree with us in every respect but how an upload goes in.</summary>
public sealed class DialectRunTests : IDisposable
{
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

    private VirtualRig Rig(int nodes)
    {
        string dialect = Path.Combine(_folder.FullName, "dialect.json");
        File.WriteAllText(dialect, ForeignFront.Dialect);
        return new VirtualRig(nodes) { PackageFile = Path.Combine(_folder.FullName, "update.zip"), Dialect = dialect };
    }
}
