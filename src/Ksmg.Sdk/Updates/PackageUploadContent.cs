using System.Buffers;
using System.Net;
using System.Threading.Tasks.Sources;
using Ksmg.Sdk.Packages;

namespace Ksmg.Sdk;

/// <summary>
/// One attempt to send a package: as the one field <c>file</c> of a form unless it is framed otherwise, its exact length known beforehand, in
/// constant memory. While one buffer is written the next is read, inflated and hashed: one copy, and the disk never waits for the network.
/// </summary>
internal sealed class PackageUploadContent : HttpContent
{
    private readonly UpdatePackageFile _package;
    private readonly long _offset;
    private readonly long _end;
    private readonly PieceReading? _pieces;
    private readonly Action<long>? _onSent;
    private readonly bool _readAhead;
    private FileFrame _frame;

    /// <param name="package">What is sent.</param>
    /// <param name="offset">What the node already has of it.</param>
    /// <param name="onSent">Called inline after each buffer with the place of the package reached.</param>
    /// <param name="readAhead">Whether to read on another thread while writing; by default where there is a second processor.</param>
    /// <param name="pieces">Reads a package that is sent in pieces; absent: the content is all that is left of it.</param>
    public PackageUploadContent(
        UpdatePackageFile package, long offset = 0, Action<long>? onSent = null, bool? readAhead = null, PieceReading? pieces = null)
    {
        _end = pieces is null ? package.SizeBytes : Math.Min(package.SizeBytes, offset + pieces.PieceBytes);
        _pieces = pieces;
        _package = package;
        _offset = offset;
        _onSent = onSent;
        _readAhead = readAhead ?? Environment.ProcessorCount > 1;

        _frame = FileFrame.Form([("file", null)], package.Name, FileFrame.DefaultType);
        Headers.ContentType = _frame.Type;
    }

    /// <summary>Whether sending the body has begun; before, the node cannot have got anything of it.</summary>
    public bool HasStarted { get; private set; }

    /// <summary>The place of the package up to which bytes were handed to the network, or begun to be: what lies behind it the node cannot have.</summary>
    public long Begun { get; private set; }

    /// <summary>The fault of reading the package, which would otherwise look like one of the network.</summary>
    public PackageException? SourceFault { get; private set; }

    /// <summary>The bytes of the package that it sends.</summary>
    public long Bytes => _end - _offset;

    /// <summary>SHA-256 of the whole package, hex, once all of it was read.</summary>
    public string? Sha256 { get; private set; }

    /// <summary>The same bytes in another frame; before they are sent.</summary>
    public PackageUploadContent In(FileFrame frame)
    {
        _frame = frame;
        Headers.ContentType = frame.Type;
        return this;
    }

    protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

    protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
    {
        HasStarted = true;
        await stream.WriteAsync(_frame.Head, cancellationToken).ConfigureAwait(false);
        long sent = await SendSharedAsync(stream, cancellationToken).ConfigureAwait(false);
        if (sent < _end)
        {
            await SendAloneAsync(stream, sent, cancellationToken).ConfigureAwait(false);
        }

        await stream.WriteAsync(_frame.Tail, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Sends what is read for several uploads together, as long as this one keeps up; answers the place of the package reached.</summary>
    private async Task<long> SendSharedAsync(Stream stream, CancellationToken cancellationToken)
    {
        long sent = _offset;
        using SharedReading.Share? share = _offset == 0 && _pieces is null ? _package.Shared?.TryJoin() : null;
        try
        {
            while (share is not null && await share.NextAsync(cancellationToken).ConfigureAwait(false) is { IsEmpty: false } bytes)
            {
                Begun = sent + bytes.Length;
                await stream.WriteAsync(bytes, cancellationToken).ConfigureAwait(false);
                sent += bytes.Length;
                _onSent?.Invoke(sent);
            }
        }
        catch (PackageException e)
        {
            SourceFault = e;
            throw;
        }

        Sha256 = share is not null && sent == _package.SizeBytes ? _package.Shared!.Sha256 : null;
        return sent;
    }

    private async Task SendAloneAsync(Stream stream, long offset, CancellationToken cancellationToken)
    {
        byte[] current = ArrayPool<byte>.Shared.Rent(PackageSource.BufferSize);
        byte[] next = ArrayPool<byte>.Shared.Rent(PackageSource.BufferSize);
        try
        {
            PackageReader reader = Open(current, offset);
            using PackageReader? own = _pieces is null ? reader : null;
            AheadReading? ahead = _readAhead ? new AheadReading(this, reader) : null;
            long sent = offset;
            int filled = Read(reader, current);
            while (filled > 0)
            {
                ValueTask<int> reading = ahead?.Begin(next) ?? default;
                try
                {
                    Begun = sent + filled;
                    await stream.WriteAsync(current.AsMemory(0, filled), cancellationToken).ConfigureAwait(false);
                }
                catch when (ahead is not null)
                {
                    // The buffer goes back to the pool: nobody may still be reading into it.
                    await ((Task)reading.AsTask()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                    throw;
                }

                sent += filled;
                _onSent?.Invoke(sent);
                filled = ahead is null ? Read(reader, next) : await reading.ConfigureAwait(false);
                (current, next) = (next, current);
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(current);
            ArrayPool<byte>.Shared.Return(next);
        }
    }

    protected override bool TryComputeLength(out long computed)
    {
        computed = _frame.Head.Length + Bytes + _frame.Tail.Length;
        return true;
    }

    /// <summary>At the offset, at once where nothing is left to prove; else by reading, inflating and hashing what the node has.</summary>
    private PackageReader Open(byte[] buffer, long offset)
    {
        try
        {
            if (_pieces is not null)
            {
                return _pieces.At(offset);
            }

            if (_package.Sha256 is not null && _package.Source.IsSeekable)
            {
                return _package.Source.OpenRead(_package.Sha256, offset);
            }

            PackageReader reader = _package.Open();
            while (reader.Position < offset)
            {
                _ = reader.Read(buffer.AsSpan(0, (int)Math.Min(PackageSource.BufferSize, offset - reader.Position)));
            }

            return reader;
        }
        catch (PackageException e)
        {
            SourceFault = e;
            throw;
        }
    }

    private int Read(PackageReader reader, byte[] buffer)
    {
        try
        {
            int filled = reader.Read(buffer.AsSpan(0, (int)Math.Min(PackageSource.BufferSize, _end - reader.Position)));
            Sha256 = reader.Sha256;
            return filled;
        }
        catch (PackageException e)
        {
            SourceFault = e;
            throw;
        }
    }

    /// <summary>Reads on another thread, one buffer at a time, and allocates nothing for it: a package has tens of thousands of them.</summary>
    private sealed class AheadReading(PackageUploadContent content, PackageReader reader) : IThreadPoolWorkItem, IValueTaskSource<int>
    {
        private ManualResetValueTaskSourceCore<int> _core;
        private byte[] _buffer = [];

        /// <summary>Begins to fill a buffer; the one before must have been awaited.</summary>
        public ValueTask<int> Begin(byte[] buffer)
        {
            _buffer = buffer;
            _core.Reset();
            ThreadPool.UnsafeQueueUserWorkItem(this, preferLocal: false);
            return new ValueTask<int>(this, _core.Version);
        }

        void IThreadPoolWorkItem.Execute()
        {
            try
            {
                _core.SetResult(content.Read(reader, _buffer));
            }
            catch (Exception e)
            {
                _core.SetException(e);
            }
        }

        int IValueTaskSource<int>.GetResult(short token) => _core.GetResult(token);

        ValueTaskSourceStatus IValueTaskSource<int>.GetStatus(short token) => _core.GetStatus(token);

        void IValueTaskSource<int>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);
    }
}
