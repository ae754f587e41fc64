namespace Ksmg.Sdk.Dialects;

/// <summary>
/// A dialect as far as a browser's recording tells it. No cookie, token, password or address of a person goes into it: what merely might be
/// one is left out, and said.
/// </summary>
public sealed class DialectDraft
{
    internal DialectDraft()
    {
    }

    /// <summary>The operations in the order of the documented clicks.</summary>
    public required IReadOnlyList<DraftedOperation> Operations { get; init; }

    /// <summary>The dialect file. It is refused wherever a cluster is made as long as one of its entries says <c>unsure</c>.</summary>
    public required string Json { get; init; }

    /// <summary>How many entries of the recording were left out: other sites, pages, files.</summary>
    public required int LeftOut { get; init; }

    /// <summary>Reads a recording of HAR 1.2; up to 256 MiB of it.</summary>
    /// <param name="har">The recording. It stays open.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="FormatException">It is no HAR, of no appliance, or nothing in it is recognised; the message says which.</exception>
    public static async Task<DialectDraft> ReadAsync(Stream har, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(har);
        return new DialectDrafter(await HarReader.ReadAsync(har, cancellationToken).ConfigureAwait(false)).Draft();
    }
}
