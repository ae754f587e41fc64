using System.Globalization;
using FsCheck;
using FsCheck.Fluent;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What happens to a process that drives a run.</summary>
internal enum MishapKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>It dies at a numbered point.</summary>
    Dies,

    /// <summary>From a numbered append on, its journal cannot be written.</summary>
    JournalFails,

    /// <summary>It freezes its lease, not itself: another process takes over while it still believes to drive.</summary>
    IsOvertaken,

    /// <summary>Another process tries to drive too.</summary>
    HasRival,

    /// <summary>One human asks for a pause, another one approves, with an old plan in his hands or the right one.</summary>
    IsInterrupted,
}

/// <param name="Kind">What happens.</param>
/// <param name="At">The point, append or second at which it happens.</param>
internal sealed record Mishap(MishapKind Kind, int At);

/// <param name="F">The fault of the model.</param>
/// <param name="After">Seconds after the start of the run.</param>
/// <param name="Fault">What is armed then.</param>
internal sealed record TimedFault(string F, int After, SimulatedFault Fault)
{
    /// <summary>What a human or a hypervisor did is not undone by anybody here: such a run need not complete.</summary>
    public bool NeedsMore => Fault is { Fault: "human-act", Value: not "edit-settings" } or { Fault: "snapshot-stalls" or "snapshot-twice" };

    public override string ToString()
    {
        IEnumerable<string?> details =
        [
            Fault.Node, Fault.Value, Fault.Queue, Fault.Operation is { } operation ? $"at {operation} {Fault.After} nth {Fault.Nth} times {Fault.Times}" : null,
            Fault.For is { } time ? $"for {time.TotalSeconds:0} s" : null,
        ];
        return $"{F} after {After} s: {string.Join(", ", details.OfType<string>().Prepend(Fault.Fault))}";
    }
}

/// <summary>The load balancer does not check a node: of its health it says nothing.</summary>
/// <param name="Node">The node.</param>
/// <param name="From">The second after the start of the run from which on this is so; 0: it always was, and that is consented to.</param>
internal sealed record UncheckedHealth(string Node, int From);

/// <summary>One random run: the cluster, its policy, what goes wrong in the world, and what befalls each process that drives it.</summary>
internal sealed record RandomCase(
    int Nodes, bool LoadBalancer, UpgradePolicy Policy, SimulatedClusterOptions World, IReadOnlyList<TimedFault> Faults, IReadOnlyList<Mishap> Mishaps)
{
    /// <summary>Which node the load balancer does not check.</summary>
    public UncheckedHealth? Unchecked { get; init; }

    /// <summary>
    /// Whether the run may stop for a human who does more than resume: where numbers of uploads come again, so that a lost start cannot be told
    /// from one that is past; and where no page has the switches of a node, which is then a Secondary without a Control node of its build.
    /// </summary>
    public bool NeedsMore =>
        Faults.Any(f => f.NeedsMore)
        || World.UploadNaming == UploadNaming.LowestFree
        || !World.SecondaryHasQueuePage
            && (World.EmergencyAcrossBuilds || World.ReceivesAfterUpdate || World.Promotion == PromotionRule.DemotesFormer
                || Policy.DemoteFormerControl == DemoteFormerControl.WhenPromoted || Faults.Any(f => f.Fault.Fault == "receives-after-update"));

    /// <summary>Smaller cases of the same kind: a fault less, a mishap less, or something unusual less.</summary>
    public IEnumerable<RandomCase> Shrink()
    {
        for (int i = 0; i < Faults.Count; i++)
        {
            yield return this with { Faults = [.. Faults.Where((_, k) => k != i)] };
        }

        for (int i = 0; i < Mishaps.Count; i++)
        {
            yield return this with { Mishaps = [.. Mishaps.Where((_, k) => k != i)] };
        }

        if (Unchecked is not null)
        {
            yield return this with { Unchecked = null };
        }

        RandomCase usual = RandomCases.Usual(Nodes);
        if (LoadBalancer != usual.LoadBalancer)
        {
            yield return this with { LoadBalancer = true };
        }

        if (World != usual.World)
        {
            yield return this with { World = usual.World };
        }

        foreach (UpgradePolicy simpler in (UpgradePolicy[])
        [
            Policy with { PauseAfter = usual.Policy.PauseAfter },
            Policy with { StageUploads = usual.Policy.StageUploads },
            Policy with { DemoteFormerControl = usual.Policy.DemoteFormerControl },
            Policy with { PreferredControl = usual.Policy.PreferredControl },
            Policy with { Snapshots = usual.Policy.Snapshots },
            Policy with { SessionsLeft = usual.Policy.SessionsLeft, MtaQueue = usual.Policy.MtaQueue, KataQuarantine = usual.Policy.KataQuarantine },
        ])
        {
            if (simpler != Policy)
            {
                yield return this with { Policy = simpler };
            }
        }
    }

    public override string ToString() => string.Join(
        "\n  ",
        (string[])
        [
            $"{Nodes} nodes{(LoadBalancer ? "" : ", no load balancer")}{(Unchecked is null ? "" : $", {Unchecked}")}",
            $"policy: pause {Policy.PauseAfter}, sessions {Policy.SessionsLeft}, mta {Policy.MtaQueue}, kata {Policy.KataQuarantine}, uploads {Policy.StageUploads}, demote {Policy.DemoteFormerControl}, control {Policy.PreferredControl}, snapshots {Policy.Snapshots}",
            $"world: {string.Join(", ", Differences())}",
            .. Faults.Select(fault => fault.ToString()),
            .. Mishaps.Select((mishap, i) => $"process {i + 1}: {mishap.Kind} {mishap.At}"),
        ]);

    private IEnumerable<string> Differences() => typeof(SimulatedClusterOptions).GetProperties()
        .Where(p => !Equals(p.GetValue(World), p.GetValue(RandomCases.Usual(Nodes).World)))
        .Select(p => $"{p.Name} {p.GetValue(World)}");
}

