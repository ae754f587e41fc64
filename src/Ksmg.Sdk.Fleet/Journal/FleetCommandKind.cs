namespace Ksmg.Sdk.Fleet;

/// <summary>What a human, or a worker, tells a fleet.</summary>
internal enum FleetCommandKind
{
    /// <summary>Begin nothing more.</summary>
    Pause,

    /// <summary>Go on: beyond a wave's gate, after a pause, in spite of failures; or with one cluster.</summary>
    Approve,

    /// <summary>Keep a cluster back.</summary>
    Hold,

    /// <summary>Take a cluster up again that was kept back or left out.</summary>
    Release,

    /// <summary>Go on without a cluster.</summary>
    LeaveOut,

    /// <summary>From a worker: a cluster cannot be worked on, or there is nothing to do.</summary>
    Report,
}
