namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// S7: the node has the package, whole, by its own digest; where it tells none and somebody agreed by name, by name and size, and only what
/// came with this run. A node may name uploads itself. Where it cannot be asked what it holds, the answer to the upload is all there is to go by,
/// and what was not answered is sent again: what is installed is what was answered, whatever else lies there.
/// </summary>
internal sealed class UploadStep : UpgradeStep
{
    public const string UploadId = Marks.Upload;

    public override Facets Facets => Facets.Uploads;

    public override StopKind OnFailure => StopKind.PutBack;

    /// <summary>The upload of the attempt before, to be deleted first.</summary>
    private const string Leftover = "leftover";

    /// <summary>Who names the upload, where it is the node.</summary>
    private const string NamedBy = "namedBy";

    /// <summary>
    /// The ids of uploads that were there before ours and could be taken for it, as nothing but name and size tells them apart; where the node is
    /// known to name uploads, of all that were there.
    /// </summary>
    private const string Before = "before";

    /// <summary>The upload on the node that is our package, whole: by its digest, else one without any that came with this run.</summary>
    public static UploadedUpdate? Find(StepContext c)
    {
        if (!c.Seen.UploadWay.Lists)
        {
            string? told = c.Other(StepId.Upload, c.Step.Package).ToldId;
            return told is null ? null : new UploadedUpdate { Id = told, FileName = c.Package.Name, SizeBytes = c.Package.SizeBytes, IsComplete = true };
        }

        List<UploadedUpdate> whole = [.. (c.Seen.Uploads ?? []).Where(u => u.IsComplete && u.SizeBytes == c.Package.SizeBytes)];
        return whole.Find(u => string.Equals(u.Sha256, c.Package.Sha256, StringComparison.OrdinalIgnoreCase))
            ?? whole.Find(u => u.Sha256 is null && IsOurs(u, c));
    }

    /// <summary>Why an upload must not be used; <see langword="null"/> where it may.</summary>
    public static Verdict.Stop? Unusable(UploadedUpdate upload, StepContext c)
    {
        if (!c.Seen.UploadWay.Lists)
        {
            if (!c.Accepts(UpgradeConsents.UploadUnproven))
            {
                return new Verdict.Stop(
                    StopKind.PutBack,
                    Message.Of("stop.upload-untold", c.NodeName, c.Package.Name, UpgradeConsents.UploadUnproven),
                    Check: UpgradeConsents.UploadUnproven);
            }
        }
        else if (upload.Sha256 is null && !c.Accepts(UpgradeConsents.UploadWithoutHash))
        {
            return new Verdict.Stop(
                StopKind.PutBack,
                Message.Of("stop.upload-without-hash", c.NodeName, c.Package.Name, upload.Id, UpgradeConsents.UploadWithoutHash),
                Check: UpgradeConsents.UploadWithoutHash);
        }

        // A start that was lost is harmless while its upload is gone. One that came since under the same id is what it would install.
        return c.Other(StepId.Install, c.Step.Package) is { IsFenced: true, IsOutwaited: false } started && started.Value(UploadId) == upload.Id
            && c.Enforces(Checks.LateStart)
            ? new Verdict.Stop(
                StopKind.Park, Message.Of("stop.upload-id-again", c.NodeName, upload.Id, UpgradeOverrides.LateStart), Check: Checks.LateStart)
            : null;
    }

    /// <summary>How the ids of all uploads of a run to a node begin; the numbers of package and attempt follow.</summary>
    public static string IdPrefix(UpgradePlan plan, string node) => $"{plan.RunId}-{node}-";

    /// <summary>The run that an upload id of ours names; <see langword="null"/> for another's.</summary>
    public static string? RunOf(string uploadId) =>
        uploadId.Split('-') is [{ Length: 8 } date, { Length: 6 } time, { Length: 4 } tail, _, ..] && date.Concat(time).All(char.IsAsciiDigit)
            ? $"{date}-{time}-{tail}"
            : null;

    /// <summary>Whether an upload is of the run, or could be where the node names uploads itself.</summary>
    public static bool IsOfRun(UploadedUpdate upload, UpgradePlan plan) =>
        RunOf(upload.Id) == plan.RunId || plan.Packages.Any(p => IsLike(upload, p));