/// <summary>Makes random runs, out of everything the fault model names.</summary>
internal static class RandomCases
{
    private static readonly string[] Effects =
        ["set-receiving", "flush-queue", "upload-update", "upload-bytes", "upload-end", "delete-update", "start-update", "assign-control", "assign-secondary"];

    private static readonly string[] Operations =
        [
            .. Effects,
            "get-node-status",
            "get-about",
            "get-mail-flow",
            "get-queue-summary",
            "get-update-status",
            "list-updates",
            "get-current-user",
            "list-nodes",
        ];

    /// <summary>The faults F1 to F44 of the model: how each comes about in random runs, or where it is tested instead.</summary>
    public static readonly IReadOnlyList<Row> Table =
    [
        new("F1", "death at any point", Mishap: MishapKind.Dies),
        new("F2", "several deaths: several such mishaps", Mishap: MishapKind.Dies),
        new("F3", "death with two Control nodes or with none: a point within the handover", Mishap: MishapKind.Dies),
        new("F4", "the Control node goes off in the middle of the handover", At("power-off", "assign-control", "assign-secondary")),
        new(
            "F5",
            "uploads cut short, answers lost",
            Request("drop-request", "upload-update", "upload-bytes", "upload-end"),
            Request("drop-response", "upload-bytes", "upload-end"),
            Request("cut-upload", "upload-update")),
        new("F6", "an accepted installation, then silence", Event("install-silent"), Request("drop-response", "start-update")),
        new("F7", "the old build comes back", Event("install-old-build")),
        new("F8", "only the preliminary package was applied", Elsewhere: "PackageChainTests"),
        new("F9", "unknown objects", Event("unknown-objects", "/opt/extra/agent")),
        new("F10", "the web interface never returns", Event("ui-never-returns", null, "smtp-dead"), World("web-dead", null, "smtp-dead")),
        new("F11", "it flaps, or shows half a version", Event("ui-flapping"), Event("half-version"), World("web-flapping")),
        new("F12", "queues and sessions that do not end", Queue("queue-stuck"), World("queue-deferred"), World("queue-oscillates"), World("session-held")),
        new(
            "F13", "the balancer", World("balancer-down"), World("balancer-refuses"), World("balancer-garbled"), World("balancer-lies"),
            World("balancer-ignores"), World("balancer-silent"), World("balancer-reload"),
            At("balancer-reload", "start-update", "assign-control").Select(fault => fault with { After = "apply" })),
        new(
            "F14", "test messages", World("probe-lost", "ksmg-upgrade"), World("probe-late", "ksmg-upgrade"), World("probe-duplicated", "ksmg-upgrade"),
            World("probe-greylisted", "ksmg-upgrade"),
            World("probe-without-headers", "ksmg-upgrade"), World("probe-via-other-node", "ksmg-upgrade"), World("headers-off"), World("sink-down")),
        new("F15", "a second orchestrator", Mishap: MishapKind.HasRival),
        new(
            "F16",
            "a process that lost its run unawares; requests that arrive late",
            [Late("late-request"), Late("delay"), LateStart()],
            MishapKind.IsOvertaken),
        new("F17", "two humans", Mishap: MishapKind.IsInterrupted),
        new("F18", "clocks", World("clock-skew")),
        new("F19", "certificates", Event("certificate-changes")),
        new(
            "F20",
            "sessions and accounts",
            World("sessions-expired"),
            World("password-expired"),
            Gen.OneOf(World("account-locked"), World("login-refused")),
            World("no-permissions")),
        new("F21", "full disks", Event("disk-full"), World("disk-low")),
        new(
            "F22",
            "snapshots",
            Event("snapshot-quota"),
            Event("snapshot-slow"),
            Event("snapshot-stalls"),
            Event("snapshot-twice"),
            Event("snapshot-unanswered"),
            Event("snapshot-wrong-machine")),
        new(
            "F23",
            "configuration files",
            World("config-missing"),
            World("config-mode"),
            World("config-changed"),
            World("config-symlink"),
            World("config-binary")),
        new(
            "F24",
            "humans meddle",
            Human("upgrade"),
            Human("promote"),
            Human("demote"),
            Human("drain"),
            Human("undrain"),
            Human("receive-on"),
            Human("receive-off"),
            Human("send-off"),
            Human("edit-settings"),
            Human("power-off")),
        new("F25", "membership", World("node-added"), World("node-removed"), World("node-renamed")),
        new("F26", "no synchronization", Event("no-sync-after-update"), Event("databases-after-update"), World("sync-fails")),
        new("F27", "a journal that cannot be written", Mishap: MishapKind.JournalFails),
        new("F28", "a damaged journal", Elsewhere: "JournalFileTests"),
        new("F29", "partitions", World("partition-client"), World("partition-cluster"), Lasting("drop-request"), Lasting("drop-response")),
        new("F30", "the end of a maintenance window: a pause asked for in the middle of a node", Mishap: MishapKind.IsInterrupted),
        new("F31", "a newer version resumes", Elsewhere: "JournalFileTests"),
        new(
            "F32",
            "finished nodes turn bad",
            World("service-failed"),
            World("power-off"),
            World("integrity-damaged"),
            World("databases"),
            World("license", null, "trialExpired"),
            Event("service-failed-after-update"),
            Event("receives-after-update")),
        new("F33", "small clusters, no balancer: a property of each case"),
        new("F34", "a snapshot is reverted by hand", Human("revert-snapshot")),
        new("F35", "a fleet's worker dies", Elsewhere: "a fleet is many runs, and each is one of these"),
        new("F36", "another cluster's configuration", Elsewhere: "a run knows its cluster before any node is asked"),
        new("F37", "clocks and synchronization after the update", Event("no-sync-after-update"), World("clock-skew"), Event("databases-after-update")),
        new("F38", "a balancer in every state it knows", Elsewhere: "the tests of the HAProxy adapter"),
        new("F39", "neighbours that answer emptily", Elsewhere: "the tests of each adapter"),
        new("F40", "a host that repeats calls", Elsewhere: "the tests of the typed clients"),
        new("F41", "clock steps and suspension", Elsewhere: "the tests of the run's clock"),
        new("F42", "signals", Elsewhere: "the tests of the program"),
        new("F43", "forged evidence", Elsewhere: "the tests of each adapter"),
        new("F44", "dialects", Elsewhere: "the tests of the typed clients"),
        new(
            "hostile answers",
            "as far as the direct port has them; the rest in HttpHostileAnswerTests",
            Request("refuse"), Request("hidden-error"), Request("html-answer"), Request("truncated-answer"),
            Refusal(), Request("slow-answer"), Request("huge-answer"), Request("compression-bomb"), Request("redirect-loop")),
    ];

