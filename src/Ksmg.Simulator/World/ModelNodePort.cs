using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>A node of the model as a run sees it; calls complete at once, on the caller's thread.</summary>
internal sealed class ModelNodePort(SimulatedNode node, TimeProvider time) : INodePort
{
    private const int UploadParts = 10;

    public string Name => node.Name;

    /// <summary>How long an upload takes.</summary>
    public required Func<PlannedPackage, TimeSpan> UploadTime { get; init; }

    /// <summary>How packages get into the node.</summary>
    public UploadWay Uploads { get; init; } = UploadWay.Observed;

    /// <summary>Called before every call.</summary>
    public Action Calling { get; init; } = () => { };

    /// <summary>Called when an operation has reached the node and had its effect.</summary>
    public Action<string> Caused { get; init; } = _ => { };

    public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) => ReadAsync("get-node-status", n => n.GetStatus(), cancellationToken);

    public Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => ReadAsync("get-about", n => n.GetAbout(), cancellationToken);

    public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) =>
        ReadAsync("get-mail-flow", n => n.GetSwitches(null), cancellationToken);

    public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) =>
        ReadAsync<QueueSummary?>("get-queue-summary", n => n.GetQueueSummary(null), cancellationToken);

    public Task<IReadOnlyList<QueuedMessage>> ListQueueAsync(int most, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<QueuedMessage>>("list-queue", n => [.. n.ListQueue(null, null).Take(most)], cancellationToken);

    public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) =>
        ReadAsync<UpdateStatus?>("get-update-status", n => n.GetUpdateStatus(), cancellationToken);

    public Task<UploadWay> GetUploadWayAsync(CancellationToken cancellationToken) => Task.FromResult(Uploads);

    public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) =>
        ReadAsync("list-updates", n => n.ListUploads(), cancellationToken);

    public Task<CurrentUser?> GetUserAsync(CancellationToken cancellationToken) =>
        ReadAsync<CurrentUser?>("get-current-user", n => n.GetCurrentUser(), cancellationToken);

    public Task<IReadOnlyList<Node>> ListNodesAsync(CancellationToken cancellationToken) =>
        ReadAsync("list-nodes", n => n.ListNodes().Nodes, cancellationToken);

    public Task SetReceivingAsync(string? clusterAddress, bool enabled, CancellationToken cancellationToken) =>
        EffectAsync("set-receiving", n => n.SetReceiving(clusterAddress, enabled, Caller.Client), cancellationToken);

    public Task FlushAsync(MessageQueueKind queue, CancellationToken cancellationToken) =>
        EffectAsync("flush-queue", n => n.FlushQueue(null, queue, Caller.Client), cancellationToken);

    public Task UploadAsync(string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
        BringAsync(uploadId, package, _ => { }, cancellationToken);

    public Task InstallByUploadAsync(
        string uploadId, PlannedPackage package, IProgress<UploadProgress> progress, CancellationToken cancellationToken) =>
        BringAsync(uploadId, package, id => node.StartUpdate(id, Caller.Client), cancellationToken);

    public async Task<bool> DeleteUploadAsync(string uploadId, CancellationToken cancellationToken)
    {
        if (!Uploads.Deletes)
        {
            throw new KsmgMissingOperationException("There is no such call.") { Node = Name, Operation = OperationNames.DeleteUpdate };
        }

        try
        {
            await EffectAsync("delete-update", n => n.DeleteUpload(uploadId, Caller.Client), cancellationToken).ConfigureAwait(false);
            return true;
        }
        catch (KsmgApiException e) when (e.Code == "notFound")
        {
            return false;
        }
    }

    public Task StartInstallAsync(string uploadId, CancellationToken cancellationToken) =>
        EffectAsync("start-update", n => n.StartUpdate(uploadId, Caller.Client), cancellationToken);

    public Task AssignControlAsync(CancellationToken cancellationToken) =>
        EffectAsync("assign-control", n => n.AssignControl(Caller.Client), cancellationToken);

    public Task AssignSecondaryAsync(CancellationToken cancellationToken) =>
        EffectAsync("assign-secondary", n => n.AssignSecondary(Caller.Client), cancellationToken);

    /// <param name="uploadId">Our id of the upload.</param>
    /// <param name="package">The package.</param>
    /// <param name="whole">What the node does once it has all of it.</param>
    /// <param name="cancellationToken">Cuts the upload.</param>
    private async Task BringAsync(string uploadId, PlannedPackage package, Action<string> whole, CancellationToken cancellationToken)
    {
        string id = uploadId;
        TimeSpan part = UploadTime(package) / UploadParts;
        await EffectAsync(
            "upload-update", n => id = n.BeginUpload(uploadId, package.Name, package.SizeBytes, 0, Caller.Client).Id, cancellationToken).ConfigureAwait(false);
        for (int done = 0; done < UploadParts; done++)
        {
            await DelayAsync(part, cancellationToken).ConfigureAwait(false);
            await EffectAsync(
                "upload-bytes",
                n => n.ReceiveUpload(id, (package.SizeBytes * (done + 1) / UploadParts) - (package.SizeBytes * done / UploadParts)),
                cancellationToken).ConfigureAwait(false);
        }

        await EffectAsync(
            "upload-end",
            n =>
            {
                n.CompleteUpload(id, package.Sha256, Caller.Client);
                whole(id);
            },
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Unlike Task.Delay, a cancellation goes on inline: another thread would let virtual time run ahead.</summary>
    private async Task DelayAsync(TimeSpan pause, CancellationToken cancellationToken)
    {
        TaskCompletionSource over = new();
        ITimer timer = time.CreateTimer(_ => over.TrySetResult(), null, pause, Timeout.InfiniteTimeSpan);
        await using (timer.ConfigureAwait(false))
        {
            CancellationTokenRegistration cancelled = cancellationToken.Register(() => over.TrySetCanceled(cancellationToken));
            await using (cancelled.ConfigureAwait(false))
            {
                await over.Task.ConfigureAwait(false);
            }
        }
    }

    private Task<T> ReadAsync<T>(string operation, Func<SimulatedNode, T> act, CancellationToken cancellationToken)
    {
        Calling();
        return AnswerAsync(operation, act, cancellationToken);
    }

    private async Task EffectAsync(string operation, Action<SimulatedNode> act, CancellationToken cancellationToken)
    {
        Calling();
        await AnswerAsync(operation, Done, cancellationToken).ConfigureAwait(false);
        Caused(operation);

        bool Done(SimulatedNode it)
        {
            act(it);
            return true;
        }
    }

    private Task<T> AnswerAsync<T>(string operation, Func<SimulatedNode, T> act, CancellationToken cancellationToken)
    {
        Task<T> answer = node.CallAsync(operation, Caller.Client, act, cancellationToken);
        if (answer.IsCompletedSuccessfully)
        {
            return answer;
        }

        return answer.Exception?.InnerException is { } refused and (ApiRefusal or NodeConnectionException)
            ? Task.FromException<T>(Translate(operation, refused))
            : TranslateAsync(operation, answer);
    }

    private async Task<T> TranslateAsync<T>(string operation, Task<T> answer)
    {
        try
        {
            return await answer.ConfigureAwait(false);
        }
        catch (Exception e) when (e is ApiRefusal or NodeConnectionException)
        {
            throw Translate(operation, e);
        }
    }

    private KsmgApiException Translate(string operation, Exception exception) => exception switch
    {
        ApiRefusal refusal => new KsmgApiException($"{Name}: {operation}: {refusal.Message}", refusal)
        {
            Node = Name,
            Operation = operation,
            Code = refusal.Code,
            HadNoEffect = refusal.Status < 500,
        },
        NodeConnectionException lost =>
            new KsmgApiException($"{Name}: {lost.Message}", lost) { Node = Name, Operation = operation, HadNoEffect = !lost.Connected },
        _ => throw new InvalidOperationException("Only refusals and lost connections are translated.", exception),
    };
}
