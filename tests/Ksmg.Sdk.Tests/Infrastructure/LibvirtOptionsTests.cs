using System.Text;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

public sealed class LibvirtOptionsTests
{
    [Fact]
    public void Every_mistake_is_told_at_once_and_no_password()
    {
        LibvirtOptions options = new()
        {
            Uri = "esx://root:canary-secret@host/",
            Domains = { ["gw1"] = "ksmg", ["gw2"] = "KSMG", ["gw3"] = "7", ["gw4"] = "a/b", ["gw5"] = "" },
            VirshPath = "bin/virsh",
            Timeout = TimeSpan.Zero,
            SnapshotTimeout = TimeSpan.FromDays(1),
        };
        string failure = Assert.Throws<OptionsValidationException>(() => new LibvirtSnapshotProvider(options)).Message;
        foreach (string part in new[]
        {
            "Uri is no connection", "gw1, gw2 share", "(node gw3)", "(node gw4)", "(node gw5)", "VirshPath 'bin/virsh'", "Timeout 0s",
            "SnapshotTimeout 1d",
        })
        {
            Assert.Contains(part, failure, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("canary-secret", failure, StringComparison.Ordinal);
        Assert.Contains(
            "Domains is empty",
            Assert.Throws<OptionsValidationException>(() => new LibvirtSnapshotProvider(new LibvirtOptions())).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void Configuration_brings_the_snapshots_and_a_machine_of_no_node_is_a_mistake()
    {
        using ServiceProvider provider = Services(new() { ["Domains:gw1"] = "ksmg-gw1" });
        Assert.IsType<LibvirtSnapshotProvider>(provider.GetRequiredKeyedService<ISnapshotProvider>("eu"));
        using ServiceProvider wrong = Services(new() { ["Domains:gw7"] = "ksmg-gw7" });
        OptionsValidationException e = Assert.Throws<OptionsValidationException>(() => wrong.GetRequiredKeyedService<ISnapshotProvider>("eu"));
        Assert.Contains("a node that the cluster does not have", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_snapshot_is_read_without_its_parent_and_machine()
    {
        const string Document = """
            <domainsnapshot>
              <parent><name>older</name></parent><name>ksmg-upgrade.x</name><state>running</state><creationTime>1795379605</creationTime>
              <domain><name>gw1</name><creationTime>1</creationTime></domain>
            </domainsnapshot>
            """;
        Assert.Equal(new NodeSnapshot("ksmg-upgrade.x", DateTimeOffset.FromUnixTimeSeconds(1795379605), true), Read(Document));
        Assert.False(Read("<domainsnapshot><name>x</name><creationTime>1</creationTime></domainsnapshot>").IsComplete);
    }

    [Theory]
    [InlineData("")]
    [InlineData("error: no")]
    [InlineData("<domain><name>x</name><creationTime>1</creationTime></domain>")]
    [InlineData("<domainsnapshot><name>x</name></domainsnapshot>")]
    [InlineData("<domainsnapshot><name>x</name><creationTime>-1</creationTime></domainsnapshot>")]
    [InlineData("<domainsnapshot><name>x</name><creationTime>99999999999999</creationTime></domainsnapshot>")]
    [InlineData("<domainsnapshot><name>x<b/></name><creationTime>1</creationTime></domainsnapshot>")]
    [InlineData("<domainsnapshot><name>x</name><creationTime>1</creationTime>")]
    [InlineData(
        "<!DOCTYPE domainsnapshot [<!ENTITY e SYSTEM 'file:///etc/passwd'>]><domainsnapshot><name>&e;</name><creationTime>1</creationTime></domainsnapshot>")]
    public void Anything_else_is_no_snapshot(string document) => Assert.Throws<FormatException>(() => Read(document));

    private static NodeSnapshot Read(string document) => LibvirtSnapshotXml.Read(new MemoryStream(Encoding.UTF8.GetBytes(document)));

    private static ServiceProvider Services(Dictionary<string, string?> settings) => AdapterServices.Of(
        "Snapshots",
        new Dictionary<string, string?>(settings) { ["Kind"] = "Libvirt", ["Uri"] = "qemu:///system" },
        (ksmg, section) => ksmg.UseLibvirtSnapshots(section));
}
