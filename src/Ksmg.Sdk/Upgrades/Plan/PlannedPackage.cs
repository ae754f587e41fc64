namespace Ksmg.Sdk.Upgrades;

/// <summary>An update package of a plan.</summary>
/// <param name="Name">Its file name.</param>
/// <param name="From">The build it starts from.</param>
/// <param name="To">The build it leads to.</param>
/// <param name="SizeBytes">Its size in bytes.</param>
/// <param name="Sha256">SHA-256 of its content, hex.</param>
/// <param name="IsPreliminary">Whether another package of the same builds follows: this one only prepares, and the node keeps its build.</param>
public sealed record PlannedPackage(string Name, BuildNumber From, BuildNumber To, long SizeBytes, string Sha256, bool IsPreliminary = false)
{
    /// <summary>
    /// Its name in the ZIP with its folders, which alone may tell it from another of its file name; <see langword="null"/>: it is in no folder.
    /// </summary>
    public string? Entry { get; init; }

    /// <summary>The packages of a file that was read as a whole.</summary>
    internal static IReadOnlyList<PlannedPackage> Of(UpdatePackage package) =>
    [
        .. package.Files.Select(
            f => new PlannedPackage(f.Name, f.From, f.To, f.SizeBytes, f.Sha256!, f.IsPreliminary) { Entry = f.Entry == f.Name ? null : f.Entry }),
    ];

    /// <summary>What the operator knew when the plan was made stands in the plan: names, order and builds need no second telling.</summary>
    internal static UpdatePackageOptions Hints(IReadOnlyList<PlannedPackage> planned) => new()
    {
        Files = [.. planned.Select(p => p.Entry ?? p.Name)],
        From = planned[0].From,
        To = planned[^1].To,
    };
}
