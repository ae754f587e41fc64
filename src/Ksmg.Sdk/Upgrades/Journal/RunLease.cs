namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The right to drive a run, renewed in the background by the journal that gave it. Disposing it gives it back.
/// </summary>
public abstract class RunLease : IAsyncDisposable
{
    /// <summary>The run.</summary>
    public abstract string RunId { get; }

    /// <summary>Grows with every holder; records of older epochs are refused.</summary>
    public abstract long Epoch { get; }

    /// <summary>How long the lease surely holds, counted from the last successful renewal on a monotonic clock; zero when lost.</summary>
    public abstract TimeSpan Remaining { get; }

    /// <summary>Cancelled when the lease is lost.</summary>
    public abstract CancellationToken Lost { get; }

    /// <summary>Why the last renewal failed, if it did.</summary>
    internal virtual string? Problem => null;

    /// <summary>Gives the lease back.</summary>
    public abstract ValueTask DisposeAsync();
}
