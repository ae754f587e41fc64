namespace Ksmg.Sdk.Tests.Conventions;

/// <summary>The files of the repository these tests were built from.</summary>
internal static class Repository
{
    private static readonly string[] NotOurs = ["bin", "obj", ".git", "artifacts", "TestResults", "runs", "simulation", "BenchmarkDotNet.Artifacts"];

    public static string Root { get; } = FindRoot();

    public static string PathOf(params string[] parts) => Path.Combine([Root, .. parts]);

    /// <summary>Files below a folder that are written by people, with their path relative to the root.</summary>
    public static IEnumerable<string> Files(string folder, string pattern) =>
        Directory.EnumerateFiles(PathOf(folder), pattern, SearchOption.AllDirectories)
            .Select(path => Path.GetRelativePath(Root, path).Replace('\\', '/'))
            .Where(path => !path.Split('/').Any(NotOurs.Contains))
            .Order(StringComparer.Ordinal);

    private static string FindRoot()
    {
        for (DirectoryInfo? folder = new(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
        {
            if (File.Exists(Path.Combine(folder.FullName, "Ksmg.Sdk.sln")))
            {
                return folder.FullName;
            }
        }

        throw new InvalidOperationException($"Ksmg.Sdk.sln stands in no folder above {AppContext.BaseDirectory}.");
    }
}
