using System.IO.Compression;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The package of a run is the very one its plan was made for.</summary>
[Trait("Category", "Slow")]
public sealed class RunPackageTests : IDisposable
{
    private readonly PackageFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("another of the same name and size")]
    [InlineData("a bit of it")]
    [InlineData("another size")]
    [InlineData("another name")]
    public async Task Another_package_is_refused_before_the_first_byte_and_the_right_one_is_taken_afterwards(string instead)
    {
        byte[] content = PackageFolder.Bytes(200_000);
        string path = Write(PackageFolder.Ktgz, content);
        PlannedPackage planned = new(
            PackageFolder.Ktgz, new BuildNumber(2, 0, 1, 6960), new BuildNumber(2, 1, 0, 7854), content.Length, PackageFolder.Sha256(content));
        byte[] flipped = [.. content];
        flipped[150_000] ^= 1;
        _ = instead switch
        {
            "another of the same name and size" => Write(PackageFolder.Ktgz, PackageFolder.Bytes(200_000, seed: 2)),
            "a bit of it" => Write(PackageFolder.Ktgz, flipped),
            "another size" => Write(PackageFolder.Ktgz, PackageFolder.Bytes(200_001)),
            _ => Write("ksmg_upgrade_2.0.1.6961_2.1.0.7854.ktgz", content),
        };
        await using RunPackage package = new(path, [planned], uploadsAtOnce: 1);

        for (int attempt = 0; attempt < 2; attempt++)
        {
            PackageException e = await Assert.ThrowsAsync<PackageException>(() => package.OpenAsync(planned, CancellationToken.None));
            Assert.Contains(path, e.Message, StringComparison.Ordinal);
        }

        Write(PackageFolder.Ktgz, content);
        Assert.Equal(content, PackageFolder.ReadAll(await package.OpenAsync(planned, CancellationToken.None)));
    }

    [Fact]
    public void A_package_that_was_replaced_is_not_sent_at_all()
    {
        string path = _folder["update.zip"];
        VirtualRig rig = new(2) { PackageFile = path };
        UpgradePlan plan = rig.Plan();
        byte[] whole = File.ReadAllBytes(path);
        Write(rig.Cluster.Package.FileName, PackageFolder.Bytes((int)rig.Cluster.Package.SizeBytes, seed: 7));
        UpgradeReport report = rig.Start(plan);

        Assert.NotEqual(UpgradeEnd.Completed, report.End);
        Assert.Contains(path, report.Reason, StringComparison.Ordinal);
        Assert.Empty(rig.Effects("upload-started"));
        Assert.All(rig.Cluster.World.Nodes, n => Assert.True(n.Receiving));

        File.WriteAllBytes(path, whole);
        Assert.Equal(UpgradeEnd.Completed, rig.Resume(plan.RunId).End);
        rig.AssertNoViolation(rig.Story(plan.RunId));
    }

    /// <summary>Two of one file name, in folders: which one was chosen is known to the plan, and so to whoever resumes it.</summary>
    [Theory]
    [InlineData("b/", "b/")]
    [InlineData("b/", "bare")]
    [InlineData("./", "./")]
    [InlineData("", "")]
    public async Task What_was_chosen_by_its_folder_is_what_a_run_installs(string chosen, string later)
    {
        string path = _folder["update.zip"];
        VirtualRig rig = new(2) { PackageFile = path };
        SimulatedPackage right = rig.Cluster.Package;
        byte[] content;
        using (ZipArchive zip = ZipFile.OpenRead(path))
        using (MemoryStream copy = new())
        {
            using Stream entry = zip.Entries[0].Open();
            entry.CopyTo(copy);
            content = copy.ToArray();
        }

        _folder.Write(new ZipBuilder().Add("a/" + right.FileName, PackageFolder.Bytes(content.Length, seed: 7)).Add(chosen + right.FileName, content));
        await using UpdatePackage package = await UpdatePackage.OpenAsync(path, new UpdatePackageOptions { Files = [chosen + right.FileName] });
        await package.VerifyAsync();
        UpgradePlan plan = rig.Time.Run(() => rig.Orchestrator().PlanAsync(package), VirtualRig.Limit);
        Assert.Equal(chosen.Length > 0, plan.ToJson().Contains("\"entry\"", StringComparison.Ordinal));
        UpgradePlan saved = UpgradePlan.FromJson(plan.ToJson());
        if (later == "bare")
        {
            saved = saved with { PackagePath = _folder.Write(right.FileName, content) };
            saved = saved with { Hash = PlanJson.Hash(saved) };
        }

        UpgradeReport report = rig.Start(saved);

        Assert.True(report.End == UpgradeEnd.Completed, report.Reason.English);
        rig.AssertNoViolation(rig.Story(plan.RunId));
    }

    /// <summary>Builds that only a person knew stand in the plan, of however many packages.</summary>
    [Fact]
    public async Task Renamed_packages_need_no_second_telling()
    {
        byte[] first = PackageFolder.Bytes(1000), second = PackageFolder.Bytes(1000, seed: 2);
        string path = _folder.Write(new ZipBuilder().Add("first.ktgz", first).Add("second.ktgz", second));
        BuildNumber from = new(2, 0, 1, 6960), to = new(2, 1, 0, 7854);
        PlannedPackage[] planned =
        [
            new("second.ktgz", from, to, second.Length, PackageFolder.Sha256(second), IsPreliminary: true),
            new("first.ktgz", from, to, first.Length, PackageFolder.Sha256(first)),
        ];
        await using RunPackage package = new(path, planned, uploadsAtOnce: 1);

        Assert.Equal(first, PackageFolder.ReadAll(await package.OpenAsync(planned[1], CancellationToken.None)));
        Assert.Equal(second, PackageFolder.ReadAll(await package.OpenAsync(planned[0], CancellationToken.None)));
    }

    private string Write(string name, byte[] content)
    {
        ZipBuilder zip = new();
        zip.Add(name, content);
        return _folder.Write(zip);
    }
}
