using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Support.Exploration;

/// <summary>When a decision is made, seen from everything that was written before.</summary>
internal enum SmallClock
{
    /// <summary>Requests may still arrive, and nothing was seen twice yet.</summary>
    Early,

    /// <summary>What was seen was seen twice, and requests may still arrive.</summary>
    Soon,

    /// <summary>No request can arrive any more, what was seen was seen twice, and no deadline is over.</summary>
    InTime,

    /// <summary>Every deadline is over.</summary>
    Late,
}

/// <summary>
/// Three nodes and a load balancer, with what matters of them: written from the vendor's procedure, and unkind where it says nothing. A
/// node never refuses a package that it has installed already. One that names uploads holds somebody's own when the run begins, of our name
/// and size, and tells of no digest.
/// </summary>
internal sealed class SmallWorld(UpgradePlan plan, PromotionRule promotion, UploadWay uploads)
{
    /// <summary>The number of somebody's own upload, where nodes give numbers.</summary>
    private const int Somebodys = 1;

    private static readonly string[] Names = ["gw1", "gw2", "gw3"];
    private static readonly BuildNumber Old = new(2, 0, 1, 6960);
    private static readonly BuildNumber New = new(2, 1, 0, 7854);
    private static readonly PlannedPackage Package = new("ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz", Old, New, 1000, new string('a', 64));

    private readonly Dictionary<(int, SmallNode, bool, SmallClock, bool), NodeObservation> _observations = [];

    public static DateTimeOffset Now(SmallClock clock) => SmallJournal.Start + clock switch
    {
        SmallClock.Early => TimeSpan.FromSeconds(1),
        SmallClock.Soon => TimeSpan.FromSeconds(4),
        SmallClock.InTime => TimeSpan.FromSeconds(30),
        _ => TimeSpan.FromDays(1),
    };

    /// <summary>A node that works, at the old build.</summary>
    public static SmallNode Node(UploadWay uploads)
    {
        SmallNode node = new() { Receives = true, InLoad = true, HasMail = true };
        return uploads.NodeNames ? node with { LastUpload = Somebodys, Uploads = 1 << Somebodys } : node;
    }

    /// <summary>A plan with a handover; snapshots, configuration and test messages are left out.</summary>
    public static UpgradePlan Plan(UploadWay uploads, string? preferredControl)
    {
        SmallNode node = Node(uploads);
        Dictionary<string, NodeObservation> nodes = Names.Index().ToDictionary(
            n => n.Item,
            n => Observe(n.Index, node with { IsControl = n.Index == 0 }, busy: false, SmallClock.InTime, "explored", uploads),
            StringComparer.Ordinal);
        return UpgradePlanner.Plan(new PlannerInput
        {
            RunId = "explored",
            Owner = new RunOwner("small", [.. Names.Select(n => new RunOwnerNode(n))]),
            PackagePath = "update.zip",
            Packages = [Package],
            Policy = VirtualRig.FastPolicy(Names.Length) with
            {
                Accept = [UpgradeConsents.UploadWithoutHash, UpgradeConsents.UploadUnproven],
                PreferredControl = preferredControl,
            },
            Adapters = new AdaptersPresent(LoadBalancer: true, Snapshots: false, Configuration: false, MailProbe: false, Notifiers: true),
            Observation = new ClusterObservation { At = SmallJournal.Start, Nodes = nodes, IsComplete = true },
            Runs = [],
        });
    }

    public int BusyBits(SmallState s)
    {
        int bits = 0;
        for (int n = 0; n < Names.Length; n++)
        {
            bits |= s[n].Phase == SmallPhase.Installing ? 1 << n : 0;
        }

        return bits;
    }

