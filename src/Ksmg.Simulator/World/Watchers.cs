using System.Globalization;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>
/// Looks at the world after every effect and says what must not be. Knows nothing of plans and journals; a finding names who is to
/// blame, and only what a client caused counts.
/// </summary>
internal sealed class Watchers(SimulatedWorld world)
{
    private const int MaxFindings = 1000;

    /// <summary>How long the role may take from one node to another of the same build, a new driver included.</summary>
    private static readonly TimeSpan LongestHandover = TimeSpan.FromMinutes(5);

    private readonly List<SimulatedViolation> _findings = [];
    private readonly Dictionary<string, NodeView> _views = new(StringComparer.Ordinal);
    private readonly HashSet<string> _touchedByOthers = new(StringComparer.Ordinal);
    private Dictionary<string, (bool Receiving, bool Sending, LoadMode Load)>? _atFirstClientEffect;
    private Dictionary<string, HashSet<string>>? _problemsAtFirst;
    private SimulatedEffect? _twoOfABuild;
    private bool _wasBelowFloor;

    private int Floor => world.Options.MailFloor ?? world.Nodes.Count - 1;

    /// <summary>All findings, whoever caused them; at the end of a run W15 is judged too, and W16 if it calls itself completed.</summary>
    public IReadOnlyList<SimulatedViolation> Findings(bool atEnd, bool completed)
    {
        List<SimulatedViolation> findings = [.. _findings];
        foreach (MailFinding mail in world.Mail.Ledger.Findings)
        {
            EffectCause cause = SimulatedWorld.Cause(mail.Cause);
            findings.Add(
                Finding(
                    "W3",
                    null,
                    cause == EffectCause.Appliance ? EffectCause.Client : cause,
                    $"Message {mail.MessageId} was {(mail.Lost ? "lost" : "duplicated")}."));
        }

        if (atEnd)
        {
            findings.AddRange(Differences());
            if (_twoOfABuild is { } begun && TwoOfABuild() is { } two)
            {
                findings.Add(Finding("W7", begun.Node, begun.Cause, two));
            }
        }

        if (completed)
        {
            // Whoever says that all is well is to blame when it is not, whatever made it so.
            findings.AddRange(
                from node in world.Nodes
                from problem in node.Problems().Except(_problemsAtFirst?[node.Name] ?? [], StringComparer.Ordinal)
                select Finding("W16", node.Name, EffectCause.Client, $"The run calls itself completed, and {node.Name} is not as well as it was: {problem}."));
        }

        return findings;
    }

    /// <summary>Judges the world after an effect. Held lock required.</summary>
    public void Look(SimulatedEffect effect)
    {
        if (_views.Count == 0)
        {
            foreach (SimulatedNode node in world.Nodes)
            {
                // Who began without taking mail was put out of work by nobody here.
                _views.Add(node.Name, new NodeView { OutBecause = node.StartedReceiving ? null : EffectCause.Appliance });
            }

            _wasBelowFloor = world.Nodes.Count(node => node.StartedReceiving) < Floor;
        }

        if (effect.Cause == EffectCause.Client)
        {
            _atFirstClientEffect ??= Switches(effect);
            _problemsAtFirst ??= world.Nodes.ToDictionary(node => node.Name, node => node.Problems().ToHashSet(StringComparer.Ordinal), StringComparer.Ordinal);
        }
        else if (effect is { Cause: EffectCause.Human or EffectCause.Fault, Node: { } touched } && !IsOfARequest(effect))
        {
            _touchedByOthers.Add(touched);
        }

        if (world.Find(effect.Node) is { } concerned)
        {
            switch (effect.Effect)
            {
                case "install-started": LookAtInstall(effect, concerned); break;
                case "install-finished":
                    _views[concerned.Name].Failed(
                    !effect.Detail!.StartsWith(UpdateState.Completed.Value, StringComparison.Ordinal)); break;
                case "snapshot-reverted": _views[concerned.Name].Reset(); break;
                case "role-assigned": LookAtRoles(effect, concerned); break;
                case "load-switched": _views[concerned.Name].LoadBecause = effect.Cause; break;
            }
        }

        LookAtMail(effect);
    }

