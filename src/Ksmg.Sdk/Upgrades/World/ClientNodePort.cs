namespace Ksmg.Sdk.Upgrades;

/// <summary>A node through the typed clients.</summary>
internal sealed class ClientNodePort(KsmgNode node, RunPackage packages) : INodePort
{
    public string Name => node.Name;

    public IReadOnlyDictionary<string, string> Kept => node.Updates.Kept;

    public void Recall(IReadOnlyList<KeyValuePair<string, string>> written) => node.Updates.Recall(written);

    public void Trust(string? fingerprint) => node.Updates.Trust(fingerprint);

    public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) => node.Nodes.GetStatusAsync(cancellationToken);

    public Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => node.Updates.GetAboutAsync(cancellationToken);

    public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) => node.Queue.GetSwitchesAsync(null, cancellationToken);

    public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) =>
        UnlessMissingAsync(node.Queue.GetSummaryAsync(null, cancellationToken));

    public async Task<IReadOnlyList<QueuedMessage>> ListQueueAsync(int most, CancellationToken cancellationToken)
    {
        List<QueuedMessage> messages = [];
        await foreach (QueuedMessage message in node.Queue.ListMessagesAsync(cancellationToken: cancellationToken).ConfigureAwait(false))
        {
            messages.Add(message);
            if (messages.Count == most)
            {
                break;
            }
        }

        return messages;
    }

    public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) => UnlessMissingAsync(node.Updates.GetStatusAsync(cancellationToken));

    public Task<UploadWay> GetUploadWayAsync(CancellationToken cancellationToken) => node.Updates.GetUploadWayAsync(cancellationToken);

    public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) => node.Updates.ListUploadsAsync(cancellationToken);

    public Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken) =>
        UnlessMissingAsync(node.Nodes.GetCurrentUserAsync(cancellationToken));

    public async Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken)
    {
        List<Node> nodes = [];
        await foreach (Node row in node.Nodes.ListAsync(cancellationToken).ConfigureAwait(false))
        {
            nodes.Add(row);
        }

        return nodes;
    }

    public Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken) =>
        node.Queue.SetReceivingAsync(clusterAddress, enabled, cancellationToken);

    public async Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken)
    {
        try
        {
            await node.Queue.FlushAsync(queue, null, cancellationToken).ConfigureAwait(false);
        }
        catch (KsmgMissingOperationException)
        {
            // The node then delivers when it means to; the drain waits for that.
        }
    }

    public Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
        UploadAsync(uploadId, package, installs: false, progress, cancellationToken);

    public Task InstallByUploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
        UploadAsync(uploadId, package, installs: true, progress, cancellationToken);

    public Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken) => node.Updates.DeleteUploadAsync(uploadId, cancellationToken);

    public Task StartInstallAsync(string uploadId, CancellationToken cancellationToken) => node.Updates.StartInstallAsync(uploadId, cancellationToken);

    public Task AssignControlAsync(CancellationToken cancellationToken) => node.Role.AssignControlAsync(cancellationToken);

    public Task AssignSecondaryAsync(CancellationToken cancellationToken) => node.Role.AssignSecondaryAsync(cancellationToken);

    private async Task UploadAsync(
        string uploadId, PlannedPackage package, bool installs, IProgress<UploadProgress> progress, CancellationToken cancellationToken)
    {
        UpdatePackageFile file = await packages.OpenAsync(package, cancellationToken).ConfigureAwait(false);
        await node.Updates.UploadAsync(uploadId, file, acceptsWithoutSha256: true, installs, progress, cancellationToken).ConfigureAwait(false);
    }

    private static async Task<T?> UnlessMissingAsync<T>(Task<T> answer)
        where T : class
    {
        try
        {
            return await answer.ConfigureAwait(false);
        }
        catch (KsmgMissingOperationException)
        {
            return null;
        }
    }
}
