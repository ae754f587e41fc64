using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// S8: the update is installed. Started once; afterwards only looked at, until the node runs the new build, or it is proven that it
/// does not and nothing runs. Where uploading installs, the step is the upload: nothing is sent before all that an installation waits for
/// holds, and what may have reached the node whole is never sent again unless a human vouches for it.
/// </summary>
internal sealed class InstallStep : UpgradeStep
{
    /// <summary>When settings last reached the node before its installation.</summary>
    public const string SynchronizedAt = "synchronizedAt";

    private const string UpdateBefore = "update";

    /// <summary>How often a package that the node had, and has no more, is uploaded again.</summary>
    private const int MostLosses = 2;

    /// <summary>
    /// What the vendor's procedure and the run's invariants forbid right before the point of no return, in the order in which it is told.
    /// Nothing is asked here before the node has said everything that it can be asked: its update, queues and switches are known.
    /// </summary>
    public static IReadOnlyList<Hindrance> Hindrances { get; } =
    [
        new(Checks.InstallReceiving, c => c.Seen.Switches!.Receiving, c => Message.Of("hinder.receiving", c.NodeName)),
        new(Checks.InstallLoad, c => c.Seen.Load is { Mode: LoadMode.Ready }, c => Message.Of("hinder.load", c.NodeName)),
        new(Checks.InstallLoad, c => c.Seen.Load is null && c.Node.Load is not null, c => Message.Of("wait.balancer-silent", c.LoadProblem)),
        new(Checks.InstallQueue, c => c.Seen.Queues is { IsEmpty: false }, c => Message.Of("hinder.queue", c.NodeName, c.Seen.Queues!.Total)),
        new(Checks.InstallControl, c => c.Seen.Role == NodeRole.Control && c.Plan.Nodes.Count > 1, c => Message.Of("hinder.control", c.NodeName)),
        new(Checks.InstallSynchronized, c => c.Node.Promote && !IsSynchronized(c), c => Message.Of("hinder.synchronized", c.NodeName)),
        new(Checks.InstallRunning, c => c.Seen.IsInstalling != false, c => Message.Of("hinder.running", c.NodeName)),
        new(null, c => BuildMatch.IsNot(c.Seen.About, c.Package.From), c => Message.Of("hinder.build", c.NodeName, c.Seen.About!.Version, c.Package.From)),
        new(Checks.ServiceLost, c => IsFirst(c) && c.OthersOut().Count > 0, c => Message.Of("hinder.others", c.NodeName, string.Join(", ", c.OthersOut()))),
        new(Checks.NodeFit, c => IsFirst(c) && Unfit(c).Count > 0, c => NodeHealth.Text(c.NodeName, Unfit(c))),
    ];

    public override Facets Facets => Facets.Basic | Facets.Queues | Facets.Update | Facets.Uploads | Facets.User;

    public override StopKind OnFailure => StopKind.Park;

    public override Verdict Decide(StepContext c)
    {
        if (c.Package.IsPreliminary && IsPrepared(c))
        {
            return new Verdict.Done(Message.Of("done.install-preliminary", c.NodeName, c.Package.Name));
        }

        if (BuildMatch.Is(c.Seen, c.Package.To, c.Plan) && c.Seen.Update?.IsRunning != true)
        {
            return new Verdict.Done(Message.Of("done.install", c.NodeName, c.Seen.About!.Version), new Dictionary<string, string>(StringComparer.Ordinal)
            {
                ["build"] = c.Package.To.ToString(),
            });
        }

        if (c.Seen.ProblemKind == NodeProblemKind.Certificate)
        {
            return new Verdict.Stop(StopKind.Park, Message.Of("stop.certificate", c.NodeName, c.Seen.Problem));
        }

        if (c.IsInFlight)
        {
            return new Verdict.Wait(Message.Of("wait.install", c.NodeName), c.Deadline);
        }

        return c.State.IsUndecided && c.Enforces(Checks.InstallOnce) ? AfterStart(c) : BeforeStart(c);
    }

    public override Task ApplyAsync(EffectContext e, CancellationToken cancellationToken) => UploadStep.IsLeftOut(e.Plan, e.NodeName)
        ? e.Node.InstallByUploadAsync(e.Values[UploadStep.UploadId], e.Plan.Packages[e.Step.Package!.Value], e.Progress, cancellationToken)
        : e.Node.StartInstallAsync(e.Values[UploadStep.UploadId], cancellationToken);

