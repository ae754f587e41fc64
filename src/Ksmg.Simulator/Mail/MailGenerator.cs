using System.Globalization;

namespace Ksmg.Simulator;

/// <summary>Constant load: one sender with several sessions who repeats refused mail later, as a new attempt.</summary>
internal sealed class MailGenerator(IMailHop hop, MailLedger ledger, TimeProvider time, MailSettings settings) : IAsyncDisposable
{
    private const string Domain = "@load.sender.example";

    /// <summary>Sessions at a time.</summary>
    private const int MaxInFlight = 32;

    /// <summary>With this much unaccepted mail no new is written.</summary>
    private const int MaxWaiting = 20_000;

    private const int LongestTickSeconds = 24 * 60 * 60;

    private static readonly TimeSpan _shortestTick = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate = new();
    private readonly Queue<long> _ready = new();
    private readonly Queue<long> _refused = new();
    private ITimer? _ticks;
    private double _perSecond;
    private long _startedAt;
    private long _madeSinceStart;
    private long _lastMessage;
    private int _inFlight;
    private bool _retryPlanned;
    private bool _disposed;

    /// <summary>The load; 0 when stopped.</summary>
    public double PerSecond
    {
        get
        {
            lock (_gate)
            {
                return _ticks is null ? 0 : _perSecond;
            }
        }
    }

    /// <summary>Messages at the sender that no node has accepted yet.</summary>
    public int Waiting
    {
        get
        {
            lock (_gate)
            {
                return _ready.Count + _refused.Count + _inFlight;
            }
        }
    }

    /// <summary>Whether a message is of some generator's making.</summary>
    public static bool Made(SimulatedMessage message) => message.MessageId.EndsWith(Domain, StringComparison.Ordinal);

    /// <summary>Starts the load, or changes its rate.</summary>
    public void Start(double perSecond)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(perSecond);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(perSecond, 10_000);
        lock (_gate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            _ticks?.Dispose();
            _perSecond = perSecond;
            _startedAt = time.GetTimestamp();
            _madeSinceStart = 0;

            // No timer reaches further than some weeks; what is due is counted anew at each tick.
            TimeSpan period = TimeSpan.FromSeconds(Math.Min(1 / perSecond, LongestTickSeconds));
            period = period > _shortestTick ? period : _shortestTick;
            _ticks = time.CreateTimer(static g => ((MailGenerator)g!).Tick(), this, period, period);
        }

        ledger.MeasureGap(true);
    }

    /// <summary>No new messages; those that wait are still repeated.</summary>
    public void Stop()
    {
        lock (_gate)
        {
            _ticks?.Dispose();
            _ticks = null;
        }

        ledger.MeasureGap(false);
    }

    public ValueTask DisposeAsync()
    {
        Stop();
        lock (_gate)
        {
            _disposed = true;
        }

        return ValueTask.CompletedTask;
    }

    private void Tick()
    {
        lock (_gate)
        {
            if (_ticks is null)
            {
                return;
            }

            // Counted from the start, so that neither a late tick nor rounding changes the rate.
            long due = (long)((time.GetElapsedTime(_startedAt).TotalSeconds * _perSecond) + 0.001) - _madeSinceStart;
            _madeSinceStart += due;
            for (; due > 0 && _ready.Count + _refused.Count < MaxWaiting; due--)
            {
                _ready.Enqueue(++_lastMessage);
            }
        }

        Pump();
    }

    private void Pump()
    {
        while (true)
        {
            long number;
            lock (_gate)
            {
                if (_disposed || _inFlight == MaxInFlight || !_ready.TryDequeue(out number))
                {
                    return;
                }

                _inFlight++;
            }

            SimulatedMessage message = Write(number);
            hop.Send(message, verdict => Answered(number, message.Attempt, verdict));
        }
    }

    private SimulatedMessage Write(long number)
    {
        string id = string.Create(CultureInfo.InvariantCulture, $"{number}{Domain}");
        return new SimulatedMessage
        {
            Attempt = ledger.Begin(id),
            MessageId = id,
            Sender = "load@sender.example",
            Recipients = ["user@recipient.example"],
            Headers = [new("From", "load@sender.example"), new("To", "user@recipient.example"), new("Subject", "Constant load"), new("Message-ID", $"<{id}>")],
            Body = "Nothing to see here.\r\n"u8.ToArray(),
        };
    }

    private void Answered(long number, long attempt, SmtpVerdict verdict)
    {
        ledger.Answered(attempt, verdict, load: true);
        lock (_gate)
        {
            _inFlight--;
            if (!verdict.IsPositive)
            {
                _refused.Enqueue(number);
                if (!_retryPlanned)
                {
                    _retryPlanned = true;
                    time.After(settings.RetryDelay, Retry);
                }
            }
        }

        Pump();
    }

    private void Retry()
    {
        lock (_gate)
        {
            // A long outage must not end in a storm: at most about twice the load is repeated per round.
            for (int i = (int)(2 * _perSecond * settings.RetryDelay.TotalSeconds) + 20; i > 0 && _refused.TryDequeue(out long number); i--)
            {
                _ready.Enqueue(number);
            }

            _retryPlanned = _refused.Count > 0;
            if (_retryPlanned && !_disposed)
            {
                time.After(settings.RetryDelay, Retry);
            }
        }

        Pump();
    }
}
