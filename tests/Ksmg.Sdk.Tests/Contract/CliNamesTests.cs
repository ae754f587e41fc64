using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Processes;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Nodes by name, and a name service that is gone in the middle of a run.</summary>
[Trait("Category", "Slow")]
public sealed class CliNamesTests
{
    private const string Everybody = "127.0.0.1 localhost gw1.ksmg.test gw2.ksmg.test\n";

    [OwnMountsFact]
    public async Task A_run_whose_names_are_gone_parks_the_node_for_that_reason_and_goes_on_when_they_are_back()
    {
        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 2, speed: 20, mailPerSecond: 5);
        await site.LimitRequestsAsync(TimeSpan.FromSeconds(4));
        await site.ConfigureAsync(ksmg =>
        {
            foreach (JsonNode? node in ksmg["Nodes"]!.AsArray())
            {
                node!["Address"] = node["Address"]!.GetValue<string>().Replace("127.0.0.1", $"{node["Name"]}.ksmg.test", StringComparison.Ordinal);
            }

            (ksmg["Policy"]!["InstallTimeout"], ksmg["Policy"]!["StepTimeout"]) = ("00:00:12", "00:00:12");
        });
        string hosts = Path.Combine(site.Folder, "hosts");
        await File.WriteAllTextAsync(hosts, Everybody);

        // Asked on a machine on which nobody answers, and not elsewhere.
        await File.WriteAllTextAsync(Path.Combine(site.Folder, "resolv.conf"), "nameserver 127.0.0.1\noptions timeout:1 attempts:1\n");

        await using CliProcess upgrade = Start(site, "upgrade", "--package", site.Package, "--yes", "--pause-after", "none");
        string run = await site.RunOfAsync(upgrade);
        await site.WaitForRecordAsync(
            run, upgrade, r => r.Entry.Kind == JournalEntryKind.Intent && r.Entry.Step!.StartsWith("S8/gw2", StringComparison.Ordinal));

        // Replaced where it stands: another file of this name would not be the one that the process sees.
        await File.WriteAllTextAsync(hosts, "127.0.0.1 localhost\n");

        Assert.True(await upgrade.WaitAsync() == 3, upgrade.Output + upgrade.Error);
        Assert.Contains("gw2 is parked", upgrade.Output, StringComparison.Ordinal);
        Assert.Contains("no name server tells the address of gw2.ksmg.test", upgrade.Output, StringComparison.Ordinal);

        await File.WriteAllTextAsync(hosts, Everybody);
        await using CliProcess resume = Start(site, "resume", run);
        Assert.True(await resume.WaitAsync() == 0, resume.Output + resume.Error);
        await site.AssertNothingLostAsync();
        await site.AssertUpgradedAsync();
    }

    /// <summary>Starts the tool where the names are those in files of the site.</summary>
    private static CliProcess Start(SimulatedSite site, params string[] command) => CliProcess.StartProgram(
        "unshare",
        [
            "--mount", "sh", "-c", "mount --bind \"$0/hosts\" /etc/hosts && mount --bind \"$0/resolv.conf\" /etc/resolv.conf && exec \"$@\"", site.Folder,
            "dotnet", "exec", CliProcess.Tool, .. command, "-c", site.Cluster, "--runs", site.Runs,
        ]);
}