    private static Verdict BeforeStart(StepContext c)
    {
        DateTimeOffset until = c.ReadySince + c.Policy.StepTimeout;
        bool queuesKnown = c.Seen.Queues is not null || c.Seen.Untold.HasFlag(Facets.Queues);
        if (!queuesKnown || c.Seen is not { IsInstalling: not null, Switches: not null, KnowsUploads: true })
        {
            return c.Now > until ? new Verdict.Stop(StopKind.PutBack, Message.Of("stop.silent", c.NodeName, c.Seen.Problem)) : c.WaitForAnswer(until);
        }

        if (Hindrance.First(Hindrances, c) is { } hindrance)
        {
            return c.Now > until ? new Verdict.Stop(StopKind.PutBack, hindrance.Text(c)) : new Verdict.Wait(hindrance.Text(c), until);
        }

        if (ReceiveOffStep.CameSince(c))
        {
            return new Verdict.Stop(StopKind.PutBack, Message.Of("stop.drain-does-not-hold", c.NodeName), Check: Checks.DrainHolds);
        }

        if (UploadStep.IsLeftOut(c.Plan, c.NodeName))
        {
            return Start(c, "apply.install-by-upload", UploadStep.NewId(c));
        }

        if (UploadStep.Find(c) is not { } upload)
        {
            // A node that does not keep what it was given, such as one that refuses a package afterwards, is not given it for ever.
            Message lost = Message.Of("seen.no-upload", c.NodeName, c.Package.Name);
            return c.State.Failures < MostLosses
                ? new Verdict.NotInEffect(lost, Redo(c))
                : new Verdict.Stop(StopKind.PutBack, Message.Of("stop.failed", StepId.Upload.InWords(), c.NodeName, c.State.Failures + 1, lost));
        }

        if (UploadStep.Unusable(upload, c) is { } unusable)
        {
            return unusable;
        }

        return Start(c, "apply.install", upload.Id);
    }

    private static Verdict.Apply Start(StepContext c, string reason, string upload) => StepContext.Apply(
        Message.Of(reason, c.Package.Name, c.NodeName),
        (UploadStep.UploadId, upload),
        (UpdateBefore, c.Seen.Update is { } update ? Describe(update) : null),
        (Marks.Prior + "build", c.Seen.Build?.ToString()),
        (Marks.Prior + "role", c.Seen.Role?.Value),
        (SynchronizedAt, c.Seen.Status?.SynchronizedAt?.ToString("O")));

    /// <summary>
    /// Only what the node says proves that an installation failed or never began: it answers, runs the old build, installs nothing, and
    /// either names the failure of this attempt or holds its upload no longer. That it was silent for a moment proves nothing.
    /// </summary>
    private Verdict AfterStart(StepContext c)
    {
        if (c.Seen.Update is { IsRunning: false } update)
        {
            bool told = IsOfOurs(update, c) && Describe(update) != c.State.Value(UpdateBefore);
            bool began = told || c.State.HasArrived || c.Seen.LastInstallingAt > c.State.IntentAt;
            bool named = (began || c.WasAccepted) && update.State is { } state && (state == UpdateState.Failed || state == UpdateState.Interrupted);
            if (named && update.State == UpdateState.Interrupted)
            {
                string unknown = string.Join(", ", update.UnknownObjects.Take(10));
                return new Verdict.Stop(StopKind.Park, Message.Of("stop.unknown-objects", c.NodeName, unknown), ProvenNoEffect: true);
            }

            bool settled = !c.MayStillArrive && c.Seen.SteadySince is { } since && c.Now - since >= c.Policy.StabilityInterval;
            bool oldBuild = BuildMatch.IsNot(c.Seen.About, c.Package.To) && !(c.Package.IsPreliminary && update.State != UpdateState.Failed);
            if (oldBuild && settled && Ended(c, update, began, named) is { } ended)
            {
                return ended;
            }
        }

        return c.PastDeadline
            ? new Verdict.Stop(StopKind.Park, Message.Of("stop.install-late", c.NodeName, c.Step.Timeout, LastSaid(c)))
            : new Verdict.Wait(Message.Of("wait.install-running", c.NodeName, LastSaid(c)), c.Deadline);
    }

