using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>What <c>list-nodes</c> answers.</summary>
internal sealed record NodeTable(bool EmergencyMode, DateTimeOffset SettingsChangedAt, IReadOnlyList<Node> Nodes);

/// <summary>
/// One simulated appliance. Its operations mirror docs/wire.md; they are called under the world's lock, through <c>CallAsync</c>
/// or the HTTPS front, and refuse with <see cref="ApiRefusal"/>.
/// </summary>
internal sealed partial class SimulatedNode : IMailHost
{
    private static readonly TimeSpan ClockTolerance = TimeSpan.FromMinutes(1);
    private static readonly string[] ServiceNames = ["postfix", "ksmg-filter", "ksmg-scanner", "ksmg-updater", "ksmg-web"];

    private readonly SimulatedWorld _world;
    private readonly SimulatedNodeStart _start;
    private readonly string _hostName;
    private readonly string _newHostName;
    private readonly Dictionary<string, ServiceState> _services = ServiceNames.ToDictionary(name => name, _ => ServiceState.Running, StringComparer.Ordinal);
    private readonly Dictionary<string, DiskSpace> _disks;

    // As they are told: with every status, and changed rarely.
    private IReadOnlyList<ServiceStatus>? _toldServices;
    private IReadOnlyList<DiskSpace>? _toldDisks;

    public SimulatedNode(SimulatedWorld world, SimulatedNodeStart start)
    {
        SimulatedClusterOptions options = world.Options;
        _world = world;
        _start = start;
        _hostName = start.Name + ".ksmg.test";
        _newHostName = start.Name + ".new.ksmg.test";
        ClusterAddress = start.ClusterAddress;
        Build = start.Build;
        Role = start.Role;
        Receiving = start.Receiving;
        AddsHeaders = options.AddsHeaders;
        SettingsChangedAt = world.StartedAt - TimeSpan.FromDays(3);
        SynchronizedAt = Role == NodeRole.Control ? null : world.StartedAt;
        AppliedAt = world.StartedAt;
        PasswordExpiresAt = world.StartedAt + TimeSpan.FromDays(200);
        Integrity = new IntegrityCheck(IntegrityState.Passed, world.StartedAt - TimeSpan.FromHours(6));
        _disks = new[] { ("/", 8L), ("/tmp", 4L), ("/var", 40L), ("/var/log", 10L) }
            .ToDictionary(disk => disk.Item1, disk => new DiskSpace(disk.Item1, (disk.Item2 << 30) / 2, disk.Item2 << 30), StringComparer.Ordinal);
    }

    public string Name => _start.Name;

    public string HostName => _world.Options.HeaderHostName == HeaderHostName.ChangedByUpdate && Build != _start.Build ? _newHostName : _hostName;

    string IMailHost.HostName => _world.Options.HeaderHostName switch
    {
        HeaderHostName.UpperCase => HostName.ToUpperInvariant(),
        HeaderHostName.ShortName => Name,
        _ => HostName,
    };

    /// <summary>The address under which the product lists the node.</summary>
    public string ClusterAddress { get; set; }

    public BuildNumber Build { get; private set; }

    public NodeRole Role { get; private set; }

    public bool Receiving { get; private set; }

    public bool Sending { get; private set; } = true;

    public bool AddsHeaders { get; set; }

    public DatabasesState Databases
    {
        get;
        set
        {
            field = value;
            _world.Tell(this, NodeEvents.Of(this, value));
        }
    } = DatabasesState.UpToDate;

    public LicenseState License { get; set; } = LicenseState.Active;

    public IntegrityCheck Integrity { get; set; }

    public TimeSpan ClockSkew { get; set; }

    /// <summary>Settings no longer arrive.</summary>
    public bool NeverSynchronizes { get; set; }

    /// <summary>The other nodes no longer list this one.</summary>
    public bool IsRemovedFromTable { get; set; }

    /// <summary>The other nodes do not reach this one.</summary>
    public bool IsCutFromCluster { get; set; }

    /// <summary>SHA-256 of the certificate in DER, hex; set by the HTTPS front.</summary>
    public string? Fingerprint { get; set; }

    public int SettingsRevision { get; private set; } = 1;

    public DateTimeOffset SettingsChangedAt { get; private set; }

    public DateTimeOffset? SynchronizedAt { get; private set; }

    public DateTimeOffset AppliedAt { get; private set; }

    /// <summary>Since when the node is Control.</summary>
    public DateTimeOffset ControlSince { get; private set; }

    public NodeMail Mail => _world.Mail.Nodes[Name];

