using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// Tells people, beside the run: each notifier has a queue of its own, is told everything in order, and holds up neither the run nor the
/// others.
/// </summary>
internal sealed class Messengers(IReadOnlyList<INotifier> notifiers, TimeProvider time, ILogger logger)
{
    /// <summary>How many messages wait for one notifier; what comes after is dropped and logged.</summary>
    private const int MostWaiting = 100;

    /// <summary>How long the end of a run waits for what is still to be told.</summary>
    private static readonly TimeSpan LastLimit = TimeSpan.FromSeconds(15);

    private readonly List<Line> _lines = [.. notifiers.Select(n => new Line(n))];

    /// <summary>Puts an event behind what each notifier still has to tell.</summary>
    public void Tell(UpgradeEvent upgradeEvent)
    {
        foreach (Line line in _lines)
        {
            if (Volatile.Read(ref line.Waiting) >= MostWaiting)
            {
                Log.NotifierFailed(logger, line.Notifier.GetType().Name, Words.Get("notify.too-many", upgradeEvent.Kind, MostWaiting));
                continue;
            }

            Interlocked.Increment(ref line.Waiting);
            line.Last = TellAsync(line, line.Last, upgradeEvent);
        }
    }

    /// <summary>Waits a while for what is still to be told; what is not by then is logged.</summary>
    public async Task EndAsync()
    {
        Task all = Task.WhenAll(_lines.Select(l => l.Last));
        if (!all.IsCompleted)
        {
            using CancellationTokenSource told = new();
            await Task.WhenAny(all, Task.Delay(LastLimit, time, told.Token)).ConfigureAwait(false);
            told.Cancel();
        }

        foreach (Line line in _lines.Where(l => !l.Last.IsCompleted))
        {
            Log.NotifierFailed(logger, line.Notifier.GetType().Name, Words.Get("notify.not-told", Volatile.Read(ref line.Waiting), LastLimit));
        }
    }

    private async Task TellAsync(Line line, Task before, UpgradeEvent upgradeEvent)
    {
        await before.ConfigureAwait(false);
        try
        {
            string name = line.Notifier.GetType().Name;
            await Neighbour.CallAsync(
                token => line.Notifier.NotifyAsync(upgradeEvent, token), Neighbour.Limit, name, time, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e)
        {
            Log.NotifierFailed(logger, line.Notifier.GetType().Name, e.Message);
        }
        finally
        {
            Interlocked.Decrement(ref line.Waiting);
        }
    }

    private sealed class Line(INotifier notifier)
    {
        public int Waiting;

        public INotifier Notifier => notifier;

        public Task Last { get; set; } = Task.CompletedTask;
    }
}
