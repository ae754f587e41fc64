using System.Net;
using System.Net.Sockets;
using System.Text;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>Syslog over real sockets; each node is an address of the loopback network.</summary>
public sealed class CefListenerTests : IAsyncDisposable, IAsyncLifetime
{
    private readonly ManualTime _time = new();
    private readonly CefListener _listener;

    public CefListenerTests() => _listener = new CefListener(
        new CefListenerOptions { Endpoint = "127.0.0.1:0", Senders = { ["gw1"] = "127.0.0.1", ["gw2"] = "127.0.0.2" } }, _time);

    public Task InitializeAsync() => _listener.StartAsync();

    public ValueTask DisposeAsync() => _listener.DisposeAsync();

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    [Fact]
    public async Task Datagrams_are_counted_for_the_node_that_sent_them()
    {
        using Socket gw1 = Udp("127.0.0.1");
        using Socket gw2 = Udp("127.0.0.2");
        using Socket stranger = Udp("127.0.0.3");
        gw1.Send(Event("2.0.1.6960"));
        await HeardAsync("gw1", 1);
        _time.Advance(TimeSpan.FromMinutes(1));
        gw1.Send(Event("2.1.0.7854"));
        gw1.Send(Event("2.1.0.7854"));
        await HeardAsync("gw1", 2);
        Assert.Equal(new CefEvidence(new BuildNumber(2, 1, 0, 7854), _time.GetUtcNow(), 2), _listener.Evidence["GW1"]);
        Assert.False(_listener.Evidence.ContainsKey("gw2"));

        gw2.Send("no event"u8);
        stranger.Send(Event("3.0.0.9059"));
        gw2.Send(Event("2.0.1.6960"));
        await HeardAsync("gw2", 1);
        await Eventually.TrueAsync(() => _listener.Ignored == 2);
        Assert.Equal(2, _listener.Evidence.Count);
    }

    [Fact]
    public async Task On_all_addresses_of_ipv6_nodes_of_ipv4_are_heard_too()
    {
        await using CefListener listener = new(new CefListenerOptions { Endpoint = "[::]:0", Senders = { ["gw1"] = "127.0.0.1", ["gw2"] = "127.0.0.2" } });
        await listener.StartAsync();
        using Socket datagrams = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        datagrams.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.1"), 0));
        await datagrams.SendToAsync(Event("2.0.1.6960"), new IPEndPoint(IPAddress.Loopback, listener.EndPoint!.Port));
        using Socket stream = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        stream.Bind(new IPEndPoint(IPAddress.Parse("127.0.0.2"), 0));
        await stream.ConnectAsync(new IPEndPoint(IPAddress.Loopback, listener.EndPoint.Port));
        await stream.SendAsync((byte[])[.. Event("2.1.0.7854"), (byte)'\n']);
        await Eventually.TrueAsync(() => listener.Evidence.Count == 2);
        Assert.Equal(new BuildNumber(2, 1, 0, 7854), listener.Evidence["gw2"].Build);
    }

    [Theory]
    [InlineData(1)]
    [InlineData(7)]
    [InlineData(10_000)]
    public async Task Both_framings_are_read_in_pieces_of_any_size(int piece)
    {
        string text = Encoding.ASCII.GetString(Event("2.1.0.7854"));
        string counted = $"{text.Length + 1} {text}\n";
        byte[] stream = Encoding.ASCII.GetBytes($"{text}\n{counted}{counted}{text}\r\n\n{text}\n");
        using Socket gw1 = await TcpAsync("127.0.0.1");
        for (int i = 0; i < stream.Length; i += piece)
        {
            await gw1.SendAsync(stream.AsMemory(i, Math.Min(piece, stream.Length - i)));
        }

        await HeardAsync("gw1", 5);
        Assert.Equal(1, _listener.Ignored);
    }

    /// <summary>However broken a message is, it is counted, and the next one is read.</summary>
    [Theory]
    [InlineData("99999 ", 99_999, "")]
    [InlineData("20000 ", 20_000, "")]
    [InlineData("", 20_000, "\n")]
    [InlineData("<134>", 40_000, "\0")]
    [InlineData("999999999999 ", 1, "\n")]
    [InlineData("0 ", 0, "")]
    [InlineData("12x", 5, "\n")]
    public async Task What_is_too_long_or_no_syslog_is_counted_and_the_next_message_is_heard(string start, int length, string end)
    {
        using Socket gw1 = await TcpAsync("127.0.0.1");
        await gw1.SendAsync(Encoding.ASCII.GetBytes(start + new string('x', length) + end));
        await gw1.SendAsync((byte[])[.. Event("2.1.0.7854"), (byte)'\n']);
        await HeardAsync("gw1", 1);
        Assert.Equal(1, _listener.Ignored);
    }

