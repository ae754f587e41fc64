using System.Collections.Frozen;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>Arms and clears faults. Safe to use from any thread.</summary>
public sealed class SimulatedFaults
{
    private static readonly FrozenDictionary<string, Action<FaultPlan, SimulatedFault>> OnRequest =
        new Dictionary<string, Action<FaultPlan, SimulatedFault>>(StringComparer.Ordinal)
        {
            ["drop-request"] = (plan, _) => plan.DropsRequest = true,
            ["drop-response"] = (plan, _) => plan.DropsResponse = true,
            ["delay"] = (plan, fault) =>
            {
                TimeSpan time = fault.For ?? TimeSpan.FromHours(1);
                if (fault.After == "apply")
                {
                    plan.DelayAfter = time;
                }
                else
                {
                    plan.DelayBefore = time;
                }
            },
            ["late-request"] = (plan, fault) => plan.LateBy = fault.For ?? TimeSpan.FromMinutes(1),
            ["refuse"] = (plan, fault) =>
                plan.Refusal = new ApiRefusal(int.Parse(fault.Value ?? "500", CultureInfo.InvariantCulture), "internal", "The operation failed."),
            ["hidden-error"] = (plan, fault) => plan.Refusal = new ApiRefusal(200, fault.Value ?? "internal", "The operation failed."),
            ["html-answer"] = (plan, _) => plan.Answer = AnswerFault.Html,
            ["truncated-answer"] = (plan, _) => plan.Answer = AnswerFault.Truncated,
            ["slow-answer"] = (plan, _) => plan.Answer = AnswerFault.Slow,
            ["huge-answer"] = (plan, _) => plan.Answer = AnswerFault.Huge,
            ["compression-bomb"] = (plan, _) => plan.Answer = AnswerFault.Bomb,
            ["redirect-loop"] = (plan, _) => plan.Answer = AnswerFault.RedirectLoop,
            ["cut-upload"] = (plan, fault) => plan.CutAt = fault.Fraction ?? 0.5,
        }.ToFrozenDictionary();

    /// <summary>Its time is how late the message is, and not how long the fault waits for one.</summary>
    private const string Late = "probe-late";

    /// <summary>Taken by the event they concern, when it comes.</summary>
    private static readonly FrozenSet<string> OnEvent = FrozenSet.Create(
        "disk-full", "install-silent", "unknown-objects", "install-old-build", "receives-after-update", "certificate-changes", "no-sync-after-update",
        "databases-after-update",
        "half-version", "ui-flapping", "service-failed-after-update", "ui-never-returns",
        "snapshot-quota", "snapshot-slow", "snapshot-stalls", "snapshot-twice", "snapshot-unanswered", "snapshot-wrong-machine");

