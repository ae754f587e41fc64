namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// How a run behaves. Every default is the safe one. A policy does not change once it is made: <c>with</c> makes another one, and
/// <see cref="UpgradePolicyOptions"/> is for configuration.
/// </summary>
public sealed record UpgradePolicy
{
    /// <summary>Where the run waits for an approval. Default: after the first node.</summary>
    public PausePoint PauseAfter { get; init; } = PausePoint.First;

    /// <summary>How many people have to give each approval: 1, or 2 different ones. Default: 1.</summary>
    public int ApprovalsNeeded { get; init; } = 1;

    /// <summary>
    /// How long a run waits for people before they are reminded, by whoever stays meanwhile, and again after the same time; 0: never.
    /// Default: 1 hour.
    /// </summary>
    public TimeSpan ApprovalReminder { get; init; } = TimeSpan.FromHours(1);

    /// <summary>
    /// How long whoever stays waits for an approval before the run is paused, and asks again only when it is resumed; 0: for any time.
    /// Default: 0.
    /// </summary>
    public TimeSpan ApprovalExpiry { get; init; }

    /// <summary>When nodes may be taken out of work: in any of these windows. Default: none, at any time.</summary>
    public IReadOnlyList<MaintenanceWindow> Windows
    {
        get;
        init => field = FrozenList<MaintenanceWindow>.Of(value);
    }

    = FrozenList<MaintenanceWindow>.Empty;

    /// <summary>
    /// How long a node takes from leaving the load balancer to being back: with <see cref="Windows"/> none is begun that would not be back before
    /// they close. Default: 1 hour.
    /// </summary>
    public TimeSpan NodeTime { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long before a window opens the cluster is looked at, and people are told what would stop the run then. Default: 2 hours.</summary>
    public TimeSpan LookAhead { get; init; } = TimeSpan.FromHours(2);

    /// <summary>How many nodes may be out of work at once, those already broken included. Default: 1.</summary>
    public int MaxUnavailable { get; init; } = 1;

    /// <summary>How long sessions may last after a node has left the load balancer. Default: 10 minutes.</summary>
    public TimeSpan SessionTimeout { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>What happens to sessions that last longer. Default: a human is asked.</summary>
    public SessionsLeftAction SessionsLeft { get; init; } = SessionsLeftAction.Ask;

    /// <summary>How long the queues of a node may take to empty before a human is asked, even while mail still leaves. Default: 4 hours.</summary>
    public TimeSpan DrainTimeout { get; init; } = TimeSpan.FromHours(4);

    /// <summary>How long not one message may leave a draining node before a human is asked. Default: 30 minutes.</summary>
    public TimeSpan NoProgressTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How many polls in a row must find every queue empty. Default: 3.</summary>
    public int DrainStablePolls { get; init; } = 3;

    /// <summary>What is done about mail that stays in the MTA queue. Default: wait.</summary>
    public DrainAction MtaQueue { get; init; } = DrainAction.Wait;

    /// <summary>
    /// What is done about mail that stays in the KATA quarantine. Default: wait. <see cref="DrainAction.Flush"/> delivers without the
    /// verdict and weakens protection.
    /// </summary>
    public DrainAction KataQuarantine { get; init; } = DrainAction.Wait;

    /// <summary>When packages are uploaded. Default: while the node drains.</summary>
    public StageUploads StageUploads { get; init; } = StageUploads.WhileDraining;

    /// <summary>When the former Control node gives up its role. Default: right before its own update, as documented.</summary>
    public DemoteFormerControl DemoteFormerControl { get; init; } = DemoteFormerControl.BeforeItsUpdate;

    /// <summary>
    /// The node that has the Control role when all is done, by its name. It is upgraded first and gets the role then; where it had the role at the
    /// start, so that it is upgraded last, the node that had it meanwhile hands it back at the end. Default: none, the first upgraded node keeps it.
    /// </summary>
    public string? PreferredControl { get; init; }

    /// <summary>Which snapshots are taken. Default: of every node before the run, and of each drained node.</summary>
    public SnapshotPolicy Snapshots { get; init; } = SnapshotPolicy.BeforeRunAndDrained;

    /// <summary>How long one snapshot may take. Default: 30 minutes.</summary>
    public TimeSpan SnapshotTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long one upload may take. Default: 1 hour.</summary>
    public TimeSpan UploadTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long an installation may take, until the node answers again. Default: 1 hour.</summary>
    public TimeSpan InstallTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long any other step may take to show its effect. Default: 5 minutes.</summary>
    public TimeSpan StepTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a test message may take to its recipient. Default: 5 minutes.</summary>
    public TimeSpan ProbeTimeout { get; init; } = TimeSpan.FromMinutes(5);

    /// <summary>How long a finished node is watched before the next one starts. Default: 10 minutes.</summary>
    public TimeSpan Soak { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>How long a cluster may be without any Control node before a human is asked. Default: 2 minutes.</summary>
    public TimeSpan NoControlLimit { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>
    /// How long two Control nodes may serve at different builds before people are told; nothing is forced. Default: 4 hours, pauses included.
    /// </summary>
    public TimeSpan HandoverLimit { get; init; } = TimeSpan.FromHours(4);

    /// <summary>
    /// How long the monitoring is kept quiet about the node in hand, each time: renewed when half of it is over, and not while the run waits
    /// for a human. Default: 10 minutes.
    /// </summary>
    public TimeSpan SilenceDuration { get; init; } = TimeSpan.FromMinutes(10);

    /// <summary>Polling when a change is due. Default: 1 second.</summary>
    public TimeSpan PollInterval { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>Polling during a long wait. Default: 15 seconds.</summary>
    public TimeSpan SlowPollInterval { get; init; } = TimeSpan.FromSeconds(15);

    /// <summary>Two reads that must agree lie at least this far apart. Default: 5 seconds.</summary>
    public TimeSpan StabilityInterval { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>How old <em>Synchronized</em> may be when no settings changed since. Default: 1 hour.</summary>
    public TimeSpan SynchronizationMaxAge { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How long settings may take to reach an upgraded node from its Control node. Default: 30 minutes.</summary>
    public TimeSpan SynchronizationTimeout { get; init; } = TimeSpan.FromMinutes(30);

    /// <summary>How long the databases of a node may be missing, obsolete or out of date after its update. Default: 1 hour.</summary>
    public TimeSpan DatabasesTimeout { get; init; } = TimeSpan.FromHours(1);

    /// <summary>How far a node's clock may differ from the Control node's, and that one's from ours. Default: 1 minute.</summary>
    public TimeSpan ClockSkewLimit { get; init; } = TimeSpan.FromMinutes(1);

    /// <summary>Free bytes asked for per mount point before anything starts. Default: nothing is asked, since the vendor names no figures for 2.1.</summary>
    public IReadOnlyDictionary<string, long> RequiredFreeBytes
    {
        get;
        init => field = FrozenMap<long>.Of(value);
    }

    = FrozenMap<long>.Empty;

    /// <summary>Named consents: checks that a human has waived, see <see cref="UpgradeConsents"/>. Default: none.</summary>
    public IReadOnlyList<string> Accept
    {
        get;
        init => field = FrozenList<string>.Of(value);
    }

    = FrozenList<string>.Empty;

    /// <summary>Whether a human accepts what a check of this name finds.</summary>
    internal bool Waives(string consent) => Accept.Contains(consent, StringComparer.OrdinalIgnoreCase);
}
