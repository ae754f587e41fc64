using Microsoft.Win32.SafeHandles;

namespace Ksmg.Sdk.Packages;

/// <summary>A part of a file, read by position, so that no file pointer is shared. Leaves the handle to its owner.</summary>
internal sealed class RangeStream(SafeFileHandle file, long start, long length) : PositionedStream
{
    public override long Length => length;

    protected override int ReadAt(long position, Span<byte> buffer) =>
        RandomAccess.Read(file, buffer[..(int)Math.Clamp(length - position, 0, buffer.Length)], start + position);
}
