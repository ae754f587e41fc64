using System.Security.Authentication;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Why a node could not be read.</summary>
internal enum NodeProblemKind
{
    /// <summary>It answered everything that was asked.</summary>
    None,

    /// <summary>It does not answer.</summary>
    Silent,

    /// <summary>It answers, but not as expected: refuses the question.</summary>
    Odd,

    /// <summary>It answers, and nobody can read what it says.</summary>
    Unread,

    /// <summary>It refuses the login; asking again would lock the account.</summary>
    Login,

    /// <summary>It shows a certificate that is not trusted.</summary>
    Certificate,

    /// <summary>It says that it is another node than the one the run was planned for: nothing it says counts.</summary>
    Another,
}

/// <summary>What was seen of a node at one time. A part that was not asked for, or not answered, is <see langword="null"/>.</summary>
internal sealed record NodeObservation
{
    public required string Name { get; init; }

    /// <summary>When, on the clock of the run.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>When, by the wall clock of this machine.</summary>
    public required DateTimeOffset WallAt { get; init; }

    public NodeProblemKind ProblemKind { get; init; }

    public string? Problem { get; init; }

    /// <summary>Why it did not answer, or not as expected.</summary>
    public Exception? Failure
    {
        init
        {
            if (value is not null)
            {
                (ProblemKind, Problem) = (KindOf(value), value.Message);
                OtherFingerprint = value is KsmgCertificateException { ExpectedFingerprints.Count: > 0 } shown ? shown.PresentedFingerprint : null;
            }
        }
    }

    /// <summary>The certificate that it shows instead of a pinned one; <see langword="null"/>: it shows none such.</summary>
    public string? OtherFingerprint { get; init; }

    public bool Answers => ProblemKind == NodeProblemKind.None;

    /// <summary>What was asked for and the appliance has no call for.</summary>
    public Facets Untold { get; init; }

    public NodeStatus? Status { get; init; }

    public AboutInfo? About { get; init; }

    public MailFlowSwitches? Switches { get; init; }

    public QueueSummary? Queues { get; init; }

    /// <summary>The destinations that most of the queued mail waits for.</summary>
    public IReadOnlyList<WaitingMail>? Waiting { get; init; }

    /// <summary>Why it did not tell them when it was last asked.</summary>
    public string? WaitingProblem { get; init; }

    /// <summary>How the queues empty, since mail last came in.</summary>
    public QueueProgress? Progress { get; init; }

    public UpdateStatus? Update { get; init; }

    /// <summary>Whether it installs something, as far as an appliance that can be asked says; <see langword="null"/> while it was not.</summary>
    public bool? IsInstalling => Untold.HasFlag(Facets.Update) ? false : Update?.IsRunning;

    public IReadOnlyList<UploadedUpdate>? Uploads { get; init; }

    /// <summary>Whether it told what it can be asked of its uploads.</summary>
    public bool KnowsUploads => Uploads is not null || !UploadWay.Lists;

    /// <summary>How packages get into it.</summary>
    public UploadWay UploadWay { get; init; } = UploadWay.Observed;

    public CurrentUser? User { get; init; }

    public IReadOnlyList<Node>? NodeList { get; init; }

    public IReadOnlyList<NodeSnapshot>? Snapshots { get; init; }

    /// <summary>Whether it is written down how the saved files that are not written back differ from those of the node.</summary>
    public bool ConflictsDescribed { get; init; }

    /// <summary>What others say about its build.</summary>
    public BuildEvidence? Evidence { get; init; }

    /// <summary>The same, as far as it was seen since the node shows the version it shows: nothing else says anything about the build it runs now.</summary>
    public BuildEvidence? FreshEvidence => Evidence?.SeenAt >= SteadySince ? Evidence : null;

    public ProbeAnswer? Rcpt { get; init; }

    public IReadOnlyList<ProbeCopy>? ProbeCopies { get; init; }

    /// <summary>The domain of the probe's Message-IDs.</summary>
    public string? ProbeDomain { get; init; }

    public ConfigurationManifest? SavedConfiguration { get; init; }

    public IReadOnlyList<RestorableFile>? RestorableConfiguration { get; init; }

    public LoadState? Load { get; init; }

    /// <summary>A port other than the node itself that could not be read (hypervisor, configuration, probe), and why.</summary>
    public string? PortProblem { get; init; }

    /// <summary>Since when every poll found every queue empty and no session open.</summary>
    public DateTimeOffset? EmptySince { get; init; }

    /// <summary>When a session was last seen to come to it: through the load balancer where that counts them, else on the node itself.</summary>
    public DateTimeOffset? ConnectedAt { get; init; }

    /// <summary>Since when it is out of load and no new session was seen, neither by the load balancer nor on the node.</summary>
    public DateTimeOffset? QuietSince { get; init; }

    /// <summary>Since when every read was answered and told the same build.</summary>
    public DateTimeOffset? SteadySince { get; init; }

    /// <summary>When it last said that an installation runs.</summary>
    public DateTimeOffset? LastInstallingAt { get; init; }

    /// <summary>Since when no mail reaches it.</summary>
    public DateTimeOffset? OutOfWorkSince { get; init; }

    /// <summary>
    /// How far the node's clock is from this machine's; <see langword="null"/> when it is not shown. A clock of this machine that was set
    /// during the run, or stood still, is no fault of the node: the nearer of the two clocks counts.
    /// </summary>
    public TimeSpan? ClockSkew => Status?.Clock is { } clock ? new[] { (clock - At).Duration(), (clock - WallAt).Duration() }.Min() : null;

    /// <summary>The full build, where the node shows it.</summary>
    public BuildNumber? Build => About?.Build;

    public NodeRole? Role => Status?.Role;

    /// <summary>What it last said that its queues hold, and when, by the wall clock: for telling people, since few steps ask.</summary>
    public (QueueSummary Queues, DateTimeOffset At)? LastQueues { get; init; }

    /// <summary>What it last said about receiving.</summary>
    public bool? LastReceiving { get; init; }

    /// <summary>
    /// Whether mail reaches the node: it says that it receives, and the load balancer gives it sessions. Who does not answer is not known
    /// to be in service, and does not count.
    /// </summary>
    public bool TakesMail => Answers && Switches?.Receiving == true && (Load is null || IsServed && Load.Healthy != false);

    /// <summary>Its page is silent, while the load balancer's own check finds it healthy and nobody has seen it out of work: it may only be a moment.</summary>
    public bool IsMerelySilent => !Answers && IsServed && Load!.Healthy == true && LastReceiving != false;

    private bool IsServed => Load is { Mode: LoadMode.Ready };

    private static NodeProblemKind KindOf(Exception exception)
    {
        if (exception is KsmgAuthenticationException)
        {
            return NodeProblemKind.Login;
        }

        if (exception is KsmgApiException { Status: { } status } && (int)status is not (502 or 503 or 504))
        {
            return exception is KsmgApiException { Code: null } && (int)status is >= 200 and < 300 ? NodeProblemKind.Unread : NodeProblemKind.Odd;
        }

        for (Exception? e = exception; e is not null; e = e.InnerException)
        {
            if (e is AuthenticationException)
            {
                return NodeProblemKind.Certificate;
            }
        }

        return NodeProblemKind.Silent;
    }
}
