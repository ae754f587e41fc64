using System.Buffers;
using System.Globalization;
using System.Net.Sockets;
using System.Text;

namespace Ksmg.Simulator;

/// <summary>Who stands behind an SMTP listener.</summary>
internal interface ISmtpService
{
    /// <summary>The name in the greeting.</summary>
    string HostName { get; }

    /// <summary>220, or what a sender is told instead.</summary>
    SmtpVerdict Greet();

    /// <summary>The sender has said hello: from here on it is a session, and no longer somebody's health check. Disposed at its end.</summary>
    IDisposable? OpenSession();

    /// <summary>The answer to RCPT.</summary>
    SmtpVerdict CheckRecipient();

    /// <summary>The answer to a whole message.</summary>
    ValueTask<SmtpVerdict> AcceptAsync(SimulatedMessage message, string hello, CancellationToken cut);
}

/// <summary>The server's side of one SMTP conversation (RFC 5321 with PIPELINING, SIZE, 8BITMIME).</summary>
internal sealed class SmtpSession(ISmtpService service, MailSettings settings, SmtpStream stream, CancellationToken cut)
{
    private const int MaxRecipients = 100;
    private const int MaxMistakes = 20;

    private readonly List<string> _recipients = [];
    private string? _hello;
    private string? _sender;
    private int _mistakes;
    private IDisposable? _session;

    /// <summary>Serves one connection to its end.</summary>
    public static async Task ServeAsync(ISmtpService service, MailSettings settings, TimeProvider time, Socket socket, CancellationToken cut)
    {
        using SmtpStream stream = new(socket, time, settings.IdleLimit, cut);
        await new SmtpSession(service, settings, stream, cut).RunAsync().ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        try
        {
            bool open = Answer(service.Greet());
            while (open)
            {
                if (!stream.HasLine)
                {
                    await stream.FlushAsync().ConfigureAwait(false);
                }

                open = await AnswerNextAsync().ConfigureAwait(false);
            }
        }
        catch (InvalidDataException)
        {
            Answer(new(500, "5.5.2 Line too long"));
        }
        finally
        {
            _session?.Dispose();
        }

        await stream.FlushAsync().ConfigureAwait(false);
    }

    /// <summary>Answers one command; <see langword="false"/>: that was the last one.</summary>
    private async ValueTask<bool> AnswerNextAsync()
    {
        string line = await stream.ReadTextAsync().ConfigureAwait(false);
        string verb = line.Split(' ', 2)[0].ToUpperInvariant();
        string argument = line.Length > verb.Length ? line[(verb.Length + 1)..].Trim() : string.Empty;
        switch (verb)
        {
            case "EHLO" or "HELO" when argument.Length == 0:
                return Mistake(new(501, "5.5.4 Say who you are"));
            case "EHLO" or "HELO":
                _hello = argument;
                _session ??= service.OpenSession();
                Reset();
                if (verb == "HELO")
                {
                    return Answer(new(250, service.HostName));
                }

                stream.WriteLine($"250-{service.HostName}");
                stream.WriteLine("250-PIPELINING");
                stream.WriteLine(string.Create(CultureInfo.InvariantCulture, $"250-SIZE {settings.MaxMessageBytes}"));
                return Answer(new(250, "8BITMIME"));
            case "MAIL":
                return Mail(argument);
            case "RCPT":
                return Recipient(argument);
            case "DATA":
                return await DataAsync().ConfigureAwait(false);
            case "RSET":
                Reset();
                return Answer(new(250, "2.0.0 Ok"));
            case "NOOP":
                return Answer(new(250, "2.0.0 Ok"));
            case "QUIT":
                Answer(new(221, "2.0.0 Bye"));
                return false;
            default:
                return Mistake(new(502, "5.5.2 Command not recognized"));
        }
    }

    private bool Mail(string argument)
    {
        if (_hello is null || _sender is not null)
        {
            return Mistake(new(503, _hello is null ? "5.5.1 Say hello first" : "5.5.1 Nested MAIL command"));
        }

        if (Path(argument, "FROM:") is not { } sender)
        {
            return Mistake(new(501, "5.5.4 Syntax: MAIL FROM:<address>"));
        }

        int at = argument.IndexOf("SIZE=", StringComparison.OrdinalIgnoreCase);
        if (at >= 0
            && (
                !long.TryParse(argument.AsSpan(at + 5).ToString().Split(' ')[0], NumberStyles.None, CultureInfo.InvariantCulture, out long size)
                    || size > settings.MaxMessageBytes))
        {
            return Answer(TooLarge);
        }

        _sender = sender;
        return Answer(new(250, "2.1.0 Ok"));
    }

