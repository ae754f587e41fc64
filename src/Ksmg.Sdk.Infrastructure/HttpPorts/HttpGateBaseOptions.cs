namespace Ksmg.Sdk.Infrastructure;

/// <summary>A web address that is asked before a node is begun.</summary>
public abstract class HttpGateBaseOptions : HttpPortOptions
{
    /// <summary>How long one answer may take; then the gate is not green. Default: 10 seconds.</summary>
    [TimeBounds("1s", "40s")]
    public TimeSpan Timeout { get; set; } = TimeSpan.FromSeconds(10);

    /// <summary>How long a run waits for the gate at a node before it pauses and people have to look. Default: 1 hour.</summary>
    [TimeBounds("1min", "30d")]
    public TimeSpan Patience { get; set; } = TimeSpan.FromHours(1);

    private protected override IEnumerable<string> FindMistakes() => [.. PortNaming.Mistakes(Name), .. base.FindMistakes()];
}
