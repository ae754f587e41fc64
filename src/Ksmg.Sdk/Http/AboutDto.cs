using System.Globalization;

namespace Ksmg.Sdk;

/// <summary>Which version a node says that it runs: what a session goes by to choose the calls that the node knows.</summary>
internal sealed record AboutDto
{
    public required string Version { get; init; }

    public string? Build { get; init; }

    /// <summary>The full build, whichever field shows it.</summary>
    public BuildNumber? FullBuild =>
        BuildNumber.TryParse(Build, out BuildNumber build) || BuildNumber.TryParse(Version, out build) ? build : null;

    /// <summary>The full build, or the first one a short version can stand for: enough to choose a range of the catalogue.</summary>
    public BuildNumber? EarliestBuild
    {
        get
        {
            string padded = Version + string.Concat(Enumerable.Repeat(".0", Math.Max(0, 3 - Version.Count(c => c == '.'))));
            return FullBuild ?? (BuildNumber.TryParse(padded, CultureInfo.InvariantCulture, out BuildNumber build) ? build : null);
        }
    }
}
