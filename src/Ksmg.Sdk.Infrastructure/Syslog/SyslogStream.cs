using System.Globalization;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// Takes the messages out of a syslog connection, in either framing of RFC 6587: counted (<c>LENGTH SPACE MESSAGE</c>), or up to a line
/// end or NUL. A length is digits and one blank: a line may begin with a date. What is too long is dropped, and what follows is read again.
/// </summary>
/// <param name="maxMessage">The longest message, in bytes.</param>
internal sealed class SyslogStream(int maxMessage)
{
    private const int MaxDigits = 5;

    private readonly byte[] _buffer = new byte[maxMessage + MaxDigits + 1];
    private int _start;
    private int _end;

    /// <summary>How much of a counted message that is too long is still to come.</summary>
    private int _skipBytes;

    /// <summary>Whether the rest of a line that is too long is still to come.</summary>
    private bool _skipLine;

    /// <summary>How many messages were too long.</summary>
    public int Dropped { get; private set; }

    /// <summary>Where the next bytes go; never empty after all messages were taken.</summary>
    public Memory<byte> Free
    {
        get
        {
            _buffer.AsSpan(_start, _end - _start).CopyTo(_buffer);
            (_start, _end) = (0, _end - _start);
            return _buffer.AsMemory(_end);
        }
    }

    /// <summary>So many bytes have come.</summary>
    public void Advance(int count) => _end += count;

    /// <summary>The next message, valid until more is received; <see langword="false"/>: none is whole yet.</summary>
    public bool TryTake(out ReadOnlySpan<byte> message)
    {
        message = default;
        while (Skipped())
        {
            ReadOnlySpan<byte> bytes = _buffer.AsSpan(_start, _end - _start);
            int digits = Math.Min(bytes.IndexOfAnyExceptInRange((byte)'0', (byte)'9') is var other and >= 0 ? other : bytes.Length, MaxDigits + 1);
            if (digits == bytes.Length && digits <= MaxDigits)
            {
                return false;
            }

            if (digits is > 0 and <= MaxDigits && bytes[digits] == ' ')
            {
                int length = int.Parse(bytes[..digits], NumberStyles.None, CultureInfo.InvariantCulture);
                int whole = digits + 1 + length;
                if (length > maxMessage)
                {
                    (_skipBytes, Dropped) = (whole, Dropped + 1);
                    continue;
                }

                if (bytes.Length < whole)
                {
                    return false;
                }

                message = bytes[(digits + 1)..whole];
                _start += whole;
                return true;
            }

            int end = bytes.IndexOfAny((byte)'\n', (byte)0);
            if (end > maxMessage)
            {
                (_start, Dropped) = (_start + end + 1, Dropped + 1);
                continue;
            }

            if (end >= 0)
            {
                message = bytes[..end];
                _start += end + 1;
                return true;
            }

            if (bytes.Length <= maxMessage)
            {
                return false;
            }

            (_skipLine, Dropped) = (true, Dropped + 1);
        }

        return false;
    }

    /// <summary>Passes over the rest of what is too long; <see langword="false"/>: nothing else has come.</summary>
    private bool Skipped()
    {
        int passed = Math.Min(_skipBytes, _end - _start);
        (_skipBytes, _start) = (_skipBytes - passed, _start + passed);
        if (_skipLine)
        {
            int end = _buffer.AsSpan(_start, _end - _start).IndexOfAny((byte)'\n', (byte)0);
            (_skipLine, _start) = (end < 0, end < 0 ? _end : _start + end + 1);
        }

        return _start < _end;
    }
}