    /// <summary>
    /// Whether an upload may be what the last attempt of a step brought, under a name that the node gave and nobody read: it came since the intent,
    /// and has the package's name. What cannot be accounted for is deleted before anybody looks.
    /// </summary>
    public static bool MayBeOf(UploadedUpdate upload, UpgradePlan plan, PlannedStep step, StepState state) =>
        step.Id == StepId.Upload && state.Value(NamedBy) is not null && upload.FileName == plan.Packages[step.Package!.Value].Name
        && state.Value(Before)?.Split(' ').Contains(upload.Id) != true;

    /// <summary>Whether the id in a step's intent means anything to the node: it does not where the node names uploads, and was never told ours.</summary>
    public static bool IsKnown(PlannedStep step, StepState state) => step.Id != StepId.Upload || state.Value(NamedBy) is null;

    /// <summary>Whether a request of the step may arrive at any later time, and only without its upload finds nothing to do.</summary>
    public static bool IsFenceable(UpgradePlan plan, PlannedStep step) =>
        step.Id == StepId.Upload || (step.Id == StepId.Install && !IsLeftOut(plan, step.Node!));

    /// <summary>Whether a node has no step for its uploads: its installation is the upload, and nothing can be deleted that would fence it.</summary>
    public static bool IsLeftOut(UpgradePlan plan, string node) => plan.StepsOf(node).All(s => s.Id != StepId.Upload);

    /// <summary>The id under which the next attempt of a step uploads.</summary>
    public static string NewId(StepContext c) =>
        $"{IdPrefix(c.Plan, c.NodeName)}{StepContext.Text(c.Step.Package!.Value)}-{StepContext.Text(c.State.Attempt + 1)}";

    public override Verdict Decide(StepContext c)
    {
        if (c.IsInFlight)
        {
            return new Verdict.Wait(Message.Of("wait.upload", c.Package.Name, c.NodeName), c.Deadline);
        }

        if (!c.Seen.KnowsUploads)
        {
            DateTimeOffset until = c.ReadySince + c.Step.Timeout;
            return c.Now > until ? new Verdict.Stop(StopKind.PutBack, Message.Of("stop.silent", c.NodeName, c.Seen.Problem)) : c.WaitForAnswer(until);
        }

        if (Find(c) is { } upload)
        {
            return Unusable(upload, c) is { } unusable ? unusable : new Verdict.Done(
                Message.Of("done.upload", c.Package.Name, upload.SizeBytes),
                new Dictionary<string, string>(StringComparer.Ordinal) { [UploadId] = upload.Id });
        }

        return c.State.IsUndecided
            ? new Verdict.NotInEffect(Message.Of(c.Seen.UploadWay.Lists ? "seen.no-upload" : "seen.upload-untold", c.NodeName, c.Package.Name))
            : Upload(c, c.Seen.Uploads ?? []);
    }

    public override async Task ApplyAsync(EffectContext e, CancellationToken cancellationToken)
    {
        if (e.Values.TryGetValue(Leftover, out string? leftover))
        {
            await e.Node.DeleteUploadAsync(leftover, cancellationToken).ConfigureAwait(false);
        }

        await e.Node.UploadAsync(e.Values[UploadId], e.Plan.Packages[e.Step.Package!.Value], e.Progress, cancellationToken).ConfigureAwait(false);
    }

    private static Verdict.Apply Upload(StepContext c, IEnumerable<UploadedUpdate> uploads)
    {
        bool named = c.Seen.UploadWay.NodeNames;
        string[] before = [.. uploads.Where(u => named || (u.Sha256 is null && IsLike(u, c.Package))).Select(u => u.Id)];
        return StepContext.Apply(
            Message.Of("apply.upload", c.Package.Name, c.NodeName),
            (UploadId, NewId(c)),
            (Leftover, named || !c.Seen.UploadWay.Deletes ? null : c.State.Value(UploadId)),
            (NamedBy, named ? "node" : null),
            (Before, before.Length > 0 ? string.Join(' ', before) : null));
    }

    /// <summary>The id is the one we asked for, or the node's own for a package of that name that was not there before.</summary>
    private static bool IsOurs(UploadedUpdate upload, StepContext c) =>
        upload.Id.StartsWith(IdPrefix(c.Plan, c.NodeName) + StepContext.Text(c.Step.Package!.Value) + "-", StringComparison.Ordinal)
        || IsLike(upload, c.Package) && c.Other(StepId.Upload, c.Step.Package) is { Attempt: > 0 } state
        && state.Value(Before)?.Split(' ').Contains(upload.Id) != true;

    private static bool IsLike(UploadedUpdate upload, PlannedPackage package) =>
        upload.FileName == package.Name && upload.SizeBytes == package.SizeBytes && RunOf(upload.Id) is null;
}
