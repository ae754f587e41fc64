namespace Ksmg.Sdk;

/// <summary>The <em>Message queue</em> section of one node, on that node's own session.</summary>
/// <remarks>There is no "delete all": it irrevocably destroys mail.</remarks>
public class QueueClient
{
    /// <summary>For test doubles.</summary>
    protected QueueClient()
    {
    }

    /// <summary>How many messages wait, per queue. <paramref name="node"/> is an in-cluster address; <see langword="null"/>: this node.</summary>
    public virtual Task<QueueSummary> GetSummaryAsync(string? node = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Lists queued messages page by page.</summary>
    public virtual IAsyncEnumerable<QueuedMessage> ListMessagesAsync(string? node = null, QueueFilter? filter = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Both switches of a node.</summary>
    public virtual Task<MailFlowSwitches> GetSwitchesAsync(string? node = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Switches receiving of a node on or off.</summary>
    public virtual Task SetReceivingAsync(string? node, bool enabled, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Switches sending of a node on or off. Off may stop receiving too: never used to drain.</summary>
    public virtual Task SetSendingAsync(string? node, bool enabled, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    /// <summary>Asks for an immediate delivery attempt of a queue.</summary>
    public virtual Task FlushAsync(MessageQueueKind queue, string? node = null, CancellationToken cancellationToken = default) => throw new NotSupportedException();
}
