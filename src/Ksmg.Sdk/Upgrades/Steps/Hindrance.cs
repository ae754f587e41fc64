namespace Ksmg.Sdk.Upgrades;

/// <summary>Something that must not be so right before the effect of a step.</summary>
/// <param name="Check">The name under which it is asked; <see langword="null"/>: it always counts.</param>
/// <param name="Hinders">Whether it is so.</param>
/// <param name="Text">What people are told then.</param>
internal sealed record Hindrance(string? Check, Func<StepContext, bool> Hinders, Func<StepContext, Message> Text)
{
    /// <summary>The first of them that is so, in order.</summary>
    public static Hindrance? First(IReadOnlyList<Hindrance> all, StepContext c) =>
        all.FirstOrDefault(h => (h.Check is null || c.Enforces(h.Check)) && h.Hinders(c));
}
