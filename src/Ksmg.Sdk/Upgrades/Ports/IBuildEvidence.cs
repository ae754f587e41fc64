namespace Ksmg.Sdk.Upgrades;

/// <summary>What others than a node's own web interface say about the build it runs: its events in a log, for instance.</summary>
public interface IBuildEvidence
{
    /// <summary>The last evidence of a node; <see langword="null"/> where there is none.</summary>
    Task<BuildEvidence?> GetAsync(string node, CancellationToken cancellationToken = default);
}
