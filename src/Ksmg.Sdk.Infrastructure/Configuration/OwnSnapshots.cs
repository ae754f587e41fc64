namespace Ksmg.Sdk.Infrastructure;

/// <summary>Which snapshots are ours: the others are never touched, whatever a caller asks for.</summary>
internal static class OwnSnapshots
{
    private const string Prefix = "ksmg-upgrade.";

    /// <summary>Refuses a name that no run gives.</summary>
    public static void Require(string node, string name)
    {
        if (!name.StartsWith(Prefix, StringComparison.Ordinal) || name.Any(c => !char.IsAsciiLetterOrDigit(c) && c is not ('.' or '-' or '_')))
        {
            throw new KsmgException(
                Words.Get("snapshot.not-ours", Printable.OneLine(name), Prefix, node))
            { Node = node };
        }
    }
}
