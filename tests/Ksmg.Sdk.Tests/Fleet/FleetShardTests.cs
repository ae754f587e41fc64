using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests.Fleet;

/// <summary>A fleet that is cut into parts over several stores: computed as each part's file says, and driven in virtual time.</summary>
public sealed class FleetShardTests : IDisposable
{
    private readonly FleetFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Each_cluster_is_in_one_part_and_one_part_more_takes_its_share_from_the_others_and_moves_nothing_else()
    {
        Dictionary<string, int> four = Places([.. Enumerable.Range(1, 1000).Select(i => ($"c{i:0000}", (string?)null))], 4);
        Dictionary<string, int> five = Places([.. Enumerable.Range(1, 1000).Select(i => ($"c{i:0000}", (string?)null))], 5);

        Assert.Equal(1000, four.Count);
        Assert.All(four.Values.CountBy(shard => shard), part => Assert.InRange(part.Value, 200, 300));
        string[] moved = [.. four.Keys.Where(cluster => four[cluster] != five[cluster])];
        Assert.InRange(moved.Length, 150, 250);
        Assert.All(moved, cluster => Assert.Equal(5, five[cluster]));
    }

    [Fact]
    public void What_must_not_be_at_stake_together_is_in_one_part_and_stays_there()
    {
        (string, string?)[] clusters = [.. Enumerable.Range(1, 200).Select(i => ($"c{i:000}", (string?)$"customer{i % 40}"))];
        Dictionary<string, int> all = Places(clusters, 4);
        Dictionary<string, int> fewer = Places(clusters[80..], 4);

        Assert.All(clusters.GroupBy(c => c.Item2, c => all[c.Item1]), customer => Assert.Single(customer.Distinct()));
        Assert.Equal([1, 2, 3, 4], all.Values.Distinct().Order());
        Assert.All(fewer, cluster => Assert.Equal(all[cluster.Key], cluster.Value));
    }

    [Fact]
    public void A_chain_of_shared_values_is_in_one_part()
    {
        Dictionary<string, string>[] labels =
            [.. Enumerable.Range(0, 30).Select(i => new Dictionary<string, string> { ["customer"] = $"{i / 2}", ["site"] = $"{(i + 1) / 2}" })];
        int[] members = [.. Enumerable.Range(0, 30)];

        int[] sizes = [.. Enumerable.Range(1, 4).Select(n => new FleetShard(n, 4).Take(members, i => $"c{i}", i => labels[i], ["customer", "site"]).Count)];

        Assert.Equal([0, 0, 0, 30], sizes.Order());
    }

    [Theory]
    [InlineData(4)]
    [InlineData(20)]
    [InlineData(23)]
    [InlineData(3)]
    [InlineData(0)]
    public void The_shares_of_a_limit_add_up_to_it(int limit) =>
        Assert.Equal(limit, Enumerable.Range(1, 4).Sum(number => new FleetShard(number, 4).ShareOf(limit)));

    [Fact]
    public async Task The_same_list_of_clusters_makes_each_part_by_its_number()
    {
        foreach (int i in Enumerable.Range(1, 12))
        {
            _folder.Cluster($"c{i:00}");
        }

        List<FleetPlan> parts = [];
        foreach (int number in (int[])[1, 2])
        {
            Write($"{number}/2", most: 5);
            parts.Add(await _folder.PlanAsync(TimeProvider.System.GetUtcNow()));
        }

        Assert.Equal(12, parts.SelectMany(part => part.Clusters).Select(c => c.Name).Distinct().Count());
        Assert.Equal(12, parts.Sum(part => part.Clusters.Count));
        Assert.Equal([3, 2], parts.Select(part => part.Limits.MaxConcurrent));
        Assert.Equal([1, 0], parts.Select(part => part.Limits.MaxFailures));

        // Percent is of the whole.
        Assert.Equal(6, parts.Sum(part => part.Clusters.Count(c => c.Wave == "half")));
        Assert.All(parts, part => Assert.Equal(["half", "rest"], part.Waves.Select(w => w.Name)));
    }

