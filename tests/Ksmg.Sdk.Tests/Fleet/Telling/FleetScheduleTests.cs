using System.Globalization;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet.Telling;

/// <summary>A dry run says what the fleet itself would decide.</summary>
public sealed class FleetScheduleTests : IDisposable
{
    // A Friday.
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private readonly FleetFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_plan_is_of_its_file_and_its_package_and_has_an_id_that_runs_can_bear()
    {
        _folder.Cluster("a", nodes: 2, policy: "\"NodeTime\": \"20min\"").Fleet($$"""
            "Name": "{{new string('x', 57)}}._-", "Clusters": [ { "File": "a/cluster.json", "Labels": { "k": "v" } } ]
            """);

        FleetPlan one = await _folder.PlanAsync(Noon);
        FleetPlan two = await _folder.PlanAsync(Noon.AddDays(1));

        Assert.True(one.IsAsHashed);
        Assert.Equal(one.Hash, two.Hash);
        Assert.NotEqual(one.FleetId, two.FleetId);
        Assert.True(one.FleetId.Length <= 70, one.FleetId);
        JournalRules.CheckId(one.RunIdOf("a", 12));
        Assert.Equal(PackageFolder.Sha256(File.ReadAllBytes(_folder["update.zip"])), one.PackageSha256);
        Assert.Equal((TimeSpan.FromMinutes(20), "v", "all"), (one.Clusters[0].NodeTime, one.Clusters[0].Labels["k"], one.Clusters[0].Wave));
        Assert.Equal(FleetPlanJson.Hash(FleetPlanJson.Read(FleetPlanJson.ToBytes(one))), one.Hash);
    }

    [Fact]
    public async Task Clusters_begin_when_there_is_room_and_nothing_of_theirs_is_at_stake()
    {
        FleetSchedule schedule = await ScheduleAsync(
            "\"MaxConcurrent\": 2, \"NeverTogether\": [ \"customer\" ]",
            [("a", "{ \"customer\": \"x\" }"), ("b", "{ \"customer\": \"x\" }"), ("c", "{}"), ("d", "{}")]);

        // a and c at once; b has the customer of a, so d would not have to wait for anything but room.
        Assert.Equal(["a 12:00-13:00", "b 13:00-14:00", "c 12:00-13:00", "d 13:00-14:00"], Times(schedule));
        Assert.Equal(Noon.AddHours(2), schedule.EndsAt);
    }

    [Fact]
    public async Task Waves_wait_for_those_before_them_for_the_soak_and_for_people()
    {
        FleetSchedule schedule = await ScheduleAsync(
            """
            "Soak": "30min", "Waves": [ { "Name": "one", "Percent": 30, "Approve": "After" }, { "Name": "none", "Match": { "k": "v" } },
            { "Name": "two", "Percent": 50 }, { "Name": "three", "Approve": "Before" } ]
            """,
            [("a", "{}"), ("b", "{}"), ("c", "{}")]);

        Assert.Equal(["a 12:00-13:00", "b 13:30-14:30", "c 15:00-16:00"], Times(schedule));
        Assert.Equal([0, 1, 2], schedule.Clusters.Select(c => c.Approvals));
        Assert.Equal("fleet-plan.empty-wave", Assert.Single(schedule.Findings).Key);
    }

    [Fact]
    public async Task A_cluster_begins_in_its_window_and_so_does_each_of_its_nodes()
    {
        // Monday to Thursday, 22:00 to 00:30 in Berlin: two nodes of an hour a night.
        FleetSchedule schedule = await ScheduleAsync(
            """  "Windows": [ { "Zone": "Europe/Berlin", "Days": "Mon-Thu", "From": "22:00", "To": "00:30", "Except": [ "2026-11-30" ] } ]  """,
            [("a", "{}")],
            nodes: 3);

        FleetScheduledCluster cluster = Assert.Single(schedule.Clusters);
        Assert.Equal(new DateTimeOffset(2026, 12, 1, 21, 0, 0, TimeSpan.Zero), cluster.BeginsAt);
        Assert.Equal(new DateTimeOffset(2026, 12, 2, 22, 0, 0, TimeSpan.Zero), cluster.EndsAt);
    }