    private void LookAtInstall(SimulatedEffect effect, SimulatedNode node)
    {
        if (node.Receiving)
        {
            Find("W5", effect, $"An installation began on {node.Name} while it receives mail.");
        }

        long queued = node.Mail.Count(MessageQueueKind.Mta) + node.Mail.Count(MessageQueueKind.KataQuarantine) + node.Mail.Count(
            MessageQueueKind.AntiSpamQuarantine);
        if (queued > 0)
        {
            Find("W5", effect, string.Create(CultureInfo.InvariantCulture, $"An installation began on {node.Name} with {queued} messages in its queues."));
        }

        if (world.Mail.Balancer.HasPassedMail && !node.IsOutOfLoad)
        {
            Find("W5", effect, $"An installation began on {node.Name} while the load balancer sends to it.");
        }

        if (node.Role == NodeRole.Control && world.Nodes.Count > 1)
        {
            Find("W6", effect, $"An installation began on the Control node {node.Name}.");
        }

        if (!_views[node.Name].Begin(effect.Detail!.Split(" sha256 ")[1].Split(' ')[0]))
        {
            Find("W13", effect, $"A package was installed again on {node.Name} without a failure before.");
        }
    }

    private void LookAtRoles(SimulatedEffect effect, SimulatedNode node)
    {
        SimulatedNode[] controls = [.. world.Nodes.Where(other => other.Role == NodeRole.Control)];
        if (controls.Length == 0)
        {
            Find("W7", effect, "No Control node is left.");
        }
        else if (TwoOfABuild() is null)
        {
            _twoOfABuild = null;
        }
        else if (_twoOfABuild is null)
        {
            // The role is handed over: the other node gives it up right after.
            SimulatedEffect begun = _twoOfABuild = effect;
            world.After(LongestHandover, () =>
            {
                if (_twoOfABuild == begun && TwoOfABuild() is { } two)
                {
                    Find("W7", begun, two);
                }
            });
        }

        bool movedBack = node.Role == NodeRole.Control
            ? controls.Any(other => other.Build > node.Build)
            : controls.Length > 0 && controls.All(other => other.Build < node.Build);
        if (movedBack)
        {
            Find("W8", effect, "The Control role moved from a new build to an old one.");
        }
    }

    private string? TwoOfABuild() => world.Nodes
        .Where(node => node.Role == NodeRole.Control)
        .GroupBy(node => node.Build)
        .Where(group => group.Skip(1).Any())
        .Select(group => $"Two Control nodes run the same build: {string.Join(", ", group.Select(node => node.Name))}.")
        .FirstOrDefault();

    private void LookAtMail(SimulatedEffect effect)
    {
        int taking = 0;
        int outByClient = 0;
        bool another = false;
        foreach (SimulatedNode node in world.Nodes)
        {
            NodeView view = _views[node.Name];
            bool takes = node.TakesMail;
            if (takes)
            {
                taking++;
                view.OutBecause = null;
            }
            else if (view.OutBecause is null)
            {
                // What the balancer was told counts only once mail goes through it, which may be long after.
                view.OutBecause = (node.WouldTakeMail ? view.LoadBecause : null)
                    ?? (effect.Cause == EffectCause.Appliance ? node.Responsible : effect.Cause);
                another |= view.OutBecause == EffectCause.Client;
            }

            outByClient += view.OutBecause == EffectCause.Client ? 1 : 0;
        }

        bool below = taking < Floor;
        if (below && (!_wasBelowFloor || another))
        {
            EffectCause cause = another
                ? EffectCause.Client
                : effect.Cause == EffectCause.Appliance
                ? world.Find(effect.Node)?.Responsible ?? effect.Cause
                : effect.Cause;
            Add(Finding(
                "W1",
                effect.Node,
                cause,
                string.Create(CultureInfo.InvariantCulture, $"{taking} of {world.Nodes.Count} nodes take mail; {Floor} are the floor.")));
        }

        _wasBelowFloor = below;
        if (another && outByClient > 1)
        {
            Add(Finding(
                "W2", effect.Node, EffectCause.Client, string.Create(CultureInfo.InvariantCulture, $"{outByClient} nodes are put out of work at once.")));
        }
    }

