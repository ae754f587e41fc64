namespace Ksmg.Cli.Runs;

/// <summary>
/// Drives a run in this process until it ends or needs somebody: shows it, asks at gates, turns Ctrl-C into a pause and SIGTERM into a
/// stop, and says in the end how to go on.
/// </summary>
/// <param name="recorded">A run by its id, as its journal and its driver tell it.</param>
/// <param name="simulator">The control URL of the simulator the cluster lives in, if it does.</param>
/// <param name="output">Where the run is shown.</param>
/// <param name="console">Signals and clock.</param>
/// <param name="repeat">The options a person has to repeat to reach the run again; <see langword="null"/> when nobody can.</param>
/// <param name="approve">Answers at a gate: whether to go on. A signal ends the question.</param>
/// <param name="page">The page beside the run, where people are waited for instead; <see langword="null"/>: there is none.</param>
internal sealed class RunDriver(
    Func<string, RecordedRun> recorded, Uri? simulator, Output output, CliConsole console, string? repeat, Func<UpgradeReport, Gate, Task<bool>> approve,
    RunPage? page = null)
{
    /// <summary>How long the view may take to give the terminal back, when the process is to end at once.</summary>
    private static readonly TimeSpan _farewell = TimeSpan.FromSeconds(1);

    private IRunView? _view;

    /// <summary>Whether nobody answered a question in time.</summary>
    private bool _expired;

    public static string Me { get; } = $"{Environment.UserName}@{Environment.MachineName}";

    /// <summary>Drives the run; returns the report it stands at when nobody drives it any more.</summary>
    /// <exception cref="CliException">Ctrl-C ended a question; how to go on is said.</exception>
    public async Task<UpgradeReport> DriveAsync(UpgradeRun run)
    {
        console.Drive();
        using CancellationTokenRegistration leaving = console.Now.Register(() => Leave(run.Id));
        UpgradePlan plan = await run.GetPlanAsync().ConfigureAwait(false);
        while (true)
        {
            (UpgradeReport report, Gate? gate) = await WatchAsync(run, plan).ConfigureAwait(false);
            if (page is not null && report.End is UpgradeEnd.Paused or UpgradeEnd.NeedsHuman && await IsWantedAsync(run, report, page).ConfigureAwait(false))
            {
                await run.ContinueAsync().ConfigureAwait(false);
                continue;
            }

            if (page is not null || gate is null || console.End.IsCancellationRequested || !await IsApprovedAsync(run, report, gate).ConfigureAwait(false))
            {
                if (_expired || (page is not null && report.End is UpgradeEnd.Paused && !console.End.IsCancellationRequested))
                {
                    report = await run.GetReportAsync().ConfigureAwait(false);
                }

                SayEnd(report, gate);
                return report;
            }

            try
            {
                await run.ApproveAsync(Me, plan.Hash).ConfigureAwait(false);
            }
            catch (CommandRefusedException e)
            {
                // Of two people this one has approved already.
                output.Say(e.Message);
                SayEnd(report, gate);
                return report;
            }

            await run.ContinueAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Whether somebody decided on the page, or elsewhere, or wants the run to be driven again.</summary>
    private async Task<bool> IsWantedAsync(UpgradeRun run, UpgradeReport report, RunPage open)
    {
        output.Say();
        output.Say(report.Reason);
        output.Say(Words.Get("page.waits"));
        return await open.WaitAsync(run).ConfigureAwait(false);
    }

    private async Task<bool> IsApprovedAsync(UpgradeRun run, UpgradeReport report, Gate gate)
    {
        using CancellationTokenSource answered = CancellationTokenSource.CreateLinkedTokenSource(console.End);
        try
        {
            Task<bool> answer = approve(report, gate);
            Task expired = answer.IsCompleted ? answer : ExpiresAsync(run, answered.Token);
            await Task.WhenAny(answer, expired).ConfigureAwait(false);
            _expired = !answer.IsCompleted && !answered.IsCancellationRequested;
            return !_expired && await answer.ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (console.Stop.IsCancellationRequested)
        {
            return false;
        }
        catch (OperationCanceledException)
        {
            SayEnd(report, gate);
            throw new CliException(ExitCodes.Interrupted, string.Empty);
        }
        finally
        {
            await answered.CancelAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Reminds people while the question stands; over when the approval has expired, and only then.</summary>
    private static async Task ExpiresAsync(UpgradeRun run, CancellationToken answered)
    {
        try
        {
            if (await run.WaitForDecisionAsync(answered).ConfigureAwait(false) is { Count: 0 })
            {
                return;
            }
        }
        catch (Exception e) when (e is OperationCanceledException or KsmgException)
        {
            // The question goes on by itself.
        }

        await answered.WhenCancelled().ConfigureAwait(false);
    }

    private async Task<(UpgradeReport Report, Gate? Gate)> WatchAsync(UpgradeRun run, UpgradePlan plan)
    {
        SimulatorMail? mail = simulator is not null ? new SimulatorMail(simulator) : null;
        IRunView view = _view = output.View(plan, recorded(run.Id), mail, since: console.Time.GetUtcNow());
        await using (view.ConfigureAwait(false))
        {
            Task<Gate?> watch = WatchEventsAsync(run, view);
            Task<UpgradeReport> wait = run.WaitAsync();
            await Task.WhenAny(wait, console.Pause.WhenCancelled(), console.Stop.WhenCancelled()).ConfigureAwait(false);
            if (!wait.IsCompleted && !console.Stop.IsCancellationRequested)
            {
                view.Notice(Words.Get("run.pausing"));
                await Task.WhenAny(PauseAsync(run, wait), console.Stop.WhenCancelled()).ConfigureAwait(false);
            }

            if (!wait.IsCompleted)
            {
                view.Notice(Words.Get("run.stopping"));
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

    /// <summary>Shows the events; tells the gate that the run stands at when they end.</summary>
    private static async Task<Gate?> WatchEventsAsync(UpgradeRun run, IRunView view)
    {
        Gate? gate = null;
        await foreach (UpgradeEvent upgradeEvent in run.WatchAsync().ConfigureAwait(false))
        {
            view.Show(upgradeEvent);
            gate = Gate.Of(upgradeEvent);
        }

        return gate;
    }

    /// <summary>The last words of a process that is about to end in the middle: the terminal as it was, and how to go on.</summary>
    private void Leave(string runId)
    {
        _view?.DisposeAsync().AsTask().Wait(_farewell);
        output.Say();
        output.Say(Words.Get("run.stopped"));
        if (repeat is not null)
        {
            SayHowToGoOn(runId);
        }
    }

    private void SayHowToGoOn(string runId)
    {
        output.Say(Words.Get("run.go-on"));
        output.SayCommand($"ksmg resume {runId}{repeat}");
    }

    private void SayEnd(UpgradeReport report, Gate? gate)
    {
        output.Say();
        output.SayWrapped($"{report.End}: {output.Clock.Say(report.Reason)}");
        if (repeat is null)
        {
            return;
        }

        if (gate is not null)
        {
            output.Say(Words.Get("run.approve"));
            output.SayCommand($"ksmg approve {report.RunId}{repeat}");
            output.SayCommand($"ksmg resume {report.RunId}{repeat}");
        }
        else if (report.End is UpgradeEnd.Paused or UpgradeEnd.Running or UpgradeEnd.NeedsHuman)
        {
            output.Say(Words.Get("run.explain"));
            output.SayCommand($"ksmg explain {report.RunId}{repeat}");
            output.Say(Words.Get(report.End == UpgradeEnd.NeedsHuman ? "run.go-on-with" : "run.go-on"));
            output.SayCommand($"ksmg resume {report.RunId}{repeat}");
        }
    }
}
