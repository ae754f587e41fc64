using System.Collections.Concurrent;
using System.Text;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests;

/// <summary>What nodes write into their syslog, and what a run makes of it that listens, or does not.</summary>
public sealed class SimulatorSyslogTests
{
    [Theory]
    [InlineData(false, true)]
    [InlineData(false, false)]
    [InlineData(true, true)]
    [InlineData(true, false)]
    public void Settings_that_a_person_changes_in_the_middle_pause_a_run_told_of_it_or_not(bool told, bool aboutShowsBuild)
    {
        ConcurrentDictionary<string, BuildEvidence> heard = new(StringComparer.Ordinal);
        List<string> lines = [];
        VirtualRig rig = new(options: new SimulatedClusterOptions { AboutShowsBuild = aboutShowsBuild }) { BuildEvidence = told ? new Heard(heard) : null };
        if (told)
        {
            rig.Cluster.World.Told = (node, line) =>
            {
                lines.Add(line);
                heard[node] = new BuildEvidence(CefHeader.BuildOf(Encoding.UTF8.GetBytes(line))!.Value, rig.Cluster.World.Now, "CEF");
            };
        }

        UpgradeReport report = rig.Upgrade(VirtualProcess.Once($"{VirtualProcess.AfterOutcome} S10/gw2", () =>
        {
            rig.Cluster.Act("gw1", "edit-settings");
            rig.Cluster.World["gw3"].Databases = DatabasesState.UpToDate;
        }));

        Assert.True(report.End == UpgradeEnd.Paused, report.Reason + "\n" + rig.Story(report.RunId));
        Assert.Contains("Settings were changed on gw1", report.Reason, StringComparison.Ordinal);
        rig.Tell(report.RunId, r => r.OverrideAsync("ann", UpgradeOverrides.ForeignChange, "that was me", rig.Time.GetUtcNow() + TimeSpan.FromHours(3)));
        report = rig.Resume(report.RunId);
        Assert.True(report.End == UpgradeEnd.Completed, report.Reason + "\n" + rig.Story(report.RunId));
        rig.AssertNoViolation();

        Assert.All(
            (string[])
            [
                "gw1.ksmg.test KSMG: CEF:0|AO Kaspersky Lab|Kaspersky Secure Mail Gateway|2.0.1.6960|LMS_EV_SETTINGS_CHANGED|",
                "|LMS_EV_AV_BASES_UP_TO_DATE|",
                "|2.1.0.7854|LMS_EV_PRODUCT_STARTED|",
            ],
            text => Assert.Equal(told, lines.Exists(l => l.Contains(text, StringComparison.Ordinal))));
        JournalEntry verified = rig.Records(report.RunId).Last(r => r.Entry is { Kind: JournalEntryKind.Outcome, Step: "S10/gw3/0" }).Entry;
        Assert.Equal(told ? "CEF: 2.1.0.7854" : string.Empty, verified.Values!["evidence"]);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Each_node_tells_its_build_from_an_address_of_its_own(bool tcp)
    {
        await using CefListener listener = new(
            new CefListenerOptions { Endpoint = "127.0.0.1:0", Senders = { ["gw1"] = "127.0.0.1", ["gw2"] = "127.0.0.2" } }, TimeProvider.System);
        await listener.StartAsync();
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions
        {
            Nodes = 2,
            Speed = 200,
            Syslog = new SimulatedSyslogOptions { Collector = listener.EndPoint!, Tcp = tcp },
        });

        cluster.Act("gw1", "edit-settings");
        await Eventually.TrueAsync(() => listener.Evidence.ContainsKey("gw1") && listener.Evidence.ContainsKey("gw2"));
        Assert.All(listener.Evidence.Values, e => Assert.Equal(cluster.Options.Build, e.Build));

        cluster.Act("gw2", "upgrade");
        await Eventually.TrueAsync(() => listener.Evidence["gw2"].Build == cluster.Options.TargetBuild);
        Assert.Equal(cluster.Options.Build, listener.Evidence["gw1"].Build);
        Assert.Equal(0, listener.Ignored);

        DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-syslog-");
        try
        {
            await cluster.WriteFilesAsync(folder.FullName);
            JsonNode evidence = JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(folder.FullName, "cluster.json")))!["Ksmg"]!["Evidence"]!;
            Assert.Equal($$$"""{"Kind":"Cef","Endpoint":"{{{listener.EndPoint}}}","Senders":{"gw1":"127.0.0.1","gw2":"127.0.0.2"}}""", evidence.ToJsonString());
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_collector_that_does_not_listen_holds_no_node_up(bool tcp)
    {
        SimulatedSyslogOptions syslog;
        await using (CefListener gone = new(new CefListenerOptions { Endpoint = "127.0.0.1:0", Senders = { ["gw1"] = "127.0.0.1" } }, TimeProvider.System))
        {
            await gone.StartAsync();
            syslog = new SimulatedSyslogOptions { Collector = gone.EndPoint!, Tcp = tcp };
        }

        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1, Speed = 200, Syslog = syslog });
        cluster.Act("gw1", "edit-settings");
        cluster.Act("gw1", "upgrade");
        await Eventually.TrueAsync(() => cluster.GetEffects().Any(e => e.Effect == "restart-ended"));
    }

    private sealed class Heard(ConcurrentDictionary<string, BuildEvidence> heard) : IBuildEvidence
    {
        public Task<BuildEvidence?> GetAsync(string node, CancellationToken cancellationToken = default) => Task.FromResult(heard.GetValueOrDefault(node));
    }
}
