using System.CommandLine;
using System.Globalization;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg queue</c>: the queues and switches of each node.</summary>
internal static class QueueCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("queue", Words.Get("command.queue"));
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            var answers = await host.AskEachAsync(
                async (node, cancellationToken) =>
                {
                    QueueSummary queues = await node.Queue.GetSummaryAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                    MailFlowSwitches switches = await node.Queue.GetSwitchesAsync(cancellationToken: cancellationToken).ConfigureAwait(false);
                    return new Answer(queues, switches);
                },
                console.End).ConfigureAwait(false);
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

            return answers.Complain(output);
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

    private sealed record Answer(QueueSummary Queues, MailFlowSwitches Switches);
}
