using System.Globalization;
using System.Security.Cryptography;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>Makes the plan of a fleet from its file and its package. No node is asked, and nothing is changed.</summary>
internal static class FleetPlanner
{
    /// <summary>Runs of the fleet have a longer id, which has its own limit.</summary>
    private const int MostNameCharacters = 40;

    private const int RandomCharacters = 6;

    /// <param name="file">The fleet.</param>
    /// <param name="package">The package; it is read as a whole.</param>
    /// <param name="time">The clock.</param>
    /// <param name="cancellationToken">Ends the reading.</param>
    /// <exception cref="PackageException">The package is damaged.</exception>
    public static async Task<FleetPlan> PlanAsync(FleetFile file, UpdatePackage package, TimeProvider time, CancellationToken cancellationToken = default)
    {
        if (package.Files.Any(f => f.Sha256 is null))
        {
            await package.VerifyAsync(null, cancellationToken).ConfigureAwait(false);
        }

        string path = Path.GetFullPath(package.Path);
        using FileStream whole = new(path, FileMode.Open, FileAccess.Read, FileShare.Read, bufferSize: 0, FileOptions.SequentialScan);
        DateTimeOffset now = time.GetUtcNow();
        FleetPlan plan = new()
        {
            FleetId = NewId(file.Name, now),
            Name = file.Name,
            CreatedAt = now,
            From = package.From,
            To = package.To,
            PackagePath = path,
            PackageSha256 = Convert.ToHexStringLower(await SHA256.HashDataAsync(whole, cancellationToken).ConfigureAwait(false)),
            Packages = PlannedPackage.Of(package),
            Waves = [.. file.Options.Waves.Select(w => new FleetWave(w.Name, w.Approve))],
            Clusters = [.. file.Clusters.Select(ToCluster)],
            Limits = file.Options.ToLimits(),
            Hash = string.Empty,
        };
        return plan with { Hash = FleetPlanJson.Hash(plan) };
    }

    private static FleetCluster ToCluster(FleetFileCluster cluster) => new()
    {
        Owner = cluster.Owner,
        Wave = cluster.Wave,
        Labels = cluster.Labels,
        Windows = cluster.Policy.Windows,
        NodeTime = cluster.Policy.NodeTime,
        LookAhead = cluster.Policy.LookAhead,
    };

    private static string NewId(string name, DateTimeOffset now)
    {
        string plain = string.Concat(name.Select(c => char.IsAsciiLetterOrDigit(c) ? c : '-').Take(MostNameCharacters));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"{plain}-{now.UtcDateTime:yyyyMMdd-HHmmss}-{RandomNumberGenerator.GetHexString(RandomCharacters, lowercase: true)}");
    }
}
