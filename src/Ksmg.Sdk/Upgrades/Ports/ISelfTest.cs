namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// An adapter that can say whether it would work: asked by <c>ksmg doctor</c>, changes nothing. Implemented beside
/// <see cref="ILoadBalancer"/>, <see cref="ISnapshotProvider"/>, <see cref="IConfigurationFiles"/>, <see cref="IMailProbe"/> or
/// <see cref="INotifier"/> by the same object.
/// </summary>
public interface ISelfTest
{
    /// <summary>Tries everything that can be tried without an effect; a failing part is a result, not an exception.</summary>
    /// <param name="nodes">The names of the cluster's nodes.</param>
    /// <param name="cancellationToken">Ends the test.</param>
    Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default);
}
