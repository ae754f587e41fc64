using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The events of a run in this process, kept for those who begin to watch late. Bounded: progress reports do not pile up.</summary>
internal sealed class RunFeed
{
    private const int Most = 20_000;

    private readonly Lock gate = new();
    private readonly List<UpgradeEvent> events = [];
    private TaskCompletionSource changed = NewSignal();
    private bool completed;

    public void Publish(UpgradeEvent upgradeEvent)
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            // A progress report replaces the one before it: a watcher that lags sees the newest.
            if (events.Count > 0 && events[^1] is { Kind: UpgradeEventKind.StepProgress } previous && previous.Step == upgradeEvent.Step
                && upgradeEvent.Kind == UpgradeEventKind.StepProgress && previous.Node == upgradeEvent.Node)
            {
                events[^1] = upgradeEvent;
            }
            else if (events.Count < Most)
            {
                events.Add(upgradeEvent);
            }

            signal = changed;
            changed = NewSignal();
        }

        signal.TrySetResult();
    }

    public void Complete()
    {
        TaskCompletionSource signal;
        lock (gate)
        {
            completed = true;
            signal = changed;
        }

        signal.TrySetResult();
    }

    public async IAsyncEnumerable<UpgradeEvent> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        int next = 0;
        UpgradeEvent? last = null;
        while (true)
        {
            UpgradeEvent? current = null;
            Task wait;
            lock (gate)
            {
                if (next > 0 && next == events.Count && !ReferenceEquals(events[^1], last))
                {
                    current = events[^1];
                }
                else if (next < events.Count)
                {
                    current = events[next++];
                }
                else if (completed)
                {
                    yield break;
                }

                wait = changed.Task;
            }

            if (current is not null)
            {
                last = current;
                yield return current;
            }
            else
            {
                await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
