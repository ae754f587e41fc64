namespace Ksmg.Sdk.Upgrades;

/// <summary>The names of the checks that a human can waive in <see cref="UpgradePolicy.Accept"/>.</summary>
public static class UpgradeConsents
{
    /// <summary>A cluster of one node is interrupted while it is upgraded.</summary>
    public const string InterruptsMail = "interrupts-mail";

    /// <summary>There is no load balancer: the receive switch alone takes a node out of work.</summary>
    public const string NoLoadBalancer = "no-load-balancer";

    /// <summary>
    /// The load balancer does not check nodes that have to serve while another one is out: that they take sessions is all that is known.
    /// </summary>
    public const string UnknownHealth = "unknown-health";

    /// <summary>The load balancer's servers have addresses that are no node's: they are translated on the way.</summary>
    public const string BalancerAddress = "balancer-address";

    /// <summary>No snapshots are taken: there is no way back.</summary>
    public const string NoSnapshots = "no-snapshots";

    /// <summary>No snapshots of this one node are taken, which is no virtual machine: there is no way back for it.</summary>
    public static string NoSnapshotsOf(string node) => $"{NoSnapshots}:{node}";

    /// <summary>A neighbour fails its test of itself (<see cref="ISelfTest"/>), and whoever says so knows better.</summary>
    /// <param name="port">The section of its port, such as <c>LoadBalancer</c>.</param>
    public static string FailedSelfTestOf(string port) => $"self-test:{port}";

    /// <summary>Hand-edited configuration files are neither saved nor restored.</summary>
    public const string NoConfiguration = "no-configuration";

    /// <summary>No test message is sent through an upgraded node.</summary>
    public const string NoMailProbe = "no-mail-probe";

    /// <summary>A node that is out of work already is upgraded too, and put back as it was.</summary>
    public const string UpgradeOutOfService = "upgrade-out-of-service";

    /// <summary>
    /// More than two nodes, and the former Control node gives its role up as soon as the first one is upgraded
    /// (<see cref="UpgradePolicy.DemoteFormerControl"/>): the nodes still at the old build are then without a Control node of their build.
    /// </summary>
    public const string DemoteWhenPromoted = "demote-when-promoted";

    /// <summary>Traces of another run are there.</summary>
    public const string ForeignRun = "foreign-run";

    /// <summary>Databases are out of date.</summary>
    public const string OldDatabases = "old-databases";

    /// <summary>A commercial license has ended: mail is scanned, databases are not updated. There is no consent for a license that does not scan.</summary>
    public const string ExpiredLicense = "expired-license";

    /// <summary>A node, or the Control node about it, lists a problem or a state other than available.</summary>
    public const string NodeProblem = "node-problem";

    /// <summary>A node tells no SHA-256 of what it holds: an upload of this run counts by its name and size alone.</summary>
    public const string UploadWithoutHash = "upload-without-hash";

    /// <summary>
    /// The appliance tells nobody what its queues hold: a node gets <see cref="UpgradePolicy.DrainTimeout"/> to deliver, and is then updated
    /// with what is left.
    /// </summary>
    public const string QueueUnproven = "queue-unproven";

    /// <summary>
    /// The appliance tells nobody which uploads it holds: an upload counts as there, with the very bytes, because its answer came. A package whose
    /// answer was lost is sent again, and what came of the lost one may stay on the node.
    /// </summary>
    public const string UploadUnproven = "upload-unproven";

    /// <summary>
    /// Since its installation began, a node may show another certificate than the pinned one: the first one that it shows is trusted as well, for the
    /// rest of the run, and any further one is refused. Whoever stands between this machine and the node at that moment is trusted, too.
    /// </summary>
    public const string NewCertificate = "new-certificate";

    /// <summary>A Secondary node has not received the latest settings. It does not become Control for that.</summary>
    public const string NotSynchronized = "not-synchronized";
}
