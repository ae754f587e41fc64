using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Test messages sent to each node's own SMTP address and looked for in a mailbox by IMAP.</summary>
public sealed class SmtpImapMailProbe : IMailProbe, ISelfTest, IDisposable
{
    private readonly TimeSpan? _cleanUpAfter;
    private readonly NodeSmtp _smtp;
    private readonly ImapMailbox _mailbox;

    /// <summary>Creates the adapter; nothing is asked yet.</summary>
    /// <param name="options">How to send and where to look.</param>
    /// <param name="cluster">The nodes; not disposed of here. Each is asked once for its host name, to know it in headers.</param>
    /// <param name="timeProvider">The clock of the time-outs; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    /// <exception cref="KsmgException">A node's SMTP address is none.</exception>
    public SmtpImapMailProbe(SmtpImapOptions options, KsmgCluster cluster, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        options.Checked("MailProbe");
        TimeProvider time = timeProvider ?? TimeProvider.System;
        (_cleanUpAfter, _smtp, _mailbox) = (options.CleanUpAfter, new NodeSmtp(options, cluster, time), new ImapMailbox(options, time));
    }

    /// <inheritdoc/>
    public string? MessageIdDomain => _smtp.MessageIdDomain;

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The node has no SMTP address. A node that refuses or does not answer is an answer.</exception>
    public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) => _smtp.AskAsync(node, cancellationToken);

    /// <inheritdoc/>
    /// <remarks>When the message was taken, old test messages are deleted: <see cref="SmtpImapOptions.CleanUpAfter"/>.</remarks>
    /// <exception cref="KsmgException">The node has no SMTP address; or the message was sent and no answer came, so that it may arrive or not.</exception>
    public async Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default)
    {
        ProbeAnswer answer = await _smtp.SendAsync(node, messageId, cancellationToken).ConfigureAwait(false);
        if (!answer.Accepted || _cleanUpAfter is not { } age)
        {
            return answer;
        }

        try
        {
            await _mailbox.CleanUpAsync(age, cancellationToken).ConfigureAwait(false);
            return answer;
        }
        catch (Exception e) when (e is KsmgException or OperationCanceledException)
        {
            // The message is on its way: that must not get lost over some old ones.
            return answer with { Text = Words.Get("probe.not-deleted", answer.Text, e.Message) };
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The mailbox cannot be looked into.</exception>
    public async Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default)
    {
        NodeSmtp.CheckMessageId(messageId);
        IReadOnlyList<(
            DateTimeOffset? ReceivedAt, MessageHeaders Headers)> copies = await _mailbox.FindAsync(messageId, cancellationToken).ConfigureAwait(false);
        return await _smtp.JudgeAsync(copies, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Ends the session with the mailbox.</summary>
    public void Dispose() => _mailbox.Dispose();

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        [.. await _smtp.TestAsync(nodes, cancellationToken).ConfigureAwait(false), await _mailbox.TestAsync(cancellationToken).ConfigureAwait(false)];
}
