using System.Collections.Frozen;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// A node as a run sees it: the typed clients, or in mass tests the simulator's model without sockets. Every call may throw
/// <see cref="KsmgException"/>; <see cref="KsmgApiException.HadNoEffect"/> tells what is certain.
/// </summary>
internal interface INodePort
{
    string Name { get; }

    /// <summary>What the node told for later calls, by name, as JSON: the journal keeps it for whoever takes the run over.</summary>
    IReadOnlyDictionary<string, string> Kept => FrozenDictionary<string, string>.Empty;

    /// <summary>Takes over what was written down of it, in that order, by this process and others.</summary>
    void Recall(IReadOnlyList<KeyValuePair<string, string>> written)
    {
    }

    /// <summary>Takes a certificate for the node's own beside the pinned ones; <see langword="null"/>: none any more.</summary>
    void Trust(string? fingerprint)
    {
    }

    Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken);

    Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken);

    Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken);

    /// <summary>What its queues hold; <see langword="null"/> where the appliance cannot be asked for it.</summary>
    Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken);

    /// <summary>The first queued messages, for people; a port that cannot list them answers none.</summary>
    Task<IReadOnlyList<QueuedMessage>> ListQueueAsync(int most, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<QueuedMessage>>([]);

    /// <summary>Where the installation stands; <see langword="null"/> where the appliance cannot be asked for it.</summary>
    Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken);

    /// <summary>How packages get into the node.</summary>
    Task<UploadWay> GetUploadWayAsync(CancellationToken cancellationToken) => Task.FromResult(UploadWay.Observed);

    Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken);

    /// <summary>The account of the session; <see langword="null"/> where the appliance cannot be asked for it.</summary>
    Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken);

    Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken);

    /// <summary>Switches receiving of a node, this one or, on a Control node's page, another one (by cluster address).</summary>
    Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken);

    Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken);

    Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken);

    /// <summary>Uploads to a node on which uploading installs.</summary>
    Task InstallByUploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

    Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken);

    Task StartInstallAsync(string uploadId, CancellationToken cancellationToken);

    Task AssignControlAsync(CancellationToken cancellationToken);

    Task AssignSecondaryAsync(CancellationToken cancellationToken);
}