    /// <summary>
    /// What failed once, as small as it could be made. Cases, not seeds: a seed makes another run as soon as a fault is added to the table.
    /// </summary>
    public static IReadOnlyList<RandomCase> Found =>
    [
        // Seeds 8, 11: pages that show "2.1" alone; the handover waited for a full build, and the wrong node's page was used.
        Usual(2) with { World = new SimulatedClusterOptions { Nodes = 2, AboutShowsBuild = false } },
        Usual(2) with
        {
            World = new SimulatedClusterOptions { Nodes = 2, AboutShowsBuild = false },
            Policy = Usual(2).Policy with { DemoteFormerControl = DemoteFormerControl.WhenPromoted },
        },

        // Seeds 183, 1112: such a page could not prove that an installation had failed, or had never begun.
        Usual(1) with
        {
            World = new SimulatedClusterOptions { Nodes = 1, AboutShowsBuild = false },
            Faults = [new TimedFault("F7", 0, new SimulatedFault { Fault = "install-old-build", Node = "gw1" })],
        },
        Usual(2) with
        {
            World = new SimulatedClusterOptions { Nodes = 2, AboutShowsBuild = false },
            Faults = [new TimedFault("F5", 0, new SimulatedFault { Fault = "drop-request", Node = "gw1", Operation = "start-update" })],
        },

        // Seed 11: the second time a node was put back, the run marked it without end.
        Usual(2) with
        {
            Faults = [
                new TimedFault(
                    "hostile answers", 0, new SimulatedFault { Fault = "refuse", Node = "gw1", Operation = "set-receiving", Value = "403", Times = 6 })],
        },

        // Seeds 701955, 905366: a snapshot that stalls, another node that is lost, and the wait for the snapshot had no end.
        Usual(3) with
        {
            Faults =
            [
                new TimedFault("F22", 3, new SimulatedFault { Fault = "snapshot-stalls", Node = "gw2" }),
                new TimedFault("F32", 11, new SimulatedFault { Fault = "power-off", Node = "gw3", For = TimeSpan.FromSeconds(60) }),
            ],
        },

        // A start that is acted on minutes after its answer was lost, with a driver that dies, and uploads that are not let be deleted.
        Usual(3) with
        {
            Faults =
            [
                new TimedFault(
                    "F16", 0, new SimulatedFault { Fault = "late-request", Node = "gw2", Operation = "start-update", For = TimeSpan.FromMinutes(4) }),
                new TimedFault(
                    "hostile answers",
                    0,
                    new SimulatedFault { Fault = "hidden-error", Node = "gw2", Operation = "delete-update", Value = "locked", Times = 20 }),
            ],
            Mishaps = [new Mishap(MishapKind.Dies, 90), new Mishap(MishapKind.IsInterrupted, 20)],
        },

        // Seed 1205489: the only other node fell silent after the drain, and receiving was switched off all the same.
        Usual(2) with
        {
            Policy = Usual(2).Policy with { Snapshots = SnapshotPolicy.None, Accept = [UpgradeConsents.NoSnapshots] },
            Faults = [new TimedFault("F10", 2, new SimulatedFault { Fault = "web-dead", Node = "gw1", Value = "smtp-dead" })],
        },

        // Seed 1213112: a node that somebody had made Control fell silent, and was forgotten.
        Usual(3) with
        {
            Faults =
            [
                new TimedFault("F24", 87, new SimulatedFault { Fault = "human-act", Node = "gw3", Value = "promote" }),
                new TimedFault("F10", 381, new SimulatedFault { Fault = "web-dead", Node = "gw3", Value = "smtp-dead" }),
                new TimedFault(
                    "F4",
                    25,
                    new SimulatedFault { Fault = "power-off", Node = "gw2", Operation = "assign-control", After = "request", For = TimeSpan.FromSeconds(90) }),
            ],
        },

        // Seed 1203376: databases that were to come while the node was off never came.
        Usual(1) with
        {
            Faults =
            [
                new TimedFault("F32", 78, new SimulatedFault { Fault = "power-off", Node = "gw1", For = TimeSpan.FromSeconds(90) }),
                new TimedFault("F26", 39, new SimulatedFault { Fault = "databases-after-update", Node = "gw1", For = TimeSpan.FromSeconds(45) }),
            ],
        },

        // Seed 1411887: the same fault twice, and the second one brought the first one's damage back when it ended.
        Usual(3) with
        {
            Faults =
            [
                new TimedFault("F32", 95, new SimulatedFault { Fault = "integrity-damaged", Node = "gw2", For = TimeSpan.FromSeconds(90) }),
                new TimedFault("F32", 170, new SimulatedFault { Fault = "integrity-damaged", Node = "gw2", For = TimeSpan.FromSeconds(15) }),
            ],
        },

        // Seeds 1500094, 1500287, 1502033: no page switches a node whose build has no Control node; the run says so and waits for a human.
        Usual(3) with
        {
            World = new SimulatedClusterOptions { SecondaryHasQueuePage = false, EmergencyAcrossBuilds = false },
            Policy = Usual(3).Policy with { DemoteFormerControl = DemoteFormerControl.WhenPromoted, Accept = [UpgradeConsents.DemoteWhenPromoted] },
        },
        Usual(3) with
        {
            World = new SimulatedClusterOptions { SecondaryHasQueuePage = false, EmergencyAcrossBuilds = false, Promotion = PromotionRule.DemotesFormer },
        },
        Usual(3) with
        {
            World = new SimulatedClusterOptions { SecondaryHasQueuePage = false, EmergencyAcrossBuilds = false, ReceivesAfterUpdate = true },
        },

        // Seed 1357: the damage of a fault was blamed on the client's next effect.
        Usual(2) with { Faults = [new TimedFault("F10", 57, new SimulatedFault { Fault = "web-dead", Node = "gw2", Value = "smtp-dead" })] },

        // Seed 114: the node that just got the Control role back was reverted by hand, and the role was left to it, at the old build.
        Usual(2) with
        {
            Policy = Usual(2).Policy with { PreferredControl = "gw1" },
            Faults =
            [
                new TimedFault(
                    "F34",
                    0,
                    new SimulatedFault { Fault = "human-act", Node = "gw1", Value = "revert-snapshot", Operation = "assign-control", After = "apply" }),
            ],
        },
    ];

