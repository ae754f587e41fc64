namespace Ksmg.Sdk.Infrastructure;

/// <summary>A web address that is called around the work of a run.</summary>
public sealed class HttpHookOptions : HttpPortOptions
{
    /// <summary>When it is called, one or several of <c>BeforeRun</c>, <c>BeforeNode</c>, <c>AfterNode</c>, <c>AfterRun</c>. No default.</summary>
    public IList<string> At { get; } = [];

    /// <summary>How long one call may take; then it has failed. Default: 5 minutes.</summary>
    [TimeBounds("1s", "6h")]
    public TimeSpan TimeLimit { get; set; } = TimeSpan.FromMinutes(5);

    private protected override IEnumerable<string> FindMistakes() => [.. HookNaming.Mistakes(Name, At), .. base.FindMistakes()];
}