    /// <summary>Whether the other nodes reach this one.</summary>
    public bool IsReachable => IsRunning && !IsCutFromCluster;

    /// <summary>Whether this node sees two Control nodes.</summary>
    public bool SeesEmergency => IsEmergency(VisibleControls());

    /// <summary>Whether mail can reach this node: the receive switch, the processes, and the load balancer once it is in use.</summary>
    public bool TakesMail => WouldTakeMail && !IsOutOfLoad;

    /// <summary>Whether it takes mail, if the load balancer sends any.</summary>
    public bool WouldTakeMail => IsSmtpUp && Receiving && (Sending || !_world.Options.SendingOffStopsReceiving);

    /// <summary>The receive switch at the start.</summary>
    public bool StartedReceiving => _start.Receiving;

    /// <summary>Whether the simulated balancer, once it is in use, keeps new sessions away.</summary>
    public bool IsOutOfLoad => _world.Mail.Balancer is { HasPassedMail: true } balancer && balancer.StateOf(Name).Mode != Sdk.Upgrades.LoadMode.Ready;

    /// <summary>What the node's own clock shows.</summary>
    public DateTimeOffset Clock => _world.Now + ClockSkew;

    public NodeTable ListNodes()
    {
        SimulatedNode[] controls = VisibleControls();
        bool emergency = IsEmergency(controls);
        var rows = new List<Node>(_world.Nodes.Count);
        foreach (SimulatedNode node in _world.Nodes)
        {
            if (!node.IsRemovedFromTable || node == this)
            {
                rows.Add(emergency ? new Node { Address = node.ClusterAddress, HostName = node.HostName, Role = node.Role } : Row(node, controls));
            }
        }

        rows.AddRange(
            _world.ForeignAddresses
                .Select(
                    address => new Node
                    {
                        Address = address,
                        HostName = "foreign.ksmg.test",
                        Role = NodeRole.Secondary,
                        State = NodeState.Available,
                        Databases = DatabasesState.UpToDate,
                    }));
        return new NodeTable(emergency, SettingsChangedAt, rows);
    }

    public NodeStatus GetStatus()
    {
        SimulatedNode[] controls = VisibleControls();
        (NodeState state, IReadOnlyList<NodeProblem> problems) = Judge(this, controls);
        return new NodeStatus
        {
            Address = ClusterAddress,
            HostName = HostName,
            Role = Role,
            EmergencyMode = IsEmergency(controls),
            State = state,
            SynchronizedAt = SynchronizedAt,
            AppliedAt = AppliedAt,
            SettingsChangedAt = SettingsChangedAt,
            Databases = Databases,
            Clock = Clock,
            License = License,
            Disks = _toldDisks ??= [.. _disks.Values],
            Services = _toldServices ??= [.. _services.Select(service => new ServiceStatus(service.Key, service.Value))],
            Integrity = Integrity,
            Problems = problems,
        };
    }

    /// <summary>What a person would find wrong with the node, a word each.</summary>
    public IEnumerable<string> Problems()
    {
        (NodeState state, IReadOnlyList<NodeProblem> problems) = Judge(this, VisibleControls());
        SimulatedNode? control = _world.Nodes.FirstOrDefault(node => node.Role == NodeRole.Control);
        bool synchronized = Role == NodeRole.Control
            || control is not null && SettingsRevision == control.SettingsRevision && SynchronizedAt >= control.ControlSince;
        return new (bool IsWrong, string Word)[]
        {
            (!IsRunning, "it does not run"),
            (state == NodeState.SynchronizationFailed || !synchronized, "it is not synchronized"),
            (state != NodeState.Available && state != NodeState.SynchronizationFailed, $"state {state}"),
            (Databases != DatabasesState.UpToDate, $"databases {Databases}"),
            (License != LicenseState.Active && License != LicenseState.Expiring && License != LicenseState.GracePeriod, $"license {License}"),
            (Integrity.State == IntegrityState.Failed, "integrity damaged"),
        }
            .Where(finding => finding.IsWrong).Select(finding => finding.Word)
            .Concat(problems.Where(problem => problem.Code != state.Value).Select(problem => problem.Code))
            .Concat(_services.Where(service => service.Value != ServiceState.Running).Select(service => $"service {service.Key} {service.Value}"));
    }

    public void StartIntegrityCheck(Caller caller)
    {
        IntegrityState outcome = Integrity.State;
        Integrity = Integrity with { State = IntegrityState.Running };
        _world.Effect(Name, "integrity-check-started", caller);
        Later(
            _world.Options.Scaled(TimeSpan.FromSeconds(1)),
            () => Integrity = new IntegrityCheck(outcome == IntegrityState.Failed ? outcome : IntegrityState.Passed, Clock));
    }

