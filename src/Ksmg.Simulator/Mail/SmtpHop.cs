using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ksmg.Simulator;

/// <summary>
/// The way to the next station over SMTP. A node keeps its connections for more messages; a sender that goes through a
/// balancer does not (<paramref name="messagesPerConnection"/> 1), since its idle sessions would hold up a drain.
/// </summary>
internal sealed class SmtpHop(
    Func<IPEndPoint> target, string helloName, TimeProvider time, MailSettings settings, int messagesPerConnection = 100) : IMailHop, IAsyncDisposable
{
    /// <summary>RFC 5322: 998 characters and the line's end.</summary>
    private const int MaxLine = 998;

    private readonly ConcurrentStack<Connection> _idle = new();
    private readonly ConcurrentDictionary<Task, byte> _pending = new();
    private readonly CancellationTokenSource _stop = new();

    public void Send(SimulatedMessage message, Action<SmtpVerdict> done)
    {
        Task task = SendAsync(message, done);
        _pending.TryAdd(task, 0);
        _ = task.ContinueWith(
            (t, _) => _pending.TryRemove(t, out byte _), null, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await Task.WhenAll(_pending.Keys).ConfigureAwait(false);
        while (_idle.TryPop(out Connection? connection))
        {
            connection.Stream.Dispose();
        }

        _stop.Dispose();
    }

    private async Task SendAsync(SimulatedMessage message, Action<SmtpVerdict> done)
    {
        // Off the caller's stack: it may hold locks, and "done" must not run within Send.
        await Task.Yield();
        SmtpVerdict verdict;
        bool fresh;
        do
        {
            fresh = !_idle.TryPop(out Connection? connection);
            connection ??= await ConnectAsync().ConfigureAwait(false);
            verdict = connection is null ? SmtpVerdict.Unreachable : await TransferAsync(connection, message).ConfigureAwait(false);
        }
        while (verdict == SmtpVerdict.Unreachable && !fresh);
        done(verdict);
    }

    private async Task<Connection?> ConnectAsync()
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        SmtpStream? stream = null;
        try
        {
            stream = new SmtpStream(socket, time, settings.IdleLimit, _stop.Token);
            await socket.ConnectAsync(target(), _stop.Token).ConfigureAwait(false);
            SmtpVerdict greeting = await stream.ReadAnswerAsync().ConfigureAwait(false);
            if (greeting.IsPositive)
            {
                stream.WriteLine($"EHLO {helloName}");
                await stream.FlushAsync().ConfigureAwait(false);
                greeting = await stream.ReadAnswerAsync().ConfigureAwait(false);
            }

            if (greeting.IsPositive)
            {
                return new Connection(stream);
            }
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Nobody there, or gone again: the caller hears "unreachable".
        }

        stream?.Dispose();
        return null;
    }

    /// <summary>One transaction; the connection is kept only when it ended well.</summary>
    private async Task<SmtpVerdict> TransferAsync(Connection connection, SimulatedMessage message)
    {
        SmtpStream stream = connection.Stream;
        bool underWay = false;
        bool keep = false;
        SmtpVerdict? answered = null;
        try
        {
            stream.WriteLine($"MAIL FROM:<{message.Sender}>");
            foreach (string recipient in message.Recipients)
            {
                stream.WriteLine($"RCPT TO:<{recipient}>");
            }

            await stream.FlushAsync().ConfigureAwait(false);
            SmtpVerdict verdict = await stream.ReadAnswerAsync().ConfigureAwait(false);
            for (int i = 0; i < message.Recipients.Count; i++)
            {
                SmtpVerdict recipient = await stream.ReadAnswerAsync().ConfigureAwait(false);
                verdict = verdict.IsPositive ? recipient : verdict;
            }

            if (verdict.IsPositive)
            {
                stream.WriteLine("DATA");
                await stream.FlushAsync().ConfigureAwait(false);
                verdict = await stream.ReadAnswerAsync().ConfigureAwait(false);
                if (verdict.Code == 354)
                {
                    Write(stream, message);
                    underWay = true;
                    await stream.FlushAsync().ConfigureAwait(false);
                    verdict = await stream.ReadAnswerAsync().ConfigureAwait(false);
                }
            }

            answered = verdict;
            keep = verdict.IsPositive && ++connection.Messages < messagesPerConnection;
            if (!keep)
            {
                stream.WriteLine("QUIT");
                await stream.FlushAsync().ConfigureAwait(false);
            }

            return verdict;
        }
        catch (Exception e) when (IsEnd(e))
        {
            // Only the goodbye found nobody: what was answered before stays so.
            return answered ?? (underWay ? SmtpVerdict.Cut : SmtpVerdict.Unreachable);
        }
        finally
        {
            if (keep)
            {
                _idle.Push(connection);
            }
            else
            {
                stream.Dispose();
            }
        }
    }

    private static void Write(SmtpStream stream, SimulatedMessage message)
    {
        if (message.Attempt != 0)
        {
            stream.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{SimulatedMessage.AttemptHeader}: {message.Attempt}"));
        }

        foreach (MailHeader header in message.Headers)
        {
            WriteFolded(stream, $"{header.Name}: {header.Value}", header.Name.Length + 2);
        }

        stream.WriteBytes("\r\n"u8);
        ReadOnlySpan<byte> rest = message.Body.Span;
        while (!rest.IsEmpty)
        {
            int end = rest.IndexOf((byte)'\n');
            int length = end < 0 ? rest.Length : end + 1;
            if (rest[0] == '.')
            {
                stream.WriteBytes("."u8);
            }

            stream.WriteBytes(rest[..length]);
            if (end < 0)
            {
                stream.WriteBytes("\r\n"u8);
            }

            rest = rest[length..];
        }

        stream.WriteBytes(".\r\n"u8);
    }

    /// <summary>A header field, unfolded when it was read, in lines that every server takes; broken at blanks from a position on.</summary>
    private static void WriteFolded(SmtpStream stream, string field, int from)
    {
        while (field.Length > MaxLine)
        {
            int at = field.LastIndexOf(' ', MaxLine, MaxLine + 1 - from);
            at = at < 0 ? field.IndexOf(' ', MaxLine) : at;
            if (at < 0)
            {
                break;
            }

            stream.WriteLine(field[..at]);
            (field, from) = (field[at..], 1);
        }

        stream.WriteLine(field);
    }

    private static bool IsEnd(Exception e) =>
        e is SocketException or IOException or ObjectDisposedException or InvalidDataException or OperationCanceledException;

    private sealed class Connection(SmtpStream stream)
    {
        public SmtpStream Stream { get; } = stream;

        public int Messages { get; set; }
    }
}