    [Theory]
    [InlineData("\n")]
    [InlineData("\0")]
    public async Task Lines_that_begin_with_a_date_are_lines(string end)
    {
        string text =
            Encoding.ASCII.GetString(Event("2.1.0.7854")).Replace("<134>Nov 22 20:00:00", "2026-11-26T03:00:00.123456+00:00", StringComparison.Ordinal);
        using Socket gw1 = await TcpAsync("127.0.0.1");
        await gw1.SendAsync(Encoding.ASCII.GetBytes($"{text}{end}{text}{end}{text}{end}"));
        await HeardAsync("gw1", 3);
        Assert.Equal(0, _listener.Ignored);
    }

    [Fact]
    public async Task A_count_is_of_bytes()
    {
        byte[] text = [.. Event("2.1.0.7854"), .. " msg=Привет"u8];
        using Socket gw1 = await TcpAsync("127.0.0.1");
        await gw1.SendAsync((byte[])[.. Encoding.ASCII.GetBytes($"{text.Length} "), .. text, .. Encoding.ASCII.GetBytes($"{text.Length} "), .. text]);
        await HeardAsync("gw1", 2);
        Assert.Equal(0, _listener.Ignored);
    }

    [Fact]
    public async Task Strangers_the_silent_and_too_many_are_sent_away()
    {
        using Socket stranger = await TcpAsync("127.0.0.3");
        await EndsAsync(stranger);

        List<Socket> many = [];
        for (int i = 0; i < 64; i++)
        {
            many.Add(await TcpAsync("127.0.0.1"));
        }

        // The last of them was let in when its event is heard.
        await many[^1].SendAsync((byte[])[.. Event("2.1.0.7854"), (byte)'\n']);
        await HeardAsync("gw1", 1);
        using Socket late = await TcpAsync("127.0.0.2");
        await EndsAsync(late);

        await Eventually.TrueAsync(() => _time.Requested.Count(t => t == TimeSpan.FromMinutes(15)) >= 65);
        _time.Advance(TimeSpan.FromMinutes(16));
        foreach (Socket socket in many)
        {
            await EndsAsync(socket);
            socket.Dispose();
        }
    }

    [Fact]
    public async Task A_port_that_is_taken_and_a_second_start_are_errors()
    {
        await Assert.ThrowsAsync<InvalidOperationException>(() => _listener.StartAsync());
        await using CefListener second = new(new CefListenerOptions { Endpoint = _listener.EndPoint!.ToString(), Senders = { ["gw1"] = "127.0.0.1" } });
        Assert.Contains("cannot be listened on", (await Assert.ThrowsAsync<KsmgException>(() => second.StartAsync())).Message, StringComparison.Ordinal);
        await using CefListener twins = new(new CefListenerOptions { Endpoint = "127.0.0.1:0", Senders = { ["gw1"] = "127.0.0.1", ["gw2"] = "localhost" } });
        Assert.Contains("share the sender", (await Assert.ThrowsAsync<KsmgException>(() => twins.StartAsync())).Message, StringComparison.Ordinal);
    }

    private static byte[] Event(string build) =>
        Encoding.ASCII.GetBytes($"<134>Nov 22 20:00:00 gw CEF:0|AO Kaspersky Lab|Kaspersky Secure Mail Gateway|{build}|LMS_EVENT|Scan|1|act=x");

    private static async Task EndsAsync(Socket socket)
    {
        using CancellationTokenSource limit = new(Eventually.Limit);
        try
        {
            Assert.Equal(0, await socket.ReceiveAsync(new byte[1], limit.Token));
        }
        catch (SocketException)
        {
            // Closed with bytes unread.
        }
    }

    private Socket Udp(string from)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        socket.Connect(_listener.EndPoint!);
        return socket;
    }

    private async Task<Socket> TcpAsync(string from)
    {
        Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        socket.Bind(new IPEndPoint(IPAddress.Parse(from), 0));
        await socket.ConnectAsync(_listener.EndPoint!);
        return socket;
    }

    private Task HeardAsync(string node, long events) => Eventually.TrueAsync(() => _listener.Evidence.GetValueOrDefault(node)?.Events == events);
}
