using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Measures every call to the neighbours of a cluster, whoever implements them, and limits it: none of them holds a run up.</summary>
internal static class MeasuredPorts
{
    public static UpgradePorts Measure(UpgradePorts ports, TimeProvider time) => ports with
    {
        LoadBalancer = ports.LoadBalancer is { } balancer ? new Balancer(balancer, new Timing("load-balancer", time)) : null,
        Snapshots = ports.Snapshots is { } snapshots ? new Hypervisor(snapshots, new Timing("snapshots", time)) : null,
        Configuration = ports.Configuration is { } files ? new Files(files, new Timing("configuration", time)) : null,
        MailProbe = ports.MailProbe is { } probe ? new Probe(probe, new Timing("mail-probe", time)) : null,
        Hooks = [.. ports.Hooks.Select(hook => new Hook(hook, new Timing("hook", time)))],
        Gates = [.. ports.Gates.Select(gate => new Gate(gate, new Timing("gate", time)))],
        BuildEvidence = ports.BuildEvidence is { } evidence ? new Evidence(evidence, new Timing("evidence", time)) : null,
        Silence = ports.Silence is { } silence ? new Monitoring(silence, new Timing("silence", time)) : null,
    };

    private sealed class Timing(string port, TimeProvider time)
    {
        /// <param name="call">The call.</param>
        /// <param name="cancellationToken">Ends the waiting.</param>
        /// <param name="limited">Whether it has the limit of every call; else what it does is limited by its step.</param>
        /// <param name="operation">What it does.</param>
        public async Task<T> RunAsync<T>(
            Func<CancellationToken, Task<T>> call, CancellationToken cancellationToken, bool limited = true, [CallerMemberName] string operation = "")
        {
            long started = time.GetTimestamp();
            string name = operation[..^"Async".Length];
            string outcome = "Failed";
            try
            {
                T answer = await Neighbour.CallAsync(
                    call, limited ? Neighbour.Limit : Timeout.InfiniteTimeSpan, port, name, time, cancellationToken).ConfigureAwait(false);
                outcome = Diagnostics.Success;
                return answer;
            }
            catch (OperationCanceledException)
            {
                outcome = "Cancelled";
                throw;
            }
            finally
            {
                TagList tags = new() { { "ksmg.port", port }, { "ksmg.operation", name }, { "ksmg.outcome", outcome } };
                Diagnostics.AddFault(ref tags, outcome);
                Diagnostics.PortCalls.Record(time.GetElapsedTime(started).TotalSeconds, tags);
            }
        }

        public Task<bool> RunAsync(
            Func<CancellationToken, Task> call, CancellationToken cancellationToken, bool limited = true, [CallerMemberName] string operation = "")
        {
            return RunAsync(DoneAsync, cancellationToken, limited, operation);

            async Task<bool> DoneAsync(CancellationToken token)
            {
                await call(token).ConfigureAwait(false);
                return true;
            }
        }
    }

    private sealed class Balancer(ILoadBalancer inner, Timing watch) : ILoadBalancer
    {
        public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.GetAsync(token), cancellationToken);

        public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.SetAsync(node, mode, token), cancellationToken);

        public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.CloseSessionsAsync(node, token), cancellationToken);
    }

    private sealed class Hypervisor(ISnapshotProvider inner, Timing watch) : ISnapshotProvider
    {
        public Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.ListAsync(node, token), cancellationToken);

        public Task CreateAsync(string node, string name, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.CreateAsync(node, name, token), cancellationToken, limited: false);

        public Task RevertAsync(string node, string name, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.RevertAsync(node, name, token), cancellationToken, limited: false);
    }

    private sealed class Files(IConfigurationFiles inner, Timing watch) : IConfigurationFiles
    {
        public Task<IReadOnlyList<ConfigurationFile>> ListAsync(string node, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.ListAsync(node, token), cancellationToken);

        public Task<ReadOnlyMemory<byte>> ReadAsync(string node, string path, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.ReadAsync(node, path, token), cancellationToken, limited: false);

        public Task WriteAsync(string node, ConfigurationFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.WriteAsync(node, file, content, token), cancellationToken, limited: false);

        public Task<string?> GetPristineSha256Async(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.GetPristineSha256Async(node, path, build, token), cancellationToken);

        public Task<ReadOnlyMemory<byte>?> ReadPristineAsync(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.ReadPristineAsync(node, path, build, token), cancellationToken, limited: false);
    }

    private sealed class Probe(IMailProbe inner, Timing watch) : IMailProbe
    {
        public string? MessageIdDomain => inner.MessageIdDomain;

        public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.AskAsync(node, token), cancellationToken);

        public Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.SendAsync(node, messageId, token), cancellationToken);

        public Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.FindAsync(messageId, token), cancellationToken);
    }

    private sealed class Hook(IUpgradeHook inner, Timing watch) : IUpgradeHook
    {
        public string Name => inner.Name;

        public IReadOnlyList<HookPoint> Points => inner.Points;

        public TimeSpan TimeLimit => inner.TimeLimit;

        public Task<HookResult> RunAsync(HookCall call, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.RunAsync(call, token), cancellationToken, limited: false);
    }

    private sealed class Gate(IUpgradeGate inner, Timing watch) : IUpgradeGate
    {
        public string Name => inner.Name;

        public TimeSpan Patience => inner.Patience;

        public Task<GateAnswer> AskAsync(string node, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.AskAsync(node, token), cancellationToken);
    }

    private sealed class Evidence(IBuildEvidence inner, Timing watch) : IBuildEvidence
    {
        public Task<BuildEvidence?> GetAsync(string node, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.GetAsync(node, token), cancellationToken);
    }

    private sealed class Monitoring(IMonitoringSilence inner, Timing watch) : IMonitoringSilence
    {
        public Task RenewAsync(NodeSilence silence, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.RenewAsync(silence, token), cancellationToken);

        public Task LiftAsync(NodeSilence silence, CancellationToken cancellationToken = default) =>
            watch.RunAsync(token => inner.LiftAsync(silence, token), cancellationToken);
    }
}
