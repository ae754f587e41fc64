using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>
/// Neighbours that say a byte now and then and never come to an end: each byte proves that they are there, and none of them gives them more time.
/// </summary>
public sealed class SlowNeighbourTests : IDisposable
{
    private const string Head = "HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n{";

    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(30);

    /// <summary>Who, what they say first, and what again and again.</summary>
    private static readonly Dictionary<string, (string Beginning, string Again, Func<SlowNeighbourTests, Dripping, Task<string>> Ask)> Neighbours = new()
    {
        ["HAProxy"] = ("1\n# be_id ", "a", (_, s) => FailsAsync(() => HaProxy(s, Limit).GetAsync())),
        ["a greeting of SMTP"] = ("220-", "a", (_, s) => AnswersAsync(s)),
        ["lines of SMTP"] = ("220-x\r\n", "220-x\r\n", (_, s) => AnswersAsync(s)),
        ["a greeting of IMAP"] = ("* OK ", "a", (t, s) => t.FindAsync(s)),
        ["lines of IMAP"] = ("* OK x\r\n", "* 1 EXISTS\r\n", (t, s) => t.FindAsync(s)),
        ["the head of a webhook"] = ("HTTP/1.1 200 OK\r\n", "X-A: b\r\n", (t, s) => t.NotifyAsync(s)),
        ["a gate"] = (Head, " ", (_, s) => GateAsync(s)),
        ["Prometheus"] = (Head, " ", (_, s) => PrometheusAsync(s)),
        ["Alertmanager"] = (Head, " ", (_, s) => AlertmanagerAsync(s)),
        ["Zabbix"] = (Head, " ", (t, s) => t.ZabbixAsync(s)),
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-slow-");
    private readonly X509Certificate2 _certificate = TestServer.CreateCertificate();

    public static TheoryData<string> Names => [.. Neighbours.Keys];

    public void Dispose()
    {
        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public async Task A_byte_now_and_then_ends_with_the_limit(string name)
    {
        (string beginning, string again, Func<SlowNeighbourTests, Dripping, Task<string>> ask) = Neighbours[name];
        bool inTls = name is not "HAProxy" && !name.EndsWith("SMTP", StringComparison.Ordinal);
        await using Dripping server = new(inTls ? _certificate : null, beginning, again);

        string told = await ask(this, server).WaitAsync(Eventually.Limit);

        Assert.Contains(Limit.TotalSeconds.ToString(CultureInfo.InvariantCulture) + " s", told, StringComparison.Ordinal);
    }

    [ServerFact("sh")]
    public async Task A_program_that_prints_now_and_then_ends_with_the_limit()
    {
        CommandOptions options = new() { Program = "sh", Arguments = { "-c", "while :; do printf ' '; sleep 0.1; done" }, Timeout = TimeSpan.FromSeconds(1) };

        string told = await FailsAsync(() => new CommandLoadBalancer(options).GetAsync()).WaitAsync(Eventually.Limit);

        Assert.Contains("1 s", told, StringComparison.Ordinal);
    }

    /// <summary>This is also what <see cref="GeneratedInputTests"/> bend: it has to be good, down to its last column.</summary>
    [Fact]
    public async Task A_table_of_HAProxy_is_read_the_same_byte_by_byte()
    {
        await using Dripping server = new(null, string.Empty, Table(), TimeSpan.Zero, isEndless: false);

        LoadState state = (await HaProxy(server, Eventually.Limit).GetAsync())["gw1"];

        Assert.Equal(new LoadState(LoadMode.Ready, 3, Healthy: true, 118, "10.0.0.1:25"), state);
    }

    /// <summary>A table without the other one was called a connection on which nothing is said.</summary>
    [Fact]
    public async Task An_answer_of_HAProxy_that_breaks_off_is_not_called_silence()
    {
        string table = Table();
        await using Dripping server = new(null, table[..table.IndexOf("# pxname", StringComparison.Ordinal)], string.Empty, isEndless: false);

        string told = await FailsAsync(() => HaProxy(server, Eventually.Limit).GetAsync());

        Assert.Contains("did not answer as expected", told, StringComparison.Ordinal);
        Assert.DoesNotContain("says nothing", told, StringComparison.Ordinal);
    }

    private static string Table()
    {
        using OutsideInputs inputs = new();
        return Encoding.UTF8.GetString(inputs.Kinds.Single(kind => kind.Name == "haproxy").Good);
    }

    private static HaProxyLoadBalancer HaProxy(Dripping server, TimeSpan limit) =>
        new(new HaProxyOptions { Endpoint = server.Address, Backend = "ksmg", Servers = { ["gw1"] = "gw1" }, Timeout = limit });

    private static async Task<string> AnswersAsync(Dripping server)
    {
        SmtpMaildirOptions options = new() { From = "a@example.test", To = "b@example.test", Maildir = Path.GetTempPath(), SmtpTimeout = Limit };
        ProbeAnswer answer = await new SmtpMaildirMailProbe(options, MockCluster.Of(("gw1", server.Address, null))).AskAsync("gw1");
        Assert.False(answer.Accepted);
        return answer.Text;
    }

    private static async Task<string> GateAsync(Dripping server)
    {
        using HttpGate gate = new(new HttpGateOptions { Name = "own", Url = server.Url, Fingerprint = server.Fingerprint, Timeout = Limit });
        return await FailsAsync(() => gate.AskAsync("gw1"));
    }

    private static async Task<string> PrometheusAsync(Dripping server)
    {
        using PrometheusGate gate = new(new PrometheusGateOptions
        {
            Name = "own",
            Url = server.Url,
            Fingerprint = server.Fingerprint,
            Query = "up",
            Threshold = "5",
            Timeout = Limit,
        });
        return await FailsAsync(() => gate.AskAsync("gw1"));
    }

    private static async Task<string> AlertmanagerAsync(Dripping server)
    {
        AlertmanagerOptions options = new() { Url = server.Url, Fingerprint = server.Fingerprint, Timeout = Limit };
        options.Matchers["instance"] = "{node}";
        using AlertmanagerSilence silence = new(options);
        return Assert.Single(await silence.TestAsync([])).Text;
    }

    private static async Task<string> FailsAsync(Func<Task> call) => (await Assert.ThrowsAsync<KsmgException>(call)).Message;

    private async Task<string> ZabbixAsync(Dripping server)
    {
        using ZabbixSilence silence = new(new ZabbixOptions
        {
            Url = server.Url,
            Fingerprint = server.Fingerprint,
            TokenFile = Write("a-token"),
            Timeout = Limit,
        });
        return Assert.Single(await silence.TestAsync([])).Text;
    }

    private async Task<string> FindAsync(Dripping server)
    {
        using SmtpImapMailProbe probe = new(
            new SmtpImapOptions
            {
                From = "a@example.test",
                To = "b@example.test",
                Imap = server.Address,
                ImapUserName = "probe",
                ImapPasswordFile = Write("a password"),
                ImapFingerprint = server.Fingerprint,
                ImapTimeout = Limit,
            },
            MockCluster.Of(("gw1", "127.0.0.1:1", null)));
        return await FailsAsync(() => probe.FindAsync("<a@b>"));
    }

    private async Task<string> NotifyAsync(Dripping server)
    {
        using WebhookNotifier webhook = new(new WebhookOptions
        {
            Url = server.Url,
            Fingerprint = server.Fingerprint,
            SecretFile = Write("a-secret-of-32-characters-or-so"),
            Timeout = Limit,
        });
        return await FailsAsync(() => webhook.NotifyAsync(new UpgradeEvent
        {
            RunId = "run1",
            At = default,
            Kind = UpgradeEventKind.NeedsHuman,
            Text = Message.Said("text"),
        }));
    }

    private string Write(string text)
    {
        string path = Path.Combine(_folder.FullName, "secret");
        File.WriteAllText(path, text);
        return path;
    }

    /// <summary>Says something to whoever connects, and then the same a byte at a time, whatever it hears.</summary>
    private sealed class Dripping : IAsyncDisposable
    {
        private readonly Socket _listener = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        private readonly CancellationTokenSource _end = new();
        private readonly X509Certificate2? _certificate;
        private readonly Task _serving;

        public Dripping(X509Certificate2? certificate, string beginning, string again, TimeSpan? pause = null, bool isEndless = true)
        {
            _certificate = certificate;
            _listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
            _listener.Listen();
            _serving = ServeAsync(Encoding.ASCII.GetBytes(beginning), Encoding.ASCII.GetBytes(again), pause ?? Pause, isEndless);
        }

        public string Address => _listener.LocalEndPoint!.ToString()!;

        public Uri Url => new($"https://{Address}/");

        public string Fingerprint => ServerTrust.FingerprintOf(_certificate!);

        public async ValueTask DisposeAsync()
        {
            await _end.CancelAsync();
            _listener.Dispose();
            await _serving.WaitAsync(Eventually.Limit);
            _end.Dispose();
        }

        private async Task ServeAsync(byte[] beginning, byte[] again, TimeSpan pause, bool isEndless)
        {
            while (!_end.IsCancellationRequested)
            {
                try
                {
                    using Socket socket = await _listener.AcceptAsync(_end.Token);
                    socket.NoDelay = true;
                    await using Stream plain = new NetworkStream(socket);
                    await using Stream stream = _certificate is null ? plain : new SslStream(plain);
                    if (stream is SslStream tls)
                    {
                        await tls.AuthenticateAsServerAsync(new SslServerAuthenticationOptions { ServerCertificate = _certificate }, _end.Token);
                    }

                    await stream.WriteAsync(beginning, _end.Token);
                    for (int i = 0; isEndless || i < again.Length; i++)
                    {
                        await Task.Delay(pause, TimeProvider.System, _end.Token);
                        await stream.WriteAsync(again.AsMemory(i % again.Length, 1), _end.Token);
                        await stream.FlushAsync(_end.Token);
                    }

                    socket.Shutdown(SocketShutdown.Send);
                    while (await stream.ReadAsync(new byte[4096], _end.Token) > 0)
                    {
                    }
                }
                catch (Exception e) when (
                    e is IOException or SocketException or OperationCanceledException or ObjectDisposedException
                        or System.Security.Authentication.AuthenticationException)
                {
                    // The client has hung up, or the test is over.
                }
            }
        }
    }
}
