namespace Ksmg.Sdk.Upgrades;

/// <summary>S12: hand-made changes are carried over where the new build ships the same base; everything else is a reported conflict.</summary>
internal sealed class RestoreConfigurationStep : UpgradeStep
{
    public override Facets Facets => Facets.RestorableConfiguration;

    public override StopKind OnFailure => StopKind.Park;

    public override bool TouchesNode => false;

    public override Verdict Decide(StepContext c)
    {
        DateTimeOffset until = c.ReadySince + c.Step.Timeout;
        if (c.IsInFlight)
        {
            return new Verdict.Wait(Words.Get("wait.restore", c.NodeName), c.State.Deadline);
        }

        if (c.Seen.RestorableConfiguration is not { } files)
        {
            return c.Now > until
                ? new Verdict.Stop(StopKind.Park, Words.Get("stop.restore", c.NodeName, c.Seen.PortProblem))
                : new Verdict.Wait(Words.Get("wait.restore-silent", c.NodeName, c.Seen.PortProblem), until);
        }

        List<RestorableFile> toWrite = [.. files.Where(f => f.Action == RestoreAction.Write)];
        if (toWrite.Count > 0)
        {
            return c.State.IsUndecided
                ? new Verdict.NotInEffect(Words.Get("seen.not-restored", toWrite.Count))
                : StepContext.Apply(Words.Get("apply.restore", c.NodeName, toWrite.Count), ("files", StepContext.Text(toWrite.Count)));
        }

        List<string> conflicts = [.. files.Where(f => f.Action == RestoreAction.Conflict).Select(f => f.Saved.Path)];
        return new Verdict.Done(
            conflicts.Count == 0
                ? Words.Get("done.restore", files.Count)
                : Words.Get("done.restore-conflicts", files.Count, conflicts.Count, string.Join(", ", conflicts.Take(10))),
            new Dictionary<string, string>(StringComparer.Ordinal) { ["conflicts"] = string.Join('\n', conflicts) });
    }

    public override async Task ApplyAsync(EffectContext e, CancellationToken cancellationToken)
    {
        foreach (RestorableFile file in e.Cluster[e.NodeName].RestorableConfiguration!.Where(f => f.Action == RestoreAction.Write))
        {
            ReadOnlyMemory<byte> content =
                await e.Journal.ReadFileAsync(e.Plan.RunId, ConfigurationManifest.ContentName(e.NodeName, file.Saved.Sha256.ToLowerInvariant()), cancellationToken).ConfigureAwait(false)
                ?? throw new UpgradeException(Words.Get("error.saved-file-missing", e.NodeName, file.Saved.Path)) { Node = e.NodeName, Step = e.Step.Id };
            await e.World.Ports.Configuration!.WriteAsync(e.NodeName, file.Saved, content, cancellationToken).ConfigureAwait(false);
        }
    }
}
