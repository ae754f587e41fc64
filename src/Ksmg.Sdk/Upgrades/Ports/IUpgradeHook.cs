namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Something of the user's that a run does around its own work, such as opening a ticket or silencing a monitor. A run waits for it, and a
/// human decides when it fails. It is called at least once: a call whose end nobody wrote down, because the process that drove the run was
/// stopped or killed, is made again with the same <see cref="HookCall.Key"/>, and so are those before it at the same point.
/// </summary>
public interface IUpgradeHook
{
    /// <summary>What people and the journal call it; no other hook of the cluster has the same name.</summary>
    string Name { get; }

    /// <summary>When it is called.</summary>
    IReadOnlyList<HookPoint> Points { get; }

    /// <summary>How long one call may take; then its token ends it, and it has failed. Default: 5 minutes.</summary>
    TimeSpan TimeLimit => TimeSpan.FromMinutes(5);

    /// <summary>Does it. What it throws is a failure too.</summary>
    /// <param name="call">When and for what it is called.</param>
    /// <param name="cancellationToken">Ends it: its time is over, or the run stops.</param>
    Task<HookResult> RunAsync(HookCall call, CancellationToken cancellationToken = default);
}
