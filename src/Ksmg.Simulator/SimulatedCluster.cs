using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Text;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>
/// A simulated cluster: nodes that speak HTTPS and SMTP, a load balancer, a hypervisor, a mailbox, faults, and two logs to assert on.
/// </summary>
public sealed partial class SimulatedCluster : IAsyncDisposable
{
    private readonly List<IAsyncDisposable> _running = [];
    private readonly Dictionary<string, NodeFront> _fronts;
    private WebPorts? _web;
    private DirectoryInfo? _postfixFolder;

    private SimulatedCluster(SimulatedClusterOptions options, TimeProvider time)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(options.Nodes, 1);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(options.Speed);
        Options = options;
        Package = NamePackage(options);
        World = new SimulatedWorld(options, time);
        World.Packages.Add(Package);
        Snapshots = new ModelSnapshots(World);
        ConfigurationFiles = new ModelConfigurationFiles(World);
        MailProbe = new ModelMailProbe(World);
        _fronts = World.Nodes.ToDictionary(node => node.Name, node => new NodeFront(World, node), StringComparer.Ordinal);
    }

    /// <summary>What is simulated.</summary>
    public SimulatedClusterOptions Options { get; }

    /// <summary>The simulator's own package: what <see cref="WritePackageAsync"/> writes.</summary>
    public SimulatedPackage Package { get; private set; }

    /// <summary>Arms and clears faults.</summary>
    public SimulatedFaults Faults => World.Faults;

    /// <summary>The hypervisor, without sockets.</summary>
    public ISnapshotProvider Snapshots { get; }

    /// <summary>The configuration files of the nodes, without sockets.</summary>
    public IConfigurationFiles ConfigurationFiles { get; }

    /// <summary>Test messages, without sockets.</summary>
    public IMailProbe MailProbe { get; }

    /// <summary>The load balancer, without sockets.</summary>
    public ILoadBalancer LoadBalancer => World.Mail.Balancer.AsLoadBalancer();

    /// <summary>Where the nodes are found. Without sockets their addresses are names for <see cref="CreateHandler"/>.</summary>
    public IReadOnlyList<SimulatedNodeEndpoint> Nodes =>
        [.. World.Nodes.Select(node => new SimulatedNodeEndpoint(node.Name, UrlOf(node), SmtpOf(node), node.Fingerprint, node.ClusterAddress, node.HostName))];

    /// <summary>The control URL; <see langword="null"/> without sockets.</summary>
    public Uri? ControlUrl => _web?.ControlUrl;

    /// <summary>Where the balancer takes mail; <see langword="null"/> without sockets.</summary>
    public IPEndPoint? BalancerMail => _web is null ? null : World.Mail.Balancer.MailEndPoint;

    /// <summary>Where the balancer's runtime API answers; <see langword="null"/> without sockets.</summary>
    public IPEndPoint? BalancerRuntime => _web is null ? null : World.Mail.Balancer.RuntimeEndPoint;

    internal SimulatedWorld World { get; }

    /// <summary>A cluster whose ports are opened by <see cref="Listen"/>.</summary>
    internal static SimulatedCluster CreateUnstarted(SimulatedClusterOptions options, TimeProvider time) => new(options, time);

    /// <summary>
    /// A cluster without sockets. With a <see cref="VirtualTimeProvider"/> a whole upgrade takes milliseconds.
    /// </summary>
    public static SimulatedCluster CreateVirtual(SimulatedClusterOptions? options, TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        if (options is { Postfix: not null } or { Syslog: not null })
        {
            throw new ArgumentException("A real Postfix and syslog need sockets and real time.", nameof(options));
        }

        var cluster = new SimulatedCluster(options ?? new SimulatedClusterOptions(), time);
        cluster.AssembleMail(sockets: false);
        return cluster;
    }

    /// <summary>
    /// Starts a cluster on loopback: HTTPS and SMTP per node, the balancer, the control URL.
    /// </summary>
    /// <param name="options">What is simulated.</param>
    /// <param name="time">The clock; default: the system's.</param>
    /// <param name="cancellationToken">Ends the start, not the cluster.</param>
    /// <exception cref="IOException">A port is taken.</exception>
    public static async Task<SimulatedCluster> StartAsync(
        SimulatedClusterOptions? options = null, TimeProvider? time = null, CancellationToken cancellationToken = default)
    {
        SimulatedCluster cluster = CreateUnstarted(options ?? new SimulatedClusterOptions(), time ?? TimeProvider.System);
        try
        {
            cluster._running.Add(await WebHost.StartAsync([cluster.Listen()], cancellationToken).ConfigureAwait(false));
            return cluster;
        }
        catch (Exception failed)
        {
            await cluster.DisposeAsync().ConfigureAwait(false);
            if (failed is SocketException)
            {
                throw new IOException(Words.Get("simulator.no-port", failed.Message), failed);
            }

            throw;
        }
    }

    /// <summary>
    /// A handler for an <see cref="HttpClient"/> that reaches one node without sockets: the same front, the same faults, in virtual time
    /// too. Cookies are the client's business.
    /// </summary>
    public HttpMessageHandler CreateHandler(string node) => new InMemoryHandler(World, _fronts[node]);

    /// <summary>What has changed in the world, after a position in the log.</summary>
    public IReadOnlyList<SimulatedEffect> GetEffects(long after = 0) => World.EffectsAfter(after);

    /// <summary>What the nodes were asked, after a position in the log.</summary>
    public IReadOnlyList<SimulatedRequest> GetRequests(long after = 0) => World.RequestsAfter(after);

    /// <summary>
    /// What the watchers found. Only findings caused by a client count.
    /// </summary>
    /// <param name="atEnd">Whether the run is over, so that switches and load must be as they were found (W15).</param>
    /// <param name="completed">Whether the run calls itself completed, so that every node must be as well as it was, and synchronized (W16).</param>
    public IReadOnlyList<SimulatedViolation> GetViolations(bool atEnd = false, bool completed = false)
    {
        lock (World.Gate)
        {
            World.CatchUp();
            return World.Watchers.Findings(atEnd, completed);
        }
    }

    /// <summary>What became of all mail.</summary>
    public MailFigures GetMail() => World.Mail.Ledger.Figures;

    /// <summary>Starts constant load through the balancer.</summary>
    public void StartMail(double perSecond) => World.Mail.Generator.Start(perSecond);

    /// <summary>Ends the load; what was refused is still repeated.</summary>
    public void StopMail() => World.Mail.Generator.Stop();

    /// <summary>What a human does by hand: <c>promote</c>, <c>demote</c>, <c>receive-on</c>, <c>receive-off</c>, <c>upgrade</c>,
    /// <c>power-off</c>, <c>power-on</c>, <c>revert-snapshot</c>, <c>drain</c>, <c>undrain</c>, <c>edit-settings</c>.</summary>
    public void Act(string node, string act) => World.Act(node, act);

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        World.Dispose();
        foreach (IAsyncDisposable part in Enumerable.Reverse(_running))
        {
            await part.DisposeAsync().ConfigureAwait(false);
        }

        _running.Clear();
        _postfixFolder?.Delete(recursive: true);
        _postfixFolder = null;
    }

    /// <summary>Opens every port. Whoever calls it lets a <see cref="WebHost"/> answer at those of the web.</summary>
    internal WebPorts Listen()
    {
        AssembleMail(sockets: true);
        if (Options.Syslog is { } syslog)
        {
            Dictionary<string, SyslogSender> senders = Enumerable.Range(1, Options.Nodes).ToDictionary(
                number => World.Nodes[number - 1].Name, number => new SyslogSender(syslog, number), StringComparer.Ordinal);
            _running.AddRange(senders.Values);
            World.Told = (node, line) => senders[node].Send(line);
        }

        var web = new WebPorts();
        _running.Add(web);
        for (int i = 0; i < World.Nodes.Count; i++)
        {
            web.Open(World.Nodes[i], _fronts[World.Nodes[i].Name], Port(PortOrder.Web(i)));
        }

        web.Open(new ControlFront(this), Port(PortOrder.Control));
        return _web = web;
    }

    private int Port(int offset) => Options.BasePort == 0 ? 0 : Options.BasePort + offset;

    /// <summary>Without sockets messages go from part to part; with sockets the hops are SMTP connections.</summary>
    private void AssembleMail(bool sockets)
    {
        TimeProvider time = World.Time;
        var settings = new MailSettings { ReceivingOff = Options.ReceivingOff, AfterQueueFilter = Options.AfterQueueFilter };
        var ledger = new MailLedger(time);
        var sink = new MailSink(ledger, time, settings);
        (IMailHost Host, NodeMail Mail)[] nodes =
            [.. World.Nodes.Select(node => ((IMailHost)node, CreateMail(node, ledger, sink, Hop(() => sink.EndPoint, node.HostName, 100) ?? sink, settings)))];
        var balancer = new SimulatedBalancer(nodes, time, settings, OnLoadSwitched);
        var generator = new MailGenerator(Hop(() => balancer.MailEndPoint, "load.sender.example", 1) ?? balancer, ledger, time, settings);
        World.Mail = new MailWorld(balancer, ledger, sink, generator, nodes.ToDictionary(node => node.Host.Name, node => node.Mail, StringComparer.Ordinal));
        _running.Add(sink);
        _running.AddRange(nodes.Select(node => node.Mail));
        _running.Add(balancer);
        _running.Add(generator);
        ledger.QueuedElsewhere = Options.Postfix is null ? null : () =>
            nodes.Select(node => node.Mail).OfType<PostfixNodeMail>().Sum(mail => mail.CountInPostfix);
        if (sockets)
        {
            sink.Listen(Port(PortOrder.Sink));
            for (int i = 0; i < nodes.Length; i++)
            {
                nodes[i].Mail.Listen(Port(PortOrder.Smtp(i, nodes.Length)));
            }

            balancer.Listen(Port(PortOrder.BalancerMail), Port(PortOrder.BalancerRuntime));
        }

        IMailHop? Hop(Func<IPEndPoint> target, string helloName, int messagesPerConnection)
        {
            if (!sockets)
            {
                return null;
            }

            var hop = new SmtpHop(target, helloName, time, settings, messagesPerConnection);
            _running.Add(hop);
            return hop;
        }
    }

    private NodeMail CreateMail(SimulatedNode node, MailLedger ledger, MailSink sink, IMailHop hop, MailSettings settings)
    {
        if (Options.Postfix is not { } postfix)
        {
            return new SimulatedNodeMail(node, ledger, hop, World.Time, settings);
        }

        if (postfix.Folder is null && _postfixFolder is null)
        {
            _postfixFolder = Directory.CreateDirectory(Path.Combine(Path.GetTempPath(), "ksmg-postfix-" + Path.GetRandomFileName()));
        }

        return new PostfixNodeMail(
            node,
            ledger,
            hop,
            World.Time,
            settings,
            Path.Combine(postfix.Folder ?? _postfixFolder!.FullName, node.Name),
            () => postfix.NextHop ?? string.Create(CultureInfo.InvariantCulture, $"smtp:[127.0.0.1]:{sink.EndPoint.Port}"));
    }

    private Uri UrlOf(SimulatedNode node) => _web is null ? new Uri($"https://{node.HostName}/") : _web.UrlOf(node.Name);

    private string? SmtpOf(SimulatedNode node) => _web is null ? null : node.Mail.EndPoint?.ToString();

    private void OnLoadSwitched(string node, LoadMode mode, string cause)
    {
        lock (World.Gate)
        {
            World.CatchUp();
            World.LoadSwitched(node, mode, new Caller(SimulatedWorld.Cause(cause)));
        }
    }

    private static SimulatedPackage NamePackage(SimulatedClusterOptions options) => new(
        $"ksmg_upgrade_{options.Build}_{options.TargetBuild}.ktgz",
        options.PackageBytes,
        Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(string.Create(CultureInfo.InvariantCulture, $"package {options.Seed}")))),
        options.Build,
        options.TargetBuild);
}
