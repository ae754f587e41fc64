namespace Ksmg.Sdk.Infrastructure;

/// <summary>A program that does the work of a port. What it has to understand is described in <c>docs/adapters.md</c>.</summary>
public sealed class CommandOptions
{
    /// <summary>The program: an absolute path, or a bare name that is looked up on the PATH. It is started without a shell. No default.</summary>
    public string Program { get; set; } = string.Empty;

    /// <summary>Arguments that come before the verb, such as the script of an interpreter. Default: none.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>
    /// How long one call may take; then the program is ended, with everything it started. Default: 30 seconds. Snapshots whose
    /// <c>create</c> returns only when the snapshot is there need more.
    /// </summary>
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(30);

    /// <summary>What may stand in the section.</summary>
    internal static SectionShape<CommandOptions> Shape { get; } = new SectionShape<CommandOptions>()
        .Kind("Command")
        .Text(nameof(Program), (o, value) => o.Program = value)
        .Texts(nameof(Arguments), o => o.Arguments)
        .Time(nameof(Timeout), (o, value) => o.Timeout = value);
}
