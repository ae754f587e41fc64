using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Messages as they are sent, and the addresses in them.</summary>
internal static class MailText
{
    /// <summary>Whether a text is an address that can stand in a command: <c>local@domain</c> in printable ASCII.</summary>
    public static bool IsAddress(string text) =>
        text.Length <= 254 && text.IndexOf('@', StringComparison.Ordinal) is > 0 and int at && at < text.Length - 1
        && text.All(c => c is > ' ' and < '\x7f' and not ('<' or '>' or ',' or ';' or '"' or '\\'));

    /// <summary>A message of plain text.</summary>
    /// <param name="messageId">With its angle brackets.</param>
    /// <param name="from">The sender's address.</param>
    /// <param name="to">The recipients' addresses.</param>
    /// <param name="subject">ASCII.</param>
    /// <param name="text">Anything.</param>
    /// <param name="date">When it is sent.</param>
    public static byte[] Compose(string messageId, string from, IReadOnlyList<string> to, string subject, string text, DateTimeOffset date)
    {
        // In base64 no line is too long, none begins with a dot, and every letter survives. Auto-Submitted keeps automatic replies away.
        string[] lines =
        [
            $"Message-ID: {messageId}",
            $"Date: {date.UtcDateTime.ToString("ddd, dd MMM yyyy HH:mm:ss '+0000'", CultureInfo.InvariantCulture)}",
            $"From: <{from}>",
            $"To: {string.Join(",\r\n ", to.Select(address => $"<{address}>"))}",
            $"Subject: {subject}",
            "Auto-Submitted: auto-generated",
            "MIME-Version: 1.0",
            "Content-Type: text/plain; charset=utf-8",
            "Content-Transfer-Encoding: base64",
            string.Empty,
            Convert.ToBase64String(Encoding.UTF8.GetBytes(text), Base64FormattingOptions.InsertLineBreaks),
            string.Empty,
        ];
        return Encoding.ASCII.GetBytes(string.Join("\r\n", lines));
    }
}
