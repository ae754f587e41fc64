using System.Collections.Concurrent;
using Ksmg.Sdk.Fleet;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>A fleet of as many clusters as one likes, as a page sees it; it keeps what it is told.</summary>
internal sealed class ShownFleet : KsmgFleet
{
    public const string FleetId = "autumn-20261127-220000-1a2b3c";

    private long _looks;

    public static DateTimeOffset Noon { get; } = new(2026, 11, 27, 12, 0, 0, TimeSpan.Zero);

    public ShownFleet(int clusters = 4) => Report = new FleetReport
    {
        FleetId = FleetId,
        Name = "autumn",
        From = BuildNumber.Parse("2.0.1.6960"),
        To = BuildNumber.Parse("2.1.0.7854"),
        PlanHash = "0",
        End = UpgradeEnd.NeedsHuman,
        Reason = Message.Of("fleet.gate-after", "canary"),
        NeedsPeople = true,
        WaitHash = "shown",
        BeganAt = Noon,
        LastAt = Noon.AddHours(1),
        Waves =
        [
            new FleetWaveReport("canary", FleetApproval.After, 4, 0, 1, 1, 2, 1, 0, false)
            {
                State = FleetWaveState.Gate,
                Reason = Message.Of("fleet.gate-after", "canary"),
            },
            new FleetWaveReport("rest", FleetApproval.None, clusters - 4, clusters - 4, 0, 0, 0, 0, 0, false)
            {
                Reason = Message.Of("fleet.gate-after", "canary"),
            },
        ],
        Clusters = [.. Enumerable.Range(0, clusters).Select(Cluster)],
    };

    /// <summary>How it stands.</summary>
    public FleetReport Report { get; set; }

    /// <summary>What it was told.</summary>
    public ConcurrentQueue<string> Told { get; } = [];

    /// <summary>Why it takes nothing; <see langword="null"/>: it takes everything.</summary>
    public Exception? Refusal { get; set; }

    /// <summary>How often it was looked at.</summary>
    public long Looks => Interlocked.Read(ref _looks);

    public override Task<IReadOnlyList<FleetSummary>> ListAsync(CancellationToken cancellationToken = default) => Task.FromResult<IReadOnlyList<FleetSummary>>(
    [
        new FleetSummary("autumn-broken", "autumn", Noon.AddDays(-1), null, Damage: "it cannot be read"),
        new FleetSummary(FleetId, "autumn", Noon, null, Holder: "process 7 on worker-1", PlanHash: "0"),
    ]);

    public override FleetRun GetRun(string fleetId) => new Run(this);

    private static FleetClusterReport Cluster(int number)
    {
        FleetClusterReport cluster = new()
        {
            Name = $"c{number:0000}",
            Wave = number < 4 ? "canary" : "rest",
            Labels = new Dictionary<string, string> { ["customer"] = $"k{number % 97}", ["site"] = number % 2 == 0 ? "north" : "south" },
            Phase = ClusterPhase.Waiting,
            Reason = Message.Of("fleet.earlier-wave", "canary", 1),
        };
        FleetClusterReport begun = cluster with
        {
            RunId = $"{FleetId}-{number + 1:0000}",
            BeganAt = Noon,
            Since = Noon.AddMinutes(20),
            WaitHash = "w" + number,
        };
        return number switch
        {
            0 or 1 => begun with { Phase = ClusterPhase.Over, End = UpgradeEnd.Completed, Reason = null },
            2 => begun with { Phase = ClusterPhase.Working, Reason = Message.Of("fleet.begun", "canary"), WaitHash = null },
            3 => begun with
            {
                Phase = ClusterPhase.Standing,
                End = UpgradeEnd.NeedsHuman,
                NeedsPeople = true,
                Reason = Message.Of("fleet.poison", "c0003", 3),
            },
            _ => cluster,
        };
    }

    private sealed class Run(ShownFleet fleet) : FleetRun
    {
        public override string Id => FleetId;

        public override Task<FleetReport> GetReportAsync(CancellationToken cancellationToken = default) => LookAsync();

        public override Task<RunCommandAnswer?> ApproveAsync(
            string by, string? cluster = null, string? reason = null, string? waitHash = null, CancellationToken cancellationToken = default) =>
            HearAsync($"approve {by} {cluster} {reason} {waitHash}");

        public override Task<RunCommandAnswer?> PauseAsync(string by, string? reason = null, CancellationToken cancellationToken = default) =>
            HearAsync($"pause {by} {reason}");

        public override Task<RunCommandAnswer?> HoldAsync(
            string by, string cluster, string? reason = null, CancellationToken cancellationToken = default) =>
            HearAsync($"hold {by} {cluster} {reason}");

        public override Task<RunCommandAnswer?> ReleaseAsync(
            string by, string cluster, string? reason = null, CancellationToken cancellationToken = default) =>
            HearAsync($"release {by} {cluster} {reason}");

        public override Task<RunCommandAnswer?> LeaveOutAsync(
            string by, string cluster, string? reason = null, CancellationToken cancellationToken = default) =>
            HearAsync($"out {by} {cluster} {reason}");

        private Task<FleetReport> LookAsync()
        {
            Interlocked.Increment(ref fleet._looks);
            return Task.FromResult(fleet.Report);
        }

        private Task<RunCommandAnswer?> HearAsync(string told)
        {
            fleet.Told.Enqueue(told);
            return fleet.Refusal is { } refusal ? throw refusal : Task.FromResult<RunCommandAnswer?>(null);
        }
    }
}
