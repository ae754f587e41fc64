namespace Ksmg.Simulator;

/// <summary>On whose behalf something is done, and in which session.</summary>
internal sealed record Caller(EffectCause Cause, string? Session = null)
{
    public static Caller Client { get; } = new(EffectCause.Client);

    public static Caller Human { get; } = new(EffectCause.Human);

    public static Caller Fault { get; } = new(EffectCause.Fault);

    public static Caller Appliance { get; } = new(EffectCause.Appliance);
}
