namespace Ksmg.Sdk.Infrastructure;

/// <summary>A program that says whether a node may be begun.</summary>
public sealed class CommandGateOptions : IAdapterOptions
{
    /// <summary>What people, plans and the journal call the gate: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>; no two have the same. No default.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>The program: an absolute path, or a bare name that is looked up on the PATH. It is started without a shell. No default.</summary>
    public string Program { get; set; } = string.Empty;

    /// <summary>Arguments that come before the verb, such as the script of an interpreter. Default: none.</summary>
    public IList<string> Arguments { get; } = [];

    /// <summary>How long one answer may take; then the program is ended, with everything it started, and the gate is not green. Default: 10 seconds.</summary>
    [TimeBounds("1s", "40s")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a run waits for the gate at a node before it pauses and people have to look. Default: 1 hour.</summary>
    [TimeBounds("1min", "30d")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromHours(1);

    IEnumerable<string> IAdapterOptions.FindMistakes(KsmgOptions? cluster) =>
        [.. PortNaming.Mistakes(Name), .. CommandOptions.Mistakes(Program, Arguments)];
}
