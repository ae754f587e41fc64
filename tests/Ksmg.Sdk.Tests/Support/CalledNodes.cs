using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What a step of a <see cref="CutRun"/> asks of nodes and load balancer when it causes its effect, call by call; nothing comes of any.</summary>
internal sealed class CalledNodes : ILoadBalancer
{
    private readonly List<string> _calls = [];

    /// <param name="run">The run.</param>
    /// <param name="step">The step.</param>
    /// <param name="values">The values of its intent.</param>
    public static async Task<string> OfAsync(CutRun run, string step, params (string Name, string Value)[] values)
    {
        CalledNodes called = new();
        ManualTime time = new();
        InMemoryUpgradeJournal journal = new(time);
        await using RunLease lease = await journal.CreateAsync(run.Plan with { Hash = PlanJson.Hash(run.Plan) });
        PlannedStep planned = run.Step(step);
        EffectContext context = new()
        {
            World = new UpgradeWorld
            {
                Nodes = run.Plan.Nodes.ToDictionary(n => n.Name, INodePort (n) => new CalledNode(n.Name, called._calls), StringComparer.Ordinal),
                Ports = new UpgradePorts { LoadBalancer = called },
                Time = time,
                RequestLimit = DirectWorld.RequestLimit,
            },
            Clock = new RunClock(time),
            Plan = run.Plan,
            Step = planned,
            Attempt = 1,
            Values = values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal),
            Cluster = run.Input.Cluster,
            Journal = journal,
            Lease = lease,
            Progress = new Progress<UploadProgress>(),
        };
        await StepCatalogue.Get(planned.Id).CallAsync(context, CancellationToken.None);
        return string.Join(", ", called._calls);
    }

    public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => CallAsync($"balancer: {node} {mode}");

    public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => CallAsync($"balancer: {node} close");

    private Task CallAsync(string call)
    {
        _calls.Add(call);
        return Task.CompletedTask;
    }

    private sealed class CalledNode(string name, List<string> calls) : INodePort
    {
        public string Name => name;

        public Task<NodeStatus> GetStatusAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<AboutInfo> GetAboutAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<MailFlowSwitches> GetSwitchesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<QueueSummary?> GetQueuesAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<UpdateStatus?> GetUpdateAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task<IReadOnlyList<UploadedUpdate>> ListUploadsAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

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
            return true;
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
}
