using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>Test messages sent to each node's own SMTP address and looked for in a Maildir on this machine.</summary>
public sealed class SmtpMaildirMailProbe : IMailProbe, ISelfTest
{
    private readonly NodeSmtp _smtp;
    private readonly Maildir _maildir;

    /// <summary>Creates the adapter; nothing is asked yet.</summary>
    /// <param name="options">How to send and where to look.</param>
    /// <param name="cluster">The nodes; not disposed of here. Each is asked once for its host name, to know it in headers.</param>
    /// <param name="timeProvider">The clock of the time-outs; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    /// <exception cref="KsmgException">A node's SMTP address is none.</exception>
    public SmtpMaildirMailProbe(SmtpMaildirOptions options, KsmgCluster cluster, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(cluster);
        options.Checked("MailProbe");
        TimeProvider time = timeProvider ?? TimeProvider.System;
        (_smtp, _maildir) = (new NodeSmtp(options, cluster, time), new Maildir(options.Maildir, time));
    }

    /// <inheritdoc/>
    public string? MessageIdDomain => _smtp.MessageIdDomain;

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The node has no SMTP address. A node that refuses or does not answer is an answer.</exception>
    public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) => _smtp.AskAsync(node, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The node has no SMTP address; or the message was sent and no answer came, so that it may arrive or not.</exception>
    public Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default) =>
        _smtp.SendAsync(node, messageId, cancellationToken);

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The Maildir cannot be read.</exception>
    public async Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default)
    {
        NodeSmtp.CheckMessageId(messageId);
        return await _smtp.JudgeAsync(await _maildir.FindAsync(messageId, cancellationToken).ConfigureAwait(false), cancellationToken).ConfigureAwait(false);
    }

    /// <inheritdoc/>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) =>
        [.. await _smtp.TestAsync(nodes, cancellationToken).ConfigureAwait(false), await _maildir.TestAsync(cancellationToken).ConfigureAwait(false)];
}
