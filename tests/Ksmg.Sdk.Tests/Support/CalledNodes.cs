using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What a step of a <see cref="CutRun"/> asks of nodes and neighbours when it causes its effect, call by call; nothing comes of any.</summary>
internal sealed class CalledNodes(CutRun run) : ILoadBalancer, ISnapshotProvider, IMailProbe
{
    private readonly List<string> _calls = [];
    private readonly ManualTime _time = new();
    private RunLease? _lease;

    /// <summary>The configuration of the nodes.</summary>
    public IConfigurationFiles? Configuration { get; init; }

    /// <summary>What is called around the work of the run.</summary>
    public IReadOnlyList<IUpgradeHook> Hooks { get; init; } = [];

    /// <summary>What a node says to a test message.</summary>
    public ProbeAnswer Answer { get; init; } = new(true, "250 OK");

    /// <summary>The clock of the machine.</summary>
    public ManualTime Time => _time;

    /// <summary>Ends the call.</summary>
    public CancellationToken Ends { get; init; }

    /// <summary>What was called so far.</summary>
    public string Calls => string.Join(", ", _calls);

    /// <summary>What the run saved, or is to find saved.</summary>
    public InMemoryUpgradeJournal Journal => field ??= new InMemoryUpgradeJournal(_time);

    /// <summary>The calls of a step whose effect is caused once.</summary>
    /// <param name="run">The run.</param>
    /// <param name="step">The step.</param>
    /// <param name="values">The values of its intent.</param>
    public static async Task<string> OfAsync(CutRun run, string step, params (string Name, string Value)[] values)
    {
        CalledNodes called = new(run);
        await called.CauseAsync(step, values);
        return called.Calls;
    }

    /// <summary>Saves a file with the run.</summary>
    public async Task SaveAsync(string name, ReadOnlyMemory<byte> content) => await Journal.SaveFileAsync(await LeaseAsync(), name, content);

    /// <summary>Causes the effect of a step, and gives what its call says became of it.</summary>
    public async Task<StepReply?> CauseAsync(string step, params (string Name, string Value)[] values)
    {
        PlannedStep planned = run.Step(step);
        EffectContext context = new()
        {
            World = new UpgradeWorld
            {
                Nodes = run.Plan.Nodes.ToDictionary(n => n.Name, INodePort (n) => new CalledNode(n.Name, _calls), StringComparer.Ordinal),
                Ports = new UpgradePorts { LoadBalancer = this, Snapshots = this, MailProbe = this, Configuration = Configuration, Hooks = Hooks },
                Time = _time,
                RequestLimit = DirectWorld.RequestLimit,
            },
            Clock = new RunClock(_time),
            Plan = run.Plan,
            Step = planned,
            Attempt = 1,
            Values = values.ToDictionary(v => v.Name, v => v.Value, StringComparer.Ordinal),
            Cluster = run.Input.Cluster,
            Journal = Journal,
            Lease = await LeaseAsync(),
            Progress = new Progress<UploadProgress>(),
        };
        return await StepCatalogue.Get(planned.Id).CallAsync(context, Ends);
    }

    public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => CallAsync($"balancer: {node} {mode}");

    public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => CallAsync($"balancer: {node} close");

    public Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public Task CreateAsync(string node, string name, CancellationToken cancellationToken = default) => CallAsync($"snapshot of {node}: {name}");

    public Task RevertAsync(string node, string name, CancellationToken cancellationToken = default) => CallAsync($"revert of {node}: {name}");

    public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public async Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default)
    {
        await CallAsync($"message to {node}: {messageId}");
        return Answer;
    }

    public Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    private Task CallAsync(string call)
    {
        _calls.Add(call);
        return Task.CompletedTask;
    }

    private async Task<RunLease> LeaseAsync() => _lease ??= await Journal.CreateAsync(run.Plan with { Hash = PlanJson.Hash(run.Plan) });
}
