namespace Ksmg.Sdk.Upgrades;

/// <summary>Asks the neighbours whether the very calls that a run needs will be answered.</summary>
internal static class SelfTests
{
    /// <param name="ports">The neighbours.</param>
    /// <param name="nodes">The nodes of the cluster.</param>
    /// <param name="receiving">Those of them that are to take mail now.</param>
    /// <param name="policy">What a run takes snapshots of.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the tests.</param>
    public static async Task<IReadOnlyList<PortSelfTest>> AskAsync(
        UpgradePorts ports,
        IReadOnlyList<string> nodes,
        IReadOnlyList<string> receiving,
        UpgradePolicy policy,
        TimeProvider time,
        CancellationToken cancellationToken)
    {
        string[] machines = [.. nodes.Where(node => policy.Snapshots != SnapshotPolicy.None && !policy.Waives(UpgradeConsents.NoSnapshotsOf(node)))];
        (Type Port, object? Adapter, IReadOnlyList<string> Nodes)[] all =
        [
            (typeof(ILoadBalancer), ports.LoadBalancer, nodes),
            (typeof(ISnapshotProvider), machines.Length == 0 ? null : ports.Snapshots, machines),
            (typeof(IConfigurationFiles), ports.Configuration, nodes),
            (typeof(IMailProbe), ports.MailProbe, receiving),
            (typeof(IBuildEvidence), ports.BuildEvidence, nodes),
            .. ports.Hooks.Select(hook => (typeof(IUpgradeHook), (object?)hook, nodes)),
            (typeof(IMonitoringSilence), ports.Silence, nodes),
            .. ports.Gates.Select(gate => (typeof(IUpgradeGate), (object?)gate, nodes)),
            .. ports.Notifiers.Select(notifier => (typeof(INotifier), (object?)notifier, nodes)),
        ];
        return await Task.WhenAll(
            from one in all
            where one.Adapter is ISelfTest
            select AskAsync(PortSections.Of(one.Port), (ISelfTest)one.Adapter!, one.Nodes, time, cancellationToken)).ConfigureAwait(false);
    }

    private static async Task<PortSelfTest> AskAsync(
        string port, ISelfTest test, IReadOnlyList<string> nodes, TimeProvider time, CancellationToken cancellationToken)
    {
        try
        {
            IReadOnlyList<SelfTestResult> results = await Neighbour.CallAsync(
                token => test.TestAsync(nodes, token), Neighbour.Limit, port, operation: null, time, cancellationToken).ConfigureAwait(false);
            return new PortSelfTest(port, results is { Count: > 0 } ? results : [Failed(Words.Get("test.said-nothing"))]);
        }
        catch (Exception e) when (!cancellationToken.IsCancellationRequested)
        {
            return new PortSelfTest(port, [Failed(e.Message)]);
        }

        SelfTestResult Failed(string how) => new(test.GetType().Name, SelfTestOutcome.Fails, how);
    }
}
