using System.Net;
using System.Net.Sockets;
using System.Text;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Simulator;

/// <summary>Test messages over real SMTP to a node's own address; their copies are looked for in the simulated mailbox.</summary>
internal sealed class SimulatorMailProbe : IMailProbe, IDisposable
{
    private static readonly TimeSpan StepLimit = TimeSpan.FromSeconds(10);

    private readonly SimulatorClient _client;
    private readonly IReadOnlyDictionary<string, string> _smtp;
    private readonly string _from;
    private readonly string _to;
    private readonly TimeProvider _time;

    /// <summary>Creates the adapter.</summary>
    /// <param name="endpoint">The control URL.</param>
    /// <param name="smtp">Where each node takes mail, <c>host:port</c> by node name.</param>
    /// <param name="from">The sender.</param>
    /// <param name="to">The recipient.</param>
    /// <param name="time">The clock of the time limits; default: the system's.</param>
    public SimulatorMailProbe(
        Uri endpoint,
        IReadOnlyDictionary<string,
        string> smtp,
        string from = ModelMailProbe.Address,
        string to = ModelMailProbe.Address,
        TimeProvider? time = null)
    {
        _client = new SimulatorClient(endpoint);
        (_smtp, _from, _to, _time) = (smtp, from, to, time ?? TimeProvider.System);
    }

    /// <inheritdoc/>
    public Task<ProbeAnswer> AskAsync(string node, CancellationToken cancellationToken = default) => TalkAsync(node, messageId: null, cancellationToken);

    /// <inheritdoc/>
    public Task<ProbeAnswer> SendAsync(string node, string messageId, CancellationToken cancellationToken = default) =>
        TalkAsync(node, messageId, cancellationToken);

    /// <inheritdoc/>
    public async Task<IReadOnlyList<ProbeCopy>> FindAsync(string messageId, CancellationToken cancellationToken = default)
    {
        MailboxCopy[] copies = await _client.GetAsync(
            "mailbox?message-id=" + Uri.EscapeDataString(MessageIds.Bare(messageId)),
            JsonContext.Default.MailboxCopyArray,
            cancellationToken).ConfigureAwait(false);
        return [.. copies.Select(ProbeHeaders.Read)];
    }

    /// <summary>Ends the connections.</summary>
    public void Dispose() => _client.Dispose();

    private async Task<ProbeAnswer> TalkAsync(string node, string? messageId, CancellationToken cancellationToken)
    {
        if (!_smtp.TryGetValue(node, out string? address) || !IPEndPoint.TryParse(address, out IPEndPoint? target))
        {
            throw new KsmgException(Words.Get("simulator.no-smtp", node)) { Node = node };
        }

        using var limit = new CancellationTokenSource(StepLimit, _time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        try
        {
            using var socket = new Socket(target.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
            await socket.ConnectAsync(target, either.Token).ConfigureAwait(false);
            using var stream = new NetworkStream(socket, ownsSocket: false);
            using var reader = new StreamReader(stream, Encoding.ASCII);
            return await TalkAsync(stream, reader, messageId, either.Token).ConfigureAwait(false);
        }
        catch (Exception broken) when (broken is SocketException or IOException)
        {
            return new ProbeAnswer(false, broken.Message);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            return new ProbeAnswer(false, Words.Get("simulator.no-answer", StepLimit));
        }
    }

    private async Task<ProbeAnswer> TalkAsync(NetworkStream stream, StreamReader reader, string? messageId, CancellationToken cancellationToken)
    {
        string answer = await AnswerAsync(reader, cancellationToken).ConfigureAwait(false);
        foreach (string command in new[] { "EHLO probe.example.test", $"MAIL FROM:<{_from}>", $"RCPT TO:<{_to}>" })
        {
            if (!IsGood(answer))
            {
                return new ProbeAnswer(false, answer);
            }

            answer = await SayAsync(stream, reader, command, cancellationToken).ConfigureAwait(false);
        }

        if (messageId is null || !IsGood(answer))
        {
            await SayAsync(stream, reader, "RSET", cancellationToken).ConfigureAwait(false);
        }
        else
        {
            string id = MessageIds.Bare(messageId);
            string message =
                $"Message-ID: <{id}>\r\nFrom: <{_from}>\r\nTo: <{_to}>\r\nSubject: Test message\r\nDate: {_time.GetUtcNow():R}\r\n\r\nA test message.\r\n.";
            answer = await SayAsync(stream, reader, "DATA", cancellationToken).ConfigureAwait(false);
            answer = answer.StartsWith("354", StringComparison.Ordinal)
                ? await SayAsync(stream, reader, message, cancellationToken).ConfigureAwait(false)
                : answer;
        }

        await QuitAsync(stream, reader, cancellationToken).ConfigureAwait(false);
        return new ProbeAnswer(IsGood(answer), answer);
    }

    private static async Task QuitAsync(NetworkStream stream, StreamReader reader, CancellationToken cancellationToken)
    {
        try
        {
            await SayAsync(stream, reader, "QUIT", cancellationToken).ConfigureAwait(false);
        }
        catch (IOException)
        {
            // The answer that counts is there already.
        }
    }

    private static async Task<string> SayAsync(NetworkStream stream, StreamReader reader, string text, CancellationToken cancellationToken)
    {
        await stream.WriteAsync(Encoding.ASCII.GetBytes(text + "\r\n"), cancellationToken).ConfigureAwait(false);
        return await AnswerAsync(reader, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>The last line of an answer.</summary>
    private static async Task<string> AnswerAsync(StreamReader reader, CancellationToken cancellationToken)
    {
        string line;
        do
        {
            line = await reader.ReadLineAsync(cancellationToken).ConfigureAwait(false) ?? throw new IOException(Words.Get("simulator.closed"));
        }
        while (line.Length > 3 && line[3] == '-');
        return line;
    }

    private static bool IsGood(string answer) => answer.StartsWith('2');
}
