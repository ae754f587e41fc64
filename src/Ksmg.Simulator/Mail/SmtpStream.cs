using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Ksmg.Simulator;

/// <summary>
/// Lines over a socket, bounded in length and time. Whatever ends the conversation closes the socket,
/// and the pending call throws <see cref="IOException"/>, <see cref="SocketException"/> or <see cref="ObjectDisposedException"/>.
/// </summary>
internal sealed class SmtpStream : IDisposable
{
    /// <summary>Longer lines are an attack or a mistake; RFC 5321 asks for 1000.</summary>
    public const int MaxLine = 16 * 1024;

    private readonly Socket _socket;
    private readonly TimeSpan _idleLimit;
    private readonly ITimer _idle;
    private readonly CancellationTokenRegistration _cut;
    private readonly byte[] _input = new byte[MaxLine];
    private readonly ArrayBufferWriter<byte> _output = new(1024);
    private int _start;
    private int _end;

    public SmtpStream(Socket socket, TimeProvider time, TimeSpan idleLimit, CancellationToken cut)
    {
        _socket = socket;
        _idleLimit = idleLimit;
        _idle = time.CreateTimer(static s => ((Socket)s!).Dispose(), socket, idleLimit, Timeout.InfiniteTimeSpan);
        _cut = cut.UnsafeRegister(static s => ((Socket)s!).Dispose(), socket);
    }

    /// <summary>Whether a whole line is there already: a pipelining client, whose answers may be gathered.</summary>
    public bool HasLine => _input.AsSpan(_start, _end - _start).Contains((byte)'\n');

    /// <summary>The next line without its end; valid until the next call.</summary>
    /// <exception cref="EndOfStreamException">The other side has closed.</exception>
    /// <exception cref="InvalidDataException">The line is too long.</exception>
    public async ValueTask<ReadOnlyMemory<byte>> ReadLineAsync()
    {
        int scanned = 0;
        while (true)
        {
            int at = _input.AsSpan(_start + scanned, _end - _start - scanned).IndexOf((byte)'\n');
            if (at >= 0)
            {
                int length = scanned + at;
                ReadOnlyMemory<byte> line = _input.AsMemory(_start, length > 0 && _input[_start + length - 1] == '\r' ? length - 1 : length);
                _start += length + 1;
                return line;
            }

            scanned = _end - _start;
            if (scanned == _input.Length)
            {
                throw new InvalidDataException("The line is too long.");
            }

            if (_start > 0)
            {
                _input.AsSpan(_start, scanned).CopyTo(_input);
                (_start, _end) = (0, scanned);
            }

            _idle.Change(_idleLimit, Timeout.InfiniteTimeSpan);
            int read = await _socket.ReceiveAsync(_input.AsMemory(_end)).ConfigureAwait(false);
            if (read == 0)
            {
                throw new EndOfStreamException();
            }

            _end += read;
        }
    }

    /// <summary>The next line as text.</summary>
    public async ValueTask<string> ReadTextAsync() => Encoding.Latin1.GetString((await ReadLineAsync().ConfigureAwait(false)).Span);

    /// <summary>The next answer of a server, the last line of it standing for a multi-line one.</summary>
    public async ValueTask<SmtpVerdict> ReadAnswerAsync()
    {
        for (int lines = 0; lines < 100; lines++)
        {
            string line = await ReadTextAsync().ConfigureAwait(false);
            if (line.Length < 3 || !int.TryParse(line.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture, out int code))
            {
                break;
            }

            if (line.Length == 3 || line[3] != '-')
            {
                return new SmtpVerdict(code, line.Length > 4 ? line[4..] : string.Empty);
            }
        }

        throw new IOException("The other side does not speak SMTP.");
    }

    /// <summary>Adds a line to what the next flush sends.</summary>
    public void WriteLine(string line)
    {
        WriteBytes(Encoding.Latin1.GetBytes(line));
        WriteBytes("\r\n"u8);
    }

    /// <summary>Adds bytes as they are.</summary>
    public void WriteBytes(ReadOnlySpan<byte> bytes) => _output.Write(bytes);

    /// <summary>Sends what was written.</summary>
    public async ValueTask FlushAsync()
    {
        ReadOnlyMemory<byte> rest = _output.WrittenMemory;
        while (!rest.IsEmpty)
        {
            _idle.Change(_idleLimit, Timeout.InfiniteTimeSpan);
            rest = rest[await _socket.SendAsync(rest).ConfigureAwait(false)..];
        }

        _output.ResetWrittenCount();
    }

    public void Dispose()
    {
        _cut.Dispose();
        _idle.Dispose();
        _socket.Dispose();
    }
}
