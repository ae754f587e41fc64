namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// An adapter that can say whether it would work: asked by <c>ksmg doctor</c>, by every plan and at the start of a run, changes nothing.
/// Implemented beside <see cref="ILoadBalancer"/>, <see cref="ISnapshotProvider"/>, <see cref="IConfigurationFiles"/>,
/// <see cref="IMailProbe"/>, <see cref="IBuildEvidence"/>, <see cref="IUpgradeHook"/>, <see cref="IUpgradeGate"/>,
/// <see cref="IMonitoringSilence"/> or <see cref="INotifier"/> by the same object.
/// </summary>
public interface ISelfTest
{
    /// <summary>
    /// Makes the very calls that a run will need, as far as they have no effect; a failing part is a result, not an exception, and so is
    /// what cannot be tried. A run waits for it 45 s, and does not begin while something fails. It may be asked while other calls are on.
    /// </summary>
    /// <param name="nodes">The names of the cluster's nodes.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default);
}
