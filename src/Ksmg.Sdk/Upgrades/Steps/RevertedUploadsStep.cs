namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// R4b: the snapshot brought back the uploads of its time, those that were deleted since included. Ours are deleted before the node goes
/// back to work: a start of one of them that is still on its way would install it there. Where nothing can be deleted such a start is outwaited;
/// where the node cannot be asked what it holds, every upload whose installation was ever started is deleted unseen.
/// </summary>
internal sealed class RevertedUploadsStep : UpgradeStep
{
    private const string Uploads = "uploads";

    public override Facets Facets => Facets.Basic | Facets.Uploads;

    public override StopKind OnFailure => StopKind.Human;

    public override Verdict Decide(StepContext c)
    {
        if (!c.Seen.KnowsUploads && !c.State.IsUndecided)
        {
            DateTimeOffset until = c.ReadySince + c.Step.Timeout;
            return c.Now > until ? new Verdict.Stop(StopKind.Human, Message.Of("stop.silent", c.NodeName, c.Seen.Problem)) : c.WaitForAnswer(until);
        }

        StepState[] starts = [.. c.Plan.StepsOf(StepId.Install).Where(s => s.Node == c.NodeName).Select(s => c.Run[s.Key])];
        if (c.Seen is { KnowsUploads: true, UploadWay: { Deletes: false } or { Lists: false, Installs: true } })
        {
            DateTimeOffset until = starts.Select(s => s.IntentAt).Append(c.Run.ResumedAt).Max() + c.RequestLimit;
            return c.Now < until
                ? new Verdict.Wait(Message.Of("wait.outwait", c.RequestLimit), until)
                : new Verdict.Done(Message.Of("done.uploads-stay", c.NodeName));
        }

        HashSet<string> started = [.. starts.Select(s => s.Value(UploadStep.UploadId)).OfType<string>()];
        IEnumerable<string> ofRun = (c.Seen.Uploads ?? []).Select(u => u.Id).Where(id => UploadStep.RunOf(id) == c.Plan.RunId || started.Contains(id));
        bool isAnswered = c.State.IsUndecided && c.WasAccepted;
        List<string> held = [.. c.Seen.UploadWay.Lists ? ofRun : started.Where(_ => !isAnswered)];
        return SetAndSee(
            c,
            c.Seen.KnowsUploads && held.Count == 0 ? Message.Of("done.delete-uploads", c.NodeName) : null,
            Message.Of("wait.delete-uploads", c.NodeName),
            () => StepContext.Apply(Message.Of("apply.delete-uploads", c.NodeName, string.Join(", ", held)), (Uploads, string.Join(' ', held))));
    }

    public override async Task ApplyAsync(EffectContext e, CancellationToken cancellationToken)
    {
        foreach (string upload in e.Values[Uploads].Split(' '))
        {
            await e.Node.DeleteUploadAsync(upload, cancellationToken).ConfigureAwait(false);
        }
    }
}
