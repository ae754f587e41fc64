using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// How appliances may take packages otherwise than under our ids, a switch each: of the simulated world and of the small one that is
/// explored. Their names stand in what is printed.
/// </summary>
internal static class UploadSwitches
{
    public const string OurIds = "uploads named by us";

    /// <summary>They tell no digest either: names, sizes and what was there before are all that there is to tell uploads apart.</summary>
    public const string NodeNamesUploads = "uploads named by the node";

    public const string UploadInstalls = "an upload that installs";

    public const string CannotDelete = "no call to delete uploads";

    /// <summary>Under our ids. Explored alone: whole runs of it go through the typed clients, whose answers tell the ids.</summary>
    public const string CannotList = "no call to list uploads";

    public static UploadWay Of(string uploads) => uploads switch
    {
        NodeNamesUploads => new UploadWay { NodeNames = true },
        UploadInstalls => new UploadWay { Installs = true },
        CannotDelete => new UploadWay { Deletes = false },
        CannotList => new UploadWay { Lists = false },
        _ => UploadWay.Observed,
    };

    /// <summary>A rig whose nodes take packages like this.</summary>
    /// <param name="uploads">One of the names.</param>
    /// <param name="nodes">How many nodes.</param>
    /// <param name="policy">The policy, to which the consent to uploads without a digest is added.</param>
    /// <param name="vouched">Told that a human had to vouch for it that a start does not arrive late, and did.</param>
    public static VirtualRig Rig(string uploads, int nodes, UpgradePolicy policy, Action? vouched = null)
    {
        VirtualRig? rig = null;
        return rig = new VirtualRig(
            nodes,
            policy with { Accept = [.. policy.Accept, UpgradeConsents.UploadWithoutHash] },
            new SimulatedClusterOptions
            {
                UploadNaming = uploads == NodeNamesUploads ? UploadNaming.Numbered : UploadNaming.BySender,
                TellsUploadDigest = uploads != NodeNamesUploads,
            },
            mailPerSecond: 0.2)
        {
            Uploads = Of(uploads),
            Human = (UpgradeEnd.NeedsHuman, Vouch),
        };

        void Vouch(string run)
        {
            vouched?.Invoke();
            rig!.Tell(run, r => r.OverrideAsync("somebody", UpgradeOverrides.LateStart, "Looked at the machine.", rig.Time.GetUtcNow().AddHours(12)));
        }
    }
}
