namespace Ksmg.Sdk.Upgrades;

/// <summary>Everything the decision rests on.</summary>
internal sealed record DeciderInput
{
    public required Position Position { get; init; }

    public UpgradePlan Plan => Position.Plan;

    public RunState Run => Position.Run;

    public required ClusterObservation Cluster { get; init; }

    /// <summary>When the look that is decided on began, on the run's clock.</summary>
    public required DateTimeOffset Now { get; init; }

    /// <summary>What the wall clock says: for times that people named, and for showing.</summary>
    public required DateTimeOffset WallNow { get; init; }

    public required TimeSpan RequestLimit { get; init; }

    /// <summary>The keys of the steps whose effect this process is causing right now.</summary>
    public required IReadOnlySet<StepKey> InFlight { get; init; }

    /// <summary>The keys of the steps whose last call came back to this process without a complaint.</summary>
    public required IReadOnlySet<StepKey> Accepted { get; init; }

    /// <summary>Whether a check counts: it does until a human overrides it by name.</summary>
    public bool Enforces(string check) => !Run.IsOverridden(check, WallNow);
}