    /// <summary>Change the world at once; what comes back undoes it.</summary>
    private static readonly FrozenDictionary<string, Func<SimulatedWorld, SimulatedNode, SimulatedFault, Action>> AtOnce =
        new Dictionary<string, Func<SimulatedWorld, SimulatedNode, SimulatedFault, Action>>(StringComparer.Ordinal)
        {
            ["power-off"] = (_, node, _) =>
            {
                node.PowerOff(Caller.Fault);
                return () => node.PowerOn(Caller.Fault);
            },
            ["web-dead"] = (_, node, fault) =>
            {
                node.KillWeb(fault.Value == "smtp-dead");
                return node.Repair;
            },
            ["web-flapping"] = (world, node, fault) =>
            {
                node.FlapsUntil = world.Now + (fault.For ?? TimeSpan.FromSeconds(10));
                return node.Repair;
            },
            ["partition-client"] = (_, node, _) => Set(value => node.IsCutFromClients = value),
            ["partition-cluster"] = (_, node, _) => Set(value => node.IsCutFromCluster = value),
            ["sync-fails"] = (_, node, _) => Set(value => node.NeverSynchronizes = value),
            ["node-removed"] = (_, node, _) => Set(value => node.IsRemovedFromTable = value),
            ["clock-skew"] = (_, node, fault) =>
            {
                node.ClockSkew = fault.Value is { } skew ? TimeSpan.Parse(skew, CultureInfo.InvariantCulture) : fault.For ?? TimeSpan.FromMinutes(10);
                return () => node.ClockSkew = TimeSpan.Zero;
            },
            ["node-renamed"] = (_, node, fault) =>
            {
                string before = node.ClusterAddress;
                node.ClusterAddress = fault.Value ?? "127.0.1.1:9045";
                return () => node.ClusterAddress = before;
            },
            ["node-added"] = (world, _, fault) =>
            {
                string address = fault.Value ?? "127.0.0.99:9045";
                world.ForeignAddresses.Add(address);
                return () => world.ForeignAddresses.Remove(address);
            },
            ["service-failed"] = (_, node, fault) =>
            {
                string service = fault.Value ?? "ksmg-scanner";
                node.SetService(service, ServiceState.Failed);
                return () => node.SetService(service, ServiceState.Running);
            },
            ["databases"] = (_, node, fault) =>
            {
                node.Databases = new DatabasesState(fault.Value ?? "outOfDate");
                return () => node.Databases = DatabasesState.UpToDate;
            },
            ["license"] = (_, node, fault) =>
            {
                node.License = new LicenseState(fault.Value ?? "expired");
                return () => node.License = LicenseState.Active;
            },
            ["integrity-damaged"] = (_, node, _) =>
            {
                IntegrityCheck before = node.Integrity;
                node.Integrity = before with { State = IntegrityState.Failed };
                return () => node.Integrity = before;
            },
            ["disk-low"] = (_, node, fault) =>
            {
                string mount = fault.Value ?? "/var";
                long before = node.FreeBytes(mount);
                node.SetFreeBytes(mount, 1 << 20);
                return () => node.SetFreeBytes(mount, before);
            },
            ["password-expired"] = (world, node, _) =>
            {
                DateTimeOffset before = node.PasswordExpiresAt;
                node.PasswordExpiresAt = world.Now;
                node.EndSessions();
                return () => node.PasswordExpiresAt = before;
            },
            ["no-permissions"] = (_, node, _) => Set(value => (node.CanEditSettings, node.CanManageNodes) = (!value, !value)),
            ["account-locked"] = (world, node, fault) =>
            {
                node.EndSessions();
                node.LockAccount(fault.For ?? world.Options.LockoutTime, Caller.Fault);
                return node.UnlockAccount;
            },
            ["login-refused"] = (_, node, fault) =>
            {
                node.RefuseLogins(fault.Value ?? "AuthFailed");
                node.EndSessions();
                return () => node.RefuseLogins(null);
            },
            ["sessions-expired"] = (_, node, _) =>
            {
                node.EndSessions();
                return Nothing;
            },
            ["headers-off"] = (_, node, _) => Set(value => node.AddsHeaders = !value),
            ["human-act"] = (world, node, fault) =>
            {
                world.Act(node.Name, fault.Value!);
                return Nothing;
            },
            ["queue-stuck"] = (_, node, fault) =>
            {
                node.Mail.Hold(Queue(fault), int.Parse(fault.Value ?? "1", CultureInfo.InvariantCulture), "deferred by a fault", stubborn: true);
                return node.Mail.Release;
            },
            ["queue-deferred"] = (_, node, _) =>
            {
                node.Mail.Defer(on: true);
                return node.Mail.Release;
            },
            ["queue-oscillates"] = (_, node, fault) =>
            {
                node.Mail.Oscillate(TimeSpan.FromSeconds(1));
                return node.Mail.Release;
            },
            ["session-held"] = (world, node, _) => world.Mail.Balancer.HoldSession(node.Name).Dispose,
            ["sink-down"] = (world, _, _) => Set(value => world.Mail.Sink.Down = value),
            ["probe-lost"] = (world, _, fault) => Sink(world, fault, SinkFaultKind.Lose),
            [Late] = (world, _, fault) => Sink(world, fault, SinkFaultKind.Delay),
            ["probe-duplicated"] = (world, _, fault) => Sink(world, fault, SinkFaultKind.Duplicate),
            ["probe-greylisted"] = (world, _, fault) => Sink(world, fault, SinkFaultKind.Greylist),
            ["probe-without-headers"] = (world, _, fault) => Sink(world, fault, SinkFaultKind.StripHeaders),
            ["probe-via-other-node"] = (world, _, fault) => Sink(world, fault, SinkFaultKind.OtherHop),
            ["balancer-down"] = (world, _, _) => Balancer(world, BalancerFault.Down),
            ["balancer-refuses"] = (world, _, _) => Balancer(world, BalancerFault.ApiRefused),
            ["balancer-garbled"] = (world, _, _) => Balancer(world, BalancerFault.ApiGarbled),
            ["balancer-silent"] = (world, _, _) => Balancer(world, BalancerFault.ApiSilent),
            ["balancer-ignores"] = (world, _, _) => Balancer(world, BalancerFault.ApiIgnores),
            ["balancer-lies"] = (world, _, _) => Balancer(world, BalancerFault.ApiLies),
            ["balancer-reload"] = (world, _, _) =>
            {
                world.Mail.Balancer.ForgetDrains();
                return Nothing;
            },
            ["config-missing"] = (world, node, fault) => Change(world, node, fault, _ => null),
            ["config-mode"] = (world, node, fault) => Change(world, node, fault, file => file with { Mode = fault.Value ?? "0600" }),
            ["config-changed"] = (world, node, fault) =>
                Change(world, node, fault, file => file with { Content = Encoding.UTF8.GetBytes(fault.Value ?? "changed by a fault\n") }),
            ["config-symlink"] = (world, node, fault) => Change(world, node, fault, file => file with { LinkTarget = fault.Value ?? "/etc/passwd" }),
            ["config-binary"] = (world, node, fault) => Change(world, node, fault, file => file with { Content = new byte[] { 0, 255, 10, 13, 0, 128 } }),
        }.ToFrozenDictionary();