    public QueueSummary GetQueueSummary(string? node)
    {
        NodeMail mail = Target(node).Mail;
        return new QueueSummary
        {
            Mta = mail.Count(MessageQueueKind.Mta),
            KataQuarantine = mail.Count(MessageQueueKind.KataQuarantine),
            AntiSpamQuarantine = mail.Count(MessageQueueKind.AntiSpamQuarantine),
            SmtpSessions = mail.OpenSessions,
        };
    }

    public IReadOnlyList<QueuedMessage> ListQueue(string? node, QueueFilter? filter)
    {
        NeedsQueuePage();
        return Target(node).Mail.List(filter);
    }

    public void FlushQueue(string? node, MessageQueueKind queue, Caller caller)
    {
        NeedsQueuePage();
        SimulatedNode target = Target(node);
        if (!target.Mail.Flush(queue))
        {
            throw new ApiRefusal(409, "notSupported", $"The queue '{queue}' cannot be flushed.");
        }

        _world.Effect(target.Name, "queue-flushed", caller, queue.Value);
    }

    public MailFlowSwitches GetSwitches(string? node)
    {
        SimulatedNode target = Target(node);
        return new MailFlowSwitches(target.Receiving, target.Sending);
    }

    public void SetReceiving(string? node, bool enabled, Caller caller)
    {
        if (caller.Cause == EffectCause.Client)
        {
            NeedsQueuePage();
        }

        SimulatedNode target = Target(node);
        if (target.Receiving != enabled)
        {
            target.Receiving = enabled;
            target.Mail.HostChanged();
            _world.Effect(target.Name, "receiving-switched", caller, enabled ? "on" : "off");
        }
    }

    public void SetSending(string? node, bool enabled, Caller caller)
    {
        if (caller.Cause == EffectCause.Client)
        {
            NeedsQueuePage();
        }

        SimulatedNode target = Target(node);
        if (target.Sending != enabled)
        {
            target.Sending = enabled;
            target.Mail.HostChanged();
            _world.Effect(target.Name, "sending-switched", caller, enabled ? "on" : "off");
        }
    }

    public void AssignControl(Caller caller)
    {
        if (Role == NodeRole.Control)
        {
            return;
        }

        SimulatedNode[] former = VisibleControls();
        if (former.Length > 0 && _world.Options.Promotion == PromotionRule.Refuses)
        {
            throw new ApiRefusal(409, "controlExists", $"{former[0].ClusterAddress} is the Control node.");
        }

        Role = NodeRole.Control;
        ControlSince = _world.Now;
        SynchronizedAt = null;
        if (_world.Options.Promotion == PromotionRule.DemotesFormer)
        {
            foreach (SimulatedNode node in former)
            {
                node.Role = NodeRole.Secondary;
            }
        }

        _world.Effect(Name, "role-assigned", caller, "Control");
        foreach (SimulatedNode node in former.Where(node => node.Role == NodeRole.Secondary))
        {
            _world.Effect(node.Name, "role-assigned", Caller.Appliance, "Secondary");
        }

        _world.Synchronize(_world.Now);
    }

    public void AssignSecondary(Caller caller)
    {
        if (Role == NodeRole.Secondary)
        {
            return;
        }

        Role = NodeRole.Secondary;
        _world.Effect(Name, "role-assigned", caller, "Secondary");
        _world.Synchronize(_world.Now);
    }

    public void EditSettings(Caller caller)
    {
        if (Role != NodeRole.Control)
        {
            throw new ApiRefusal(409, "notControl", "Settings are edited on the Control node.");
        }

        SettingsRevision++;
        SettingsChangedAt = _world.Now;
        AppliedAt = _world.Now;
        _world.Effect(Name, "settings-edited", caller);
        _world.Synchronize(_world.Now);
    }

    /// <summary>Whether this Secondary node gets its settings from that Control node.</summary>
    public bool CanSynchronizeWith(SimulatedNode control) =>
        Role == NodeRole.Secondary
            && IsReachable
            && !NeverSynchronizes
            && Build == control.Build
            && (ClockSkew - control.ClockSkew).Duration() <= ClockTolerance;

