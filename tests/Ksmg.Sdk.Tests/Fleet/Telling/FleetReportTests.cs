using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Fleet.Telling;

/// <summary>What is told of a fleet that is under way.</summary>
public sealed class FleetReportTests : IDisposable
{
    private static readonly DateTimeOffset Noon = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    private readonly FleetFolder _folder = new();
    private readonly FleetState _state = new();
    private readonly Dictionary<string, RunGlance> _runs = [];

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Each_cluster_says_where_it_is_and_what_it_waits_for()
    {
        foreach (string name in (string[])["a", "b", "c", "d"])
        {
            _folder.Cluster(name);
        }

        _folder.Fleet("""
            "Name": "f", "MaxConcurrent": 2, "Clusters": [ { "Files": "*/cluster.json" } ],
            "Waves": [ { "Name": "one", "Percent": 75 }, { "Name": "two" } ], "MaxFailuresPerWave": 1, "MaxFailures": 1
            """);
        FleetPlan plan = await _folder.PlanAsync(Noon);
        Append(new JournalEntry { Kind = JournalEntryKind.RunCreated });
        Append(FleetEntries.Grant("a", 1, "f-0001", Message.Of("fleet.begun", "one")));
        Append(FleetEntries.Leave("a", ClusterPhase.Standing, UpgradeEnd.NeedsHuman, Message.Said("broken")));
        Append(FleetEntries.Grant("b", 1, "f-0002", Message.Of("fleet.begun", "one")));
        _runs["a"] = new RunGlance(UpgradeEnd.NeedsHuman, Message.Said("broken"));
        _runs["b"] = new RunGlance(UpgradeEnd.Running, IsDriven: true);

        FleetReport report = Report(plan);

        Assert.Equal((UpgradeEnd.Running, "fleet-report.running", false), (report.End, report.Reason.Key, report.NeedsPeople));
        Assert.Equal(["a", "b", "c", "d"], report.Clusters.Select(c => c.Name));
        Assert.Equal(
            (ClusterPhase.Standing, UpgradeEnd.NeedsHuman, true, "f-0001", "broken"),
            (report.Clusters[0].Phase, report.Clusters[0].End, report.Clusters[0].NeedsPeople, report.Clusters[0].RunId, (string?)report.Clusters[0].Reason));
        Assert.Equal((ClusterPhase.Working, false, "fleet.begun"), (report.Clusters[1].Phase, report.Clusters[1].NeedsPeople, report.Clusters[1].Reason?.Key));
        Assert.Null(report.Clusters[2].Reason);
        Assert.Equal("fleet.earlier-wave", report.Clusters[3].Reason?.Key);
        Assert.Equal((3, 1, 1, 1, 0, 1), Counts(report.Waves[0]));
        Assert.Equal((1, 1, 0, 0, 0, 0), Counts(report.Waves[1]));
        Assert.Contains("a NeedsHuman: broken [f-0001]\n", report.ToText(), StringComparison.Ordinal);
        Assert.Contains("\"needsPeople\": true", report.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Whoever_drives_is_named_and_so_is_why_nobody_does()
    {
        _folder.Cluster("a").Cluster("b").Fleet("\"Name\": \"f\", \"Clusters\": [ { \"Files\": \"*/cluster.json\" } ]");
        FleetPlan plan = await _folder.PlanAsync(Noon);
        Append(new JournalEntry { Kind = JournalEntryKind.RunCreated });
        Append(FleetEntries.Grant("a", 1, "f-0001", Message.Of("fleet.begun", "all")));
        Append(FleetEntries.Grant("b", 1, "f-0002", Message.Of("fleet.begun", "all")));
        _runs["a"] = new RunGlance(UpgradeEnd.Running, IsDriven: true) { Holder = "process 7" };

        FleetReport report = Report(plan, idle: new Dictionary<string, Message> { ["b"] = Message.Of("fleet.undriven") }, holder: "process 9");

        Assert.Equal("process 9", report.Holder);
        Assert.Equal(("process 7", false, "fleet.begun"), (report.Clusters[0].Holder, report.Clusters[0].IsIdle, report.Clusters[0].Reason!.Key));
        Assert.Equal((null, true, "fleet.undriven"), (report.Clusters[1].Holder, report.Clusters[1].IsIdle, report.Clusters[1].Reason!.Key));
        Assert.Contains("\"holder\": \"process 9\"", report.ToJson(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_gate_is_named_so_that_people_can_say_that_they_mean_it()
    {
        _folder.Cluster("a").Fleet("""
            "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ], "Waves": [ { "Name": "one", "Approve": "Before" } ]
            """);
        FleetPlan plan = await _folder.PlanAsync(Noon);
        Append(new JournalEntry { Kind = JournalEntryKind.RunCreated });

        FleetReport report = Report(plan);

        Assert.Equal(("Before/one", true, "fleet.gate-before"), (report.Gate, report.NeedsPeople, report.Reason.Key));
        Assert.False(report.Clusters[0].NeedsPeople);
    }

    [Fact]
    public async Task A_cluster_says_when_its_run_was_begun_and_how_long_it_took()
    {
        _folder.Cluster("a").Cluster("b").Fleet("\"Name\": \"f\", \"Clusters\": [ { \"Files\": \"*/cluster.json\" } ]");
        FleetPlan plan = await _folder.PlanAsync(Noon);
        Append(new JournalEntry { Kind = JournalEntryKind.RunCreated });
        Append(FleetEntries.Grant("a", 1, "f-0001", Message.Of("fleet.begun", "all")), minutes: 1);
        Append(FleetEntries.Leave("a", ClusterPhase.Standing, UpgradeEnd.NeedsHuman, Message.Said("broken")), minutes: 2);
        Append(FleetEntries.Grant("a", 1, "f-0001", Message.Of("fleet.goes-on")), minutes: 3);

        Assert.Equal((Noon.AddMinutes(1), Noon.AddMinutes(3), null), Times(Report(plan).Clusters[0]));
        Append(FleetEntries.Leave("a", ClusterPhase.Over, UpgradeEnd.Failed, Message.Said("broken")), minutes: 5);
        Assert.Equal((Noon.AddMinutes(1), Noon.AddMinutes(5), TimeSpan.FromMinutes(4)), Times(Report(plan).Clusters[0]));

        // Another run of it is begun at another time.
        Append(FleetEntries.Grant("a", 2, "f-0001-2", Message.Of("fleet.goes-on")), minutes: 7);
        Assert.Equal((Noon.AddMinutes(7), Noon.AddMinutes(7), null), Times(Report(plan).Clusters[0]));
        Assert.Equal((null, null, null), Times(Report(plan).Clusters[1]));
    }

    [Fact]
    public async Task Each_wave_says_where_it_is_and_what_it_waits_for()
    {
        _folder.Cluster("a").Cluster("b").Cluster("c").Fleet("""
            "Name": "f", "Clusters": [ { "Files": "*/cluster.json" } ], "Soak": "30min",
            "Waves": [ { "Name": "one", "Percent": 30, "Approve": "After" }, { "Name": "two", "Percent": 50, "Approve": "Before" }, { "Name": "three" } ]
            """);
        FleetPlan plan = await _folder.PlanAsync(Noon);
        Append(new JournalEntry { Kind = JournalEntryKind.RunCreated });
        Assert.Equal(["one Open ", "two Closed fleet.earlier-wave", "three Closed fleet.earlier-wave"], Waves(Report(plan)));

        Append(FleetEntries.Grant("a", 1, "f-0001", Message.Of("fleet.begun", "one")));
        Append(FleetEntries.Leave("a", ClusterPhase.Over, UpgradeEnd.Completed, Message.Said("done")));
        FleetReport soaks = Report(plan);
        Assert.Equal(["one Soak fleet.soak", "two Closed fleet.soak", "three Closed fleet.soak"], Waves(soaks));
        Assert.Equal((Noon.AddMinutes(30), null), (soaks.Waves[0].Until, Report(plan).Clusters[0].Until));

        FleetReport gate = Report(plan, minutes: 30);
        Assert.Equal(["one Gate fleet.gate-after", "two Closed fleet.gate-after", "three Closed fleet.gate-after"], Waves(gate));
        Say(FleetCommandKind.Approve, "After/one");
        FleetReport next = Report(plan, minutes: 30);
        Assert.Equal(["one Over ", "two Gate fleet.gate-before", "three Closed fleet.earlier-wave"], Waves(next));
        Assert.NotEqual(gate.WaitHash, next.WaitHash);

        // A pause keeps back what would go on.
        Say(FleetCommandKind.Approve, "Before/two");
        Say(FleetCommandKind.Pause);
        FleetReport paused = Report(plan, minutes: 30);
        Assert.Equal(["one Over ", "two Open fleet.paused", "three Closed fleet.earlier-wave"], Waves(paused));
        Assert.Equal((true, true), (paused.IsPaused, paused.NeedsPeople));

        void Say(FleetCommandKind kind, string? gate = null) => Append(FleetEntries.Said(
            new FleetCommand { Id = $"{kind}{gate}", Kind = kind, By = "ann", At = Noon, Wave = gate }, Message.Said("because"), []));

        static IEnumerable<string> Waves(FleetReport report) => report.Waves.Select(w => $"{w.Name} {w.State} {w.Reason?.Key}");
    }

    [Fact]
    public async Task Clusters_are_chosen_by_wave_state_label_and_what_people_read()
    {
        _folder.Cluster("a").Cluster("b").Fleet("""
            "Name": "f", "Clusters": [ { "File": "a/cluster.json", "Labels": { "site": "Nord", "ring": "0" } }, { "File": "b/cluster.json" } ],
            "Waves": [ { "Name": "one", "Percent": 50 }, { "Name": "two" } ]
            """);
        FleetPlan plan = await _folder.PlanAsync(Noon);
        Append(new JournalEntry { Kind = JournalEntryKind.RunCreated });
        Append(FleetEntries.Grant("a", 1, "f-0001", Message.Of("fleet.begun", "one")));
        Append(FleetEntries.Leave("a", ClusterPhase.Standing, UpgradeEnd.NeedsHuman, Message.Said("broken")));
        FleetReport report = Report(plan);

        Assert.Equal("a", Chosen(new FleetClusterFilter { Wave = "one" }));
        Assert.Equal("a", Chosen(new FleetClusterFilter { State = "PEOPLE" }));
        Assert.Equal("b", Chosen(new FleetClusterFilter { State = "waiting" }));
        Assert.Equal("", Chosen(new FleetClusterFilter { State = "unheard" }));
        Assert.Equal("a", Chosen(new FleetClusterFilter { Labels = [new("site", "Nord"), new("ring", "0")] }));
        Assert.Equal("", Chosen(new FleetClusterFilter { Labels = [new("site", "Nord"), new("ring", "1")] }));
        Assert.All(["BROKEN", "nord", "F-0001"], text => Assert.Equal("a", Chosen(new FleetClusterFilter { Search = text })));
        Assert.Equal("a b", Chosen(new FleetClusterFilter { Search = "" }));

        string Chosen(FleetClusterFilter filter) => string.Join(' ', report.Clusters.Where(filter.Fits).Select(c => c.Name));
    }

    private static (DateTimeOffset? BeganAt, DateTimeOffset? Since, TimeSpan? Took) Times(FleetClusterReport cluster) =>
        (cluster.BeganAt, cluster.Since, cluster.Took);

    private static (int All, int Waiting, int Working, int Standing, int Over, int Failures) Counts(FleetWaveReport wave) =>
        (wave.Clusters, wave.Waiting, wave.Working, wave.Standing, wave.Over, wave.Failures);

    private void Append(JournalEntry entry, int minutes = 0) =>
        _state.Apply(new JournalRecord(_state.LastSequence + 1, Noon.AddMinutes(minutes), 1, entry, "-"));

    private FleetReport Report(FleetPlan plan, int minutes = 0, IReadOnlyDictionary<string, Message>? idle = null, string? holder = null) =>
        FleetReportBuilder.Build(
            new FleetInput { Plan = plan, State = _state, Now = Noon.AddMinutes(minutes), Runs = _runs, LookedAfter = _state.LastSequence }, idle, holder);
}