    /// <summary>How long a run without any trouble takes at most: faults come within that time.</summary>
    private const int LastSecond = 420;

    /// <summary>How many points at which it can die a process passes on its way, with three nodes.</summary>
    private const int LastPoint = 260;

    public static Arbitrary<RandomCase> All => Arb.From(Cases(), c => c.Shrink());

    public static RandomCase Usual(int nodes) => new(nodes, true, Support.VirtualRig.FastPolicy(nodes), new SimulatedClusterOptions { Nodes = nodes }, [], []);

    private static Gen<RandomCase> Cases() =>
        from nodes in Gen.Frequency((1, Gen.Constant(1)), (2, Gen.Constant(2)), (4, Gen.Constant(3)))
        from balancer in Gen.Frequency((9, Gen.Constant(true)), (1, Gen.Constant(false)))
        from policy in Policies(nodes, balancer)
        from world in Worlds(nodes)
        from faults in Some(0, 4, Faults(nodes))
        from mishaps in Some(0, 3, Mishaps())
        from unknown in Gen.Frequency((5, Gen.Constant<UncheckedHealth?>(null)), (1, Unchecked(nodes)))
        select new RandomCase(
            nodes,
            balancer,
            unknown is { From: 0 } ? policy with { Accept = [.. policy.Accept, UpgradeConsents.UnknownHealth] } : policy,
            world,
            faults,
            mishaps)
        {
            Unchecked = unknown,
        };

