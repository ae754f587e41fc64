namespace Ksmg.Cli.Runs;

/// <summary>
/// Drives a run in this process until it ends or needs somebody: shows it, asks at gates, turns Ctrl-C into a pause and SIGTERM into a
/// stop, and says in the end how to go on.
/// </summary>
/// <param name="orchestrator">Resumes the run after an approval.</param>
/// <param name="simulator">The control URL of the simulator the cluster lives in, if it does.</param>
/// <param name="output">Where the run is shown.</param>
/// <param name="console">Signals and clock.</param>
/// <param name="repeat">The options a person has to repeat to reach the run again; <see langword="null"/> when nobody can.</param>
/// <param name="approve">Answers at a gate: whether to go on.</param>
internal sealed class RunDriver(
    RollingUpgradeOrchestrator orchestrator, Uri? simulator, Output output, CliConsole console, string? repeat, Func<UpgradeReport, Task<bool>> approve)
{
    public static string Me { get; } = $"{Environment.UserName}@{Environment.MachineName}";

    /// <summary>Drives the run; returns the report it stands at when nobody drives it any more.</summary>
    public async Task<UpgradeReport> DriveAsync(UpgradeRun run)
    {
        UpgradePlan plan = await run.GetPlanAsync().ConfigureAwait(false);
        while (true)
        {
            (UpgradeReport report, bool atGate) = await WatchAsync(run, plan).ConfigureAwait(false);
            if (!atGate || console.Pause.IsCancellationRequested || console.Stop.IsCancellationRequested || !await approve(report).ConfigureAwait(false))
            {
                SayEnd(report, atGate);
                return report;
            }

            await run.ApproveAsync(Me, plan.Hash).ConfigureAwait(false);
            run = await orchestrator.ResumeAsync(run.Id).ConfigureAwait(false);
        }
    }

    private async Task<(UpgradeReport Report, bool AtGate)> WatchAsync(UpgradeRun run, UpgradePlan plan)
    {
        IRunView view = output.IsLive
            ? new LiveView(plan, run.Id, output.Ansi, simulator is not null ? new SimulatorMail(simulator) : null, console.Time)
            : new LineView(output, console.Time, since: console.Time.GetUtcNow());
        await using (view.ConfigureAwait(false))
        {
            Task<bool> watch = WatchEventsAsync(run, view);
            Task<UpgradeReport> wait = run.WaitAsync();
            await Task.WhenAny(wait, console.Pause.WhenCancelled(), console.Stop.WhenCancelled()).ConfigureAwait(false);
            if (!wait.IsCompleted && !console.Stop.IsCancellationRequested)
            {
                view.Notice("Pausing at the next safe point. Ctrl-C again stops at once; the journal makes that safe.");
                await Task.WhenAny(PauseAsync(run, wait), console.Stop.WhenCancelled()).ConfigureAwait(false);
            }

            if (!wait.IsCompleted)
            {
                view.Notice("Stopping: no new effect starts.");
                await run.StopAsync().ConfigureAwait(false);
            }

            return (await wait.ConfigureAwait(false), await watch.ConfigureAwait(false));
        }
    }

    private static async Task PauseAsync(UpgradeRun run, Task wait)
    {
        try
        {
            await run.PauseAsync(Me, "Ctrl-C").ConfigureAwait(false);
        }
        catch (CommandRefusedException)
        {
            // It has ended meanwhile.
        }

        await wait.ConfigureAwait(false);
    }

    /// <summary>Shows the events; tells whether the run stands at a gate when they end.</summary>
    private static async Task<bool> WatchEventsAsync(UpgradeRun run, IRunView view)
    {
        bool atGate = false;
        await foreach (UpgradeEvent upgradeEvent in run.WatchAsync().ConfigureAwait(false))
        {
            view.Show(upgradeEvent);
            atGate = upgradeEvent.Kind == UpgradeEventKind.Paused && upgradeEvent.Values.ContainsKey("gate");
        }

        return atGate;
    }

    private void SayEnd(UpgradeReport report, bool atGate)
    {
        output.Say();
        output.Say($"{report.End}: {report.Reason}");
        if (repeat is null)
        {
            return;
        }

        if (atGate)
        {
            output.Say("To approve and go on:");
            output.Say($"  ksmg approve {report.RunId}{repeat}");
            output.Say($"  ksmg resume {report.RunId}{repeat}");
        }
        else if (report.End is UpgradeEnd.Paused or UpgradeEnd.Running or UpgradeEnd.NeedsHuman)
        {
            output.Say(report.End == UpgradeEnd.NeedsHuman ? "Once that is dealt with, go on with:" : "To go on:");
            output.Say($"  ksmg resume {report.RunId}{repeat}");
            output.Say("Why, on what evidence, and what else is possible:");
            output.Say($"  ksmg explain {report.RunId}{repeat}");
        }
    }
}