    public ClusterObservation Observe(SmallState s, int busy, SmallClock clock)
    {
        Dictionary<string, NodeObservation> nodes = new(StringComparer.Ordinal);
        for (int n = 0; n < Names.Length; n++)
        {
            bool isBusy = (busy & (1 << n)) != 0;
            if (!_observations.TryGetValue((n, s[n], isBusy, clock, s.IsBalancerSilent), out NodeObservation? seen))
            {
                seen = Observe(n, s[n], isBusy, clock, plan.RunId, uploads, s.IsBalancerSilent);
                _observations.Add((n, s[n], isBusy, clock, s.IsBalancerSilent), seen);
            }

            nodes.Add(Names[n], seen);
        }

        bool noControl = s.Nodes.All(n => !n.IsControl && n.Phase != SmallPhase.Restarting);
        return new ClusterObservation
        {
            At = Now(clock),
            Nodes = nodes,
            IsComplete = true,
            LoadProblem = s.IsBalancerSilent ? "silent" : null,
            NoControlSince = !noControl ? null : clock == SmallClock.Early ? Now(clock) : SmallJournal.Start,
        };
    }

    /// <summary>What others than the run can do, each to one node.</summary>
    public IEnumerable<(SmallState State, string What, string Node)> Foreign(SmallState s)
    {
        for (int n = 0; n < Names.Length; n++)
        {
            SmallNode node = s[n];
            bool up = node.Phase == SmallPhase.Up;
            (bool Can, SmallState State, string What)[] acts =
            [
                (!node.InLoad, s.With(n, node with { InLoad = true }), "the load balancer forgets the drain of"),
                (up && !node.Receives, s.With(n, node with { Receives = true }), "somebody switches receiving on:"),
                (up && node.Receives, s.With(n, node with { Receives = false }), "somebody switches receiving off:"),
                (!node.HasMail, s.With(n, node with { HasMail = true }), "mail comes into the queue of"),
                (up && node.IsControl, s.With(n, node with { IsControl = false }), "somebody demotes"),
                (up && !node.IsControl, Promote(s, n), "somebody promotes"),
                (up && node.IsNew, s.With(n, node with { IsNew = false, Failed = node.Begun }), "somebody reverts"),
                (up && !node.IsNew && !node.IsStale, s.With(n, node with { IsStale = true }), "settings change, not yet synchronized:"),
                (up && !node.IsNew, s.With(n, node with { Phase = SmallPhase.Installing, Upload = 0 }), "somebody starts the update by hand:"),
                (up && node.IsNew, s.With(n, node with { Phase = SmallPhase.Restarting }), "somebody restarts"),
                (!node.IsUnwatched, s.With(n, node with { IsUnwatched = true }), "nothing reaches, and nobody checks,"),
                (n == 0 && !s.IsBalancerSilent, s with { IsBalancerSilent = true }, "the load balancer falls silent"),
            ];
            foreach ((bool can, SmallState state, string what) in acts)
            {
                if (can)
                {
                    yield return (state, what, Names[n]);
                }
            }
        }
    }

    /// <summary>
    /// Whether a request may arrive at any later time, and not only within the limit of a call: an upload, also one that installs and that nothing
    /// fences, and a start that the deletion of its upload would fence.
    /// </summary>
    public bool IsUnbounded(SmallRequest request) => request.Id == "S7" || (request.Id == "S8" && uploads.Deletes);

    /// <summary>Whether a request carries the package: then it lasts longer than other calls.</summary>
    public bool Carries(SmallRequest request) => request.Id == "S7" || Installs(request);

    /// <summary>Whether a request carries the package and installs it.</summary>
    public bool Installs(SmallRequest request) => request.Id == "S8" && uploads.Installs;

    /// <summary>Whether a request cannot have an effect any more: without its upload a start finds nothing, and no id of an upload comes again.</summary>
    public bool IsInVain(SmallRequest request, SmallNode node) =>
        request.Id == "S8" && !uploads.Installs && !node.Holds(SmallRequest.UploadOf(request.Upload!));

