using System.CommandLine;
using System.Globalization;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg queue</c>: the queues and switches of each node, and what is stuck in them.</summary>
internal static class QueueCommand
{
    private const int Most = 100;

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string?> node = new("NODE") { Description = Words.Get("option.node"), Arity = ArgumentArity.ZeroOrOne };
        Option<bool> messages = new("--messages") { Description = Words.Get("option.messages") };
        Option<int> most = new("--most") { Description = Words.Get("option.most"), DefaultValueFactory = _ => Most };
        most.Between(1, 10_000);
        Command command = new("queue", Words.Get("command.queue")) { node, messages, most, QueueFlushCommand.Create(common, console) };
        command.Validators.Add(result =>
        {
            if (result.GetValue(messages) && result.GetValue(node) is null)
            {
                result.AddError(Words.Get("usage.messages-of"));
            }
        });
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            if (result.GetValue(messages))
            {
                await ShowMessagesAsync(host.GetNode(result.GetRequiredValue(node)!), result.GetValue(most), output, console).ConfigureAwait(false);
                return ExitCodes.Done;
            }

            var answers = await host.AskEachAsync(
                async (node, cancellationToken) =>
                {
                    QueueSummary queues = await node.Queue.GetSummaryAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                    MailFlowSwitches switches = await node.Queue.GetSwitchesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                    return new Answer(queues, switches);
                },
                console.End,
                result.GetValue(node)).ConfigureAwait(false);
            if (output.IsJson)
            {
                output.Json(answers.Select(answer => new
                {
                    name = answer.Node.Name,
                    mta = answer.Value?.Queues.Mta,
                    kata = answer.Value?.Queues.KataQuarantine,
                    antispam = answer.Value?.Queues.AntiSpamQuarantine,
                    sessions = answer.Value?.Queues.SmtpSessions,
                    receiving = answer.Value?.Switches.Receiving,
                    sending = answer.Value?.Switches.Sending,
                    failure = answer.Failure,
                }));
            }
            else
            {
                output.Table(
                    ["node", "mta", "kata", "anti-spam", "sessions", "receiving", "sending"],
                    [.. answers.Select(ToRow)]);
            }

            return answers.Complain(host, output);
        }));
        return command;
    }

    private static IReadOnlyList<string> ToRow(NodeAnswer<Answer> answer) => answer.Value is { Queues: var queues, Switches: var switches }
        ?
        [
            answer.Node.Name,
            queues.Mta.ToString(CultureInfo.InvariantCulture),
            queues.KataQuarantine.ToString(CultureInfo.InvariantCulture),
            queues.AntiSpamQuarantine.ToString(CultureInfo.InvariantCulture),
            queues.SmtpSessions?.ToString(CultureInfo.InvariantCulture) ?? "–",
            Words.Get(switches.Receiving ? "table.on" : "table.off"),
            Words.Get(switches.Sending ? "table.on" : "table.off"),
        ]
        : [answer.Node.Name, .. Enumerable.Repeat("–", 6)];

    /// <summary>The messages as the node lists them, page by page, until there are enough.</summary>
    private static async Task ShowMessagesAsync(KsmgNode node, int most, Output output, CliConsole console)
    {
        List<QueuedMessage> shown = [];
        bool more = false;
        await foreach (QueuedMessage message in node.Queue.ListMessagesAsync(cancellationToken: console.End).ConfigureAwait(false))
        {
            if (more = shown.Count == most)
            {
                break;
            }

            shown.Add(message);
        }

        DateTimeOffset now = console.Time.GetUtcNow();
        if (output.IsJson)
        {
            output.Json(new
            {
                name = node.Name,
                messages = shown.Select(message => new
                {
                    id = message.Id,
                    queue = message.Queue.Value,
                    destination = Destination(message),
                    sender = message.Sender,
                    recipients = message.Recipients,
                    sizeBytes = message.SizeBytes,
                    receivedAt = message.ReceivedAt,
                    reason = message.Reason,
                }),
                more,
            });
            return;
        }

        if (shown.Count == 0)
        {
            output.Say(Words.Get("queue.empty", node.Name));
            return;
        }

        output.Table(
            ["queue", "destination", "age", "size", "id", "reason"],
            [
                .. shown.Select(message => (IReadOnlyList<string>)[
                    message.Queue.Value,
                    Destination(message),
                    message.ReceivedAt is { } at ? Units.Duration(now - at) : "–",
                    Units.Bytes(message.SizeBytes),
                    message.Id,
                    message.Reason ?? "–",
                ])]);
        if (more)
        {
            output.Say(Words.Get("queue.more", most));
        }
    }

    /// <summary>Where it is to go: the domains of its recipients.</summary>
    private static string Destination(QueuedMessage message) => string.Join(
        ", ", message.Recipients.Select(recipient => recipient[(recipient.LastIndexOf('@') + 1)..].ToLowerInvariant()).Distinct().DefaultIfEmpty("–"));

    private sealed record Answer(QueueSummary Queues, MailFlowSwitches Switches);
}
