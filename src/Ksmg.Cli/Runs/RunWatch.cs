namespace Ksmg.Cli.Runs;

/// <summary>Shows a run that another process drives, until it is not active any more. The run is left alone.</summary>
internal sealed class RunWatch(RecordedRun run, Func<CancellationToken, Task<string?>> findHolder, Output output, CliConsole console)
{
    private static readonly TimeSpan _holderInterval = TimeSpan.FromSeconds(2);

    /// <exception cref="OperationCanceledException">A signal ended the watching; the run goes on.</exception>
    public async Task ShowAsync()
    {
        UpgradePlan plan = await run.GetPlanAsync(console.End).ConfigureAwait(false);

        // What has happened before is told by the report; from the last record on nothing is left out.
        DateTimeOffset since = (await run.GetReportAsync(console.End).ConfigureAwait(false)).LastAt;
        IRunView view = output.View(plan, run, mail: null, since);
        await using (view.ConfigureAwait(false))
        {
            using CancellationTokenSource over = CancellationTokenSource.CreateLinkedTokenSource(console.End);
            Task holders = TellHoldersAsync(view, over.Token);
            try
            {
                await foreach (UpgradeEvent upgradeEvent in run.WatchAsync(cancellationToken: console.End).ConfigureAwait(false))
                {
                    view.Show(upgradeEvent);
                }
            }
            finally
            {
                await over.CancelAsync().ConfigureAwait(false);
                await holders.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
        }
    }

    /// <summary>A run whose driver has died stands still: whoever watches it has to know.</summary>
    private async Task TellHoldersAsync(IRunView view, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(_holderInterval, console.Time);
        string? told = null;
        do
        {
            string? holder = await findHolder(cancellationToken).ConfigureAwait(false);
            string text = holder is null ? Words.Get("run.driven-by-nobody") : Words.Get("run.driven-by", output.Clock.Say(holder));
            if (text != told)
            {
                view.Notice(told = text);
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }
}
