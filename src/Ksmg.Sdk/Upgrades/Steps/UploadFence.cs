namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// An installation refers to an upload: once that is gone, a request that arrives late finds nothing to install. One try to bring this
/// about and to see it. That the node is installing the upload is the only refusal that proves anything: then the request has arrived.
/// Any other one (no right, a locked account, emergency mode, an operation the node does not have) proves nothing.
/// </summary>
internal static class UploadFence
{

    private const string Busy = "busy";

    /// <summary>What is proven now, <see langword="null"/> for nothing, and the evidence or the obstacle.</summary>
    public static async Task<(string? Proof, Message Text)> TryAsync(INodePort node, string upload, CancellationToken cancellationToken)
    {
        try
        {
            bool deleted = await node.DeleteUploadAsync(upload, cancellationToken).ConfigureAwait(false);
            List<string> left = await ListAsync(node, upload, cancellationToken).ConfigureAwait(false);
            foreach (string again in left)
            {
                deleted |= await node.DeleteUploadAsync(again, cancellationToken).ConfigureAwait(false);
            }

            left = left.Count == 0 ? left : await ListAsync(node, upload, cancellationToken).ConfigureAwait(false);
            return left.Count > 0
                ? (null, Message.Of("fence.still-there", string.Join(", ", left)))
                : (Marks.Gone, Message.Of(deleted ? "fence.deleted" : "fence.not-there", upload));
        }
        catch (KsmgApiException e) when (e is { HadNoEffect: true, Code: Busy })
        {
            return (Marks.Arrived, Message.Of("fence.busy", upload));
        }
        catch (KsmgException e)
        {
            return (null, Message.Said(e.Message));
        }
    }

    /// <summary>The upload, and those that its uploader began anew after a cut connection: they carry its id and a number.</summary>
    private static async Task<List<string>> ListAsync(INodePort node, string upload, CancellationToken cancellationToken)
    {
        IEnumerable<string> ids = (await node.ListUploadsAsync(cancellationToken).ConfigureAwait(false)).Select(u => u.Id);
        return [.. ids.Where(id => id == upload || id.StartsWith(upload + "-", StringComparison.Ordinal))];
    }
}