    /// <summary>Where nobody can be asked for the update, the version it shows is all there is.</summary>
    private static string? LastSaid(StepContext c) => c.Seen switch
    {
        { Problem: { } problem } => problem,
        { Update: { } update } => string.Create(CultureInfo.InvariantCulture, $"{update.State} {update.ProgressPercent}%"),
        _ => c.Seen.About?.Version,
    };

    /// <summary>The node runs the old build and installs nothing.</summary>
    private Verdict? Ended(StepContext c, UpdateStatus update, bool began, bool named)
    {
        string build = c.Seen.Build?.ToString() ?? c.Seen.About!.Version;
        bool isOver = c.State.IsFenced || !c.Enforces(Checks.LateStart);
        if (named || isOver && (began || c.State.IsFenced && c.WasAccepted))
        {
            return new Verdict.Stop(StopKind.Park, Message.Of("stop.old-build", c.NodeName, build, update.Message ?? "-"), ProvenNoEffect: true);
        }

        if (c.WasAccepted && !began)
        {
            return null;
        }

        if (UploadStep.IsLeftOut(c.Plan, c.NodeName))
        {
            return Unfenced(c, isOver, build);
        }

        // The answer to the start was lost, and the node has neither begun nor finished anything since.
        Dictionary<string, string>? redo = UploadStep.Find(c) is null ? Redo(c) : null;
        return isOver ? new Verdict.NotInEffect(Message.Of("seen.not-started", c.NodeName, build), redo) : Fence(c);
    }

    /// <summary>The answer to an upload that installs was lost, and nothing can be deleted that would keep it from being installed later.</summary>
    private static Verdict? Unfenced(StepContext c, bool isOver, string build)
    {
        if (isOver)
        {
            return new Verdict.NotInEffect(Message.Of("seen.not-started", c.NodeName, build));
        }

        return c.PastDeadline
            ? new Verdict.Stop(
                StopKind.Park, Message.Of("stop.upload-unproven", c.NodeName, c.Step.Timeout, UpgradeOverrides.LateStart), Check: Checks.LateStart)
            : null;
    }

    /// <summary>Whether the node speaks of our upload; of one that was installed as it came it cannot know our id.</summary>
    private static bool IsOfOurs(UpdateStatus update, StepContext c) =>
        UploadStep.IsLeftOut(c.Plan, c.NodeName) || update.UploadId == c.State.Value(UploadStep.UploadId);

    /// <summary>What the node says of its last installation, to tell news from what it said before the start.</summary>
    private static string Describe(UpdateStatus update) => $"{update.State} {update.UploadId} {update.Message}";

    /// <summary>A preliminary package leaves the build as it is: the node's own word on our upload is all there is to see.</summary>
    private static bool IsPrepared(StepContext c) =>
        c.State.IsUndecided && c.Seen.Update is { } update && update.State == UpdateState.Completed && IsOfOurs(update, c)
        && Describe(update) != c.State.Value(UpdateBefore);

    /// <summary>Nothing is installed on the node yet: between two packages it is finished, whatever comes up.</summary>
    private static bool IsFirst(StepContext c) => c.Plan.StepsOf(c.NodeName).First(s => s.Id == StepId.Install).Key == c.Step.Key;

    /// <summary>The drain and the snapshot may have taken hours. That the next Control node is synchronized is asked above, and nobody can waive it.</summary>
    private static List<Ailment> Unfit(StepContext c) =>
        [.. Preflight.Unfit(c.Node, c.Plan, c.Run, c.Cluster, c.Enforces).Where(a => !(c.Node.Promote && a.Code == UpgradeConsents.NotSynchronized))];

    /// <summary>The node has all settings that the Control node had: only such a node may become Control.</summary>
    private static bool IsSynchronized(StepContext c)
    {
        DateTimeOffset? changed = c.Cluster.Controls.Select(n => n.Status?.SettingsChangedAt).Max();
        return c.Seen.Status?.SynchronizedAt is { } synchronized && (changed is null || synchronized >= changed);
    }

    private static Dictionary<string, string> Redo(StepContext c) =>
        new(StringComparer.Ordinal) { [Marks.Redo] = new StepKey(StepId.Upload, c.NodeName, c.Step.Package).ToString() };
}
