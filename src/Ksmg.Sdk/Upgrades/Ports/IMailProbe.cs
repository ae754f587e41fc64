namespace Ksmg.Sdk.Upgrades;

/// <summary>Test messages: sent to one node's own address, looked for at the recipient.</summary>
public interface IMailProbe
{
    /// <summary>
    /// The domain of the Message-IDs that a run makes for these messages: the sender's own, since filters rate others.
    /// <see langword="null"/>: a domain that exists nowhere.
    /// </summary>
    string? MessageIdDomain => null;

    /// <summary>Whether the node takes mail for the probe address: asks up to RCPT, then RSET and QUIT. No message is sent.</summary>
    Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default);

    /// <summary>Sends a message with this Message-ID to the node's own address, past the load balancer.</summary>
    Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default);

    /// <summary>Every copy of the message that has arrived at the recipient.</summary>
    Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default);
}
