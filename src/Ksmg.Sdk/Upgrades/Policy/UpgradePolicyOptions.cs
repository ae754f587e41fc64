namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The settings of an <see cref="UpgradePolicy"/> while they are put together: what a configuration section or code sets, value by value.
/// The policy that is made of them does not change any more.
/// </summary>
public sealed class UpgradePolicyOptions
{
    private UpgradePolicy _policy;

    /// <summary>Every setting at its default.</summary>
    public UpgradePolicyOptions()
        : this(new UpgradePolicy())
    {
    }

    /// <summary>Every setting as in a policy.</summary>
    /// <param name="policy">The policy to begin with; it stays as it is.</param>
    public UpgradePolicyOptions(UpgradePolicy policy)
    {
        ArgumentNullException.ThrowIfNull(policy);
        _policy = policy;
        RequiredFreeBytes = new SortedDictionary<string, long>(policy.RequiredFreeBytes.ToDictionary(StringComparer.Ordinal), StringComparer.Ordinal);
        Accept = [.. policy.Accept];
        Windows = [.. policy.Windows.Select(MaintenanceWindowOptions.Of)];
    }

    /// <inheritdoc cref="UpgradePolicy.PauseAfter" />
    public PausePoint PauseAfter
    {
        get => _policy.PauseAfter;
        set => _policy = _policy with { PauseAfter = value };
    }

    /// <inheritdoc cref="UpgradePolicy.ApprovalsNeeded" />
    public int ApprovalsNeeded
    {
        get => _policy.ApprovalsNeeded;
        set => _policy = _policy with { ApprovalsNeeded = value };
    }

    /// <inheritdoc cref="UpgradePolicy.ApprovalReminder" />
    public TimeSpan ApprovalReminder
    {
        get => _policy.ApprovalReminder;
        set => _policy = _policy with { ApprovalReminder = value };
    }

    /// <inheritdoc cref="UpgradePolicy.ApprovalExpiry" />
    public TimeSpan ApprovalExpiry
    {
        get => _policy.ApprovalExpiry;
        set => _policy = _policy with { ApprovalExpiry = value };
    }

    /// <inheritdoc cref="UpgradePolicy.Windows" />
    public IList<MaintenanceWindowOptions> Windows { get; set; }

    /// <inheritdoc cref="UpgradePolicy.NodeTime" />
    public TimeSpan NodeTime
    {
        get => _policy.NodeTime;
        set => _policy = _policy with { NodeTime = value };
    }

    /// <inheritdoc cref="UpgradePolicy.LookAhead" />
    public TimeSpan LookAhead
    {
        get => _policy.LookAhead;
        set => _policy = _policy with { LookAhead = value };
    }

    /// <inheritdoc cref="UpgradePolicy.MaxUnavailable" />
    public int MaxUnavailable
    {
        get => _policy.MaxUnavailable;
        set => _policy = _policy with { MaxUnavailable = value };
    }