    private static Gen<UncheckedHealth?> Unchecked(int nodes) =>
        from node in Nodes()
        from second in Gen.OneOf(Gen.Constant(0), Gen.Choose(1, LastSecond))
        select new UncheckedHealth(Within(node, nodes), second);

    private static Gen<UpgradePolicy> Policies(int nodes, bool balancer) =>
        from pause in Rarely(PausePoint.None, PausePoint.First, PausePoint.Each)
        from sessions in Rarely(SessionsLeftAction.Ask, SessionsLeftAction.Close)
        from mta in Rarely(DrainAction.Wait, DrainAction.Flush)
        from kata in Rarely(DrainAction.Wait, DrainAction.Flush)
        from uploads in Rarely(StageUploads.WhileDraining, StageUploads.AfterDrain)
        from demote in Rarely(DemoteFormerControl.BeforeItsUpdate, DemoteFormerControl.WhenPromoted)
        from control in Rarely(null, "gw1", $"gw{nodes}")
        from snapshots in Rarely(SnapshotPolicy.BeforeRunAndDrained, SnapshotPolicy.BeforeRun, SnapshotPolicy.None)
        select Usual(nodes).Policy with
        {
            PauseAfter = pause,
            SessionsLeft = sessions,
            MtaQueue = mta,
            KataQuarantine = kata,
            StageUploads = uploads,
            DemoteFormerControl = demote,
            PreferredControl = control,
            Snapshots = snapshots,
            Accept = [
                UpgradeConsents.InterruptsMail,
                UpgradeConsents.NoSnapshots,
                UpgradeConsents.DemoteWhenPromoted,
                UpgradeConsents.UploadWithoutHash,
                .. balancer ? Array.Empty<string>() : [UpgradeConsents.NoLoadBalancer],
            ],
        };

