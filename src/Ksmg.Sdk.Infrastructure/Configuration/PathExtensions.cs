namespace Ksmg.Sdk.Infrastructure;

/// <summary>Paths in the options of a cluster's adapters.</summary>
internal static class PathExtensions
{
    /// <summary>A path that may be missing, as an absolute path: relative ones count from <see cref="KsmgOptions.BasePath"/>.</summary>
    public static string? PathOf(this KsmgOptions cluster, string? path) => string.IsNullOrEmpty(path) ? path : cluster.FullPath(path);
}
