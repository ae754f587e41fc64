using System.CommandLine;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg queue flush</c>: asks a node to deliver what waits in a queue. Deletes nothing.</summary>
internal static class QueueFlushCommand
{
    private static readonly Dictionary<string, (MessageQueueKind Kind, Func<QueueSummary, long> Count, string Question)> _queues = new(StringComparer.Ordinal)
    {
        ["mta"] = (MessageQueueKind.Mta, queues => queues.Mta, "queue.flush-mta"),
        ["kata"] = (MessageQueueKind.KataQuarantine, queues => queues.KataQuarantine, "queue.flush-kata"),
    };

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Argument<string> node = new("NODE") { Description = Words.Get("option.node") };
        Argument<string> queue = new("QUEUE") { Description = Words.Get("option.queue"), HelpName = string.Join('|', _queues.Keys) };
        queue.AcceptOnlyFromAmong([.. _queues.Keys]);
        Option<bool> yes = new("--yes", "-y") { Description = Words.Get("option.yes-flush") };
        Command command = new("flush", Words.Get("command.queue-flush")) { node, queue, yes };
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            KsmgNode asked = host.GetNode(result.GetRequiredValue(node));
            string name = result.GetRequiredValue(queue);
            (MessageQueueKind kind, Func<QueueSummary, long> count, string question) = _queues[name];
            long waiting = count(await asked.Queue.GetSummaryAsync(cancellationToken: console.End).ConfigureAwait(false));
            if (waiting > 0)
            {
                string messages = Words.Count("doctor.messages", waiting);
                await output.ConfirmAsync(result.GetValue(yes), Words.Get(question, asked.Name, messages)).ConfigureAwait(false);
                await asked.Queue.FlushAsync(kind, cancellationToken: console.End).ConfigureAwait(false);
            }

            if (output.IsJson)
            {
                output.Json(new { name = asked.Name, queue = name, waiting, flushed = waiting > 0 });
            }

            output.Say(Words.Get(waiting > 0 ? "queue.flushed" : "queue.empty", asked.Name));
            if (waiting > 0)
            {
                output.SayCommand($"ksmg queue {asked.Name} --messages{common.Repeat(result)}");
            }

            return ExitCodes.Done;
        }));
        return command;
    }
}
