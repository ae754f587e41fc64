
namespace Ksmg.Sdk.Http;

/// <summary>
/// Sees to it that the nodes of a cluster, which share their accounts, do not lock one together. Credentials that nobody has accepted yet
/// go to one node alone; what it refuses is sent to no other. Refused credentials are tried once more after <see cref="CoolDown"/>, then
/// never again until they change. After a lock-out nobody logs in anywhere for <see cref="LockOutRest"/>. All times are those of the
/// monotonic clock.
/// </summary>
internal sealed class LoginGuard(TimeProvider time) : IDisposable
{
    public const int MostRefusals = 2;

    /// <summary>How long after a refusal the same credentials are not sent again.</summary>
    public static readonly TimeSpan CoolDown = TimeSpan.FromMinutes(10);

    /// <summary>How long after a lock-out nobody logs in; doubles with each further one, up to <see cref="LongestRest"/>.</summary>
    public static readonly TimeSpan LockOutRest = TimeSpan.FromMinutes(15);

    public static readonly TimeSpan LongestRest = TimeSpan.FromHours(1);

    private readonly Lock _gate = new();
    private readonly SemaphoreSlim _unproven = new(1, 1);
    private readonly HashSet<string> _accepted = new(StringComparer.Ordinal);
    private readonly Dictionary<string, (CallResult Result, long At)> _refused = new(StringComparer.Ordinal);
    private string? _credentials;
    private int _refusals;
    private (CallResult Result, long At)? _lockOut;
    private int _lockOuts;

    /// <summary>Whether something was refused, so that a login must first be allowed.</summary>
    public bool IsWary
    {
        get
        {
            lock (_gate)
            {
                return _lockOut is not null || _refused.Count > 0;
            }
        }
    }

    /// <summary>Why no node may be logged in to now, or nothing.</summary>
    public CallResult? CheckLockOut(string node)
    {
        lock (_gate)
        {
            if (_lockOut is not { } locked || Left(locked.At, Rest) is not { } left)
            {
                return null;
            }

            return Spared(node, locked.Result, Words.Get("login.none-for", Text(left)));
        }
    }

    /// <summary>Why this node may not be logged in to with these credentials now, or nothing.</summary>
    public CallResult? Check(string node, string credentials)
    {
        lock (_gate)
        {
            if (credentials != _credentials || _refused.Count == 0)
            {
                return null;
            }

            // What another node refuses says nothing of one that has accepted the same: they differ. Domain controllers are a node's own matter.
            bool isOwn = _refused.TryGetValue(node, out (CallResult Result, long At) refused);
            if (!isOwn)
            {
                var others = _refused.Values.Where(r => r.Result.Refusal != LoginRefusal.DirectoryUnavailable).ToArray();
                if (_accepted.Contains(node) || others.Length == 0)
                {
                    return null;
                }

                refused = others.MaxBy(r => r.At);
            }

            if (refused.Result.Refusal != LoginRefusal.DirectoryUnavailable && _refusals >= MostRefusals)
            {
                return Spared(node, refused.Result, Words.Get("login.not-with-this"));
            }

            return Left(refused.At, CoolDown) is { } left
                ? Spared(node, refused.Result, Words.Get("login.not-for", Text(left)))
                : null;
        }
    }

    /// <summary>
    /// Waits until nobody else tries credentials that no node has accepted yet, for <paramref name="patience"/> at most: a node that hangs
    /// in its login must not take the others with it.
    /// </summary>
    /// <returns>To be disposed of when the login has come to its verdict.</returns>
    public async Task<IDisposable> EnterAsync(string credentials, TimeSpan patience, CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (credentials == _credentials && _accepted.Count > 0)
            {
                return new Turn(null);
            }
        }

        using CancellationTokenSource clock = new(patience, time);
        using CancellationTokenSource either = CancellationTokenSource.CreateLinkedTokenSource(clock.Token, cancellationToken);
        try
        {
            await _unproven.WaitAsync(either.Token).ConfigureAwait(false);
            return new Turn(_unproven);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new Turn(null);
        }
    }

    public void Dispose() => _unproven.Dispose();

    public void Accept(string node, string credentials)
    {
        lock (_gate)
        {
            Meet(credentials);
            _accepted.Add(node);
            _refusals = _refused.Remove(node) || _refused.Count == 0 ? 0 : _refusals;
            (_lockOut, _lockOuts) = (null, 0);
        }
    }

    /// <summary>Remembers a refusal. Returns it with what follows from it.</summary>
    public CallResult Refuse(string node, string credentials, CallResult refusal)
    {
        lock (_gate)
        {
            Meet(credentials);
            if (refusal.Refusal == LoginRefusal.LockedOut)
            {
                _lockOut = (refusal, time.GetTimestamp());
                _lockOuts++;
                return refusal with { Detail = Words.Get("login.refused-none-for", refusal.Detail, Text(Rest)) };
            }

            // A node that had accepted these credentials and does not any more: they were changed, and nobody will accept them.
            if (_accepted.Remove(node) && refusal.Refusal != LoginRefusal.DirectoryUnavailable)
            {
                _accepted.Clear();
            }

            _refused[node] = (refusal, time.GetTimestamp());
            if (refusal.Refusal != LoginRefusal.DirectoryUnavailable && ++_refusals >= MostRefusals)
            {
                return refusal with { Detail = Words.Get("login.refused-not-with-this", refusal.Detail) };
            }

            return refusal with { Detail = Words.Get("login.refused-not-for", refusal.Detail, Text(CoolDown)) };
        }
    }

    private TimeSpan Rest => TimeSpan.FromTicks(Math.Min(LockOutRest.Ticks << Math.Clamp(_lockOuts - 1, 0, 8), LongestRest.Ticks));

    private static string Text(TimeSpan time) => Words.Get("login.seconds", Math.Ceiling(time.TotalSeconds));

    /// <summary>The refusal as another node, or the same one later, has it: nothing was sent.</summary>
    private static CallResult Spared(string node, CallResult refusal, string consequence) => refusal with
    {
        Node = node,
        Detail = node == refusal.Node ? $"{refusal.Detail}; {consequence}" : Words.Get("login.spared", refusal.Node, refusal.Detail, consequence),
        Status = node == refusal.Node ? refusal.Status : null,
        Cause = null,
        HadNoEffect = true,
    };

    private void Meet(string credentials)
    {
        if (credentials != _credentials)
        {
            _credentials = credentials;
            _accepted.Clear();
            _refused.Clear();
            _refusals = 0;
        }
    }

    private TimeSpan? Left(long since, TimeSpan rest) => rest - time.GetElapsedTime(since) is var left && left > TimeSpan.Zero ? left : null;

    private sealed class Turn(SemaphoreSlim? held) : IDisposable
    {
        private SemaphoreSlim? _held = held;

        public void Dispose() => Interlocked.Exchange(ref _held, null)?.Release();
    }
}