    /// <summary>Everything undocumented of the appliance, both ways.</summary>
    private static Gen<SimulatedClusterOptions> Worlds(int nodes) =>
        from promotion in Rarely(PromotionRule.LeavesTwo, PromotionRule.DemotesFormer)
        from receives in Rarely(false, true)
        from keepsUnfinished in Rarely(true, false)
        from keepsInstalled in Rarely(false, true)
        from answers in Rarely(true, false)
        from about in Rarely(true, false)
        from refuses in Rarely(false, true)
        from receivingOff in Rarely(ReceivingOffAnswer.Reply450, ReceivingOffAnswer.Reply421, ReceivingOffAnswer.Refuse)
        from headers in Rarely(true, false)
        from afterQueue in Rarely(false, true)
        from queuePage in Rarely(true, false)
        from emergency in Rarely(true, false)
        from hostName in Rarely(HeaderHostName.Full, HeaderHostName.UpperCase, HeaderHostName.ShortName, HeaderHostName.ChangedByUpdate)
        from naming in Rarely(UploadNaming.BySender, UploadNaming.Numbered, UploadNaming.LowestFree)
        from digest in Rarely(true, false)
        select new SimulatedClusterOptions
        {
            Nodes = nodes,
            Promotion = promotion,
            ReceivesAfterUpdate = receives,
            KeepsUnfinishedUploads = keepsUnfinished,
            KeepsInstalledUploads = keepsInstalled,
            AnswersWhileInstalling = answers,
            AboutShowsBuild = about,
            ControlRefusesUpdate = refuses,
            ReceivingOff = receivingOff,
            AddsHeaders = headers,
            AfterQueueFilter = afterQueue,
            SecondaryHasQueuePage = queuePage,
            EmergencyAcrossBuilds = emergency,
            HeaderHostName = hostName,
            UploadNaming = naming,
            TellsUploadDigest = digest,
        };

    private static Gen<TimedFault> Faults(int nodes) =>
        from row in Gen.Elements(Table.Where(row => row.Faults.Count > 0).ToArray())
        from fault in Gen.OneOf(row.Faults)
        from after in Gen.Choose(0, LastSecond)
        select new TimedFault(row.F, after, fault with { Node = fault.Node is { } node ? Within(node, nodes) : null });

    private static Gen<Mishap> Mishaps() =>
        from kind in Gen.Frequency(
            Table
                .Select(row => row.Mishap)
                .Where(kind => kind != MishapKind.None)
                .Distinct()
                .Select(kind => (kind == MishapKind.Dies ? 4 : 1, Gen.Constant(kind))))
        from at in Gen.Choose(0, LastPoint)
        select new Mishap(kind, at);

    /// <summary>Fewer nodes than the fault was made for: one that is there.</summary>
    private static string Within(string node, int nodes) =>
        $"gw{((int.Parse(node.AsSpan(2), CultureInfo.InvariantCulture) - 1) % nodes) + 1}";

