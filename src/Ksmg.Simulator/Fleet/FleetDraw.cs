using System.Globalization;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>Draws the clusters of a fleet: who has how many nodes at which builds, and what goes wrong where.</summary>
internal static class FleetDraw
{
    /// <summary>Each makes a run ask a human, and is over then: a resumed run completes.</summary>
    internal static readonly SimulatedFault[] AskingFaults =
    [
        new() { Fault = "unknown-objects", Value = "/opt/extra/agent" },
        new() { Fault = "install-old-build" },
    ];

    /// <summary>With each of them no plan is allowed.</summary>
    internal static readonly SimulatedFault[] RefusedFaults =
    [
        new() { Fault = "service-failed", Value = "ksmg-scanner" },
        new() { Fault = "license", Value = "expired" },
        new() { Fault = "integrity-damaged" },
    ];

    /// <summary>The clusters, not running yet.</summary>
    public static IReadOnlyList<SimulatedFleetMember> Draw(SimulatedFleetOptions options, Func<SimulatedClusterOptions, SimulatedCluster> create)
    {
        Check(options);
        var random = new Random(options.Seed);
        int[] order = [.. Enumerable.Range(0, options.Clusters)];
        random.Shuffle(order);
        var left = new Queue<int>(order);
        var outcomes = new SimulatedOutcome[options.Clusters];
        Take(options.NeedHuman, i => outcomes[i] = SimulatedOutcome.NeedsHuman);
        Take(options.Refused, i => outcomes[i] = SimulatedOutcome.Refused);
        Take(options.Upgraded, i => outcomes[i] = SimulatedOutcome.NothingToDo);
        HashSet<int> partly = [];
        Take(options.PartlyUpgraded, i => partly.Add(i));
        return [.. outcomes.Select((outcome, i) => Draw(i, outcome, partly.Contains(i)))];

        SimulatedFleetMember Draw(int i, SimulatedOutcome outcome, bool partly)
        {
            SimulatedNodeStart[] nodes = Nodes(i, options, random, outcome, partly);
            SimulatedFault? fault = outcome switch
            {
                SimulatedOutcome.NeedsHuman => Pick(AskingFaults),
                SimulatedOutcome.Refused => Pick(RefusedFaults),
                _ => null,
            };
            return new SimulatedFleetMember(
                string.Create(CultureInfo.InvariantCulture, $"c{i + 1:000}"),
                Labels(i, options.Clusters),
                create(options.Cluster with { Members = nodes, Seed = random.Next() }))
            {
                Fault = fault is null ? null : fault with { Node = Pick(nodes).Name },
                Outcome = outcome,
            };
        }

        void Take(double share, Action<int> take)
        {
            for (int count = Count(share, options.Clusters); count > 0; count--)
            {
                take(left.Dequeue());
            }
        }

        T Pick<T>(T[] from) => from[random.Next(from.Length)];
    }

    private static void Check(SimulatedFleetOptions options)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Clusters, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.FewestNodes, 2, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MostNodes, options.FewestNodes, nameof(options));
        double[] shares = [options.NeedHuman, options.Refused, options.Upgraded, options.PartlyUpgraded];
        if (shares.Any(share => share is not (>= 0 and <= 1)) || shares.Sum(share => Count(share, options.Clusters)) > options.Clusters)
        {
            throw new ArgumentException("A share lies between 0 and 1, and all of them together leave no cluster out of count.", nameof(options));
        }

        if (options.Cluster is not { BasePort: 0, Postfix: null, Syslog: null, Members.Count: 0 })
        {
            throw new ArgumentException("The clusters of a fleet have free ports, no Postfix, no syslog, and nodes that the fleet draws.", nameof(options));
        }
    }

    /// <summary>Rounded up, but not because of the last digit of a product.</summary>
    private static int Count(double share, int clusters) => (int)Math.Ceiling(Math.Round(share * clusters, 6));

    /// <summary>The Control node is upgraded last, so that it is old as long as anything is left to do.</summary>
    private static SimulatedNodeStart[] Nodes(int index, SimulatedFleetOptions options, Random random, SimulatedOutcome outcome, bool partly)
    {
        int count = random.Next(options.FewestNodes, options.MostNodes + 1);
        int old = partly ? random.Next(1, count) : count;
        (BuildNumber before, BuildNumber target) = (options.Cluster.Build, options.Cluster.TargetBuild);
        old = outcome == SimulatedOutcome.NothingToDo ? 0 : old;
        return
        [
            .. Enumerable.Range(1, count).Select(number => SimulatedNodeStart.Numbered(number, number > old ? target : before) with
            {
                // By its nodes' addresses a cluster is known, whatever its name.
                ClusterAddress = string.Create(CultureInfo.InvariantCulture, $"10.{index / 256}.{index % 256}.{number}:9045"),
            }),
        ];
    }

    /// <summary>A twentieth is ring 0, half of the others ring 1; two neighbours are of one customer.</summary>
    private static Dictionary<string, string> Labels(int index, int clusters)
    {
        int canaries = Math.Max(1, clusters / 20);
        string later = index < canaries + ((clusters - canaries) / 2) ? "1" : "2";
        return new Dictionary<string, string>(StringComparer.Ordinal)
        {
            ["ring"] = index < canaries ? "0" : later,
            ["customer"] = Letters(index / 2),
        };
    }

    /// <summary>a…z, aa, ab…</summary>
    private static string Letters(int number)
    {
        string letters = string.Empty;
        for (int left = number + 1; left > 0; left = (left - 1) / 26)
        {
            letters = (char)('a' + ((left - 1) % 26)) + letters;
        }

        return letters;
    }
}
