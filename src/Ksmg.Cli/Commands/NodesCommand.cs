using System.CommandLine;
using System.Globalization;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg nodes</c>: what each node says of itself.</summary>
internal static class NodesCommand
{
    public static Command Create(CommonOptions common, CliConsole console)
    {
        Command command = new("nodes", Words.Get("command.nodes"));
        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            var answers = await host.AskEachAsync(AskAsync, console.End).ConfigureAwait(false);
            if (output.IsJson)
            {
                output.Json(answers.Select(ToJson));
            }
            else
            {
                output.Table(
                    ["node", "role", "build", "state", "synchronized", "databases", "receiving", "sending", "queued", "problems"],
                    [.. answers.Select(answer => ToRow(answer, output.Clock))]);
                output.SayZone();
            }

            return answers.Complain(host, output);
        }));
        return command;
    }

    private static async Task<Answer> AskAsync(KsmgNode node, CancellationToken cancellationToken)
    {
        Task<NodeStatus> status = node.Nodes.GetStatusAsync(cancellationToken);
        Task<AboutInfo> about = node.Updates.GetAboutAsync(cancellationToken);
        Task<MailFlowSwitches> switches = node.Queue.GetSwitchesAsync(cancellationToken: cancellationToken);
        Task<QueueSummary> queues = node.Queue.GetSummaryAsync(cancellationToken: cancellationToken);
        await Task.WhenAll(status, about, switches, queues).ConfigureAwait(false);
        return new Answer(
            await status.ConfigureAwait(false), await about.ConfigureAwait(false), await switches.ConfigureAwait(false), await queues.ConfigureAwait(false));
    }

    private static IReadOnlyList<string> ToRow(NodeAnswer<Answer> answer, ReaderClock clock) => answer.Value is { } value
        ?
        [
            answer.Node.Name,
            value.Status.Role.ToString(),
            value.About.Build?.ToString() ?? value.About.Version,
            value.Status.EmergencyMode ? Words.Get("table.emergency", value.Status.State) : value.Status.State.ToString(),
            value.Status.SynchronizedAt is { } at ? clock.Local(at) : "–",
            value.Status.Databases.ToString(),
            Words.Get(value.Switches.Receiving ? "table.on" : "table.off"),
            Words.Get(value.Switches.Sending ? "table.on" : "table.off"),
            value.Queues.Total.ToString(CultureInfo.InvariantCulture),
            string.Join("; ", value.Status.Problems.Select(problem => problem.Message)),
        ]
        : [answer.Node.Name, .. Enumerable.Repeat("–", 8), answer.Verdict];

    private static object ToJson(NodeAnswer<Answer> answer) => new
    {
        name = answer.Node.Name,
        address = answer.Node.Address.ToString(),
        role = answer.Value?.Status.Role.ToString(),
        build = answer.Value?.About.Build?.ToString() ?? answer.Value?.About.Version,
        state = answer.Value?.Status.State.ToString(),
        emergencyMode = answer.Value?.Status.EmergencyMode,
        synchronizedAt = answer.Value?.Status.SynchronizedAt,
        databases = answer.Value?.Status.Databases.ToString(),
        receiving = answer.Value?.Switches.Receiving,
        sending = answer.Value?.Switches.Sending,
        queues = answer.Value is { } value
            ? new { mta = value.Queues.Mta, kata = value.Queues.KataQuarantine, antispam = value.Queues.AntiSpamQuarantine }
            : null,
        problems = answer.Value?.Status.Problems.Select(problem => problem.Message),
        failure = answer.Failure,
    };

    private sealed record Answer(NodeStatus Status, AboutInfo About, MailFlowSwitches Switches, QueueSummary Queues);
}
