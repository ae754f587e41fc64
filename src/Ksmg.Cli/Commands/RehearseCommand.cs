using System.CommandLine;
using System.CommandLine.Parsing;
using Ksmg.Cli.Rehearsing;
using Ksmg.Simulator;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg rehearse</c>: the plan on a simulated copy of the cluster, which is only looked at.</summary>
internal static class RehearseCommand
{
    /// <summary>So many queued messages are looked at for old ones.</summary>
    private const int MostMessages = 200;

    public static Command Create(CommonOptions common, CliConsole console)
    {
        UpgradeOptions options = new();
        RehearsalOptions defaults = new();
        Option<TimeSpan> install = Time("--install-time", "option.install-time", defaults.InstallTime);
        Option<TimeSpan> restart = Time("--restart-time", "option.restart-time", defaults.RestartTime);
        Option<TimeSpan> snapshot = Time("--snapshot-time", "option.snapshot-time", defaults.SnapshotTime);
        Option<long> rate = new("--upload-rate")
        {
            Description = Words.Get("option.upload-rate"),
            HelpName = "BYTES",
            DefaultValueFactory = _ => defaults.UploadBytesPerSecond,
            CustomParser = UpgradeOptions.ParseSize,
        };
        Option<int> times = new("--times") { Description = Words.Get("option.times"), DefaultValueFactory = _ => 20 };
        Option<int> seed = new("--seed") { Description = Words.Get("option.seed"), DefaultValueFactory = _ => 1 };
        times.Between(0, 1000);
        rate.Between(1, long.MaxValue);
        Command command = new("rehearse", Words.Get("command.rehearse"));
        options.AddTo(command);
        foreach (Option option in (Option[])[install, restart, snapshot, rate, times, seed])
        {
            command.Add(option);
        }

        command.SetAction(result => CliHost.UseAsync(result, common, console, async (host, output) =>
        {
            UpgradePlan plan = await options.PlanAsync(result, host, output, console).ConfigureAwait(false);
            UpgradeOptions.MustNotBeRefused(plan);
            if (plan.IsNothingToDo)
            {
                output.SayNothingToDo(plan);
                return ExitCodes.Done;
            }

            RehearsalOptions given = new()
            {
                InstallTime = result.GetValue(install),
                RestartTime = result.GetValue(restart),
                SnapshotTime = result.GetValue(snapshot),
                UploadBytesPerSecond = result.GetValue(rate),
                StuckMessages = await StuckAsync(host, plan, output, console.End).ConfigureAwait(false),
            };
            Action<Func<TimeSpan, string>> nowAndThen = output.NowAndThen();
            UpgradeRehearsal rehearsal = new(plan, given);
            Rehearsals rehearsals = Rehearsals.Run(
                rehearsal,
                result.GetValue(times),
                result.GetValue(seed),
                (done, all) => nowAndThen(_ => Words.Get("rehearse.progress", done, all)),
                console.End);
            new RehearsalOutput(plan, rehearsal, given, output).Write(rehearsals);
            return rehearsals.All.Any(Rehearsals.IsBroken) ? ExitCodes.Failed : ExitCodes.Of(rehearsals.Undisturbed.End);
        }, options.PolicyOptions(result)));
        return command;
    }

    /// <summary>Messages that have waited for longer than a drain may take: they will not have left at its end either.</summary>
    private static async Task<IReadOnlyDictionary<string, int>> StuckAsync(CliHost host, UpgradePlan plan, Output output, CancellationToken cancellationToken)
    {
        IReadOnlyList<NodeAnswer<object>> answers = await host.AskEachAsync<object>(
            async (node, end) =>
            {
                int stuck = 0;
                await foreach (QueuedMessage message in node.Queue.ListMessagesAsync(cancellationToken: end).Take(MostMessages).ConfigureAwait(false))
                {
                    stuck += plan.CreatedAt - message.ReceivedAt > plan.Policy.DrainTimeout ? 1 : 0;
                }

                return stuck;
            },
            cancellationToken).ConfigureAwait(false);
        foreach (NodeAnswer<object> silent in answers.Where(a => a.Value is null))
        {
            output.Complain(Words.Get("rehearse.untold", silent.Node.Name, silent.Verdict));
        }

        return answers.ToDictionary(a => a.Node.Name, a => (int)(a.Value ?? 0), StringComparer.Ordinal);
    }

    private static Option<TimeSpan> Time(string name, string words, TimeSpan otherwise) => new(name)
    {
        Description = Words.Get(words),
        HelpName = "TIME",
        DefaultValueFactory = _ => otherwise,
        CustomParser = argument =>
        {
            string text = argument.Tokens.Count == 1 ? argument.Tokens[0].Value : string.Empty;
            if (Duration.TryParse(text, out TimeSpan time) && time > TimeSpan.Zero)
            {
                return time;
            }

            argument.AddError(Words.Get("usage.duration", name, text));
            return default;
        },
    };
}
