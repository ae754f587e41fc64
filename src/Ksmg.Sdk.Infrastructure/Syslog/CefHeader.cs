using System.Text;
using System.Text.RegularExpressions;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>The header of an event: <c>CEF:0|AO Kaspersky Lab|Kaspersky Secure Mail Gateway|2.1.0.7854|…</c>.</summary>
internal static partial class CefHeader
{
    private const string Vendor = "AO Kaspersky Lab";
    private const string Product = "Kaspersky Secure Mail Gateway";

    /// <summary>The header and tag of a syslog message are shorter than that.</summary>
    private const int MaxBefore = 1024;

    /// <summary>The build that wrote a syslog message; <see langword="null"/>: it is no event of the product, or does not tell.</summary>
    public static BuildNumber? BuildOf(ReadOnlySpan<byte> message)
    {
        Match before = Before().Match(Encoding.Latin1.GetString(message[..Math.Min(message.Length, MaxBefore)]));
        if (!before.Success)
        {
            return null;
        }

        Span<Range> fields = stackalloc Range[4];
        ReadOnlySpan<byte> header = message[before.Length..];
        int field = 0;
        int from = 0;
        for (int i = 0; i < header.Length && field < fields.Length; i++)
        {
            if (header[i] == '\\')
            {
                // Whatever follows is no separator.
                i++;
            }
            else if (header[i] == '|')
            {
                fields[field++] = from..i;
                from = i + 1;
            }
        }

        return field == fields.Length && Text(header[fields[1]]) == Vendor && Text(header[fields[2]]) == Product
            && BuildNumber.TryParse(Text(header[fields[3]]), out BuildNumber build) ? build : null;
    }

    /// <summary>
    /// What may stand before an event: nothing, a priority, the header of RFC 3164 with or without the product's tag, that of RFC 5424 with
    /// the product as its program, or the one that files have, with an ISO date. Behind any other program's tag stands what a stranger chose,
    /// such as the sender of a message in a line of the mail server.
    /// </summary>
    [GeneratedRegex(
        """
        ^(<\d{1,3}>)?
        (
          1\ \S+\ \S+\ KSMG\ \S+\ \S+\ (-|(\[([^\]\\]|\\.)*\])+)\ (\u00EF\u00BB\u00BF)?
        | ([A-Z][a-z]{2,8}\ +\d{1,2}(\ \d\d:\d\d:\d\d)?|\d{4}-\d\d-\d\dT\S+)\ [^\s\[\]/]*[^\s\[\]/:]\ (KSMG(\[\d+\])?:\ ?)?
        )?
        CEF:
        """,
        RegexOptions.ExplicitCapture | RegexOptions.IgnorePatternWhitespace | RegexOptions.IgnoreCase | RegexOptions.CultureInvariant,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Before();

    private static string Text(ReadOnlySpan<byte> field) =>
        Encoding.Latin1.GetString(field).Replace("\\|", "|", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
}
