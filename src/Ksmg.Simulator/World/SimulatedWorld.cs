using System.Collections.Frozen;
using System.Globalization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>
/// Everything that is simulated, behind one lock. What nodes do by themselves hangs on timers of <see cref="Time"/>; the periodic
/// synchronization is caught up with on every entry, so that an idle world costs nothing.
/// </summary>
internal sealed class SimulatedWorld : IDisposable
{
    /// <summary>What is done on the node's own pages.</summary>
    private static readonly FrozenSet<string> OnNode = FrozenSet.Create(
        "promote", "demote", "receive-on", "receive-off", "send-on", "send-off", "upgrade", "edit-settings");

    /// <summary>What is done elsewhere: at the hypervisor, and at the load balancer.</summary>
    private static readonly FrozenSet<string> Elsewhere = FrozenSet.Create("power-off", "power-on", "revert-snapshot", "drain", "undrain");

    private readonly HashSet<ITimer> _timers = [];
    private readonly EventLog<SimulatedEffect> _effects = new();
    private readonly EventLog<SimulatedRequest> _requests = new();
    private readonly Dictionary<string, LoadMode> _load = new(StringComparer.Ordinal);
    private readonly Random _random;
    private DateTimeOffset _nextSynchronization;
    private bool _disposed;

    public SimulatedWorld(SimulatedClusterOptions options, TimeProvider time)
    {
        Options = options;
        Time = time;
        _random = new Random(options.Seed);
        StartedAt = time.GetUtcNow();
        _nextSynchronization = StartedAt + options.SynchronizationInterval;
        Packages = [.. options.Packages];
        Files = new FileStore(this);
        Hypervisor = new Hypervisor(this);
        Faults = new SimulatedFaults(this);
        IEnumerable<SimulatedNodeStart> members = options.Members is { Count: > 0 } named
            ? named
            : Enumerable.Range(1, options.Nodes).Select(number => SimulatedNodeStart.Numbered(number, options.Build));
        Nodes = [.. members.Select(start => new SimulatedNode(this, start))];
        Watchers = new Watchers(this);
    }

    /// <summary>What a human can do.</summary>
    public static IEnumerable<string> Acts => OnNode.Concat(Elsewhere);

    public Lock Gate { get; } = new();

    public SimulatedClusterOptions Options { get; }

    /// <summary>The account of all nodes, where its failures count over the cluster.</summary>
    public SimulatedAccount Account { get; } = new();

    public TimeProvider Time { get; }

    public DateTimeOffset Now => Time.GetUtcNow();

    public DateTimeOffset StartedAt { get; }

    public IReadOnlyList<SimulatedNode> Nodes { get; }

    /// <summary>The packages the nodes know.</summary>
    public List<SimulatedPackage> Packages { get; }

    public FileStore Files { get; }

    public Hypervisor Hypervisor { get; }

    public SimulatedFaults Faults { get; }

    public Watchers Watchers { get; }

    /// <summary>Who hears what nodes send to their collector: name and line.</summary>
    public Action<string, string>? Told { get; set; }

    /// <summary>The mail parts; set once, when the cluster is assembled.</summary>
    public MailWorld Mail { get; set; } = null!;

    /// <summary>Rows of the node table that no simulated node stands behind.</summary>
    public List<string> ForeignAddresses { get; } = [];

    public SimulatedNode this[string name] => Find(name) ?? throw new ArgumentException($"There is no node '{name}'.", nameof(name));

    public SimulatedNode? Find(string? name) => Nodes.FirstOrDefault(node => node.Name == name);

    /// <summary>Catches up with what happened by itself since the last entry. Held <see cref="Gate"/> required.</summary>
    public void CatchUp()
    {
        DateTimeOffset now = Now;
        if (now < _nextSynchronization)
        {
            return;
        }

        // Nothing that matters to a synchronization changes without an entry, so that only the last one due has to be carried out.
        TimeSpan interval = Options.SynchronizationInterval;
        DateTimeOffset last = _nextSynchronization + (interval * Math.Floor((now - _nextSynchronization) / interval));
        _nextSynchronization = last + interval;
        Synchronize(last);
    }

    /// <summary>Every Control node that is not in emergency mode pushes its settings to the Secondary nodes of its build.</summary>
    public void Synchronize(DateTimeOffset at)
    {
        foreach (SimulatedNode control in Nodes)
        {
            if (control.Role == Sdk.NodeRole.Control && control.IsReachable && !control.SeesEmergency)
            {
                foreach (SimulatedNode node in Nodes)
                {
                    if (node.CanSynchronizeWith(control))
                    {
                        node.TakeSettings(control, at);
                    }
                }
            }
        }
    }

