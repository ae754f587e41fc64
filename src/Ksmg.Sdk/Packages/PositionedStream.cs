namespace Ksmg.Sdk.Packages;

/// <summary>Bytes that are there already, read at a position.</summary>
internal abstract class PositionedStream : Stream
{
    public override bool CanRead => true;

    public override bool CanSeek => true;

    public override bool CanWrite => false;

    public override long Position { get; set; }

    public override int Read(Span<byte> buffer)
    {
        int read = ReadAt(Position, buffer);
        Position += read;
        return read;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override long Seek(long offset, SeekOrigin origin) => Position = origin switch
    {
        SeekOrigin.Begin => offset,
        SeekOrigin.Current => Position + offset,
        _ => Length + offset,
    };

    public override void Flush()
    {
    }

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    /// <summary>Reads what stands at a position; 0 at the end.</summary>
    protected abstract int ReadAt(long position, Span<byte> buffer);
}