    private bool Recipient(string argument)
    {
        if (_sender is null)
        {
            return Mistake(new(503, "5.5.1 MAIL first"));
        }

        if (Path(argument, "TO:") is not { Length: > 0 } recipient)
        {
            return Mistake(new(501, "5.5.4 Syntax: RCPT TO:<address>"));
        }

        if (_recipients.Count == MaxRecipients)
        {
            return Answer(new(452, "4.5.3 Too many recipients"));
        }

        SmtpVerdict verdict = service.CheckRecipient();
        if (verdict.IsPositive)
        {
            _recipients.Add(recipient);
        }

        return Answer(verdict);
    }

    private async ValueTask<bool> DataAsync()
    {
        if (_recipients.Count == 0)
        {
            return Mistake(_sender is null ? new(503, "5.5.1 MAIL first") : new(554, "5.5.1 No valid recipients"));
        }

        Answer(new(354, "End data with <CR><LF>.<CR><LF>"));
        await stream.FlushAsync().ConfigureAwait(false);
        SimulatedMessage? message = await ReadMessageAsync().ConfigureAwait(false);
        SmtpVerdict verdict = message is null ? TooLarge : await service.AcceptAsync(message, _hello!, cut).ConfigureAwait(false);
        Reset();
        return Answer(verdict);
    }

    /// <summary>Reads to the lone dot; <see langword="null"/>: larger than allowed.</summary>
    private async ValueTask<SimulatedMessage?> ReadMessageAsync()
    {
        List<MailHeader> headers = [];
        ArrayBufferWriter<byte> body = new();
        string messageId = string.Empty;
        long attempt = 0;
        long size = 0;
        bool inHeaders = true;
        while (true)
        {
            ReadOnlyMemory<byte> line = await stream.ReadLineAsync().ConfigureAwait(false);
            if (line.Span is [(byte)'.'])
            {
                break;
            }

            size += line.Length + 2;
            if (size > settings.MaxMessageBytes)
            {
                continue;
            }

            line = line.Span is [(byte)'.', ..] ? line[1..] : line;
            if (inHeaders)
            {
                inHeaders = ReadHeader(Encoding.Latin1.GetString(line.Span), headers);
                if (inHeaders || line.IsEmpty)
                {
                    continue;
                }
            }

            body.Write(line.Span);
            body.Write("\r\n"u8);
        }

        if (size > settings.MaxMessageBytes)
        {
            return null;
        }

        for (int i = headers.Count - 1; i >= 0; i--)
        {
            if (headers[i].Name.Equals("Message-ID", StringComparison.OrdinalIgnoreCase))
            {
                messageId = headers[i].Value.Trim('<', '>', ' ');
            }
            else if (headers[i].Name == SimulatedMessage.AttemptHeader)
            {
                _ = long.TryParse(headers[i].Value, NumberStyles.None, CultureInfo.InvariantCulture, out attempt);
                headers.RemoveAt(i);
            }
        }

        return new SimulatedMessage
        {
            Attempt = attempt,
            MessageId = messageId,
            Sender = _sender!,
            Recipients = [.. _recipients],
            Headers = headers,
            Body = body.WrittenMemory,
        };
    }

    /// <summary>Takes one line of the header; <see langword="false"/>: the header has ended, with an empty line or without one.</summary>
    private static bool ReadHeader(string line, List<MailHeader> headers)
    {
        if (line is [' ' or '\t', ..] && headers.Count > 0)
        {
            headers[^1] = headers[^1] with { Value = headers[^1].Value + ' ' + line.Trim() };
            return true;
        }

        int colon = line.IndexOf(':', StringComparison.Ordinal);
        if (colon <= 0 || line.AsSpan(0, colon).Contains(' '))
        {
            return false;
        }

        headers.Add(new MailHeader(line[..colon], line[(colon + 1)..].Trim()));
        return true;
    }

    private static SmtpVerdict TooLarge { get; } = new(552, "5.3.4 Message too big");

    /// <summary>The address out of <c>FROM:&lt;address&gt; PARAMETERS</c>.</summary>
    private static string? Path(string argument, string prefix)
    {
        if (!argument.StartsWith(prefix, StringComparison.OrdinalIgnoreCase))
        {
            return null;
        }

        string path = argument[prefix.Length..].TrimStart();
        int end = path.IndexOf('>', StringComparison.Ordinal);
        return path is ['<', ..] && end > 0 ? path[1..end] : null;
    }

    private void Reset()
    {
        _sender = null;
        _recipients.Clear();
    }

    private bool Mistake(SmtpVerdict verdict) =>
        ++_mistakes < MaxMistakes ? Answer(verdict) : Answer(new(421, "4.7.0 Too many errors"));

    /// <summary>Writes an answer; <see langword="false"/> if it ends the conversation.</summary>
    private bool Answer(SmtpVerdict verdict)
    {
        stream.WriteLine(verdict.ToString());
        return verdict.Code != 421;
    }
}