    /// <summary>Records what has changed and lets the watchers look at it.</summary>
    public void Effect(string? node, string effect, Caller caller, string? detail = null)
    {
        SimulatedEffect entry = _effects.Add(new SimulatedEffect
        {
            Seq = _effects.LastSeq + 1,
            At = Now,
            Node = node,
            Effect = effect,
            Session = caller.Session,
            Cause = caller.Cause,
            Detail = detail,
        });
        Watchers.Look(entry);
        if (Find(node) is { } teller && NodeEvents.Of(teller, entry) is { } line)
        {
            Tell(teller, line);
        }
    }

    /// <summary>A node sends a line to its collector.</summary>
    public void Tell(SimulatedNode node, string line) => Told?.Invoke(node.Name, line);

    public void Request(string node, string operation, string? session, string outcome) =>
        _requests.Add(
            new SimulatedRequest { Seq = _requests.LastSeq + 1, At = Now, Node = node, Operation = operation, Session = session, Outcome = outcome });

    public SimulatedEffect[] EffectsAfter(long seq)
    {
        lock (Gate)
        {
            CatchUp();
            return _effects.After(seq);
        }
    }

    public SimulatedRequest[] RequestsAfter(long seq)
    {
        lock (Gate)
        {
            return _requests.After(seq);
        }
    }

    /// <summary>Does something later, under the lock, unless the world has ended by then.</summary>
    public ITimer After(TimeSpan time, Action action)
    {
        ITimer? timer = null;
        timer = Time.CreateTimer(
            _ =>
            {
                lock (Gate)
                {
                    if (!_disposed && timer is not null && _timers.Remove(timer))
                    {
                        timer.Dispose();
                        CatchUp();
                        action();
                    }
                }
            },
            null,
            Timeout.InfiniteTimeSpan,
            Timeout.InfiniteTimeSpan);
        _timers.Add(timer);
        timer.Change(time < TimeSpan.Zero ? TimeSpan.Zero : time, Timeout.InfiniteTimeSpan);
        return timer;
    }

    /// <summary>A repeatable token; it guards nothing but a simulation.</summary>
    public string Token()
    {
        Span<byte> bytes = stackalloc byte[16];
        lock (Gate)
        {
            _random.NextBytes(bytes);
        }

        return Convert.ToHexStringLower(bytes);
    }

    /// <summary>What a human does by hand.</summary>
    /// <exception cref="ApiRefusal">It cannot be done, or nobody knows the act.</exception>
    public void Act(string node, string act, EffectCause cause = EffectCause.Human, string? argument = null)
    {
        var caller = new Caller(cause);
        lock (Gate)
        {
            CatchUp();
            SimulatedNode target = Find(node) ?? throw new ApiRefusal(404, "notFound", $"There is no node '{node}'.");
            if (!target.IsRunning && OnNode.Contains(act))
            {
                throw new ApiRefusal(409, "unavailable", $"{node} does not run.");
            }

            switch (act)
            {
                case "promote": target.AssignControl(caller); break;
                case "demote": target.AssignSecondary(caller); break;
                case "receive-on": target.SetReceiving(null, enabled: true, caller); break;
                case "receive-off": target.SetReceiving(null, enabled: false, caller); break;
                case "send-on": target.SetSending(null, enabled: true, caller); break;
                case "send-off": target.SetSending(null, enabled: false, caller); break;
                case "upgrade": target.UpgradeByHand(caller); break;
                case "power-off": target.PowerOff(caller); break;
                case "power-on": target.PowerOn(caller); break;
                case "revert-snapshot": Hypervisor.Revert(node, argument, caller); break;
                case "drain": Switch(node, LoadMode.Drain, cause); break;
                case "undrain": Switch(node, LoadMode.Ready, cause); break;
                case "edit-settings": target.EditSettings(caller); break;
                default: throw new ApiRefusal(400, "unknownAct", $"Nobody knows the act '{act}'.");
            }
        }
    }

    public void Dispose()
    {
        lock (Gate)
        {
            _disposed = true;
            foreach (ITimer timer in _timers)
            {
                timer.Dispose();
            }

            _timers.Clear();
        }
    }

    public void LoadSwitched(string node, LoadMode mode, Caller caller)
    {
        LoadMode before = _load.GetValueOrDefault(node, LoadMode.Ready);
        _load[node] = mode;
        Effect(node, "load-switched", caller, $"{before} -> {mode}");
    }

    private void Switch(string node, LoadMode mode, EffectCause cause) => Mail.Balancer.Set(node, mode, Word(cause));

    public static string Word(EffectCause cause) => cause.ToString().ToLowerInvariant();

    public static EffectCause Cause(string word) =>
        Enum.TryParse(word, ignoreCase: true, out EffectCause cause)
            ? cause
            : throw new ApiRefusal(400, "badCause", string.Create(CultureInfo.InvariantCulture, $"'{word}' is no cause."));
}
