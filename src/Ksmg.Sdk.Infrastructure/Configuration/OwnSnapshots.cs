namespace Ksmg.Sdk.Infrastructure;

/// <summary>Which snapshots are ours: the others are never touched, whatever a caller asks for.</summary>
internal static class OwnSnapshots
{
    private const string Prefix = "ksmg-upgrade.";

    /// <summary>Whether a run may give this name.</summary>
    public static bool Include(string name) =>
        name.StartsWith(Prefix, StringComparison.Ordinal) && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '.' or '-' or '_');

    /// <summary>Refuses a name that no run gives.</summary>
    public static void Require(string node, string name)
    {
        if (!Include(name))
        {
            throw new KsmgException(
                Words.Get("snapshot.not-ours", Printable.OneLine(name), Prefix, node))
            { Node = node };
        }
    }
}
