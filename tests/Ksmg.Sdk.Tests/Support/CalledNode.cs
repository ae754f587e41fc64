using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A node that says it is well. Every call that would change it is written down; nothing comes of any but a deletion.</summary>
internal sealed class CalledNode(string name, List<string> calls) : INodePort
{
    /// <summary>How packages get into it.</summary>
    public UploadWay Way { get; init; } = UploadWay.Observed;

    /// <summary>The uploads it holds; <see langword="null"/>: it has no call for it.</summary>
    public List<UploadedUpdate>? Uploads { get; init; }

    /// <summary>What comes of a deletion, by the id of the upload.</summary>
    public Func<string, bool> Delete { get; init; } = _ => true;

    /// <summary>What it says of itself, or why it says nothing.</summary>
    public Task<NodeStatus> Status { get; init; } = Task.FromResult(new NodeStatus { Address = "10.0.0.1:9045", Role = NodeRole.Secondary });

    /// <summary>How it counts its queues.</summary>
    public QueueSummary? Queues { get; init; }

    public string Name => name;

    public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) => Status;

    public Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => Task.FromResult(new AboutInfo("2.0", null));

    public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) => Task.FromResult(new MailFlowSwitches(true, true));

    public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) => Task.FromResult(Queues);

    public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<UploadWay> GetUploadWayAsync(CancellationToken cancellationToken) => Task.FromResult(Way);

    public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) => Uploads is null
        ? throw new KsmgMissingOperationException("No such call.") { Operation = "list-updates", HadNoEffect = true }
        : Task.FromResult<IReadOnlyList<UploadedUpdate>>([.. Uploads]);

    public Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

    public Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken) =>
        CallAsync($"receiving of {clusterAddress ?? "itself"} {enabled}");

    public Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken) => CallAsync($"flush {queue}");

    public Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
        CallAsync($"upload {package.Name} as {uploadId}");

    public Task InstallByUploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
        CallAsync($"install by upload {package.Name} as {uploadId}");

    public async Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken)
    {
        await CallAsync($"delete {uploadId}");
        bool deleted = Delete(uploadId);
        Uploads?.RemoveAll(u => deleted && u.Id == uploadId);
        return deleted;
    }

    public Task StartInstallAsync(string uploadId, CancellationToken cancellationToken) => CallAsync($"install {uploadId}");

    public Task AssignControlAsync(CancellationToken cancellationToken) => CallAsync("control");

    public Task AssignSecondaryAsync(CancellationToken cancellationToken) => CallAsync("secondary");

    private Task CallAsync(string call)
    {
        calls.Add($"{name}: {call}");
        return Task.CompletedTask;
    }
}
