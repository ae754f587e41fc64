using System.Runtime.InteropServices;

namespace Ksmg.Simulator;

/// <summary>One SMTP answer; code 0 when there was none.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SmtpVerdict(int Code, string Text)
{
    /// <summary>The conversation ended before the answer: the message may have arrived or not.</summary>
    public static SmtpVerdict None { get; } = new(0, "no answer");

    /// <summary>2xx or 3xx.</summary>
    public bool IsPositive => Code is >= 200 and < 400;

    public override string ToString() => string.Create(System.Globalization.CultureInfo.InvariantCulture, $"{Code} {Text}");
}
