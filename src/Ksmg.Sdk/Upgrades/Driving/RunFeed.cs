using System.Runtime.CompilerServices;

namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// The events of a run in this process, kept for those who begin to watch late. Bounded: when there are many, what was waited for is
/// forgotten first, and what people have to know last.
/// </summary>
internal sealed class RunFeed
{
    /// <summary>The most events that are kept.</summary>
    public const int Most = 20_000;

    private readonly Lock _gate = new();
    private readonly List<(long Number, UpgradeEvent Event)> _events = [];
    private TaskCompletionSource _changed = NewSignal();
    private long _number;
    private bool _completed;

    public void Publish(UpgradeEvent upgradeEvent)
    {
        TaskCompletionSource signal;
        lock (_gate)
        {
            // A progress report replaces the one before it: a watcher that lags sees the newest.
            if (_events.Count > 0 && _events[^1].Event is { Kind: UpgradeEventKind.StepProgress } previous && previous.Step == upgradeEvent.Step
                && upgradeEvent.Kind == UpgradeEventKind.StepProgress && previous.Node == upgradeEvent.Node)
            {
                _events.RemoveAt(_events.Count - 1);
            }

            _events.Add((++_number, upgradeEvent));
            if (_events.Count > Most)
            {
                MakeRoom();
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

    public async IAsyncEnumerable<UpgradeEvent> ReadAsync(long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        long last = 0;
        while (true)
        {
            UpgradeEvent? current = null;
            Task wait;
            lock (_gate)
            {
                int next = After(last);
                if (next < _events.Count)
                {
                    (last, current) = _events[next];
                }
                else if (_completed)
                {
                    yield break;
                }

                wait = _changed.Task;
            }

            if (current is not null)
            {
                if (after == 0 || current.Sequence > after || (current.IsPassing && current.Sequence == after))
                {
                    yield return current;
                }
            }
            else
            {
                await wait.WaitAsync(cancellationToken).ConfigureAwait(false);
            }
        }
    }

    /// <summary>The place of the first event after a number; events are kept in the order of their numbers.</summary>
    private int After(long number)
    {
        int low = 0;
        int high = _events.Count;
        while (low < high)
        {
            int middle = (low + high) / 2;
            (low, high) = _events[middle].Number <= number ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Keeps the newest quarter of each weight.</summary>
    private void MakeRoom()
    {
        Dictionary<int, int> left = new() { [0] = Most / 4, [1] = Most / 4, [2] = Most / 4 };
        HashSet<long> kept = [];
        for (int i = _events.Count - 1; i >= 0; i--)
        {
            int weight = Weight(_events[i].Event.Kind);
            if (left[weight]-- > 0)
            {
                kept.Add(_events[i].Number);
            }
        }

        _events.RemoveAll(e => !kept.Contains(e.Number));
    }

    private static int Weight(UpgradeEventKind kind) => kind switch
    {
        UpgradeEventKind.Waiting or UpgradeEventKind.StepProgress => 0,
        UpgradeEventKind.StepStarted or UpgradeEventKind.StepFinished or UpgradeEventKind.StepFailed => 1,
        UpgradeEventKind.Notice or UpgradeEventKind.Command => 1,
        _ => 2,
    };

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
