using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>What is simulated. Where the vendor documents nothing, a switch offers every plausible answer.</summary>
public sealed record SimulatedClusterOptions
{
    /// <summary>How many nodes there are: <c>gw1</c> (Control), <c>gw2</c>… Default: 3.</summary>
    public int Nodes
    {
        get => Members.Count > 0 ? Members.Count : field;
        init;
    } = 3;

    /// <summary>The nodes by name and as they stand at the start, instead of <c>gw1</c>, <c>gw2</c>… Default: none.</summary>
    public IReadOnlyList<SimulatedNodeStart> Members { get; init; } = [];

    /// <summary>Makes everything random repeatable. Default: 1.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Divides the time of installations, restarts and snapshots; never the mail rate. Default: 1.</summary>
    public double Speed { get; init; } = 1;

    /// <summary>The first TCP port; 0: free ports. See docs/simulator.md for the order. Default: 0.</summary>
    public int BasePort { get; init; }

    /// <summary>The account of every node. Default: <c>Administrator</c>.</summary>
    public string UserName { get; init; } = "Administrator";

    /// <summary>Its password.</summary>
    public string Password { get; init; } = "simulated-Pa55word";

    /// <summary>The build of every node at the start. Default: 2.0.1.6960.</summary>
    public BuildNumber Build { get; init; } = new(2, 0, 1, 6960);

    /// <summary>The build the simulator's own package leads to. Default: 2.1.0.7854.</summary>
    public BuildNumber TargetBuild { get; init; } = new(2, 1, 0, 7854);

    /// <summary>The packages the nodes know, beside the simulator's own.</summary>
    public IReadOnlyList<SimulatedPackage> Packages { get; init; } = [];

    /// <summary>Size in bytes of the simulator's own package. Default: 64 MiB.</summary>
    public long PackageBytes { get; init; } = 64L << 20;

    /// <summary>
    /// Whether a package nobody told the simulator about is believed by its name <c>ksmg_upgrade_FROM_TO.ktgz</c>. A known name and size
    /// with other bytes is never believed. Default: yes.
    /// </summary>
    public bool BelievesPackageNames { get; init; } = true;

    /// <summary>An installation, up to the restart. Default: 20 seconds.</summary>
    public TimeSpan InstallTime { get; init; } = TimeSpan.FromSeconds(20);

