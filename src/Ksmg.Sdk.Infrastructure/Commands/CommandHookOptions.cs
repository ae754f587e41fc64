namespace Ksmg.Sdk.Infrastructure;

/// <summary>A program that is called around the work of a run.</summary>
public sealed class CommandHookOptions : IAdapterOptions
{
    /// <summary>What people and the journal call the hook: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; no two have the same. No default.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>When it is called, one or several of <c>BeforeRun</c>, <c>BeforeNode</c>, <c>AfterNode</c>, <c>AfterRun</c>. No default.</summary>
    public IList<string> At { get; } = [];

    /// <summary>The program: an absolute path, or a bare name that is looked up on the PATH. It is started without a shell. No default.</summary>
    public string Program { get; set; } = string.Empty;

    /// <summary>Arguments that come before the verb, such as the script of an interpreter. Default: none.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>How long one call may take; then the program is ended, with everything it started, and has failed. Default: 5 minutes.</summary>
    [TimeBounds("1s", "6h")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromMinutes(5);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster) =>
        [.. HookNaming.Mistakes(Name, At), .. CommandOptions.Mistakes(Program, Arguments)];
}