    /// <summary>What a request does when it arrives, and whether that must never happen.</summary>
    public (SmallState State, bool Accepted, string? Violation) Arrive(SmallState s, SmallRequest request)
    {
        int n = Array.IndexOf(Names, request.Step.Node);
        SmallNode node = s[n];
        bool up = node.Phase == SmallPhase.Up;
        switch (request.Id)
        {
            case "S1":
                return s.IsBalancerSilent ? (s, false, null) : (s.With(n, node with { InLoad = false }), true, null);
            case "S15":
                return s.IsBalancerSilent ? (s, false, null) : (s.With(n, node with { InLoad = true }), true, null);
            case "S2" or "S9" or "S13":
                bool on = request.Id == "S13";
                return up && CanSwitch(s, Array.IndexOf(Names, request.Values["page"]), n)
                    ? (s.With(n, node with { Receives = on, HasMail = node.HasMail || on }), true, null)
                    : (s, false, null);
            case "S7":
                int id = uploads.NodeNames ? node.LastUpload + 1 : SmallRequest.UploadOf(request.Upload!);
                int leftover = request.Values.TryGetValue("leftover", out string? left) ? 1 << SmallRequest.UploadOf(left) : 0;
                SmallNode brought = node with
                {
                    Uploads = checked((ushort)((node.Uploads & ~leftover) | (1 << id))),
                    LastUpload = (byte)(uploads.NodeNames ? id : 0),
                };
                return up ? (s.With(n, brought), true, null) : (s, false, null);
            case "S8":
                SmallNode installing = node with
                {
                    Phase = SmallPhase.Installing,
                    Upload = (byte)(uploads.Installs ? 0 : SmallRequest.UploadOf(request.Upload!)),
                    HasFailed = false,
                    Begun = (byte)(node.Begun + 1),
                };
                return up && !IsInVain(request, node) ? (s.With(n, installing), true, InstallViolation(node, request)) : (s, false, null);
            case "S11":
                return up ? (Promote(s, n), true, PromoteViolation(node, request)) : (s, false, null);
            case "S16a" when !request.Values.ContainsKey("demotes"):
                int heir = Array.IndexOf(Names, request.Values["heir"]);
                return s[heir].Phase == SmallPhase.Up ? (Promote(s, heir), true, PromoteViolation(s[heir], request)) : (s, false, null);
            case "S6" or "S16a":
                SmallState demoted = s.With(n, node with { IsControl = false });
                return up ? (demoted, true, DemoteViolation(node, demoted, request)) : (s, false, null);
            default:
                throw new InvalidOperationException($"{request} has no effect.");
        }
    }

    /// <summary>What must be so when the run says that all is done.</summary>
    public string? EndViolation(SmallState s) =>
        s.Nodes.All(n => n is { IsNew: true, TakesMail: true }) && s.Nodes.Count(n => n.IsControl) == 1
            && (plan.Policy.PreferredControl is not { } preferred || s[Array.IndexOf(Names, preferred)].IsControl)
            ? null
            : "the run says that it is complete, and the cluster is not as promised";

    /// <summary>What must never be deleted.</summary>
    public string? DeleteViolation(SmallNode before, SmallNode after) =>
        uploads.NodeNames && before.Holds(Somebodys) && !after.Holds(Somebodys) ? "I34: somebody's own upload is deleted as one of the run's" : null;

    private string? InstallViolation(SmallNode node, SmallRequest request) =>
        uploads.NodeNames && SmallRequest.UploadOf(request.Upload!) == Somebodys ? $"I34: {request} installs somebody's own upload as the run's"
        : node.IsControl ? $"I6: {request} is installed on a Control node"
        : node.Receives || node.InLoad || node.HasMail ? $"I5: {request} is installed on a node that receives, is in load, or has mail"
        : node.Begun > node.Failed ? $"I13: {request} is installed a second time"
        : null;

    private static string? PromoteViolation(SmallNode node, SmallRequest request) =>
        !node.IsNew ? $"I8: {request} makes a node of the old build Control"
        : node.IsStale ? $"I9: {request} makes a node Control that was not synchronized"
        : null;

