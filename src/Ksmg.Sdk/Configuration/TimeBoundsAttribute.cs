using System.ComponentModel.DataAnnotations;

namespace Ksmg.Sdk;

/// <summary>Between which times an option lies, both included, written as in the configuration: <c>[TimeBounds("1s", "10min")]</c>.</summary>
/// <param name="shortest">The shortest time.</param>
/// <param name="longest">The longest time.</param>
[AttributeUsage(AttributeTargets.Property)]
public sealed class TimeBoundsAttribute(string shortest, string longest) : ValidationAttribute
{
    /// <summary>The shortest time.</summary>
    public string Shortest => shortest;

    /// <summary>The longest time.</summary>
    public string Longest => longest;

    /// <inheritdoc/>
    protected override ValidationResult? IsValid(object? value, ValidationContext validationContext)
    {
        ArgumentNullException.ThrowIfNull(validationContext);
        (TimeSpan from, TimeSpan to) = (Read(shortest), Read(longest));
        return value is not TimeSpan time || (time >= from && time <= to)
            ? ValidationResult.Success
            : new ValidationResult(
                Words.Get("setting.time-not-between", validationContext.DisplayName, Duration.Write(time), Duration.Write(from), Duration.Write(to)));
    }

    private static TimeSpan Read(string text) =>
        Duration.TryParse(text, out TimeSpan time) ? time : throw new FormatException(Words.Get("setting.time-not-form", text, Duration.Form));
}
