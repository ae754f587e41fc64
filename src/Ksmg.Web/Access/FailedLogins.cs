using System.Net;

namespace Ksmg.Web;

/// <summary>Counts tokens that let nobody in, by address: who guesses has to wait.</summary>
internal sealed class FailedLogins(TimeProvider time)
{
    private const int Most = 10;
    private const int MostAddresses = 4096;
    private static readonly TimeSpan Window = TimeSpan.FromMinutes(5);

    private readonly Lock _gate = new();
    private readonly Dictionary<IPAddress, (int Count, DateTimeOffset Until)> _failed = [];

    /// <summary>How long an address has to wait; <see langword="null"/>: it may try.</summary>
    public TimeSpan? WaitOf(IPAddress address)
    {
        lock (_gate)
        {
            DateTimeOffset now = time.GetUtcNow();
            if (_failed.TryGetValue(address, out var failed))
            {
                return failed.Count >= Most && failed.Until > now ? failed.Until - now : null;
            }

            // A flood of addresses must neither fill the memory nor guess freely.
            return _failed.Count >= MostAddresses && Forget(now) >= MostAddresses ? Window : null;
        }
    }

    public void Add(IPAddress address)
    {
        lock (_gate)
        {
            DateTimeOffset now = time.GetUtcNow();
            bool isKnown = _failed.TryGetValue(address, out var failed) && failed.Until > now;
            _failed[address] = isKnown ? (failed.Count + 1, failed.Until) : (1, now + Window);
        }
    }

    private int Forget(DateTimeOffset now)
    {
        foreach (IPAddress over in _failed.Where(f => f.Value.Until <= now).Select(f => f.Key).ToArray())
        {
            _failed.Remove(over);
        }

        return _failed.Count;
    }
}
