using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A simulated cluster in virtual time, and a client's hand on its nodes.</summary>
internal sealed class VirtualCluster : IDisposable
{
    public static readonly Caller Client = new(EffectCause.Client, "test");

    public VirtualCluster(SimulatedClusterOptions? options = null) => Cluster = SimulatedCluster.CreateVirtual(options, Time);

    public VirtualTimeProvider Time { get; } = new();

    public SimulatedCluster Cluster { get; }

    public SimulatedWorld World => Cluster.World;

    public T Ask<T>(string node, string operation, Func<SimulatedNode, T> act) =>
        Time.Run(() => World[node].CallAsync(operation, Client, act), TimeSpan.FromHours(2));

    public void Tell(string node, string operation, Action<SimulatedNode> act) =>
        Ask(node, operation, target =>
        {
            act(target);
            return true;
        });

    public void Receive(string node, bool enabled) => Tell(node, "set-receiving", target => target.SetReceiving(null, enabled, Client));

    public void Upload(string node, string id = "u-1")
    {
        SimulatedPackage package = Cluster.Package;
        Tell(node, "upload-update", target =>
        {
            target.BeginUpload(id, package.FileName, package.SizeBytes, 0, Client);
            target.ReceiveUpload(id, package.SizeBytes);
            target.CompleteUpload(id, package.Sha256, Client);
        });
    }

    public void Start(string node, string id = "u-1") => Tell(node, "start-update", target => target.StartUpdate(id, Client));

    /// <summary>The whole update of a node, as a careful client does it.</summary>
    public void Update(string node)
    {
        Receive(node, enabled: false);
        Time.Advance(TimeSpan.FromSeconds(10));
        Upload(node);
        Start(node);
        Time.Advance(TimeSpan.FromMinutes(1));
        Receive(node, enabled: true);
    }

    public UpdateStatus UpdateStatus(string node) => Ask(node, "get-update-status", target => target.GetUpdateStatus());

    /// <summary>The watchers that found something a client caused.</summary>
    public string[] ClientFindings(bool atEnd = false, bool completed = false) =>
        [
            .. Cluster.GetViolations(atEnd, completed)
                .Where(finding => finding.Cause == EffectCause.Client)
                .Select(finding => finding.Watcher)
                .Distinct()
                .Order(StringComparer.Ordinal)];

    public void Dispose() => Cluster.DisposeAsync().AsTask().GetAwaiter().GetResult();
}
