using System.Runtime.InteropServices;

namespace Ksmg.Simulator;

/// <summary>
/// Counts every delivery attempt: what its sender was answered, what arrived, what still waits.
/// A settled attempt costs three bytes, so constant load may run for days.
/// </summary>
internal sealed class MailLedger(TimeProvider time)
{
    /// <summary>More ids than this are counted but not listed.</summary>
    private const int ListedIds = 1000;

    private readonly Lock _gate = new();
    private readonly List<Attempt> _attempts = [];
    private readonly Dictionary<long, string> _unsettled = [];
    private readonly Dictionary<long, string> _causes = [];
    private readonly List<MailFinding> _duplicated = [];
    private long _accepted;
    private long _delivered;
    private long _queued;
    private long _rejected;
    private bool _measuring;
    private long _lastAccepted;
    private TimeSpan _longestGap;

    private enum Outcome : byte
    {
        Pending,
        Accepted,
        Refused,
        Cut,
    }

    /// <summary>How many messages wait in queues that do not report here; none are lost as long as they may be among them.</summary>
    public Func<long>? QueuedElsewhere { get; set; }

    /// <summary>What became of all mail so far.</summary>
    public MailFigures Figures
    {
        get
        {
            HashSet<long>? before = LostBefore();
            long elsewhere = QueuedElsewhere?.Invoke() ?? 0;
            lock (_gate)
            {
                TimeSpan gap = _measuring ? Max(_longestGap, time.GetElapsedTime(_lastAccepted)) : _longestGap;
                return new MailFigures
                {
                    Accepted = _accepted,
                    Delivered = _delivered,
                    Queued = _queued + elsewhere,
                    Rejected = _rejected,
                    Lost = [.. Lost(before, elsewhere).Select(f => f.MessageId)],
                    Duplicated = [.. _duplicated.Select(f => f.MessageId)],
                    LongestGapMs = (long)gap.TotalMilliseconds,
                };
            }
        }
    }

    /// <summary>Every breach of mail conservation, with who is to blame.</summary>
    public IReadOnlyList<MailFinding> Findings
    {
        get
        {
            HashSet<long>? before = LostBefore();
            long elsewhere = QueuedElsewhere?.Invoke() ?? 0;
            lock (_gate)
            {
                return [.. Lost(before, elsewhere), .. _duplicated];
            }
        }
    }

    /// <summary>A new delivery attempt of a message.</summary>
    public long Begin(string messageId)
    {
        lock (_gate)
        {
            _attempts.Add(default);
            _unsettled[_attempts.Count] = messageId;
            return _attempts.Count;
        }
    }

    /// <summary>
    /// The sender of an attempt has its answer, or knows that it will get none. <paramref name="load"/>: the attempt belongs to the constant load.
    /// </summary>
    public void Answered(long attempt, SmtpVerdict verdict, bool load = false)
    {
        lock (_gate)
        {
            if (verdict.IsPositive)
            {
                _accepted++;
                if (load)
                {
                    CloseGap();
                }
            }
            else
            {
                _rejected++;
            }

            Change(attempt, null, a => a with
            {
                Outcome = verdict.IsPositive ? Outcome.Accepted : verdict == SmtpVerdict.Cut ? Outcome.Cut : Outcome.Refused,
            });
        }
    }

    /// <summary>A copy of the message waits in one more queue.</summary>
    public void Queued(SimulatedMessage message)
    {
        lock (_gate)
        {
            _queued++;
            Change(message.Attempt, message.MessageId, a => a with { Queued = (byte)(a.Queued + 1) });
        }
    }

    /// <summary>A copy of the message waits in one queue less.</summary>
    public void Unqueued(SimulatedMessage message)
    {
        lock (_gate)
        {
            _queued--;
            Change(message.Attempt, message.MessageId, a => a with { Queued = (byte)(a.Queued - 1) });
        }
    }

    /// <summary>A copy of the message has arrived where all mail ends.</summary>
    public void Delivered(SimulatedMessage message)
    {
        lock (_gate)
        {
            Attempt attempt = Change(message.Attempt, message.MessageId, a => a with { Delivered = (byte)Math.Min(a.Delivered + 1, byte.MaxValue) });
            if (attempt.Delivered == 1)
            {
                _delivered++;
            }

            // Arriving although refused is a second arrival too: the sender repeats what was refused.
            if ((attempt.Delivered == 2 || (attempt.Delivered == 1 && attempt.Outcome == Outcome.Refused)) && _duplicated.Count < ListedIds)
            {
                _duplicated.Add(new MailFinding(message.MessageId, Lost: false, _causes.GetValueOrDefault(message.Attempt, "appliance")));
            }
        }
    }

    /// <summary>Whatever becomes of this message, this is why.</summary>
    public void Blame(SimulatedMessage message, string cause)
    {
        lock (_gate)
        {
            _causes[message.Attempt] = cause;
        }
    }

    /// <summary>Starts or stops measuring the time between two accepted messages of the constant load.</summary>
    public void MeasureGap(bool on)
    {
        lock (_gate)
        {
            if (_measuring)
            {
                CloseGap();
            }

            _measuring = on;
            _lastAccepted = time.GetTimestamp();
        }
    }

    private static TimeSpan Max(TimeSpan left, TimeSpan right) => left > right ? left : right;

    private void CloseGap()
    {
        if (_measuring)
        {
            _longestGap = Max(_longestGap, time.GetElapsedTime(_lastAccepted));
            _lastAccepted = time.GetTimestamp();
        }
    }

    private Attempt Change(long attempt, string? messageId, Func<Attempt, Attempt> change)
    {
        // A stranger's header may claim an attempt that was never begun.
        if (attempt < 1 || attempt > _attempts.Count)
        {
            return default;
        }

        Attempt changed = change(_attempts[(int)attempt - 1]);
        _attempts[(int)attempt - 1] = changed;
        if (changed.IsSettled)
        {
            _unsettled.Remove(attempt);
        }
        else if (messageId is not null)
        {
            _unsettled[attempt] = messageId;
        }

        return changed;
    }

    /// <summary>
    /// What seemed lost before the queues elsewhere were counted: only that can be missing from them. <see langword="null"/>: there are
    /// no such queues.
    /// </summary>
    private HashSet<long>? LostBefore()
    {
        if (QueuedElsewhere is null)
        {
            return null;
        }

        lock (_gate)
        {
            return [.. _unsettled.Keys.Where(attempt => _attempts[(int)attempt - 1].IsLost)];
        }
    }

    private IEnumerable<MailFinding> Lost(HashSet<long>? before, long elsewhere) => _unsettled
        .Where(u => elsewhere == 0 && _attempts[(int)u.Key - 1].IsLost && before?.Contains(u.Key) != false)
        .OrderBy(u => u.Key)
        .Take(ListedIds)
        .Select(u => new MailFinding(u.Value, Lost: true, _causes.GetValueOrDefault(u.Key, "appliance")));

    /// <summary>Three small fields: what the sender knows, how often it arrived, in how many queues it waits.</summary>
    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Attempt(Outcome Outcome, byte Delivered, byte Queued)
    {
        public bool IsLost => Outcome == Outcome.Accepted && Delivered == 0 && Queued == 0;

        public bool IsSettled => Outcome != Outcome.Pending && Queued == 0 && !IsLost;
    }
}
