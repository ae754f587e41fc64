using System.Net;
using System.Net.Sockets;
using System.Text;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>A node's SMTP over loopback, spoken to as strangers speak.</summary>
public sealed class SmtpTests : IAsyncDisposable, IAsyncLifetime
{
    private static readonly MailSettings _settings = new()
    {
        ScanDelay = TimeSpan.FromMilliseconds(5),
        MaxMessageBytes = 100_000,
        RetryDelay = TimeSpan.FromMilliseconds(100),
    };

    private MailCluster _cluster = new(1, TimeProvider.System, sockets: true, _settings);

    private NodeMail Node => _cluster.Nodes[0];

    public Task InitializeAsync() => Task.CompletedTask;

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(100_000)]
    public async Task A_whole_conversation_in_pieces_of_any_size_delivers_the_message_unchanged(int piece)
    {
        const string Conversation =
            "EHLO client.example\r\nMAIL FROM:<a@example.org> SIZE=300 BODY=8BITMIME\r\nRCPT TO:<b@example.org>\r\nDATA\r\n"
            + "Message-ID:\r\n <one@example.org>\r\nSubject: folded\r\n\tsubject\r\n\r\n..two dots\r\n.. \r\nline\r\n\r\n.\r\nNOOP\r\nQUIT\r\n";
        string answers = await ConverseAsync(Conversation, piece);

        Assert.Equal(
            ["220", "250-", "250-", "250-", "250 ", "250", "250", "354", "250", "250", "221"],
            answers.TrimEnd().Split("\r\n").Select(l => l[3] == '-' || l.EndsWith("8BITMIME", StringComparison.Ordinal) ? l[..4] : l[..3]));
        Assert.Contains("250-PIPELINING\r\n250-SIZE 100000\r\n250 8BITMIME\r\n", answers, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => _cluster.Sink.Find("<one@example.org>").Count == 1, "the message has arrived");
        MailboxCopy copy = _cluster.Sink.Find("one@example.org")[0];
        Assert.Equal("folded subject", copy.Headers.Single(h => h.Name == "Subject").Value);
        Assert.Contains(
            copy.Headers,
            h => h.Value.StartsWith("from client.example (unknown [127.0.0.1]) by gw1.example (Postfix) with ESMTP id ", StringComparison.Ordinal));
        Assert.DoesNotContain(copy.Headers, h => h.Name == SimulatedMessage.AttemptHeader);
    }

    [Fact]
    public async Task A_body_with_dots_survives_both_hops()
    {
        SmtpVerdict? verdict = null;
        await using SmtpHop hop = new(() => Node.EndPoint!, "client.example", TimeProvider.System, _settings);
        CatchAll next = new();
        await using SimulatedNodeMail node = new(_cluster.Hosts[0], _cluster.Ledger, next, TimeProvider.System, _settings);
        node.Listen();
        await using SmtpHop direct = new(() => node.EndPoint!, "client.example", TimeProvider.System, _settings);
        byte[] body = ".\r\n..\r\n.a\r\n\r\nno dot\r\n.\r\n"u8.ToArray();
        direct.Send(MailCluster.Probe() with { Body = body }, v => verdict = v);
        await Eventually.TrueAsync(() => next.Taken is not null && verdict is not null, "the message has come through");
        Assert.Equal(250, verdict!.Value.Code);
        Assert.Equal(Encoding.Latin1.GetString(body), Encoding.Latin1.GetString(next.Taken!.Body.Span));
    }

    [Fact]
    public async Task What_was_answered_stays_so_when_the_goodbye_finds_nobody()
    {
        string[] answers = ["220 x ESMTP\r\n", "250 x\r\n", "250 Ok\r\n250 Ok\r\n", "354 go on\r\n"];
        await using LoopbackListener server = new(0, async (socket, cut) =>
        {
            byte[] buffer = new byte[4096];
            foreach (string answer in answers)
            {
                await socket.SendAsync(Encoding.ASCII.GetBytes(answer), cut);
                await socket.ReceiveAsync(buffer.AsMemory(), cut);
            }

            await socket.SendAsync("250 taken\r\n"u8.ToArray(), cut);
            socket.LingerState = new LingerOption(true, 0);
        });
        server.Open();
        await using SmtpHop hop = new(() => server.EndPoint, "client.example", TimeProvider.System, _settings, messagesPerConnection: 1);
        for (int i = 0; i < 50; i++)
        {
            TaskCompletionSource<SmtpVerdict> verdict = new();
            hop.Send(MailCluster.Probe(), verdict.SetResult);
            Assert.Equal(new SmtpVerdict(250, "taken"), await verdict.Task);
        }
    }

    [Theory]
    [InlineData(20_000, 100)]
    [InlineData(500, 99_300)]
    public async Task What_a_node_has_taken_its_next_hop_takes(int header, int body)
    {
        string folded = string.Concat(Enumerable.Repeat("\r\n <reference-of-a-message@example.org>", header / 38));
        string text = string.Concat(Enumerable.Repeat(new string('x', 98) + "\r\n", body / 100));
        string answers = await ConverseAsync(
            "EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nMessage-ID: <big@x>\r\nReferences:" + folded + "\r\n\r\n" + text + ".\r\nQUIT\r\n");
        Assert.Contains("\r\n250 2.0.0 Ok: queued", answers, StringComparison.Ordinal);
        await Eventually.TrueAsync(() => _cluster.Sink.Find("big@x").Count == 1, "the message has arrived");
        string value = _cluster.Sink.Find("big@x")[0].Headers.Single(h => h.Name == "References").Value;
        Assert.Equal(folded.Replace("\r\n", string.Empty, StringComparison.Ordinal).Trim(), value);
    }

    [Theory]
    [InlineData("MAIL FROM:<a@b>\r\n", "503")]
    [InlineData("EHLO\r\n", "501")]
    [InlineData("EHLO x\r\nRCPT TO:<a@b>\r\n", "250,503")]
    [InlineData("EHLO x\r\nDATA\r\n", "250,503")]
    [InlineData("EHLO x\r\nMAIL FROM:<>\r\nDATA\r\n", "250,250,554")]
    [InlineData("EHLO x\r\nMAIL FROM:<a@b>\r\nMAIL FROM:<a@b>\r\n", "250,250,503")]
    [InlineData("EHLO x\r\nMAIL FROM:<a@b>\r\nRSET\r\nRCPT TO:<a@b>\r\n", "250,250,250,503")]
    [InlineData("EHLO x\r\nMAIL a@b\r\n", "250,501")]
    [InlineData("EHLO x\r\nMAIL FROM:<a@b> SIZE=100001\r\n", "250,552")]
    [InlineData("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<>\r\n", "250,250,501")]
    [InlineData("HELO x\r\nSTARTTLS\r\nBDAT 3\r\n", "250,502,502")]
    public async Task Mistakes_are_answered_by_the_book(string commands, string codes)
    {
        string answers = await ConverseAsync(commands + "QUIT\r\n");
        Assert.Equal("220," + codes + ",221", string.Join(',', answers.TrimEnd().Split("\r\n").Where(l => l[3] == ' ').Select(l => l[..3])));
    }

    [Fact]
    public async Task Nothing_is_unbounded()
    {
        Assert.EndsWith(
            "500 5.5.2 Line too long\r\n", await ConverseAsync("EHLO " + new string('x', SmtpStream.MaxLine + 10) + "\r\n"), StringComparison.Ordinal);
        Assert.EndsWith("421 4.7.0 Too many errors\r\n", await ConverseAsync(string.Concat(Enumerable.Repeat("FOO\r\n", 50))), StringComparison.Ordinal);

        string large = string.Concat(Enumerable.Repeat(new string('x', 998) + "\r\n", 110));
        string answers = await ConverseAsync("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nDATA\r\nMessage-ID: <large@x>\r\n\r\n" + large + ".\r\nQUIT\r\n");
        Assert.Contains("\r\n552 5.3.4 Message too big\r\n221 ", answers, StringComparison.Ordinal);
        string many = await ConverseAsync("EHLO x\r\nMAIL FROM:<a@b>\r\n" + string.Concat(Enumerable.Repeat("RCPT TO:<a@b>\r\n", 101)) + "QUIT\r\n");
        Assert.Contains("\r\n452 4.5.3 ", many, StringComparison.Ordinal);
        Assert.Equal(0, _cluster.Ledger.Figures.Accepted);
    }

    [Fact]
    public async Task A_silent_sender_is_hung_up_on()
    {
        await using MailCluster cluster = new(1, TimeProvider.System, sockets: true, _settings with { IdleLimit = TimeSpan.FromMilliseconds(50) });
        using Socket socket = await ConnectAsync(cluster.Nodes[0].EndPoint!);
        Assert.StartsWith("220 ", await ReadToEndAsync(socket), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(ReceivingOffAnswer.Reply450, "220,250,250,450,221")]
    [InlineData(ReceivingOffAnswer.Reply421, "421")]
    [InlineData(ReceivingOffAnswer.Refuse, "refused")]
    public async Task Receiving_off_is_seen_by_senders(ReceivingOffAnswer answer, string seen)
    {
        await _cluster.DisposeAsync();
        _cluster = new MailCluster(1, TimeProvider.System, sockets: true, _settings with { ReceivingOff = answer });
        _cluster.Change(0, h => h.Receiving = false);
        Assert.Equal(seen, await TryAsync());
        _cluster.Change(0, h => h.Receiving = true);
        Assert.Equal("220,250,250,250,221", await TryAsync());

        async Task<string> TryAsync()
        {
            try
            {
                string answers = await ConverseAsync("EHLO x\r\nMAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nQUIT\r\n");
                return string.Join(',', answers.TrimEnd().Split("\r\n").Where(l => l[3] == ' ').Select(l => l[..3]));
            }
            catch (SocketException e) when (e.SocketErrorCode == SocketError.ConnectionRefused)
            {
                return "refused";
            }
        }
    }

    [Fact]
    public async Task A_node_that_goes_away_cuts_its_sessions_refuses_and_comes_back_on_its_port()
    {
        IPEndPoint endPoint = Node.EndPoint!;
        using Socket socket = await ConnectAsync(endPoint);
        await socket.SendAsync("EHLO x\r\n"u8.ToArray());
        await Eventually.TrueAsync(() => Node.OpenSessions == 1, "the session is counted");
        _cluster.Change(0, h => h.IsSmtpUp = false);
        await ReadToEndAsync(socket);
        await Eventually.TrueAsync(() => Node.OpenSessions == 0, "the session is gone");
        await Assert.ThrowsAsync<SocketException>(() => ConnectAsync(endPoint));

        _cluster.Change(0, h => h.IsSmtpUp = true);
        Assert.Equal(endPoint, Node.EndPoint);
        Assert.StartsWith("220 ", await ConverseAsync("QUIT\r\n"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_look_at_the_greeting_is_no_session()
    {
        using Socket socket = await ConnectAsync(Node.EndPoint!);
        byte[] greeting = new byte[100];
        Assert.True(await socket.ReceiveAsync(greeting.AsMemory()).AsTask().WaitAsync(Eventually.Limit) > 0);
        Assert.Equal(0, Node.OpenSessions);
        await socket.SendAsync("HELO x\r\n"u8.ToArray());
        await Eventually.TrueAsync(() => Node.OpenSessions == 1, "hello makes a session");
    }

    public async ValueTask DisposeAsync() => await _cluster.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    private static async Task<Socket> ConnectAsync(IPEndPoint endPoint)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(endPoint);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    private static async Task<string> ReadToEndAsync(Socket socket)
    {
        using CancellationTokenSource limit = new(Eventually.Limit);
        StringBuilder text = new();
        byte[] buffer = new byte[4096];
        try
        {
            int read;
            while ((read = await socket.ReceiveAsync(buffer.AsMemory(), limit.Token)) > 0)
            {
                text.Append(Encoding.Latin1.GetString(buffer, 0, read));
            }
        }
        catch (SocketException)
        {
            // Reset: the server went away with something of ours unread.
        }

        return text.ToString();
    }

    /// <summary>Says everything in pieces, without waiting for answers, and returns all answers.</summary>
    private async Task<string> ConverseAsync(string conversation, int piece = int.MaxValue)
    {
        using Socket socket = await ConnectAsync(Node.EndPoint!);
        byte[] bytes = Encoding.Latin1.GetBytes(conversation);
        Task<string> answers = ReadToEndAsync(socket);
        try
        {
            for (int sent = 0; sent < bytes.Length;)
            {
                sent += await socket.SendAsync(bytes.AsMemory(sent, Math.Min(piece, bytes.Length - sent)));
            }
        }
        catch (SocketException)
        {
            // The server has heard enough.
        }

        return await answers;
    }

    private sealed class CatchAll : IMailHop
    {
        public SimulatedMessage? Taken { get; private set; }

        public void Send(SimulatedMessage message, Action<SmtpVerdict> done)
        {
            Taken = message;
            TimeProvider.System.After(TimeSpan.Zero, () => done(new(250, "Ok")));
        }
    }
}
