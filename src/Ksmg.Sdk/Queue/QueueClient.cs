using System.Runtime.CompilerServices;

namespace Ksmg.Sdk;

/// <summary>The <em>Message queue</em> section of one node, on that node's own session.</summary>
/// <remarks>
/// There is no "delete all": it irrevocably destroys mail. Every <c>node</c> is a configured name, an in-cluster address
/// (<c>IP:port</c>), or <see langword="null"/> for the asked node itself; another node is asked about on the Control node.
/// </remarks>
public class QueueClient
{
    private const int PageSize = 500;

    private readonly NodeConnection _connection = null!;
    private readonly NodeDirectory _directory = null!;

    /// <summary>For test doubles.</summary>
    protected QueueClient()
    {
    }

    internal QueueClient(NodeConnection connection, NodeDirectory directory)
    {
        _connection = connection;
        _directory = directory;
    }

    /// <summary>How many messages wait, per queue.</summary>
    /// <param name="node">The node; <see langword="null"/>: this node.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<QueueSummary> GetSummaryAsync(string? node = null, CancellationToken cancellationToken = default)
    {
        CallArguments arguments = await OfNodeAsync(node, cancellationToken).ConfigureAwait(false);
        return (
            await _connection.SendAsync(
                OperationNames.GetQueueSummary,
                QueueJson.Default.QueueSummaryDto,
                arguments,
                cancellationToken).ConfigureAwait(false)).ToModel();
    }

    /// <summary>Lists queued messages, fetched page by page while they are read.</summary>
    /// <param name="node">The node; <see langword="null"/>: this node.</param>
    /// <param name="filter">Which messages; all when absent.</param>
    /// <param name="cancellationToken">Ends the listing.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked, refuses, or its pages do not advance.</exception>
    public virtual async IAsyncEnumerable<QueuedMessage> ListMessagesAsync(
        string? node = null, QueueFilter? filter = null, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        string address = await ResolveAsync(node, cancellationToken).ConfigureAwait(false);
        string? cursor = null;
        HashSet<string> seen = new(StringComparer.Ordinal);
        while (true)
        {
            CallArguments arguments = new()
            {
                { OperationArguments.Node, address },
                { "queue", filter?.Queue?.Value },
                { "sender", filter?.Sender },
                { "recipient", filter?.Recipient },
                { "receivedBefore", CallArguments.Text(filter?.ReceivedBefore) },
                { "cursor", cursor },
                { "limit", PageSize },
            };
            QueuePageDto page = await _connection.SendAsync(
                OperationNames.ListQueue, QueueJson.Default.QueuePageDto, arguments, cancellationToken).ConfigureAwait(false);
            foreach (QueuedMessageDto message in page.Messages)
            {
                yield return message.ToModel();
            }

            if (page.Next is not { Length: > 0 } next)
            {
                yield break;
            }

            // An empty page with a cursor, or a cursor that came before, could go on for ever.
            if (!seen.Add(next) || page.Messages.Count == 0)
            {
                throw _connection.Fault(OperationNames.ListQueue, Words.Get("call.pages-stand-still"));
            }

            cursor = next;
        }
    }

    /// <summary>Both switches of a node.</summary>
    /// <param name="node">The node; <see langword="null"/>: this node.</param>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task<MailFlowSwitches> GetSwitchesAsync(string? node = null, CancellationToken cancellationToken = default)
    {
        CallArguments arguments = await OfNodeAsync(node, cancellationToken).ConfigureAwait(false);
        MailFlowDto flow = await _connection.SendAsync(
            OperationNames.GetMailFlow, QueueJson.Default.MailFlowDto, arguments, cancellationToken).ConfigureAwait(false);
        return new MailFlowSwitches(flow.Receiving, flow.Sending);
    }

    /// <summary>Switches receiving of a node on or off.</summary>
    /// <param name="node">The node; <see langword="null"/>: this node.</param>
    /// <param name="enabled">Whether the node is to receive mail.</param>
    /// <param name="cancellationToken">Ends the call; whether the switch was turned is then unknown.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual Task SetReceivingAsync(string? node, bool enabled, CancellationToken cancellationToken = default) =>
        SetAsync(OperationNames.SetReceiving, node, enabled, cancellationToken);

    /// <summary>Switches sending of a node on or off. Off may stop receiving too: never used to drain.</summary>
    /// <param name="node">The node; <see langword="null"/>: this node.</param>
    /// <param name="enabled">Whether the node is to send mail.</param>
    /// <param name="cancellationToken">Ends the call; whether the switch was turned is then unknown.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual Task SetSendingAsync(string? node, bool enabled, CancellationToken cancellationToken = default) =>
        SetAsync(OperationNames.SetSending, node, enabled, cancellationToken);

    /// <summary>Asks for an immediate delivery attempt of a queue.</summary>
    /// <param name="queue">The queue. The KATA quarantine is delivered without its verdict; the Anti-Spam quarantine is refused by the node.</param>
    /// <param name="node">The node; <see langword="null"/>: this node.</param>
    /// <param name="cancellationToken">Ends the call; whether delivery was attempted is then unknown.</param>
    /// <exception cref="KsmgApiException">The node cannot be asked or refuses.</exception>
    public virtual async Task FlushAsync(MessageQueueKind queue, string? node = null, CancellationToken cancellationToken = default)
    {
        CallArguments arguments = (await OfNodeAsync(node, cancellationToken).ConfigureAwait(false)).With("queue", queue.ToString());
        await _connection.CommandAsync(OperationNames.FlushQueue, arguments, cancellationToken).ConfigureAwait(false);
    }

    private async Task SetAsync(string operation, string? node, bool enabled, CancellationToken cancellationToken)
    {
        CallArguments arguments = (await OfNodeAsync(node, cancellationToken).ConfigureAwait(false)).With("enabled", enabled);
        await _connection.CommandAsync(operation, arguments, cancellationToken).ConfigureAwait(false);
    }

    private async ValueTask<CallArguments> OfNodeAsync(string? node, CancellationToken cancellationToken) =>
        _connection.OfNode(await ResolveAsync(node, cancellationToken).ConfigureAwait(false));

    private ValueTask<string> ResolveAsync(string? node, CancellationToken cancellationToken) => _directory.ResolveAsync(_connection, node, cancellationToken);
}
