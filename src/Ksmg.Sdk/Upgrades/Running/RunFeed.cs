using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>The events of a run in this process, kept for those who begin to watch late. Bounded: progress reports do not pile up.</summary>
internal sealed class RunFeed
{
    private const int Most = 20_000;

    private readonly Lock _gate = new();
    private readonly List<UpgradeEvent> _events = [];
    private TaskCompletionSource _changed = NewSignal();
    private bool _completed;

    public void Publish(UpgradeEvent upgradeEvent)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            // A progress report replaces the one before it: a watcher that lags sees the newest.
            if (_events.Count > 0 && _events[^1] is { Kind: UpgradeEventKind.StepProgress } previous && previous.Step == upgradeEvent.Step
                && upgradeEvent.Kind == UpgradeEventKind.StepProgress && previous.Node == upgradeEvent.Node)
            {
                _events[^1] = upgradeEvent;
            }
            else if (_events.Count < Most)
            {
                _events.Add(upgradeEvent);
            }

            signal = _changed;
            _changed = NewSignal();
        }

        signal.TrySetResult();
    }

    public void Complete()
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            _completed = true;
            signal = _changed;
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
            lock (_gate)
            {
                if (next > 0 && next == _events.Count && !ReferenceEquals(_events[^1], last))
                {
                    current = _events[^1];
                }
                else if (next < _events.Count)
                {
                    current = _events[next++];
                }
                else if (_completed)
                {
                    yield break;
                }

                wait = _changed.Task;
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
