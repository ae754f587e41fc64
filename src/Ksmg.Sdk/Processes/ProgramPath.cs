namespace Ksmg.Sdk;

/// <summary>Where a program lies: at its path, or by its name on the PATH.</summary>
internal static class ProgramPath
{
    private const UnixFileMode Executable = UnixFileMode.UserExecute | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;

    /// <summary>Whether a program is named by its absolute path, or by a bare name that can stand on the PATH.</summary>
    public static bool IsPlain(string program) => program.Length > 0 && (program.AsSpan().IndexOfAny('/', '\\') < 0 || Path.IsPathFullyQualified(program));

    /// <summary>
    /// The full path of a program, or <see langword="null"/>. A bare name is looked for in the folders of the PATH alone, in those that are
    /// named in full: what lies in the folder where a command happens to be started, or beside the runtime, is nobody's ssh.
    /// </summary>
    public static string? Find(string program) =>
        program.AsSpan().IndexOfAny(Path.DirectorySeparatorChar, Path.AltDirectorySeparatorChar) >= 0
            ? Path.GetFullPath(program)
            : (Environment.GetEnvironmentVariable("PATH") ?? string.Empty).Split(Path.PathSeparator)
                .Where(folder => Path.IsPathFullyQualified(folder))
                .SelectMany(folder => Names(program).Select(name => Path.Combine(folder, name)))
                .FirstOrDefault(IsExecutable);

    private static string[] Names(string program) => OperatingSystem.IsWindows() && !Path.HasExtension(program) ? [program + ".exe"] : [program];

    private static bool IsExecutable(string path)
    {
        try
        {
            return File.Exists(path) && (OperatingSystem.IsWindows() || (File.GetUnixFileMode(path) & Executable) != UnixFileMode.None);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return false;
        }
    }
}