    /// <inheritdoc cref="UpgradePolicy.SessionTimeout" />
    public TimeSpan SessionTimeout
    {
        get => _policy.SessionTimeout;
        set => _policy = _policy with { SessionTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.SessionsLeft" />
    public SessionsLeftAction SessionsLeft
    {
        get => _policy.SessionsLeft;
        set => _policy = _policy with { SessionsLeft = value };
    }

    /// <inheritdoc cref="UpgradePolicy.DrainTimeout" />
    public TimeSpan DrainTimeout
    {
        get => _policy.DrainTimeout;
        set => _policy = _policy with { DrainTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.NoProgressTimeout" />
    public TimeSpan NoProgressTimeout
    {
        get => _policy.NoProgressTimeout;
        set => _policy = _policy with { NoProgressTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.DrainStablePolls" />
    public int DrainStablePolls
    {
        get => _policy.DrainStablePolls;
        set => _policy = _policy with { DrainStablePolls = value };
    }

    /// <inheritdoc cref="UpgradePolicy.MtaQueue" />
    public DrainAction MtaQueue
    {
        get => _policy.MtaQueue;
        set => _policy = _policy with { MtaQueue = value };
    }

    /// <inheritdoc cref="UpgradePolicy.KataQuarantine" />
    public DrainAction KataQuarantine
    {
        get => _policy.KataQuarantine;
        set => _policy = _policy with { KataQuarantine = value };
    }

    /// <inheritdoc cref="UpgradePolicy.StageUploads" />
    public StageUploads StageUploads
    {
        get => _policy.StageUploads;
        set => _policy = _policy with { StageUploads = value };
    }

    /// <inheritdoc cref="UpgradePolicy.DemoteFormerControl" />
    public DemoteFormerControl DemoteFormerControl
    {
        get => _policy.DemoteFormerControl;
        set => _policy = _policy with { DemoteFormerControl = value };
    }

    /// <inheritdoc cref="UpgradePolicy.PreferredControl" />
    public string? PreferredControl
    {
        get => _policy.PreferredControl;
        set => _policy = _policy with { PreferredControl = value };
    }

    /// <inheritdoc cref="UpgradePolicy.Snapshots" />
    public SnapshotPolicy Snapshots
    {
        get => _policy.Snapshots;
        set => _policy = _policy with { Snapshots = value };
    }

    /// <inheritdoc cref="UpgradePolicy.SnapshotTimeout" />
    public TimeSpan SnapshotTimeout
    {
        get => _policy.SnapshotTimeout;
        set => _policy = _policy with { SnapshotTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.UploadTimeout" />
    public TimeSpan UploadTimeout
    {
        get => _policy.UploadTimeout;
        set => _policy = _policy with { UploadTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.InstallTimeout" />
    public TimeSpan InstallTimeout
    {
        get => _policy.InstallTimeout;
        set => _policy = _policy with { InstallTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.StepTimeout" />
    public TimeSpan StepTimeout
    {
        get => _policy.StepTimeout;
        set => _policy = _policy with { StepTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.ProbeTimeout" />
    public TimeSpan ProbeTimeout
    {
        get => _policy.ProbeTimeout;
        set => _policy = _policy with { ProbeTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.Soak" />
    public TimeSpan Soak
    {
        get => _policy.Soak;
        set => _policy = _policy with { Soak = value };
    }

    /// <inheritdoc cref="UpgradePolicy.NoControlLimit" />
    public TimeSpan NoControlLimit
    {
        get => _policy.NoControlLimit;
        set => _policy = _policy with { NoControlLimit = value };
    }

    /// <inheritdoc cref="UpgradePolicy.HandoverLimit" />
    public TimeSpan HandoverLimit
    {
        get => _policy.HandoverLimit;
        set => _policy = _policy with { HandoverLimit = value };
    }

    /// <inheritdoc cref="UpgradePolicy.SilenceDuration" />
    public TimeSpan SilenceDuration
    {
        get => _policy.SilenceDuration;
        set => _policy = _policy with { SilenceDuration = value };
    }

    /// <inheritdoc cref="UpgradePolicy.PollInterval" />
    public TimeSpan PollInterval
    {
        get => _policy.PollInterval;
        set => _policy = _policy with { PollInterval = value };
    }

    /// <inheritdoc cref="UpgradePolicy.SlowPollInterval" />
    public TimeSpan SlowPollInterval
    {
        get => _policy.SlowPollInterval;
        set => _policy = _policy with { SlowPollInterval = value };
    }

    /// <inheritdoc cref="UpgradePolicy.StabilityInterval" />
    public TimeSpan StabilityInterval
    {
        get => _policy.StabilityInterval;
        set => _policy = _policy with { StabilityInterval = value };
    }

    /// <inheritdoc cref="UpgradePolicy.SynchronizationMaxAge" />
    public TimeSpan SynchronizationMaxAge
    {
        get => _policy.SynchronizationMaxAge;
        set => _policy = _policy with { SynchronizationMaxAge = value };
    }

    /// <inheritdoc cref="UpgradePolicy.SynchronizationTimeout" />
    public TimeSpan SynchronizationTimeout
    {
        get => _policy.SynchronizationTimeout;
        set => _policy = _policy with { SynchronizationTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.DatabasesTimeout" />
    public TimeSpan DatabasesTimeout
    {
        get => _policy.DatabasesTimeout;
        set => _policy = _policy with { DatabasesTimeout = value };
    }

    /// <inheritdoc cref="UpgradePolicy.ClockSkewLimit" />
    public TimeSpan ClockSkewLimit
    {
        get => _policy.ClockSkewLimit;
        set => _policy = _policy with { ClockSkewLimit = value };
    }

    /// <inheritdoc cref="UpgradePolicy.RequiredFreeBytes" />
    public IDictionary<string, long> RequiredFreeBytes { get; set; }

    /// <inheritdoc cref="UpgradePolicy.Accept" />
    public IList<string> Accept { get; set; }

    /// <summary>What may stand in the section of a policy.</summary>
    internal static SectionShape<UpgradePolicyOptions> Shape { get; } = CreateShape();

    /// <summary>The policy with these settings. Changing them afterwards does not change it.</summary>
    /// <exception cref="ArgumentException">A window cannot be read; the message names the setting.</exception>
    public UpgradePolicy ToPolicy() => _policy with
    {
        RequiredFreeBytes = RequiredFreeBytes.AsReadOnly(),
        Accept = [.. Accept],
        Windows = [.. Windows.Select(w => w.ToWindow())],
    };

    private static SectionShape<UpgradePolicyOptions> CreateShape()
    {
        SectionShape<UpgradePolicyOptions> shape = new();
        void Time(string name, Action<UpgradePolicyOptions, TimeSpan> set)
        {
            PolicyTime bounds = PolicyBounds.Times.Single(time => time.Name == name);
            shape.Time(name, set, bounds.Shortest, bounds.Longest);
        }

        shape.Word<PausePoint>(nameof(PauseAfter), (p, value) => p.PauseAfter = value);
        shape.Number(nameof(ApprovalsNeeded), (p, value) => p.ApprovalsNeeded = value, least: 1, PolicyBounds.MostApprovals);
        Time(nameof(ApprovalReminder), (p, value) => p.ApprovalReminder = value);
        Time(nameof(ApprovalExpiry), (p, value) => p.ApprovalExpiry = value);
        shape.Items(nameof(Windows), MaintenanceWindowOptions.Shape, p => p.Windows = []);
        Time(nameof(NodeTime), (p, value) => p.NodeTime = value);
        Time(nameof(LookAhead), (p, value) => p.LookAhead = value);
        shape.Number(nameof(MaxUnavailable), (p, value) => p.MaxUnavailable = value, least: 1, PolicyBounds.MostNumber);
        Time(nameof(SessionTimeout), (p, value) => p.SessionTimeout = value);
        shape.Word<SessionsLeftAction>(nameof(SessionsLeft), (p, value) => p.SessionsLeft = value);
        Time(nameof(DrainTimeout), (p, value) => p.DrainTimeout = value);
        Time(nameof(NoProgressTimeout), (p, value) => p.NoProgressTimeout = value);
        shape.Number(nameof(DrainStablePolls), (p, value) => p.DrainStablePolls = value, least: 1, PolicyBounds.MostNumber);
        shape.Word<DrainAction>(nameof(MtaQueue), (p, value) => p.MtaQueue = value);
        shape.Word<DrainAction>(nameof(KataQuarantine), (p, value) => p.KataQuarantine = value);
        shape.Word<StageUploads>(nameof(StageUploads), (p, value) => p.StageUploads = value);
        shape.Word<DemoteFormerControl>(nameof(DemoteFormerControl), (p, value) => p.DemoteFormerControl = value);
        shape.Text(nameof(PreferredControl), (p, value) => p.PreferredControl = value.Length > 0 ? value : null);
        shape.Word<SnapshotPolicy>(nameof(Snapshots), (p, value) => p.Snapshots = value);
        Time(nameof(SnapshotTimeout), (p, value) => p.SnapshotTimeout = value);
        Time(nameof(UploadTimeout), (p, value) => p.UploadTimeout = value);
        Time(nameof(InstallTimeout), (p, value) => p.InstallTimeout = value);
        Time(nameof(StepTimeout), (p, value) => p.StepTimeout = value);
        Time(nameof(ProbeTimeout), (p, value) => p.ProbeTimeout = value);
        Time(nameof(Soak), (p, value) => p.Soak = value);
        Time(nameof(NoControlLimit), (p, value) => p.NoControlLimit = value);
        Time(nameof(HandoverLimit), (p, value) => p.HandoverLimit = value);
        Time(nameof(SilenceDuration), (p, value) => p.SilenceDuration = value);
        Time(nameof(PollInterval), (p, value) => p.PollInterval = value);
        Time(nameof(SlowPollInterval), (p, value) => p.SlowPollInterval = value);
        Time(nameof(StabilityInterval), (p, value) => p.StabilityInterval = value);
        Time(nameof(SynchronizationMaxAge), (p, value) => p.SynchronizationMaxAge = value);
        Time(nameof(SynchronizationTimeout), (p, value) => p.SynchronizationTimeout = value);
        Time(nameof(DatabasesTimeout), (p, value) => p.DatabasesTimeout = value);
        Time(nameof(ClockSkewLimit), (p, value) => p.ClockSkewLimit = value);
        shape.ByteMap(nameof(RequiredFreeBytes), p => p.RequiredFreeBytes);
        shape.Texts(nameof(Accept), p => p.Accept = [.. p.Accept]);
        return shape;
    }
}
