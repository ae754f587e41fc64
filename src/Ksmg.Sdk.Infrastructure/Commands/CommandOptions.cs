namespace Ksmg.Sdk.Infrastructure;

/// <summary>A program that does the work of a port. What it has to understand is described in <c>docs/adapters.md</c>.</summary>
public sealed class CommandOptions : IAdapterOptions
{
    /// <summary>The program: an absolute path, or a bare name that is looked up on the PATH. It is started without a shell. No default.</summary>
    public string Program { get; set; } = string.Empty;

    /// <summary>Arguments that come before the verb, such as the script of an interpreter. Default: none.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>
    /// How long one call may take; then the program is ended, with everything it started. Default: 30 seconds. Snapshots whose
    /// <c>create</c> returns only when the snapshot is there need more.
    /// </summary>
    [TimeBounds("1ms", "1h")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster) => Mistakes(Program, Arguments);

    /// <summary>What is wrong with a program and its arguments.</summary>
    internal static IEnumerable<string> Mistakes(string program, IEnumerable<string> arguments)
    {
        if (program.Length == 0)
        {
            yield return Words.Get("program.missing");
        }
        else if (!ProgramPath.IsPlain(program))
        {
            // Which folder it counts from would depend on where the command was typed.
            yield return Words.Get("program.relative", program);
        }

        if (arguments.Append(program).Any(text => text is null || text.Contains('\0', StringComparison.Ordinal)))
        {
            yield return Words.Get("program.impossible");
        }
    }
}
