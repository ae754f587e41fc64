using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The package of a run is the very one its plan was made for.</summary>
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

    private string Write(string name, byte[] content)
    {
        ZipBuilder zip = new();
        zip.Add(name, content);
        return _folder.Write(zip);
    }
}