    private static string? DemoteViolation(SmallNode node, SmallState after, SmallRequest request) =>
        !after.Nodes.Any(k => k.IsControl) ? $"I7: {request} leaves no Control"
        : node.IsNew && !after.Nodes.Any(k => k is { IsControl: true, IsNew: true }) ? $"I8: {request} leaves the role to a node of the old build"
        : null;

    private static bool CanSwitch(SmallState s, int page, int node) =>
        page == node || s[page] is { Phase: SmallPhase.Up, IsControl: true } && s[page].IsNew == s[node].IsNew;

    private SmallState Promote(SmallState s, int n)
    {
        if (promotion == PromotionRule.DemotesFormer)
        {
            for (int other = 0; other < Names.Length; other++)
            {
                s = s.With(other, s[other] with { IsControl = false });
            }
        }

        return s.With(n, s[n] with { IsControl = true });
    }

    /// <summary>The uploads that a node lists.</summary>
    public static IReadOnlyList<UploadedUpdate> List(SmallNode node, string name, string runId, UploadWay uploads) =>
    [
        .. Enumerable.Range(1, 15).Where(node.Holds).Select(upload => new UploadedUpdate
        {
            Id = IdOf(upload, name, runId, uploads),
            FileName = Package.Name,
            SizeBytes = Package.SizeBytes,
            Sha256 = uploads.NodeNames ? null : Package.Sha256,
            IsComplete = true,
        }),
    ];

    private static string IdOf(int upload, string name, string runId, UploadWay uploads) =>
        uploads.NodeNames ? StepContext.Text(upload) : $"{runId}-{name}-0-{upload}";

    private static NodeObservation Observe(
        int n, SmallNode node, bool busy, SmallClock clock, string runId, UploadWay uploads, bool silentBalancer = false)
    {
        DateTimeOffset now = Now(clock);
        DateTimeOffset since = clock == SmallClock.Early ? now : SmallJournal.Start;
        string name = Names[n];
        NodeObservation seen = new()
        {
            Name = name,
            At = now,
            WallAt = now,
            Load = silentBalancer ? null
                : new LoadState(node.InLoad ? LoadMode.Ready : LoadMode.Drain, 0, Healthy: node.IsUnwatched ? null : node.Phase != SmallPhase.Restarting),
            LastInstallingAt = busy ? SmallJournal.Start.AddTicks(1) : null,
            OutOfWorkSince = node.SeemsToTakeMail ? null : since,
            ConnectedAt = node.InLoad ? now : null,
            QuietSince = node.InLoad ? null : since,
        };
        return node.Phase == SmallPhase.Restarting
            ? seen with { ProblemKind = NodeProblemKind.Silent, Problem = "silent" }
            : seen with
            {
                Status = new NodeStatus
                {
                    Address = name,
                    Role = node.IsControl ? NodeRole.Control : NodeRole.Secondary,
                    State = NodeState.Available,
                    Databases = DatabasesState.UpToDate,
                    License = LicenseState.Active,
                    SynchronizedAt = SmallJournal.Start.AddMinutes(node.IsStale ? -1 : node.IsNew ? 1 : 0),
                    SettingsChangedAt = SmallJournal.Start,
                },
                About = new AboutInfo((node.IsNew ? New : Old).ToString(), node.IsNew ? New : Old),
                Switches = new MailFlowSwitches(node.Receives, Sending: true),
                Queues = new QueueSummary { Mta = node.HasMail ? 1 : 0, KataQuarantine = 0, AntiSpamQuarantine = 0 },
                Update = new UpdateStatus
                {
                    State = node.Phase == SmallPhase.Installing ? UpdateState.Installing : node.HasFailed ? UpdateState.Failed : UpdateState.Idle,
                    UploadId = node.Upload == 0 ? null : IdOf(node.Upload, name, runId, uploads),
                },
                UploadWay = uploads,
                Uploads = uploads.Lists ? List(node, name, runId, uploads) : null,
                EmptySince = node.HasMail ? null : since,
                SteadySince = since,
            };
    }
}