    public void TakeSettings(SimulatedNode control, DateTimeOffset at)
    {
        bool changed = SettingsRevision != control.SettingsRevision || SettingsChangedAt != control.SettingsChangedAt;
        SettingsRevision = control.SettingsRevision;
        SettingsChangedAt = control.SettingsChangedAt;
        SynchronizedAt = at;
        AppliedAt = at;
        if (changed)
        {
            _world.Effect(Name, "settings-synchronized", Caller.Appliance, "from " + control.Name);
        }
    }

    public void SetService(string name, ServiceState state)
    {
        _services[name] = state;
        _toldServices = null;
        if (state == ServiceState.Failed)
        {
            _world.Tell(this, NodeEvents.Crashed(this, name));
        }
    }

    public void SetFreeBytes(string mount, long freeBytes)
    {
        _disks[mount] = _disks[mount] with { FreeBytes = freeBytes };
        _toldDisks = null;
    }

    public IEnumerable<string> MountPoints => _disks.Keys;

    public long FreeBytes(string mount) => _disks[mount].FreeBytes;

    private bool IsEmergency(SimulatedNode[] controls) =>
        controls.Length > 1 && (_world.Options.EmergencyAcrossBuilds || controls.DistinctBy(node => node.Build).Count() < controls.Length);

    private SimulatedNode[] VisibleControls() =>
    [
        .. _world.Nodes.Where(
            node => node.Role == NodeRole.Control && (node == this || (node.IsReachable && !IsCutFromCluster && !node.IsRemovedFromTable))),
    ];

    private void NeedsQueuePage()
    {
        if (Role == NodeRole.Secondary && !_world.Options.SecondaryHasQueuePage)
        {
            throw new ApiRefusal(409, "notSupported", "A Secondary node's page has no message queue; use the Control node's.");
        }
    }

    private SimulatedNode Target(string? address) => address is null || address == ClusterAddress ? this : Managed(address);

    private SimulatedNode Managed(string address)
    {
        SimulatedNode target = _world.Nodes.FirstOrDefault(node => node.ClusterAddress == address && !node.IsRemovedFromTable)
            ?? throw new ApiRefusal(404, "notFound", $"There is no node {address}.");
        return this switch
        {
            { Role: var role } when role != NodeRole.Control => throw new ApiRefusal(409, "notControl", "Other nodes are managed on the Control node."),
            { SeesEmergency: true } => throw new ApiRefusal(409, "emergencyMode", "There are two Control nodes."),
            { IsCutFromCluster: true } => throw new ApiRefusal(503, "unavailable", $"{address} is not available."),
            _ when !target.IsReachable => throw new ApiRefusal(503, "unavailable", $"{address} is not available."),
            _ when target.Build != Build && !_world.Options.ManagesOtherBuilds =>
                throw new ApiRefusal(409, "otherBuild", $"{address} runs build {target.Build}."),
            _ => target,
        };
    }

    private Node Row(SimulatedNode node, SimulatedNode[] controls)
    {
        (NodeState state, IReadOnlyList<NodeProblem> problems) = Judge(node, controls);
        return new Node
        {
            Address = node.ClusterAddress,
            HostName = node.HostName,
            Comment = string.Empty,
            Role = node.Role,
            State = state,
            Build = node.Build,
            CertificateFingerprint = node.Fingerprint,
            Virtualization = "VMware",
            ScanThreads = 4,
            SynchronizedAt = node.SynchronizedAt,
            AppliedAt = node.AppliedAt,
            Databases = node.Databases,
            Problems = problems,
        };
    }

    /// <summary>The state of a node as this node's page shows it.</summary>
    private (NodeState State, IReadOnlyList<NodeProblem> Problems) Judge(SimulatedNode node, SimulatedNode[] controls)
    {
        if (node != this && (!node.IsReachable || IsCutFromCluster))
        {
            return (NodeState.Unavailable, [new NodeProblem("unavailable", "The node is not available.")]);
        }

        return controls switch
        {
            [] => (NodeState.ConfigurationIssues, [new NodeProblem("noControl", "The cluster has no Control node.")]),
            [var control] when node == control => (NodeState.Available, []),
            [var control] when (node.ClockSkew - control.ClockSkew).Duration() > ClockTolerance =>
                (NodeState.TimeDiffers, [new NodeProblem("timeDiffers", "The time differs from the Control node.")]),
            [var control] when node.Build != control.Build =>
                (
                    NodeState.SynchronizationFailed,
                    [new NodeProblem("syncFailed", $"Data synchronization failed: the Control node runs build {control.Build}.")]),
            [_] when node.NeverSynchronizes =>
                (NodeState.SynchronizationFailed, [new NodeProblem("syncFailed", "Data synchronization failed.")]),
            _ => (NodeState.Available, []),
        };
    }
}