    private readonly SimulatedWorld _world;
    private readonly List<Armed> _armed = [];
    private readonly List<Lasting> _lasting = [];

    internal SimulatedFaults(SimulatedWorld world) => _world = world;

    /// <summary>The names of all faults.</summary>
    public static IReadOnlyList<string> Names { get; } = [.. OnRequest.Keys.Concat(OnEvent).Concat(AtOnce.Keys).Order(StringComparer.Ordinal)];

    /// <summary>Whether faults of this name hit a request or its answer, and nothing else.</summary>
    internal static bool AreOfRequests(string name) => OnRequest.ContainsKey(name);

    /// <summary>Arms a fault.</summary>
    /// <exception cref="ArgumentException">The fault could never fire, or not do what it says; the message lists the words that there are.</exception>
    public void Arm(SimulatedFault fault)
    {
        ArgumentNullException.ThrowIfNull(fault);
        FaultCheck.Of(_world, fault);
        lock (_world.Gate)
        {
            _world.CatchUp();
            if (fault.Operation is null && AtOnce.ContainsKey(fault.Fault))
            {
                Change(fault);
            }
            else
            {
                _armed.Add(new Armed(fault, new Random(fault.Seed ?? _world.Options.Seed)));
            }
        }
    }

    /// <summary>Arms all of them, or none.</summary>
    internal void Arm(IReadOnlyCollection<SimulatedFault> faults)
    {
        foreach (SimulatedFault fault in faults)
        {
            ArgumentNullException.ThrowIfNull(fault);
            FaultCheck.Of(_world, fault);
        }

        foreach (SimulatedFault fault in faults)
        {
            Arm(fault);
        }
    }

    /// <summary>Disarms everything and undoes what lasts.</summary>
    public void Clear()
    {
        lock (_world.Gate)
        {
            _world.CatchUp();
            _armed.Clear();

            // The last one first: each knows only how it was before itself.
            Lasting[] lasting = [.. _lasting];
            _lasting.Clear();
            for (int i = lasting.Length - 1; i >= 0; i--)
            {
                lasting[i].Undo();
            }
        }
    }

    /// <summary>What a request to a node meets; changes of the world that wait for this request happen here. Held lock required.</summary>
    internal FaultPlan? Meet(string node, string operation) => _armed.Count == 0 ? null : MeetArmed(node, operation);

    private FaultPlan? MeetArmed(string node, string operation)
    {
        FaultPlan? plan = null;
        foreach (Armed armed in _armed.ToArray())
        {
            SimulatedFault fault = armed.Fault;
            bool concerns = (fault.Operation ?? DefaultOperation(fault, operation)) == operation && (fault.Node ?? node) == node;
            if (!concerns || !Hits(armed))
            {
                continue;
            }

            Fired(fault, node);
            plan ??= new FaultPlan();
            if (OnRequest.TryGetValue(fault.Fault, out Action<FaultPlan, SimulatedFault>? onRequest))
            {
                onRequest(plan, fault);
            }
            else if (fault.After == "apply")
            {
                plan.WhenApplied(() => Release(fault, node));
            }
            else
            {
                Release(fault, node);
            }
        }

        return plan;
    }

    /// <summary>Whether an event on a node meets a fault of this name. Held lock required.</summary>
    internal bool TryTake(string name, string node, [NotNullWhen(true)] out SimulatedFault? fault)
    {
        fault = null;
        foreach (Armed armed in _armed)
        {
            // Each of them has seen the event, whichever it hits.
            if (armed.Fault.Fault == name && armed.Fault.Operation is null && (armed.Fault.Node ?? node) == node && Hits(armed))
            {
                fault ??= armed.Fault;
            }
        }

        if (fault is not null)
        {
            Fired(fault, node);
        }

        return fault is not null;
    }

    /// <summary>What a fault without an operation waits for: an upload to cut, any request to spoil, or no request at all.</summary>
    private static string? DefaultOperation(SimulatedFault fault, string operation) =>
        fault.Fault == "cut-upload" ? "upload-update" : OnRequest.ContainsKey(fault.Fault) ? operation : null;

