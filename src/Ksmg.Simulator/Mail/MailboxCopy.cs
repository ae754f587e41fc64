namespace Ksmg.Simulator;

/// <summary>One copy of a message that the sink has.</summary>
/// <param name="MessageId">The Message-ID without angle brackets.</param>
/// <param name="ReceivedAt">When it became visible in the mailbox.</param>
/// <param name="Headers">Its header fields, the last hop first.</param>
internal sealed record MailboxCopy(string MessageId, DateTimeOffset ReceivedAt, IReadOnlyList<MailHeader> Headers);