    [Fact]
    public async Task A_cluster_that_would_never_be_begun_is_found_and_keeps_no_end_from_being_told()
    {
        FleetSchedule schedule = await ScheduleAsync(
            """  "Windows": [ { "Zone": "UTC", "From": "22:00", "To": "22:30", "Match": { "k": "v" } } ]  """, [("a", "{ \"k\": \"v\" }"), ("b", "{}")]);

        Assert.Equal(["a never", "b 12:00-13:00"], Times(schedule));
        Assert.Null(schedule.EndsAt);
        Assert.Equal("fleet-plan.never", Assert.Single(schedule.Findings).Key);
    }

    [Fact]
    public async Task A_cluster_with_a_past_is_assumed_to_take_as_long_as_it_did()
    {
        _folder.Cluster("a", nodes: 2).Cluster("b", nodes: 2).Fleet("""  "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ]  """);
        FleetPlan plan = await _folder.PlanAsync(Noon);
        Dictionary<string, PastTime> past = new() { ["b"] = new PastTime(TimeSpan.FromMinutes(10), 3) };

        FleetSchedule schedule = FleetScheduler.Schedule(plan, Noon, past);

        Assert.Equal(["a 12:00-14:00", "b 12:00-12:10"], Times(schedule));
        Assert.Equal([0, 3], schedule.Clusters.Select(c => c.PastRuns));
    }

    [Fact]
    public async Task It_is_told_in_words_and_as_JSON()
    {
        FleetSchedule schedule = await ScheduleAsync(
            """
            "NeverTogether": [ "site" ], "Waves": [ { "Name": "one", "Percent": 50, "Approve": "After" }, { "Name": "two" } ],
            "Windows": [ { "Zone": "Europe/Berlin", "From": "08:00", "To": "18:00", "Match": { "k": "v" } } ]
            """,
            [("a", "{ \"k\": \"v\" }"), ("b", "{}")]);

        string text = schedule.ToText();
        Assert.Contains("! No cluster has the label site, of which NeverTogether speaks.", text, StringComparison.Ordinal);
        Assert.Contains(
            "  a (gw1) k=v: 2026-11-27 12:00:00Z to 2026-11-27 13:00:00Z; 1 h by the time that a node is allowed\n",
            text,
            StringComparison.Ordinal);
        Assert.Contains("Europe/Berlin", text, StringComparison.Ordinal);
        Assert.Contains("Waits for people when it is over, before the next wave.", text, StringComparison.Ordinal);
        Assert.Contains("if approvals given before (1) come at once", text, StringComparison.Ordinal);
        Assert.Contains("\"beginsAt\": \"2026-11-27T12:00:00+00:00\"", schedule.ToJson(), StringComparison.Ordinal);
    }

    private async Task<FleetSchedule> ScheduleAsync(string members, (string Name, string Labels)[] clusters, int nodes = 1)
    {
        foreach ((string name, _) in clusters)
        {
            _folder.Cluster(name, nodes: nodes);
        }

        string list = string.Join(", ", clusters.Select(c => $$"""{ "File": "{{c.Name}}/cluster.json", "Labels": {{c.Labels}} }"""));
        _folder.Fleet($"\"Name\": \"f\", \"Clusters\": [ {list} ], {members}");
        FleetPlan plan = await _folder.PlanAsync(Noon);
        return FleetScheduler.Schedule(plan, Noon, new Dictionary<string, PastTime>());
    }

    private static IEnumerable<string> Times(FleetSchedule schedule) => schedule.Clusters.Select(c => c.BeginsAt is { } begin
        ? string.Create(CultureInfo.InvariantCulture, $"{c.Name} {begin:HH:mm}-{c.EndsAt:HH:mm}")
        : $"{c.Name} never");
}