    /// <summary>The request that the fault waited for has come: now it changes the world, or waits for its event.</summary>
    private void Release(SimulatedFault fault, string node)
    {
        SimulatedFault now = fault with { Operation = null, Node = fault.Node ?? node, Nth = 1, Probability = null };
        if (!AtOnce.ContainsKey(fault.Fault))
        {
            _armed.Add(new Armed(now, new Random(0)));
            return;
        }

        try
        {
            Change(now);
        }
        catch (ApiRefusal)
        {
            // The human is refused, or the file is not there: that is no answer to whoever's request this waited for.
        }
    }

    private void Change(SimulatedFault fault)
    {
        SimulatedNode node = _world.Find(fault.Node) ?? _world.Nodes[0];
        Lasting? earlier = _lasting.Find(l => (l.Fault.Fault, l.Fault.Node, l.Fault.Value) == (fault.Fault, fault.Node, fault.Value));
        Lasting lasting = new(fault, AtOnce[fault.Fault](_world, node, fault));
        if (earlier is not null)
        {
            // The same again while it lasts: it ends when the new one does, and what was before the first one comes back.
            _lasting.Remove(earlier);
            Action undo = lasting.Undo;
            lasting = new Lasting(fault, () =>
            {
                undo();
                earlier.Undo();
            });
        }

        _lasting.Add(lasting);

        // Afterwards: the watchers look at the world the fault has made, and blame nobody else for it.
        Fired(fault, fault.Node);
        if (fault is { For: { } time, Fault: not Late })
        {
            _world.After(time, () =>
            {
                if (_lasting.Remove(lasting))
                {
                    lasting.Undo();
                    _world.Effect(fault.Node, "fault-ended", Caller.Fault, fault.Fault);
                }
            });
        }
    }

    private bool Hits(Armed armed)
    {
        SimulatedFault fault = armed.Fault;
        armed.Seen++;
        bool hit = fault.Probability is { } chance ? armed.Random.NextDouble() < chance
            : armed.LastsUntil is { } end ? _world.Now < end
            : armed.Seen >= fault.Nth && (fault.Times == 0 || armed.Seen < fault.Nth + fault.Times);
        if (hit && fault.For is { } time && armed.LastsUntil is null && OnRequest.ContainsKey(fault.Fault) && fault.Fault is not ("delay" or "late-request"))
        {
            // A dropped connection that lasts: whatever comes within this time is hit too.
            armed.LastsUntil = _world.Now + time;
        }

        return hit;
    }

    private void Fired(SimulatedFault fault, string? node) =>
        _world.Effect(node, "fault-fired", Caller.Fault, fault.Operation is null ? fault.Fault : $"{fault.Fault} at {fault.Operation}");

    private static Action Set(Action<bool> set)
    {
        set(true);
        return () => set(false);
    }

    private static Action Sink(SimulatedWorld world, SimulatedFault fault, SinkFaultKind kind)
    {
        string? other = kind == SinkFaultKind.OtherHop ? world.Nodes[^1].HostName : null;
        world.Mail.Sink.Arm(
            new SinkFault(kind, fault.Value ?? string.Empty, fault.For ?? TimeSpan.FromMinutes(1), other, fault.Times == 0 ? int.MaxValue : fault.Times)
            {
                SparesLoad = fault.Value is null,
            });
        return world.Mail.Sink.ClearFaults;
    }

    private static Action Balancer(SimulatedWorld world, BalancerFault fault)
    {
        world.Mail.Balancer.Fault = fault;
        return () => world.Mail.Balancer.Fault = BalancerFault.None;
    }

    private static Action Change(SimulatedWorld world, SimulatedNode node, SimulatedFault fault, Func<SimulatedFile, SimulatedFile?> change)
    {
        string path = fault.Path ?? FileStore.EditedTemplatePath;
        if (change(world.Files.Read(node.Name, path)) is { } changed)
        {
            world.Files.Write(node.Name, changed, Caller.Fault);
        }
        else
        {
            world.Files.Delete(node.Name, path, Caller.Fault);
        }

        return Nothing;
    }

    private static MessageQueueKind Queue(SimulatedFault fault) => fault.Queue switch
    {
        "kata" => MessageQueueKind.KataQuarantine,
        "antispam" => MessageQueueKind.AntiSpamQuarantine,
        _ => MessageQueueKind.Mta,
    };

    private static void Nothing()
    {
    }

    /// <summary>A change of the world, and how it was before.</summary>
    private sealed class Lasting(SimulatedFault fault, Action undo)
    {
        public SimulatedFault Fault { get; } = fault;

        public Action Undo { get; } = undo;
    }

    private sealed class Armed(SimulatedFault fault, Random random)
    {
        public SimulatedFault Fault { get; } = fault;

        public Random Random { get; } = random;

        public int Seen { get; set; }

        public DateTimeOffset? LastsUntil { get; set; }
    }
}
