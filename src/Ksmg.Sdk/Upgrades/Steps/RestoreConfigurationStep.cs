using System.Text;

namespace Ksmg.Sdk.Upgrades;

/// <summary>S12: hand-made changes are carried over where the new build ships the same base; everything else is a reported conflict.</summary>
internal sealed class RestoreConfigurationStep : UpgradeStep
{
    /// <summary>Letters after which no further file is described.</summary>
    private const int MostDifferences = 4 << 20;

    public override Facets Facets => Facets.RestorableConfiguration;

    public override StopKind OnFailure => StopKind.Park;

    public override Verdict Decide(StepContext c)
    {
        DateTimeOffset until = c.ReadySince + c.Step.Timeout;
        if (c.IsInFlight)
        {
            return new Verdict.Wait(Message.Of("wait.restore", c.NodeName), c.Deadline);
        }

        if (c.Seen.RestorableConfiguration is not { } files)
        {
            return c.Now > until
                ? new Verdict.Stop(StopKind.Park, Message.Of("stop.restore", c.NodeName, c.Seen.PortProblem))
                : new Verdict.Wait(Message.Of("wait.restore-silent", c.NodeName, c.Seen.PortProblem), until);
        }

        List<RestorableFile> toWrite = [.. files.Where(f => f.Action == RestoreAction.Write)];
        List<string> conflicts = [.. files.Where(f => f.Action == RestoreAction.Conflict).Select(f => f.Saved.Path)];
        if (toWrite.Count > 0 || (conflicts.Count > 0 && !c.Seen.ConflictsDescribed))
        {
            return c.State.IsUndecided
                ? new Verdict.NotInEffect(Message.Of("seen.not-restored", toWrite.Count))
                : StepContext.Apply(
                    Message.Sentences(
                        toWrite.Count > 0 ? Message.Of("apply.write-back", toWrite.Count, c.NodeName) : null,
                        conflicts.Count > 0 ? Message.Of("apply.describe", conflicts.Count, c.NodeName) : null),
                    ("files", StepContext.Text(toWrite.Count)));
        }

        Dictionary<string, string> values = new(StringComparer.Ordinal) { ["conflicts"] = string.Join('\n', conflicts) };
        if (conflicts.Count == 0)
        {
            return new Verdict.Done(Message.Of("done.restore", files.Count), values);
        }

        string first = string.Join(", ", conflicts.Take(10));
        return new Verdict.Done(
            Message.Of("done.restore-conflicts", files.Count, conflicts.Count, first, ConfigurationManifest.ConflictsName(c.NodeName)), values);
    }

    public override async Task ApplyAsync(EffectContext e, CancellationToken cancellationToken)
    {
        IReadOnlyList<RestorableFile> files = e.Cluster[e.NodeName].RestorableConfiguration!;
        foreach (RestorableFile file in files.Where(f => f.Action == RestoreAction.Write))
        {
            ReadOnlyMemory<byte> saved = await ConfigurationDifference.SavedAsync(e, file, cancellationToken).ConfigureAwait(false);
            await e.World.Ports.Configuration!.WriteAsync(e.NodeName, file.Saved, saved, cancellationToken).ConfigureAwait(false);
        }

        // Among the saved files and not in the journal: what stands in configuration files may be secret.
        if (files.Any(f => f.Action == RestoreAction.Conflict) && !e.Cluster[e.NodeName].ConflictsDescribed)
        {
            StringBuilder text = new();
            foreach (RestorableFile file in files.Where(f => f.Action == RestoreAction.Conflict).TakeWhile(_ => text.Length < MostDifferences))
            {
                text.Append(await ConfigurationDifference.DescribeAsync(e, file, cancellationToken).ConfigureAwait(false));
            }

            byte[] content = Encoding.Latin1.GetBytes(text.ToString());
            await e.Journal.SaveFileAsync(e.Lease, ConfigurationManifest.ConflictsName(e.NodeName), content, cancellationToken).ConfigureAwait(false);
        }
    }
}
