using System.CommandLine;
using System.Text.Json.Nodes;
using Ksmg.Cli.Runs;
using Ksmg.Simulator;

namespace Ksmg.Cli.Commands;

/// <summary><c>ksmg demo</c>: the whole job on a simulated cluster, with mail flowing all the time.</summary>
internal static class DemoCommand
{
    private const double Speed = 8;
    private const double FastSpeed = 50;
    private const int MailPerSecond = 20;
    private static readonly TimeSpan SettleInterval = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan SettleLimit = TimeSpan.FromSeconds(20);

    public static Command Create(CommonOptions common, CliConsole console)
    {
        Option<int> nodes = new("--nodes") { Description = Words.Get("option.nodes"), DefaultValueFactory = _ => 3 };
        Option<int> seed = new("--seed") { Description = Words.Get("option.seed"), DefaultValueFactory = _ => 1 };
        Option<long> size = new("--size")
        {
            Description = Words.Get("option.size"),
            HelpName = "64MiB",
            DefaultValueFactory = _ => 64L << 20,
            CustomParser = UpgradeOptions.ParseSize,
        };
        Option<bool> fast = new("--fast") { Description = Words.Get("option.fast") };
        Option<bool> chaos = new("--chaos") { Description = Words.Get("option.chaos") };
        nodes.Between(1, 20);
        Command command = new("demo", Words.Get("command.demo"));
        foreach (Option option in (Option[])[nodes, seed, size, fast, chaos])
        {
            command.Add(option);
        }

        PageOption page = new();
        page.AddTo(command);
        command.SetAction(async result =>
        {
            Output output = common.Output(result, console);
            DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-demo-");
            using CancellationTokenRegistration leaving = console.Now.Register(() => Discard(folder));
            try
            {
                return await RunAsync(
                    new SimulatedClusterOptions
                    {
                        Nodes = result.GetValue(nodes),
                        Seed = result.GetValue(seed),
                        PackageBytes = result.GetValue(size),
                        Speed = result.GetValue(fast) ? FastSpeed : Speed,
                    },
                    result.GetValue(fast),
                    result.GetValue(chaos),
                    page.PortOf(result),
                    folder.FullName,
                    output,
                    console).ConfigureAwait(false);
            }
            finally
            {
                Discard(folder);
            }
        });
        return command;
    }

