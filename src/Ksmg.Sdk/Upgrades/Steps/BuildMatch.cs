using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Whether an About page shows a build. Some pages show only a short version: "2.1" is 2.1.0.7854, and also a prefix of 2.1.1.</summary>
internal static class BuildMatch
{
    /// <summary>The builds of the product that are publicly known.</summary>
    private static readonly BuildNumber[] Known = [new(2, 0, 1, 6960), new(2, 1, 0, 7854), new(2, 1, 1, 8310), new(3, 0, 0, 9059)];

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

        return Fits(about.Version, wanted)
            && !Known.Concat(plan.Packages.Select(p => p.From)).Concat(plan.Packages.Select(p => p.To)).Any(b => b != wanted && Fits(about.Version, b));
    }

    /// <summary>Whether an About page proves that a build does not run: "2.0" cannot be 2.1.0.7854, while "2.1" may be 2.1.1.</summary>
    public static bool IsNot(AboutInfo? about, BuildNumber wanted)
    {
        if (about?.Build is { } build)
        {
            return build != wanted;
        }

        string[] shown = about?.Version.Trim().Split('.') ?? [];
        return shown.Length >= 2
            && shown.All(part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out _))
            && shown.Zip(wanted.ToString().Split('.')).Any(p => p.First != p.Second);
    }

    /// <summary>The one build of several that an About page shows, or <see langword="null"/> when it could be none or more than one.</summary>
    public static BuildNumber? Resolve(AboutInfo? about, IReadOnlyList<BuildNumber> builds)
    {
        List<BuildNumber> fitting = about is null ? [] : [.. builds.Distinct().Where(b => about.Build is { } build ? build == b : Fits(about.Version, b))];
        return fitting.Count == 1 ? fitting[0] : null;
    }

    /// <summary>Part by part; a missing third or fourth part is a zero or not shown.</summary>
    private static bool Fits(string version, BuildNumber build)
    {
        string[] shown = version.Trim().Split('.');
        string[] full = build.ToString().Split('.');
        return shown.Length is >= 2 and <= 4
            && shown.Zip(full).All(p => p.First == p.Second)
            && (shown.Length > 2 || build.Patch == 0);
    }
}
