using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>A node as the fence meets it: it lists uploads and deletes them, as far as it has calls for that, and nothing else is asked of it.</summary>
internal sealed class SmallPort(SmallNode node, string name, string runId, UploadWay uploads) : INodePort
{
    public string Name => name;

    /// <summary>The node, and what is left on it.</summary>
    public SmallNode Node { get; private set; } = node;

    public Task<UploadWay> GetUploadWayAsync(CancellationToken cancellationToken) => Task.FromResult(uploads);

    public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) => Node.Phase switch
    {
        _ when !uploads.Lists => throw new KsmgMissingOperationException("no such call") { Operation = OperationNames.ListUpdates },
        SmallPhase.Restarting => throw new KsmgApiException("silent") { Operation = OperationNames.ListUpdates },
        _ => Task.FromResult(SmallWorld.List(Node, name, runId, uploads)),
    };

    /// <summary>The node refuses to delete what it installs; where it has no such call, it is not even asked.</summary>
    public Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken)
    {
        int upload = SmallRequest.UploadOf(uploadId);
        switch (Node)
        {
            case var _ when !uploads.Deletes:
                throw new KsmgMissingOperationException("no such call") { Operation = OperationNames.DeleteUpdate };
            case { Phase: SmallPhase.Restarting }:
                throw new KsmgApiException("silent") { Operation = OperationNames.DeleteUpdate };
            case { Phase: SmallPhase.Installing } when Node.Upload == upload:
                throw new KsmgApiException("installing") { Operation = OperationNames.DeleteUpdate, HadNoEffect = true, Code = "busy" };
            default:
                bool held = Node.Holds(upload);
                Node = Node with { Uploads = (ushort)(Node.Uploads & ~(1 << upload)) };
                return Task.FromResult(held);
        }
    }

    public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) => throw Unasked();

    public Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => throw Unasked();

    public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) => throw Unasked();

    public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) => throw Unasked();

    public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) => throw Unasked();

    public Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken) => throw Unasked();

    public Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken) => throw Unasked();

    public Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken) => throw Unasked();

    public Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken) => throw Unasked();

    public Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
        throw Unasked();

    public Task StartInstallAsync(string uploadId, CancellationToken cancellationToken) => throw Unasked();

    public Task AssignControlAsync(CancellationToken cancellationToken) => throw Unasked();

    public Task AssignSecondaryAsync(CancellationToken cancellationToken) => throw Unasked();

    private static NotSupportedException Unasked() => new("A fence does not ask for this.");
}
