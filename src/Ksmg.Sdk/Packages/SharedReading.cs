using System.Buffers;

namespace Ksmg.Sdk.Packages;

/// <summary>
/// One reader, many senders: a package that goes to several nodes at once is read, inflated and hashed once. A few buffers lie between
/// the fastest and the slowest sender; one that holds the others up longer than the patience goes on alone, with a reader of its own.
/// </summary>
internal sealed class SharedReading : IDisposable
{
    /// <summary>How many buffers the fastest may be ahead of the slowest: 2 MB in all.</summary>
    public const int Window = 8;

    private readonly Lock _gate = new();
    private readonly Func<PackageReader> _open;
    private readonly TimeProvider _time;
    private readonly TimeSpan _patience;
    private readonly Dictionary<long, Chunk> _chunks = [];
    private readonly List<Share> _shares = [];
    private TaskCompletionSource _slowestMoved = NewSignal();
    private Task _reading = Task.CompletedTask;
    private PackageReader? _reader;
    private PackageException? _fault;
    private long _read;
    private int _missing;
    private bool _ended;
    private bool _closed;

    /// <param name="open">Opens the package from its start.</param>
    /// <param name="senders">How many will join; the first ones wait for the others, but not longer than the patience.</param>
    /// <param name="patience">How long one sender may hold up the others.</param>
    /// <param name="time">The clock.</param>
    public SharedReading(Func<PackageReader> open, int senders, TimeSpan patience, TimeProvider time)
    {
        _open = open;
        _missing = senders;
        _patience = patience;
        _time = time;
    }

    /// <summary>SHA-256 of the whole package, hex, once all of it was read.</summary>
    public string? Sha256 { get; private set; }

    /// <summary>Takes part from the first byte on; <see langword="null"/> when that is gone already.</summary>
    public Share? TryJoin()
    {
        lock (_gate)
        {
            if (_closed || _fault is not null || (_read > 0 && !_chunks.ContainsKey(0)))
            {
                return null;
            }

            _missing = Math.Max(0, _missing - 1);
            Share share = new(this);
            _shares.Add(share);
            return share;
        }
    }

    /// <summary>Nobody joins any more; the buffers go when the last sender has.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            _closed = true;
            _missing = 0;
            DropPassed();
        }
    }

    private async ValueTask<ReadOnlyMemory<byte>?> NextAsync(Share share, CancellationToken cancellationToken)
    {
        while (true)
        {
            Task reading;
            Task? moved = null;
            long slowest;
            lock (_gate)
            {
                Release(share);
                if (share.IsAlone)
                {
                    return null;
                }

                if (_chunks.TryGetValue(share.Index, out Chunk? chunk))
                {
                    return Take(share, chunk);
                }

                if (_fault is not null)
                {
                    throw _fault;
                }

                if (_ended)
                {
                    return ReadOnlyMemory<byte>.Empty;
                }

                slowest = Slowest();
                reading = ReadOn();
                moved = reading.IsCompleted ? _slowestMoved.Task : null;
            }

            if (moved is null)
            {
                await reading.WaitAsync(cancellationToken).ConfigureAwait(false);
                continue;
            }

            try
            {
                await moved.WaitAsync(_patience, _time, cancellationToken).ConfigureAwait(false);
            }
            catch (TimeoutException)
            {
                LeaveBehind(slowest);
            }
        }
    }

    private ReadOnlyMemory<byte> Take(Share share, Chunk chunk)
    {
        long before = Slowest();
        chunk.Users++;
        share.Held = chunk;
        share.Index++;
        if (Slowest() > before)
        {
            Moved();
        }

        // The next buffer is read while this one is written.
        _ = _chunks.ContainsKey(share.Index) || _ended || _fault is not null ? null : ReadOn();
        return chunk.Bytes;
    }

    /// <summary>Reads the next buffer, where nobody does and nobody is too far behind.</summary>
    private Task ReadOn()
    {
        if (_reading.IsCompleted && _read - Slowest() < Window)
        {
            _reading = Task.Run(ReadOne);
        }

        return _reading;
    }

    private void ReadOne()
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(PackageSource.BufferSize);
        try
        {
            _reader ??= _open();
            int filled = _reader.Read(buffer.AsSpan(0, PackageSource.BufferSize));
            lock (_gate)
            {
                Sha256 = _reader.Sha256;
                _ended = filled == 0;
                if (!_ended)
                {
                    _chunks.Add(_read++, new Chunk(buffer, filled));
                    DropPassed();
                    return;
                }
            }
        }
        catch (PackageException e)
        {
            lock (_gate)
            {
                _fault = e;
            }
        }

        ArrayPool<byte>.Shared.Return(buffer);
    }

    /// <summary>Whoever is still where everybody waits for him goes on alone; those who did not come are not waited for.</summary>
    private void LeaveBehind(long slowest)
    {
        lock (_gate)
        {
            if (Slowest() != slowest)
            {
                return;
            }

            _missing = 0;
            foreach (Share share in _shares.Where(s => s.Index == slowest && s.Index < _read).ToList())
            {
                share.IsAlone = true;
                _shares.Remove(share);
            }

            Moved();
        }
    }

    private void Leave(Share share)
    {
        lock (_gate)
        {
            Release(share);
            share.IsAlone = true;
            _shares.Remove(share);
            Moved();
        }
    }

    private void Moved()
    {
        DropPassed();
        TaskCompletionSource signal = _slowestMoved;
        _slowestMoved = NewSignal();
        signal.SetResult();
    }

    /// <summary>The next buffer of the slowest sender, or of one that has not come yet.</summary>
    private long Slowest() => _missing > 0 ? 0 : _shares.Count == 0 ? _read : _shares.Min(s => s.Index);

    private void DropPassed()
    {
        foreach ((long index, Chunk chunk) in _chunks.Where(c => c.Key < Slowest()).ToList())
        {
            _chunks.Remove(index);
            chunk.IsPassed = true;
            chunk.ReturnIfUnused();
        }

        if (_shares.Count == 0 && _missing == 0)
        {
            _closed = true;
            if (_reading.IsCompleted)
            {
                _reader?.Dispose();
            }
            else
            {
                _ = _reading.ContinueWith(_ => _reader?.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            }
        }
    }

    private static void Release(Share share)
    {
        if (share.Held is { } held)
        {
            share.Held = null;
            held.Users--;
            held.ReturnIfUnused();
        }
    }

    private static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>One sender's part in the reading.</summary>
    public sealed class Share(SharedReading reading) : IDisposable
    {
        internal long Index { get; set; }

        internal bool IsAlone { get; set; }

        internal Chunk? Held { get; set; }

        /// <summary>
        /// The next bytes, good until the next call; empty at the end; <see langword="null"/> when this sender was too slow and goes on alone.
        /// </summary>
        /// <exception cref="PackageException">The package is damaged or cannot be read.</exception>
        public ValueTask<ReadOnlyMemory<byte>?> NextAsync(CancellationToken cancellationToken) => reading.NextAsync(this, cancellationToken);

        public void Dispose() => reading.Leave(this);
    }

    internal sealed class Chunk(byte[] buffer, int length)
    {
        private bool _returned;

        public int Users { get; set; }

        public bool IsPassed { get; set; }

        public ReadOnlyMemory<byte> Bytes => buffer.AsMemory(0, length);

        public void ReturnIfUnused()
        {
            if (IsPassed && Users == 0 && !_returned)
            {
                _returned = true;
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }
}