    private static Gen<SimulatedFault> World(string fault, params string?[] values) =>
        from node in Nodes()
        from value in Gen.Elements(values is [] ? [null] : values)
        from time in Gen.Elements<TimeSpan?>(null, TimeSpan.FromSeconds(15), TimeSpan.FromSeconds(90))
        select new SimulatedFault { Fault = fault, Node = node, Value = value, For = time };

    private static Gen<SimulatedFault> Queue(string fault) =>
        from common in World(fault, "1", "5")
        from queue in Gen.Elements("mta", "kata", "antispam")
        select common with { Queue = queue };

    /// <summary>Any time, or right after an effect of ours; between our last look and the effect nobody could help it.</summary>
    private static Gen<SimulatedFault> Human(string act) =>
        Gen.OneOf(
            World("human-act", act),
            At("human-act", Effects).Select(fault => fault with { Value = act, After = "apply" })).Select(fault => fault with { For = null });

    private static Gen<SimulatedFault> Event(string fault, params string?[] values) =>
        from common in World(fault, values)
        select common with { For = TimeSpan.FromSeconds(45) };

    /// <summary>The world changes in the middle of the client's work.</summary>
    private static Gen<SimulatedFault> At(string fault, params string[] operations) =>
        from common in World(fault)
        from operation in Gen.Elements(operations)
        from after in Gen.Elements("request", "apply")
        select common with { Operation = operation, After = after };

    private static Gen<SimulatedFault> Request(string fault, params string[] operations) =>
        from node in Nodes()
        from operation in Gen.Elements(operations is [] ? Operations : operations)
        from nth in Gen.Choose(1, 3)
        from times in Gen.Choose(1, 4)
        select new SimulatedFault { Fault = fault, Node = node, Operation = operation, Nth = nth, Times = times };

    private static Gen<SimulatedFault> Lasting(string fault) =>
        from common in Request(fault, Effects)
        select common with { For = TimeSpan.FromSeconds(20) };

    /// <summary>Late, but within the time in which a client's request may arrive.</summary>
    private static Gen<SimulatedFault> Late(string fault) =>
        from common in Request(fault, Effects)
        from seconds in Gen.Choose(1, 7)
        select common with { For = TimeSpan.FromSeconds(seconds) };

    /// <summary>An upload or a start has no such time: it may come minutes later, and only without its upload does it find nothing to do.</summary>
    private static Gen<SimulatedFault> LateStart() =>
        from common in Request("late-request", "start-update", "upload-update", "upload-end")
        from seconds in Gen.Choose(8, 600)
        select common with { For = TimeSpan.FromSeconds(seconds), Times = 1 };

    /// <summary>Uploads that are not let be deleted: for a while nothing can be fenced.</summary>
    private static Gen<SimulatedFault> Refusal() =>
        from common in Request("hidden-error", "delete-update")
        from code in Gen.Elements("accessDenied", "locked", "emergencyMode", "notSupported")
        from times in Gen.Choose(1, 40)
        select common with { Value = code, Times = times };

    private static Gen<string> Nodes() => Gen.Elements("gw1", "gw2", "gw3");

    private static Gen<T> Rarely<T>(T usual, params T[] unusual) => Gen.Frequency((4, Gen.Constant(usual)), (1, Gen.Elements(unusual)));

    private static Gen<IReadOnlyList<T>> Some<T>(int least, int most, Gen<T> one) =>
        from count in Gen.Choose(least, most)
        from list in Gen.ArrayOf(one, count)
        select (IReadOnlyList<T>)list;

    /// <summary>A fault of the model, and what makes it happen.</summary>
    internal sealed record Row
    {
        public Row(string F, string What, params Gen<SimulatedFault>[] faults)
            : this(F, What, faults, MishapKind.None)
        {
        }

        public Row(string F, string What, IReadOnlyList<Gen<SimulatedFault>>? Faults = null, MishapKind Mishap = MishapKind.None, string? Elsewhere = null)
        {
            this.F = F;
            this.What = What;
            this.Faults = Faults ?? [];
            this.Mishap = Mishap;
            this.Elsewhere = Elsewhere;
        }

        public string F { get; }

        public string What { get; }

        public IReadOnlyList<Gen<SimulatedFault>> Faults { get; }

        public MishapKind Mishap { get; }

        public string? Elsewhere { get; }
    }
}
