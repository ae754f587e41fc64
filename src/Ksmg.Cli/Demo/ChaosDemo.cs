using System.Diagnostics;
using Ksmg.Cli.Runs;
using Ksmg.Simulator;

namespace Ksmg.Cli.Commands;

/// <summary>
/// <c>ksmg demo --chaos</c>: the orchestrator is a process of its own that is killed again and again (SIGKILL, no warning) and resumed,
/// while appliances and load balancer misbehave. What goes wrong, and when, follows from the seed.
/// </summary>
internal sealed class ChaosDemo(SimulatedCluster cluster, CliHost host, string folder, int seed, Output output, CliConsole console)
{
    private const int MostTurns = 40;
    private const int LeastKills = 4;
    private const int MostKills = 7;
    private const int LeastLines = 5;
    private const int MostLines = 25;
    private const string Human = "demo";

    /// <summary>What a run gets over by itself; every one of them has its test.</summary>
    private static readonly SimulatedFault[] Faults =
    [
        new() { Fault = "drop-response", Operation = "set-receiving", After = "apply" },
        new() { Fault = "drop-response", Operation = "start-update", After = "apply" },
        new() { Fault = "drop-response", Operation = "assign-control", After = "apply" },
        new() { Fault = "cut-upload", Fraction = 0.5 },
        new() { Fault = "refuse", Operation = "get-node-status", Value = "503", Times = 3 },
        new() { Fault = "html-answer", Operation = "get-queue-summary" },
        new() { Fault = "sessions-expired" },
        new() { Fault = "balancer-reload" },
        new() { Fault = "ui-flapping", For = TimeSpan.FromSeconds(20) },
        new() { Fault = "half-version", For = TimeSpan.FromSeconds(10) },
        new() { Fault = "receives-after-update" },
        new() { Fault = "snapshot-unanswered" },
        new() { Fault = "probe-late", For = TimeSpan.FromSeconds(10) },
    ];

    private readonly Random random = new(seed);

    public async Task<UpgradeReport> UpgradeAsync()
    {
        Queue<SimulatedFault> faults = new(Faults.OrderBy(_ => random.Next()));
        int kills = random.Next(LeastKills, MostKills + 1);
        UpgradeRun? run = null;
        for (int turn = 0; turn < MostTurns; turn++)
        {
            Arm(faults);
            using Process process = Start(run is null ? ["upgrade", "--package", Path.Combine(folder, "update.zip"), "--yes"] : ["resume", run.Id]);
            int? exitCode = await FollowAsync(
                process, kills > 0 ? random.Next(LeastLines, MostLines) : int.MaxValue, id => run ??= host.Orchestrator.GetRun(id)).ConfigureAwait(false);
            if (run is null)
            {
                throw new CliException(ExitCodes.Failed, Words.Get("demo.ended-early"));
            }

            if (exitCode is null)
            {
                kills--;
                output.Say(Words.Get("demo.killed", process.Id));
                continue;
            }

            UpgradeReport report = await run.GetReportAsync(console.End).ConfigureAwait(false);
            if (exitCode is not (ExitCodes.Paused or ExitCodes.NeedsHuman) || report.End == UpgradeEnd.CompletedWithExceptions)
            {
                return report;
            }

            await DecideAsync(run, report).ConfigureAwait(false);
        }

        throw new CliException(ExitCodes.Failed, Words.Get("demo.not-over", MostTurns, seed));
    }

    private void Arm(Queue<SimulatedFault> faults)
    {
        for (int i = random.Next(1, 3); i > 0 && faults.TryDequeue(out SimulatedFault? fault); i--)
        {
            output.Say(Words.Get("demo.fault", fault.Fault, fault.Operation is { } operation ? Words.Get("demo.fault-at", operation) : string.Empty));
            cluster.Faults.Arm(fault);
        }
    }

    /// <summary>Shows what the process says; kills it after so many lines. Answers its exit code, or <see langword="null"/> when it was killed.</summary>
    private async Task<int?> FollowAsync(Process process, int lines, Action<string> started)
    {
        using CancellationTokenRegistration stopped = console.End.Register(process.Kill);
        process.ErrorDataReceived += (_, line) => output.Say(line.Data ?? string.Empty);
        process.BeginErrorReadLine();
        bool begun = false;
        int seen = 0;
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None).ConfigureAwait(false) is { } line)
        {
            output.Say(line);
            if (line.StartsWith("run ", StringComparison.Ordinal))
            {
                started(line["run ".Length..].Trim());
            }

            begun |= line.StartsWith("run ", StringComparison.Ordinal) || process.StartInfo.ArgumentList.Contains("resume");
            if (begun && ++seen == lines)
            {
                process.Kill();
                await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
                console.End.ThrowIfCancellationRequested();
                return null;
            }
        }

        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        console.End.ThrowIfCancellationRequested();
        return process.ExitCode;
    }

    /// <summary>What a human does meanwhile: approves at the gate, or puts right what the run names.</summary>
    private async Task DecideAsync(UpgradeRun run, UpgradeReport report)
    {
        UpgradeExplanation explanation = await run.ExplainAsync(console.End).ConfigureAwait(false);
        if (explanation.Options.Any(option => option.Kind == HumanOptionKind.Approve))
        {
            output.Say(Words.Get("demo.chaos-approves"));
            await run.ApproveAsync(Human, report.PlanHash, cancellationToken: console.End).ConfigureAwait(false);
            return;
        }

        output.Say(Words.Get("demo.puts-right"));
        cluster.Faults.Clear();
    }

    private Process Start(IReadOnlyList<string> arguments)
    {
        string program = Environment.ProcessPath
            ?? throw new CliException(ExitCodes.Failed, Words.Get("demo.no-program"));
        bool isHost = Path.GetFileNameWithoutExtension(program).Equals("dotnet", StringComparison.OrdinalIgnoreCase);
        string[] own = isHost ? ["exec", Path.Combine(AppContext.BaseDirectory, $"{typeof(ChaosDemo).Assembly.GetName().Name}.dll")] : [];
        ProcessStartInfo start = new(program)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        string[] files = ["-c", Path.Combine(folder, "cluster.json"), "--policy", Path.Combine(folder, "policy.json"), "--runs", Path.Combine(folder, "runs")];
        foreach (string argument in (string[])[.. own, .. arguments, .. files, "--plain"])
        {
            start.ArgumentList.Add(argument);
        }

        Process process = Process.Start(start) ?? throw new CliException(ExitCodes.Failed, Words.Get("demo.no-process"));
        process.StandardInput.Close();
        output.Say(Words.Get("demo.drives", process.Id));
        return process;
    }
}
