using MimeKit;
using MimeKit.Text;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Messages as they are sent, and the addresses in them.</summary>
internal static class MailText
{
    /// <summary>The Message-ID of a message that cannot exist: to look as a run looks.</summary>
    public const string ImpossibleId = "<ksmg-upgrade.self-test.no-such-message@ksmg-upgrade.invalid>";

    /// <summary>Whether a text is one plain address: <c>local@domain</c>, the local part in printable ASCII.</summary>
    public static bool IsAddress(string text) =>
        text.Length <= 254 && text.LastIndexOf('@') is > 0 and int at && at < text.Length - 1
        && text[..at].All(c => c is > ' ' and < '\x7f' and not ('<' or '>' or ',' or ';' or '"' or '\\' or '@'))
        && Uri.CheckHostName(text[(at + 1)..]) == UriHostNameType.Dns;

    /// <summary>An address that <see cref="IsAddress"/> lets through.</summary>
    public static MailboxAddress Mailbox(string address) => new(string.Empty, address);

    /// <summary>The domain of such an address, in the letters that a Message-ID may hold.</summary>
    public static string DomainOf(string address) => MailboxAddress.EncodeAddrspec(address)[(address.LastIndexOf('@') + 1)..];

    /// <summary>A message of plain text.</summary>
    /// <param name="messageId">With its angle brackets.</param>
    /// <param name="from">The sender's address.</param>
    /// <param name="to">The recipients' addresses.</param>
    /// <param name="subject">What it is about.</param>
    /// <param name="text">Anything.</param>
    /// <param name="date">When it is sent.</param>
    public static MimeMessage Compose(string messageId, string from, IReadOnlyList<string> to, string subject, string text, DateTimeOffset date)
    {
        MimeMessage message = new()
        {
            MessageId = messageId.Trim('<', '>'),
            Date = date.ToUniversalTime(),
            Subject = subject,

            // In base64 no line is too long, and every letter survives.
            Body = new TextPart(TextFormat.Plain) { Text = text, ContentTransferEncoding = ContentEncoding.Base64 },
        };
        message.From.Add(Mailbox(from));
        message.To.AddRange(to.Select(Mailbox));
        message.Headers.Add(HeaderId.AutoSubmitted, "auto-generated"); // keeps automatic replies away
        return message;
    }
}
