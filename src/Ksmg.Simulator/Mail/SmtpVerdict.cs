using System.Globalization;
using System.Runtime.InteropServices;

namespace Ksmg.Simulator;

/// <summary>One SMTP answer, or the word that there was none.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SmtpVerdict(int Code, string Text)
{
    /// <summary>The conversation ended after the message was under way and before its answer: it may have arrived or not.</summary>
    public static SmtpVerdict Cut { get; } = new(0, "no answer");

    /// <summary>The conversation never got as far as the message: it has not arrived.</summary>
    public static SmtpVerdict Unreachable { get; } = new(-1, "no connection");

    /// <summary>The message is now the receiver's business.</summary>
    public bool IsPositive => Code is >= 200 and < 300;

    public override string ToString() => Code > 0 ? string.Create(CultureInfo.InvariantCulture, $"{Code} {Text}") : Text;
}
