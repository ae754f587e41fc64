namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// An installation refers to an upload: once that is gone, a request that arrives late finds nothing to install. One try to bring this
/// about and to see it. That the node is installing the upload is the only refusal that proves anything: then the request has arrived.
/// Any other one (no right, a locked account, emergency mode, an operation the node does not have) proves nothing. Where the dialect says
/// that nothing can be deleted, an upload counts like any other call: it cannot arrive any more once its hard limit is over. So does one that
/// nobody was told the id of where the node cannot be asked for it; of one whose id is known the node's word on its deletion has to do there.
/// </summary>
internal static class UploadFence
{
    private const string Busy = "busy";

    /// <summary>Whether something is deleted, and not only outwaited.</summary>
    public static bool Deletes(StepContext c) => c.Seen.UploadWay is { Deletes: true } way && (way.Lists || UploadStep.IsKnown(c.Step, c.State));

    /// <summary>What is proven now, <see langword="null"/> for nothing, and the evidence or the obstacle.</summary>
    /// <param name="node">The node.</param>
    /// <param name="plan">The plan.</param>
    /// <param name="step">The upload or the installation.</param>
    /// <param name="state">Its last attempt.</param>
    /// <param name="isOutwaited">Whether the hard limit of a request is over for that of the intent.</param>
    /// <param name="cancellationToken">Ends the try.</param>
    public static async Task<(string? Proof, Message Text)> TryAsync(
        INodePort node, UpgradePlan plan, PlannedStep step, StepState state, bool isOutwaited, CancellationToken cancellationToken)
    {
        Words.UseEnglish();
        string upload = state.Value(UploadStep.UploadId)!;
        bool MayBe(UploadedUpdate held) => UploadStep.MayBeOf(held, plan, step, state);
        try
        {
            UploadWay way = await node.GetUploadWayAsync(cancellationToken).ConfigureAwait(false);
            bool isKnown = UploadStep.IsKnown(step, state);
            bool deleted = isKnown && await node.DeleteUploadAsync(upload, cancellationToken).ConfigureAwait(false);
            if (isKnown && !way.Lists)
            {
                for (int attempt = 2; step.Id == StepId.Upload && attempt <= PackageUploader.MaxAttempts; attempt++)
                {
                    deleted |= await node.DeleteUploadAsync(PackageUploader.IdOf(upload, attempt), cancellationToken).ConfigureAwait(false);
                }

                return (Marks.Gone, Message.Of(deleted ? "fence.deleted-unseen" : "fence.not-there", upload));
            }

            List<string> left = await ListAsync(node, upload, MayBe, cancellationToken).ConfigureAwait(false);
            foreach (string again in left)
            {
                deleted |= await node.DeleteUploadAsync(again, cancellationToken).ConfigureAwait(false);
            }

            left = left.Count == 0 ? left : await ListAsync(node, upload, MayBe, cancellationToken).ConfigureAwait(false);
            return left.Count > 0
                ? (null, Message.Of("fence.still-there", string.Join(", ", left)))
                : (Marks.Gone, Message.Of(deleted ? "fence.deleted" : "fence.not-there", upload));
        }
        catch (KsmgApiException e) when (e is { HadNoEffect: true, Code: Busy })
        {
            return (Marks.Arrived, Message.Of("fence.busy", upload));
        }
        catch (KsmgMissingOperationException) when (isOutwaited)
        {
            return (Marks.Outwaited, Message.Of("fence.outwaited", upload));
        }
        catch (KsmgException e)
        {
            return (null, Message.Said(e.Message));
        }
    }

    /// <summary>The upload, and those that its uploader began anew after a cut connection: they carry its id and a number.</summary>
    private static async Task<List<string>> ListAsync(
        INodePort node, string upload, Func<UploadedUpdate, bool> mayBe, CancellationToken cancellationToken)
    {
        IReadOnlyList<UploadedUpdate> held = await node.ListUploadsAsync(cancellationToken).ConfigureAwait(false);
        return [.. held.Where(u => u.Id == upload || u.Id.StartsWith(upload + "-", StringComparison.Ordinal) || mayBe(u)).Select(u => u.Id)];
    }
}