    /// <summary>Nobody goes on with the run of a demo; the second Ctrl-C ends the process in the middle of it.</summary>
    private static void Discard(DirectoryInfo folder)
    {
        const int MostTries = 10;
        for (int tries = 0; tries < MostTries && Directory.Exists(folder.FullName); tries++)
        {
            try
            {
                folder.Delete(recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // The run still writes there, and less with each try: no reason to end otherwise.
            }
        }
    }

    private static async Task<int> RunAsync(
        SimulatedClusterOptions options, bool fast, bool chaos, int? port, string folder, Output output, CliConsole console)
    {
        output.SayWrapped(Words.Get("demo.cluster", options.Nodes, MailPerSecond));
        SimulatedCluster cluster = await SimulatedCluster.StartAsync(options, console.Time, console.End).ConfigureAwait(false);
        await using (cluster.ConfigureAwait(false))
        {
            await cluster.WriteFilesAsync(folder, console.End).ConfigureAwait(false);
            cluster.StartMail(MailPerSecond);
            Dictionary<string, string?> policy = Policy(options.Nodes, fast);
            CliHost host = await CliHost.CreateAsync(
                Path.Combine(folder, "cluster.json"), null, Path.Combine(folder, "runs"), console, policy).ConfigureAwait(false);
            await using (host.ConfigureAwait(false))
            {
                if (options.Nodes == 1)
                {
                    output.SayWrapped(Words.Get("demo.one-node"));
                }

                UpgradeReport report = await (chaos
                    ? ChaosAsync(options, cluster, host, folder, policy, output, console)
                    : UpgradeAsync(folder, host, port, output, console)).ConfigureAwait(false);
                cluster.StopMail();
                await SettleAsync(cluster, console).ConfigureAwait(false);
                return Conclude(report, cluster, output);
            }
        }
    }

    private static async Task<UpgradePlan> PlanAsync(string path, CliHost host, CliConsole console)
    {
        UpdatePackage package = await UpdatePackage.OpenAsync(path, cancellationToken: console.End).ConfigureAwait(false);
        await using (package.ConfigureAwait(false))
        {
            return await host.Orchestrator.PlanAsync(package, host.Policy, console.End).ConfigureAwait(false);
        }
    }

    private static async Task<UpgradeReport> ChaosAsync(
        SimulatedClusterOptions options, SimulatedCluster cluster, CliHost host, string folder, Dictionary<string, string?> policy,
        Output output, CliConsole console)
    {
        JsonObject document = [];
        foreach ((string name, string? value) in policy.Where(entry => !entry.Key.Contains(':', StringComparison.Ordinal)))
        {
            document[name] = value;
        }

        if (options.Nodes == 1)
        {
            document[nameof(UpgradePolicy.Accept)] = new JsonArray(UpgradeConsents.InterruptsMail);
        }

        await File.WriteAllTextAsync(Path.Combine(folder, "policy.json"), document.ToJsonString(), console.End).ConfigureAwait(false);
        output.Say(Words.Get("demo.chaos", options.Seed));
        return await new ChaosDemo(cluster, host, folder, options.Seed, output, console).UpgradeAsync().ConfigureAwait(false);
    }

    private static async Task<UpgradeReport> UpgradeAsync(string folder, CliHost host, int? port, Output output, CliConsole console)
    {
        UpgradePlan plan = await PlanAsync(Path.Combine(folder, "update.zip"), host, console).ConfigureAwait(false);
        output.SayText(plan.ToText());
        RunPage? page = await RunPage.OpenAsync(port, host, console).ConfigureAwait(false);
        UpgradeRun run = await host.Orchestrator.StartAsync(plan, console.End).ConfigureAwait(false);
        output.SayRun(run);
        RunDriver driver = new(host.Runs.Get, host.Simulator, output, console, repeat: null, (report, _) =>
        {
            output.SayWrapped(Words.Get("demo.approves", output.Clock.Say(report.Reason)));
            return Task.FromResult(true);
        });
        return await RunPage.BesideAsync(page, run, output, () => driver.DriveAsync(run)).ConfigureAwait(false);
    }

    /// <summary>Senders still repeat what was refused, and what was accepted last is on its way: waits until nothing moves any more.</summary>
    private static async Task SettleAsync(SimulatedCluster cluster, CliConsole console)
    {
        if (console.End.IsCancellationRequested)
        {
            return;
        }

        long started = console.Time.GetTimestamp();
        MailFigures before;
        MailFigures now = cluster.GetMail();
        do
        {
            await Task.Delay(SettleInterval, console.Time, console.End).ConfigureAwait(false);
            (before, now) = (now, cluster.GetMail());
        }
        while ((now.Queued > 0 || now.Accepted != before.Accepted) && console.Time.GetElapsedTime(started) < SettleLimit);
    }

    private static int Conclude(UpgradeReport report, SimulatedCluster cluster, Output output)
    {
        MailFigures mail = cluster.GetMail();
        // A run that was stopped or stands may leave a node out of work: it is not at its end.
        bool isOver = report.End is not (UpgradeEnd.Running or UpgradeEnd.Paused or UpgradeEnd.NeedsHuman);
        SimulatedViolation[] violations = [
            .. cluster.GetViolations(atEnd: isOver, completed: report.End == UpgradeEnd.Completed).Where(violation => violation.Cause == EffectCause.Client)];
        if (output.IsJson)
        {
            output.Json(new { report = JsonNode.Parse(report.ToJson()), mail, violations });
        }

        output.Say();
        output.SayText(report.ToText());
        output.Say();
        output.SayWrapped(Words.Get("demo.mail", SimulatorMail.Format(mail)));
        foreach (SimulatedViolation violation in violations)
        {
            output.Complain(Words.Get("demo.violation", violation.Watcher, violation.Node, violation.Text));
        }

        return violations.Length > 0 ? ExitCodes.Failed : ExitCodes.Of(report.End);
    }

    /// <summary>What goes before the policy the simulator writes: the consent of a cluster of one, and seconds instead of a minute.</summary>
    private static Dictionary<string, string?> Policy(int nodes, bool fast)
    {
        Dictionary<string, string?> policy = [];
        if (nodes == 1)
        {
            policy[$"{nameof(UpgradePolicy.Accept)}:0"] = UpgradeConsents.InterruptsMail;
        }

        if (fast)
        {
            policy[nameof(UpgradePolicy.Soak)] = "00:00:00.2";
            policy[nameof(UpgradePolicy.PollInterval)] = "00:00:00.05";
            policy[nameof(UpgradePolicy.SlowPollInterval)] = "00:00:00.1";
            policy[nameof(UpgradePolicy.StabilityInterval)] = "00:00:00.1";
        }

        return policy;
    }
}
