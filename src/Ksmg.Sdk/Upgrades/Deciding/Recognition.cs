using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Whether the world is the one that the run was planned for and that its journal tells of. Pure; asked before every decision, and
/// before what a takeover does.
/// </summary>
internal static class Recognition
{
    /// <summary>What a human has to look at, if it is not.</summary>
    public static Decision? Check(DeciderInput i) =>
        (OtherNode(i) ?? OlderJournal(i)) is { } stop && i.Plan.Steps.Count > 0 ? new Decision([new StepDecision(i.Plan.Steps[0], stop)]) : null;

    private static Verdict.Stop? OtherNode(DeciderInput i)
    {
        List<Message> others =
        [
            .. i.Cluster.Nodes.Values
                .Where(n => n.ProblemKind == NodeProblemKind.Another)
                .Select(n => PlanFinding.About(n.Name, Message.Said(n.Problem))),
        ];
        return others.Count > 0 ? new Verdict.Stop(StopKind.Human, Message.Of("stop.other-node", others)) : null;
    }

    /// <summary>
    /// Every effect has an earlier intent. An upload or a snapshot that bears the run's own name and was never intended shows that the
    /// end of the journal is missing: a copy of it was brought back, and what the run has done since is not known.
    /// </summary>
    private static Verdict.Stop? OlderJournal(DeciderInput i)
    {
        List<string> unknown = [];
        foreach (PlannedNode node in i.Plan.Nodes)
        {
            AddUnknownUploads(unknown, i, node);
            AddUnknownSnapshots(unknown, i, node);
        }

        return unknown.Count > 0 && i.Enforces(Checks.OlderJournal)
            ? new Verdict.Stop(StopKind.Human, Message.Of("stop.older-journal", string.Join(", ", unknown)), Check: Checks.OlderJournal)
            : null;
    }

    private static void AddUnknownUploads(List<string> unknown, DeciderInput i, PlannedNode node)
    {
        if (i.Cluster[node.Name].Uploads is not { Count: > 0 } uploads)
        {
            return;
        }

        string prefix = UploadStep.IdPrefix(i.Plan, node.Name);
        StepId step = UploadStep.IsLeftOut(i.Plan, node.Name) ? StepId.Install : StepId.Upload;
        foreach (UploadedUpdate upload in uploads)
        {
            // The number of the package, that of the attempt, and what an upload that was begun anew adds.
            if (upload.Id.StartsWith(prefix, StringComparison.Ordinal)
                && upload.Id[prefix.Length..].Split('-') is [{ } package, { } attempt, ..]
                && int.TryParse(package, NumberStyles.None, CultureInfo.InvariantCulture, out int number)
                && int.TryParse(attempt, NumberStyles.None, CultureInfo.InvariantCulture, out int tried)
                && i.Run[new StepKey(step, node.Name, number)] is { } state
                && tried > state.Attempt && !state.IsSettled)
            {
                unknown.Add(upload.Id);
            }
        }
    }

    private static void AddUnknownSnapshots(List<string> unknown, DeciderInput i, PlannedNode node)
    {
        foreach (NodeSnapshot snapshot in i.Cluster[node.Name].Snapshots ?? [])
        {
            bool isUnknown = (snapshot.Name == SnapshotStep.Name(i.Plan, node, SnapshotStep.BeforeRun) && IsUnknown(StepId.SnapshotBefore))
                || (snapshot.Name == SnapshotStep.Name(i.Plan, node, SnapshotStep.Drained) && IsUnknown(StepId.SnapshotDrained));
            if (isUnknown)
            {
                unknown.Add(snapshot.Name);
            }
        }

        bool IsUnknown(StepId step) => i.Run[new StepKey(step, node.Name)] is { Attempt: 0, IsSettled: false };
    }
}
