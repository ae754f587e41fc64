using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>How often the nodes are asked in a whole run, which no machine's speed changes: virtual time is exact.</summary>
public sealed class RequestGuardTests(ITestOutputHelper output)
{
    /// <summary>Questions per node and second of the run: all facets of the node in hand at the fast pace, the others at the slow one.</summary>
    private const double MostPerNodeAndSecond = 3.5;

    [Fact]
    public void A_run_asks_for_what_it_needs_and_changes_each_thing_once()
    {
        using PackageFolder folder = new();
        VirtualRig rig = new(3, options: new SimulatedClusterOptions { PackageBytes = 1 << 16 }, mailPerSecond: 0) { PackageFile = folder["update.zip"] };
        UpgradeReport report = rig.Upgrade();
        Assert.Equal(UpgradeEnd.Completed, report.End);

        Dictionary<string, int> requests = rig.Cluster.GetRequests().GroupBy(r => r.Operation).ToDictionary(g => g.Key, g => g.Count());
        foreach ((string operation, int count) in requests.OrderByDescending(r => r.Value))
        {
            output.WriteLine($"{operation}: {count}");
        }

        double seconds = (report.LastAt - report.StartedAt).TotalSeconds;
        output.WriteLine($"{requests.Values.Sum()} requests in {seconds:0} s");

        // In emergency mode the Control nodes' pages are asked for gw3 and refuse: twice for off, once for on.
        Assert.Equal((3, 3, 6 + 3), (requests["upload-update"], requests["start-update"], requests["set-receiving"]));
        Assert.Equal((1, 1), (requests["assign-control"], requests["assign-secondary"]));
        Assert.True(requests.Values.Sum() <= 3 * seconds * MostPerNodeAndSecond, $"{requests.Values.Sum()} requests in {seconds:0} s");
    }
}
