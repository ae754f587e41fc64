using Xunit.Sdk;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A test against real servers, which <c>eng/install-servers.sh</c> installs. Without them it is skipped on a developer's machine; where
/// the variable <c>CI</c> is set it runs and fails.
/// </summary>
[TraitDiscoverer(ServerTraits.TypeName, ServerTraits.AssemblyName)]
[AttributeUsage(AttributeTargets.Method)]
public sealed class ServerFactAttribute : FactAttribute, ITraitAttribute
{
    /// <summary>Debian puts the programs of PostgreSQL on nobody's path.</summary>
    private const string PostgresVersions = "/usr/lib/postgresql";

    /// <param name="programs">Programs that must be there, by name.</param>
    public ServerFactAttribute(params string[] programs) => Skip = Missing(programs);

    /// <summary>The path of a program, also where only root has it on its path; <see langword="null"/> when it is not installed.</summary>
    public static string? Find(string program) =>
        (Environment.GetEnvironmentVariable("PATH") + ":/usr/local/sbin:/usr/sbin:/sbin:/usr/lib/dovecot").Split(':')
            .Concat(Directory.Exists(PostgresVersions) ? Directory.GetDirectories(PostgresVersions).Order().Select(v => Path.Combine(v, "bin")) : [])
            .Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>Why a test that needs the programs is skipped; <see langword="null"/>: it runs.</summary>
    internal static string? Missing(string[] programs)
    {
        string[] missing = [.. programs.Where(program => Find(program) is null)];
        return missing.Length > 0 && Environment.GetEnvironmentVariable("CI") is null or ""
            ? $"needs {string.Join(", ", missing)}: run eng/install-servers.sh"
            : null;
    }
}