    /// <summary>A restart, until the web interface answers again. Default: 10 seconds.</summary>
    public TimeSpan RestartTime { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>The creation of a snapshot. Default: 2 seconds.</summary>
    public TimeSpan SnapshotTime { get; init; } = TimeSpan.FromSeconds(2);

    /// <summary>How often the Control node pushes settings to Secondary nodes of its build. Default: 30 seconds.</summary>
    public TimeSpan SynchronizationInterval { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How long a session lives without a request. Default: 15 minutes.</summary>
    public TimeSpan SessionLifetime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>Failed logins after which the account is locked. Default: 5.</summary>
    public int LoginAttempts { get; init; } = 5;

    /// <summary>
    /// Whether failed logins count, and lock, over the whole cluster, whose nodes share their accounts; else each node counts for itself. Default:
    /// yes.
    /// </summary>
    public bool LockoutCountsOverCluster { get; init; } = true;

    /// <summary>How long a locked account stays locked. Default: 15 minutes.</summary>
    public TimeSpan LockoutTime { get; init; } = TimeSpan.FromMinutes(15);

    /// <summary>What a promotion does while another node is Control. Default: both are.</summary>
    public PromotionRule Promotion { get; init; } = PromotionRule.LeavesTwo;

    /// <summary>Whether a node comes up receiving after an update, whatever it was before. Default: no, the switch survives.</summary>
    public bool ReceivesAfterUpdate { get; init; }

    /// <summary>Whether an update gives the node a new certificate. Default: no.</summary>
    public bool CertificateChangesAtUpdate { get; init; }

    /// <summary>Whether sessions survive a restart. Default: no.</summary>
    public bool SessionsSurviveRestart { get; init; }

    /// <summary>Whether an upload that was cut stays on the node. Default: yes.</summary>
    public bool KeepsUnfinishedUploads { get; init; } = true;

    /// <summary>Whether a package stays on the node after its installation. Default: no.</summary>
    public bool KeepsInstalledUploads { get; init; }

    /// <summary>Whether the node answers while it installs. Default: yes, until it restarts.</summary>
    public bool AnswersWhileInstalling { get; init; } = true;

    /// <summary>Whether the About page shows the full build. Default: yes.</summary>
    public bool AboutShowsBuild { get; init; } = true;

    /// <summary>Whether the page of a Control node manages nodes of another build too. Default: no.</summary>
    public bool ManagesOtherBuilds { get; init; }

    /// <summary>
    /// Whether two Control nodes are emergency mode whatever their builds. No: only two of the same build are; between builds each page goes
    /// on with the nodes of its own. Default: yes.
    /// </summary>
    public bool EmergencyAcrossBuilds { get; init; } = true;

    /// <summary>
    /// Whether a Secondary node's own page has the section <em>Message queue</em>. No: switches, queue list and delivery attempts are refused
    /// there (<c>notSupported</c>); what its status page tells of them can still be read. Default: yes.
    /// </summary>
    public bool SecondaryHasQueuePage { get; init; } = true;

    /// <summary>
    /// Whether the filter stands behind the queue: mail is answered 250 first, and waits unscanned in the MTA queue. Simulated mail only.
    /// Default: no, 250 comes after the scan.
    /// </summary>
    public bool AfterQueueFilter { get; init; }

    /// <summary>How host names stand in greetings and headers. Default: full, as the node's own page shows them.</summary>
    public HeaderHostName HeaderHostName { get; init; } = HeaderHostName.Full;

    /// <summary>Whether a Control node of a cluster refuses to be updated. Default: no.</summary>
    public bool ControlRefusesUpdate { get; init; }

    /// <summary>Who names an upload. Default: its sender.</summary>
    public UploadNaming UploadNaming { get; init; } = UploadNaming.BySender;

    /// <summary>Whether the node tells the SHA-256 of what it holds. Default: yes.</summary>
    public bool TellsUploadDigest { get; init; } = true;

    /// <summary>
    /// Whether the nodes, and their pages, speak a shape of their own: paths, verbs, envelope, names, words, times and ids differ from
    /// docs/wire.md in all but the four observed calls, and the nodes name uploads. A client needs a dialect. Default: no.
    /// </summary>
    public bool Foreign { get; init; }

    /// <summary>Whether an upload can be continued at an offset. Default: no.</summary>
    public bool ResumableUploads { get; init; }

    /// <summary>Whether switching sending off also stops receiving (<c>reject_unverified_recipient</c>). Default: no.</summary>
    public bool SendingOffStopsReceiving { get; init; }

    /// <summary>What a node answers senders while receiving is off. Default: 450 to RCPT.</summary>
    public ReceivingOffAnswer ReceivingOff { get; init; } = ReceivingOffAnswer.Reply450;

    /// <summary>Whether processed mail carries the X-KSMG headers. Default: yes.</summary>
    public bool AddsHeaders { get; init; } = true;

    /// <summary>Where nodes send their events; needs sockets. Default: nowhere, as the product does before it is told.</summary>
    public SimulatedSyslogOptions? Syslog { get; init; }

    /// <summary>Puts a real Postfix into every node; needs sockets. Default: none, mail is simulated.</summary>
    public SimulatedPostfixOptions? Postfix { get; init; }

    /// <summary>How many nodes must take mail at any time, for watcher W1. Default: all but one.</summary>
    public int? MailFloor { get; init; }

    /// <summary>The time something takes at the simulation's speed.</summary>
    internal TimeSpan Scaled(TimeSpan time) => time / Speed;
}
