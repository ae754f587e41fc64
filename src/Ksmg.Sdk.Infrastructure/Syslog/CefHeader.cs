using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>The header of an event: <c>CEF:0|AO Kaspersky Lab|Kaspersky Secure Mail Gateway|2.1.0.7854|…</c>.</summary>
internal static class CefHeader
{
    private const string Vendor = "AO Kaspersky Lab";
    private const string Product = "Kaspersky Secure Mail Gateway";

    /// <summary>The build that wrote a syslog message; <see langword="null"/>: it is no event of the product, or does not tell.</summary>
    public static BuildNumber? BuildOf(ReadOnlySpan<byte> message)
    {
        int start = message.IndexOf("CEF:"u8);
        if (start < 0)
        {
            return null;
        }

        Span<Range> fields = stackalloc Range[4];
        ReadOnlySpan<byte> header = message[(start + 4)..];
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

    private static string Text(ReadOnlySpan<byte> field) =>
        Encoding.Latin1.GetString(field).Replace("\\|", "|", StringComparison.Ordinal).Replace("\\\\", "\\", StringComparison.Ordinal);
}
