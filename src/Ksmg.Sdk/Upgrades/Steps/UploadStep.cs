namespace Ksmg.Sdk.Upgrades;

/// <summary>S7: the node has the package, whole, by its own digest.</summary>
internal sealed class UploadStep : UpgradeStep
{
    public const string UploadId = "upload";

    public override Facets Facets => Facets.Uploads;

    public override StopKind OnFailure => StopKind.PutBack;

    /// <summary>The upload on the node that is our package, whole.</summary>
    public static UploadedUpdate? Find(NodeObservation seen, PlannedPackage package) => seen.Uploads?.FirstOrDefault(u =>
        u.IsComplete && u.SizeBytes == package.SizeBytes && string.Equals(u.Sha256, package.Sha256, StringComparison.OrdinalIgnoreCase));

    /// <summary>How the ids of all uploads of a run to a node begin; the numbers of package and attempt follow.</summary>
    public static string IdPrefix(UpgradePlan plan, string node) => $"{plan.RunId}-{node}-";

    /// <summary>The run that an upload id of ours names; <see langword="null"/> for another's.</summary>
    public static string? RunOf(string uploadId) =>
        uploadId.Split('-') is [{ Length: 8 } date, { Length: 6 } time, { Length: 4 } tail, _, ..] && date.Concat(time).All(char.IsAsciiDigit)
            ? $"{date}-{time}-{tail}"
            : null;

    /// <summary>Whether a request of the step may arrive at any later time, and only without its upload finds nothing to do.</summary>
    public static bool IsFenceable(PlannedStep step) => step.Id == StepId.Upload || step.Id == StepId.Install;

    public override Verdict Decide(StepContext c)
    {
        if (c.IsInFlight)
        {
            return new Verdict.Wait(Words.Get("wait.upload", c.Package.Name, c.NodeName), c.Deadline);
        }

        if (c.Seen.Uploads is null)
        {
            DateTimeOffset until = c.ReadySince + c.Step.Timeout;
            return c.Now > until ? new Verdict.Stop(StopKind.PutBack, Words.Get("stop.silent", c.NodeName, c.Seen.Problem)) : c.WaitForAnswer(until);
        }

        if (Find(c.Seen, c.Package) is { } upload)
        {
            return new Verdict.Done(
                Words.Get("done.upload", c.Package.Name, upload.SizeBytes),
                new Dictionary<string, string>(StringComparer.Ordinal) { [UploadId] = upload.Id });
        }

        return c.State.IsUndecided
            ? new Verdict.NotInEffect(Words.Get("seen.no-upload", c.NodeName, c.Package.Name))
            : StepContext.Apply(
                Words.Get("apply.upload", c.Package.Name, c.NodeName),
                (UploadId, $"{IdPrefix(c.Plan, c.NodeName)}{StepContext.Text(c.Step.Package!.Value)}-{StepContext.Text(c.State.Attempt + 1)}"),
                ("leftover", c.State.Value(UploadId)));
    }

    public override async Task ApplyAsync(EffectContext e, CancellationToken cancellationToken)
    {
        if (e.Values.TryGetValue("leftover", out string? leftover))
        {
            await e.Node.DeleteUploadAsync(leftover, cancellationToken).ConfigureAwait(false);
        }

        await e.Node.UploadAsync(e.Values[UploadId], e.Plan.Packages[e.Step.Package!.Value], e.Progress, cancellationToken).ConfigureAwait(false);
    }
}