    [Theory]
    [InlineData("3/2", 5, "2/4")]
    [InlineData("0/2", 5, "2/4")]
    [InlineData("a", 5, "2/4")]
    [InlineData("1/101", 5, "2/4")]
    [InlineData("1/6", 5, "MaxConcurrent")]
    [InlineData("1/5", 5, "no cluster", "2/5", "3/5")]
    public void A_part_that_cannot_be_is_refused(string shard, int most, string told, params string[] orElse)
    {
        _folder.Cluster("only");
        IEnumerable<string> failures = ((string[])[shard, .. orElse]).SelectMany(part =>
        {
            Write(part, most);
            return Record.Exception(() => _folder.Load()) is OptionsValidationException e ? e.Failures : [];
        });

        Assert.Contains(failures, failure => failure.Contains("Shard", StringComparison.Ordinal) && failure.Contains(told, StringComparison.Ordinal));
    }

    [Fact]
    public void Four_parts_over_four_stores_upgrade_every_cluster_once_and_keep_the_limits_of_the_whole()
    {
        FleetRig whole = new(12);
        FleetLimits limits = new() { MaxConcurrent = 6, Soak = TimeSpan.Zero, NeverTogether = ["customer"] };
        FleetPlan all = whole.Plan(limits, (c, i) => c with { Wave = "rest", Labels = new Dictionary<string, string> { ["customer"] = $"{i / 2}" } });
        List<(FleetRig Rig, FleetPlan Plan)> parts = [];
        foreach (FleetShard shard in Enumerable.Range(1, 4).Select(number => new FleetShard(number, 4)))
        {
            IReadOnlyList<FleetCluster> clusters = shard.Take(all.Clusters, c => c.Name, c => c.Labels, limits.NeverTogether);
            FleetPlan plan = all with { Clusters = clusters, Limits = limits with { MaxConcurrent = shard.ShareOf(limits.MaxConcurrent) } };
            FleetRig rig = whole.Part(clusters.Select(c => c.Name));
            parts.Add((rig, plan with { Hash = FleetPlanJson.Hash(plan) }));
        }

        Assert.All(parts, part => part.Rig.Begin(part.Plan));
        whole.Time.Run(
            () => Task.WhenAll(parts.Select(async part =>
            {
                FleetWorker worker = part.Rig.Worker();
                await worker.AnswerAsync(part.Plan.FleetId, cluster: null, CancellationToken.None);
                await worker.WhenLetGoAsync(part.Plan.FleetId);
            })),
            FleetRig.Limit);

        Assert.All(parts, part => Assert.Equal(UpgradeEnd.Completed, part.Rig.State(part.Plan).State));
        (string Name, string Customer, DateTimeOffset From, DateTimeOffset To)[] work =
        [
            .. all.Clusters.Select(c =>
            {
                DateTimeOffset[] effects =
                    [.. whole.Clusters[c.Name].GetEffects().Where(e => e.Cause == Ksmg.Simulator.EffectCause.Client).Select(e => e.At)];
                return (c.Name, c.Labels["customer"], effects.Min(), effects.Max());
            }),
        ];
        Assert.All(whole.Clusters.Values, c => Assert.All(
            c.World.Nodes, n => Assert.Single(c.GetEffects(), e => e.Effect == "install-started" && e.Node == n.Name)));
        Assert.All(work, one => Assert.InRange(work.Count(other => other.From <= one.From && one.From <= other.To), 1, 6));
        Assert.All(work, one => Assert.DoesNotContain(
            work, other => other.Name != one.Name && other.Customer == one.Customer && other.From <= one.From && one.From <= other.To));
    }

    private void Write(string shard, int most) => _folder.Fleet($$"""
        "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ], "Waves": [ { "Name": "half", "Percent": 50 }, { "Name": "rest" } ],
        "MaxConcurrent": {{most}}, "MaxFailures": 1, "Shard": "{{shard}}"
        """);

    private static Dictionary<string, int> Places((string Name, string? Customer)[] clusters, int shards) =>
        Enumerable.Range(1, shards).SelectMany(number => new FleetShard(number, shards)
            .Take(
                clusters,
                c => c.Name,
                c => c.Customer is null ? new Dictionary<string, string>() : new Dictionary<string, string> { ["customer"] = c.Customer },
                ["customer"])
            .Select(c => (c.Name, number))).ToDictionary(StringComparer.Ordinal);
}
