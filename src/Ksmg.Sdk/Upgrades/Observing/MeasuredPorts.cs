using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Measures every call to the neighbours of a cluster, whoever implements them.</summary>
internal static class MeasuredPorts
{
    public static UpgradePorts Measure(UpgradePorts ports, TimeProvider time) => ports with
    {
        LoadBalancer = ports.LoadBalancer is { } balancer ? new Balancer(balancer, new Timing("load-balancer", time)) : null,
        Snapshots = ports.Snapshots is { } snapshots ? new Hypervisor(snapshots, new Timing("snapshots", time)) : null,
        Configuration = ports.Configuration is { } files ? new Files(files, new Timing("configuration", time)) : null,
        MailProbe = ports.MailProbe is { } probe ? new Probe(probe, new Timing("mail-probe", time)) : null,
        BuildEvidence = ports.BuildEvidence is { } evidence ? new Evidence(evidence, new Timing("evidence", time)) : null,
    };

    private sealed class Timing(string port, TimeProvider time)
    {
        public async Task<T> RunAsync<T>(Task<T> call, [CallerMemberName] string operation = "")
        {
            long started = time.GetTimestamp();
            string outcome = "Failed";
            try
            {
                T answer = await call.ConfigureAwait(false);
                outcome = "Answered";
                return answer;
            }
            catch (OperationCanceledException)
            {
                outcome = "Cancelled";
                throw;
            }
            finally
            {
                Diagnostics.PortCalls.Record(time.GetElapsedTime(started).TotalSeconds, new("ksmg.port", port), new("ksmg.operation", operation[..^"Async".Length]), new("ksmg.outcome", outcome));
            }
        }

        public Task<bool> RunAsync(Task call, [CallerMemberName] string operation = "") => RunAsync(DoneAsync(call), operation);

        private static async Task<bool> DoneAsync(Task call)
        {
            await call.ConfigureAwait(false);
            return true;
        }
    }

    private sealed class Balancer(ILoadBalancer inner, Timing watch) : ILoadBalancer
    {
        public Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default) => watch.RunAsync(inner.GetAsync(cancellationToken));

        public Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default) => watch.RunAsync(inner.SetAsync(node, mode, cancellationToken));

        public Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default) => watch.RunAsync(inner.CloseSessionsAsync(node, cancellationToken));
    }

    private sealed class Hypervisor(ISnapshotProvider inner, Timing watch) : ISnapshotProvider
    {
        public Task<IReadOnlyList<NodeSnapshot>> ListAsync(string node, CancellationToken cancellationToken = default) => watch.RunAsync(inner.ListAsync(node, cancellationToken));

        public Task CreateAsync(string node, string name, CancellationToken cancellationToken = default) => watch.RunAsync(inner.CreateAsync(node, name, cancellationToken));

        public Task RevertAsync(string node, string name, CancellationToken cancellationToken = default) => watch.RunAsync(inner.RevertAsync(node, name, cancellationToken));
    }

    private sealed class Files(IConfigurationFiles inner, Timing watch) : IConfigurationFiles
    {
        public Task<IReadOnlyList<ConfigurationFile>> ListAsync(string node, CancellationToken cancellationToken = default) => watch.RunAsync(inner.ListAsync(node, cancellationToken));

        public Task<ReadOnlyMemory<byte>> ReadAsync(string node, string path, CancellationToken cancellationToken = default) => watch.RunAsync(inner.ReadAsync(node, path, cancellationToken));

        public Task WriteAsync(string node, ConfigurationFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default) =>
            watch.RunAsync(inner.WriteAsync(node, file, content, cancellationToken));

        public Task<string?> GetPristineSha256Async(string node, string path, BuildNumber build, CancellationToken cancellationToken = default) =>
            watch.RunAsync(inner.GetPristineSha256Async(node, path, build, cancellationToken));
    }

    private sealed class Probe(IMailProbe inner, Timing watch) : IMailProbe
    {
        public string? MessageIdDomain => inner.MessageIdDomain;

        public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) => watch.RunAsync(inner.AskAsync(node, cancellationToken));

        public Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default) => watch.RunAsync(inner.SendAsync(node, messageId, cancellationToken));

        public Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default) => watch.RunAsync(inner.FindAsync(messageId, cancellationToken));
    }

    private sealed class Evidence(IBuildEvidence inner, Timing watch) : IBuildEvidence
    {
        public Task<BuildEvidence?> GetAsync(string node, CancellationToken cancellationToken = default) => watch.RunAsync(inner.GetAsync(node, cancellationToken));
    }
}
