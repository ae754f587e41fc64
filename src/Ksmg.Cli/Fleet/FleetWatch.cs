using Ksmg.Sdk.Fleet;

namespace Ksmg.Cli.Fleet;

/// <summary>Shows a fleet, whoever drives it, until it has ended or only people can go on.</summary>
internal sealed class FleetWatch(FleetRun run, Output output, CliConsole console)
{
    private static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    /// <summary>Shows it until it stands or ended, or until somebody ends the showing.</summary>
    /// <param name="whenEnded">What is done when somebody ends it first, such as letting go; it is told what to say meanwhile.</param>
    /// <returns>How it stands.</returns>
    public async Task<FleetReport> ShowAsync(Func<Action<string>, Task> whenEnded)
    {
        using CancellationTokenSource over = new();
        IFleetView view = output.IsLive ? new FleetLiveView(output.Ansi, console.Time) : new FleetLineView(output, console.Time);
        using CancellationTokenRegistration leaving = console.Now.Register(() => view.DisposeAsync().AsTask().Wait(TimeSpan.FromSeconds(1)));
        await using (view.ConfigureAwait(false))
        {
            Task telling = TellAsync(view, over.Token);
            Task<FleetReport> wait = run.WaitAsync(over.Token);
            await Task.WhenAny(wait, console.End.WhenCancelled()).ConfigureAwait(false);
            if (!wait.IsCompleted)
            {
                await whenEnded(view.Notice).ConfigureAwait(false);
            }

            FleetReport report = wait.IsCompletedSuccessfully ? await wait.ConfigureAwait(false) : await run.GetReportAsync().ConfigureAwait(false);
            await over.CancelAsync().ConfigureAwait(false);
            await Task.WhenAll(telling, wait).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            if (wait.IsFaulted)
            {
                await wait.ConfigureAwait(false);
            }

            view.Show(report);
            return report;
        }
    }

    private async Task TellAsync(IFleetView view, CancellationToken cancellationToken)
    {
        using PeriodicTimer timer = new(Interval, console.Time);
        (string? told, string? seen) = (null, null);
        do
        {
            try
            {
                FleetReport report = await run.GetReportAsync(cancellationToken).ConfigureAwait(false);
                view.Show(report);

                // Whoever takes it up has not done so at the first look yet.
                string driver = FleetLines.DrivenBy(report.Holder, output.Clock);
                if (driver != told && driver == seen)
                {
                    view.Notice(told = driver);
                }

                seen = driver;
            }
            catch (KsmgException)
            {
                // A view ends no fleet: what was told before stays until it can be told again.
            }
        }
        while (await timer.WaitForNextTickAsync(cancellationToken).ConfigureAwait(false));
    }
}
