using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Which build a node runs. Some About pages show only a short version: "2.1" is 2.1.0.7854, and also a prefix of 2.1.1.</summary>
internal static class BuildMatch
{
    /// <summary>The builds of the product that are publicly known.</summary>
    private static readonly BuildNumber[] Known = [new(2, 0, 1, 6960), new(2, 1, 0, 7854), new(2, 1, 1, 8310), new(3, 0, 0, 9059)];

    /// <summary>Whether a node runs a build: its page shows it, or what others saw since it shows this version proves it.</summary>
    public static bool Is(NodeObservation seen, BuildNumber wanted, UpgradePlan plan) =>
        Is(seen.About, wanted, plan) || seen.FreshEvidence?.Build == wanted && seen.About is not null && !IsNot(seen.About, wanted);

    public static bool Is(AboutInfo? about, BuildNumber wanted, UpgradePlan plan)
    {
        if (about is null)
        {
            return false;
        }

        if (about.Build is { } build)
        {
            return build == wanted;
        }

        return Fits(about.Version, wanted) && !KnownWith(plan.Packages).Any(b => b != wanted && Fits(about.Version, b));
    }

    /// <summary>Whether an About page proves that a build does not run: "2.0" cannot be 2.1.0.7854, while "2.1" may be 2.1.1.</summary>
    public static bool IsNot(AboutInfo? about, BuildNumber wanted)
    {
        if (about?.Build is { } build)
        {
            return build != wanted;
        }

        string[] shown = Parts(about?.Version);
        return shown.Length >= 2 && shown.Zip(Parts(wanted.ToString())).Any(p => p.First != p.Second);
    }

    /// <summary>
    /// The build that a node runs, or <see langword="null"/> when that cannot be told. An update is started on a node only because of the
    /// build it runs now: a short version counts for the start of a package only where no other known build begins with it.
    /// </summary>
    public static BuildNumber? Resolve(AboutInfo? about, BuildEvidence? evidence, IReadOnlyList<PlannedPackage> packages)
    {
        if (about is null || about.Build is not null)
        {
            return about?.Build;
        }

        if (evidence is not null && !IsNot(about, evidence.Build))
        {
            return evidence.Build;
        }

        List<BuildNumber> fitting = [.. KnownWith(packages).Where(b => Fits(about.Version, b))];
        bool starts = fitting.Exists(b => packages.Any(p => p.From == b));
        bool isAmbiguous = fitting.Count != 1 || starts && KnownWith(packages).Any(b => b != fitting[0] && !IsNot(about, b));
        return isAmbiguous ? null : fitting[0];
    }

    private static IEnumerable<BuildNumber> KnownWith(IReadOnlyList<PlannedPackage> packages) =>
        Known.Concat(packages.Select(p => p.From)).Concat(packages.Select(p => p.To)).Distinct();

    /// <summary>Part by part; a missing third or fourth part is a zero or not shown.</summary>
    private static bool Fits(string version, BuildNumber build)
    {
        string[] shown = Parts(version);
        return shown.Length is >= 2 and <= 4
            && shown.Zip(Parts(build.ToString())).All(p => p.First == p.Second)
            && (shown.Length > 2 || build.Patch == 0);
    }

    /// <summary>The parts of a version in digits; of anything else none.</summary>
    private static string[] Parts(string? version)
    {
        string[] parts = version?.Trim().Split('.') ?? [];
        return Array.TrueForAll(parts, part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _)) ? parts : [];
    }
}