    /// <summary>A fault of one request or its answer: it leaves the node's switches to whoever asks.</summary>
    private static bool IsOfARequest(SimulatedEffect effect) =>
        effect is { Effect: "fault-fired", Detail: { } fault } && SimulatedFaults.AreOfRequests(fault.Split(' ')[0]);

    private IEnumerable<SimulatedViolation> Differences()
    {
        if (_atFirstClientEffect is not { } before)
        {
            yield break;
        }

        foreach (SimulatedNode node in world.Nodes)
        {
            (bool Receiving, bool Sending, LoadMode Load) now = (node.Receiving, node.Sending, world.Mail.Balancer.StateOf(node.Name).Mode);
            if (now != before[node.Name])
            {
                EffectCause cause = _touchedByOthers.Contains(node.Name) ? EffectCause.Fault : EffectCause.Client;
                yield return Finding(
                    "W15", node.Name, cause, $"{node.Name} is not left as it was found: receiving, sending, load {before[node.Name]} became {now}.");
            }
        }
    }

    /// <summary>The switches and the load of every node before this first effect of a client.</summary>
    private Dictionary<string, (bool Receiving, bool Sending, LoadMode Load)> Switches(SimulatedEffect effect)
    {
        Dictionary<string, (bool Receiving, bool Sending, LoadMode Load)> switches = world.Nodes.ToDictionary(
            node => node.Name,
            node => (node.Receiving, node.Sending, world.Mail.Balancer.StateOf(node.Name).Mode),
            StringComparer.Ordinal);
        if (effect.Node is { } name && switches.TryGetValue(name, out (bool Receiving, bool Sending, LoadMode Load) now))
        {
            switches[name] = effect.Effect switch
            {
                "receiving-switched" => now with { Receiving = !now.Receiving },
                "sending-switched" => now with { Sending = !now.Sending },
                "load-switched" => now with { Load = Enum.Parse<LoadMode>(effect.Detail!.Split(' ')[0]) },
                _ => now,
            };
        }

        return switches;
    }

    private void Find(string watcher, SimulatedEffect effect, string text) => Add(Finding(watcher, effect.Node, effect.Cause, text));

    private void Add(SimulatedViolation finding)
    {
        if (_findings.Count < MaxFindings)
        {
            _findings.Add(finding);
        }
    }

    private SimulatedViolation Finding(string watcher, string? node, EffectCause cause, string text) =>
        new() { Watcher = watcher, At = world.Now, Node = node, Cause = cause, Text = text };

    /// <summary>What the watchers remember of a node.</summary>
    private sealed class NodeView
    {
        private readonly HashSet<string> _installed = new(StringComparer.Ordinal);
        private string? _running;

        /// <summary>Who put the node out of work; <see langword="null"/> while it takes mail.</summary>
        public EffectCause? OutBecause { get; set; }

        /// <summary>Who switched its load last.</summary>
        public EffectCause? LoadBecause { get; set; }

        /// <summary>An installation begins; <see langword="false"/> if this package has begun before and never proved to have failed.</summary>
        public bool Begin(string sha256)
        {
            _running = sha256;
            return _installed.Add(sha256);
        }

        public void Failed(bool failed)
        {
            if (failed && _running is not null)
            {
                _installed.Remove(_running);
            }
        }

        public void Reset() => _installed.Clear();
    }
}
