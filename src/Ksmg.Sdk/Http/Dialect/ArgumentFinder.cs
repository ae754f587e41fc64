using System.Collections.Concurrent;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Ksmg.Sdk;

/// <summary>Makes a call on a session that there is.</summary>
internal delegate ValueTask<CallResult> AskNode(Call call, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken);

/// <summary>
/// Finds what an entry has places for and the caller of a client cannot know: the node's in-cluster address, the id that the appliance gives
/// it, and the other one of two switches that are set in one call. Asked for only where an entry needs it.
/// </summary>
internal sealed class ArgumentFinder(NodeConnection node, AskNode ask, KeptValues kept)
{
    /// <summary>By address the id that was last told, and the session that told it.</summary>
    private readonly ConcurrentDictionary<string, (JsonNode Id, ClientSession Session)> _ids = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What an entry asks with that only an earlier answer can have told.</summary>
    public static IEnumerable<string> KeptOf(string operation, OperationEntry entry) =>
        entry.Request.Placeholders.Where(name => !OperationArguments.Of(operation).Contains(name));

    /// <summary>The arguments of a call with all that its entry needs, or why they cannot be had; the call itself was then not sent.</summary>
    public async ValueTask<(CallArguments Arguments, CallResult? Failure)> CompleteAsync(
        Call call, OperationEntry entry, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken)
    {
        CallArguments arguments = call.Arguments;
        foreach (string name in KeptOf(call.Operation, entry))
        {
            if (call.Piece == 0 && entry.Written.Keep?.ContainsKey(name) == true)
            {
                // The answer to this very piece tells it; what another upload told is not meant.
                continue;
            }

            if (kept[name] is not { } value)
            {
                return (arguments, new CallResult
                {
                    Node = node.Name,
                    Operation = call.Operation,
                    Outcome = CallOutcome.NotKept,
                    Detail = Words.Get("dialect.not-kept", name),
                    HadNoEffect = true,
                });
            }

            arguments = arguments.With(name, value);
        }

        bool needsId = entry.Request.Uses(OperationArguments.NodeId);
        if ((needsId || entry.Request.Uses(OperationArguments.Node)) && arguments[OperationArguments.Node] is null)
        {
            if (node.ClusterAddress is null)
            {
                (NodeStatusDto? status, CallResult? failure) = await AskAsync(
                    OperationNames.GetNodeStatus, [], NodesJson.Default.NodeStatusDto).ConfigureAwait(false);
                if (status is null)
                {
                    return (arguments, failure);
                }

                node.ClusterAddress = status.Address;
            }

            arguments = arguments.IsEmpty ? node.OfNode(node.ClusterAddress!) : arguments.With(OperationArguments.Node, node.ClusterAddress);
        }

        if (needsId)
        {
            string address = CallArguments.Text(arguments[OperationArguments.Node]!);
            if (!_ids.TryGetValue(address, out (JsonNode Id, ClientSession Session) last) || last.Session != session)
            {
                (NodeListDto? list, CallResult? failure) = await AskAsync(
                    OperationNames.ListNodes, [], NodesJson.Default.NodeListDto).ConfigureAwait(false);
                if (list is null)
                {
                    return (arguments, failure);
                }

                // In emergency mode no id is told; that is not to be remembered.
                if (list.Nodes.Find(row => row.Address == address)?.Id is { ValueKind: JsonValueKind.String or JsonValueKind.Number } told)
                {
                    last = _ids[address] = (JsonNode.Parse(told.GetRawText())!, session);
                }
            }

            // A node without an id is known by its address.
            arguments = arguments.With(OperationArguments.NodeId, last.Id?.DeepClone() ?? JsonValue.Create(address));
        }

        string? set = call.Operation switch
        {
            OperationNames.SetReceiving => OperationArguments.Receiving,
            OperationNames.SetSending => OperationArguments.Sending,
            _ => null,
        };
        return set is null ? (arguments, null) : await WithSwitchesAsync(set).ConfigureAwait(false);

        // The one to be set, and the other one as it was just read.
        async ValueTask<(CallArguments Arguments, CallResult? Failure)> WithSwitchesAsync(string name)
        {
            string other = name == OperationArguments.Receiving ? OperationArguments.Sending : OperationArguments.Receiving;
            CallArguments both = arguments.With(name, arguments["enabled"]?.DeepClone());
            if (!entry.Request.Uses(other))
            {
                return (both, null);
            }

            CallArguments where = new() { { OperationArguments.Node, arguments[OperationArguments.Node]?.DeepClone() } };
            (MailFlowDto? flow, CallResult? failure) = await AskAsync(
                OperationNames.GetMailFlow, where, QueueJson.Default.MailFlowDto).ConfigureAwait(false);
            return flow is null ? (both, failure) : (both.With(other, name == OperationArguments.Receiving ? flow.Sending : flow.Receiving), null);
        }

        async ValueTask<(T? Answer, CallResult? Failure)> AskAsync<T>(string operation, CallArguments of, JsonTypeInfo<T> shape)
            where T : class
        {
            CallResult result = await ask(
                new Call { Operation = operation, Arguments = of, Shape = shape }, session, buffer, cancellationToken).ConfigureAwait(false);
            if (result.Outcome != CallOutcome.Answered)
            {
                return (null, result with { HadNoEffect = true });
            }

            try
            {
                return (JsonSerializer.Deserialize(result.Data.Span, shape), null);
            }
            catch (JsonException e)
            {
                string detail = Words.Get("call.other-shape", Words.OneLine(e.Message));
                return (null, result with { Outcome = CallOutcome.Unusable, Detail = detail, Cause = e, HadNoEffect = true });
            }
        }
    }
}
