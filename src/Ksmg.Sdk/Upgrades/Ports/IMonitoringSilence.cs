namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Keeps the monitoring quiet about a node that a run has in hand. A silence is a lease: the run moves its end on while it works, and does
/// not when it waits for a human, is stopped or dies. So whatever implements this has to let a silence end by itself at the time it was
/// given. One that fails or hangs holds up no run.
/// </summary>
public interface IMonitoringSilence
{
    /// <summary>Silences a node until a time, or moves the end of its silence there. Repeated before that time is over.</summary>
    Task RenewAsync(NodeSilence silence, CancellationToken cancellationToken = default);

    /// <summary>Ends the silence of a node now: it is back at work. Does nothing when there is none.</summary>
    Task LiftAsync(NodeSilence silence, CancellationToken cancellationToken = default);
}
