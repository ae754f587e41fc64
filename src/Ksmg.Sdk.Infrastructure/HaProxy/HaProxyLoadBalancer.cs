using System.Net;
using System.Net.Sockets;
using System.Text;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// HAProxy as the load balancer, over its runtime API: one or several instances with one or several backends, switched together. What is
/// set there lasts until HAProxy's next reload unless a server-state file is configured, and HAProxy does not keep who set it: the
/// upgrade's own journal does, and asks again all along.
/// </summary>
public sealed class HaProxyLoadBalancer : ILoadBalancer, ISelfTest
{
    /// <summary>A backend's tables take about half a kilobyte per server; whatever sends more is no HAProxy.</summary>
    private const int MaxAnswer = 1024 * 1024;

    private readonly HaProxyOptions _options;
    private readonly Part[] _parts;
    private readonly TimeProvider _time;
    private readonly KsmgCluster? _cluster;

    /// <summary>Creates the adapter; nothing is asked yet.</summary>
    /// <param name="options">Where HAProxy is, and what the nodes are called there.</param>
    /// <param name="timeProvider">The clock of the time-outs; the system's by default.</param>
    /// <param name="cluster">
    /// The nodes, whose SMTP addresses the self-test compares with those of the servers; not disposed of here. Without it nothing is
    /// compared there; an upgrade compares them itself.
    /// </param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public HaProxyLoadBalancer(HaProxyOptions options, TimeProvider? timeProvider = null, KsmgCluster? cluster = null)
    {
        (_options, _time, _cluster) = (options.Checked("LoadBalancer"), timeProvider ?? TimeProvider.System, cluster);
        _parts =
        [
            .. from instance in options.Instances
               from backend in options.Backends
               select new Part(instance.Text, instance.EndPoint!, backend),
        ];
    }

    /// <inheritdoc/>
    /// <remarks>Where the parts disagree, the node counts as getting mail and as not healthy: neither out of load nor back.</remarks>
    /// <exception cref="KsmgException">HAProxy does not answer, answers something else, or lacks a server.</exception>
    public async Task<IReadOnlyDictionary<string, LoadState>> GetAsync(CancellationToken cancellationToken = default)
    {
        Dictionary<string, LoadState>[] answers = await Task.WhenAll(_parts.Select(part => GetAsync(part, cancellationToken))).ConfigureAwait(false);
        return _options.Servers.Keys.ToDictionary(node => node, node => Combine([.. answers.Select(answer => answer[node])]), StringComparer.OrdinalIgnoreCase);
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">HAProxy does not answer, refuses, or still shows another state afterwards.</exception>
    public async Task SetAsync(string node, LoadMode mode, CancellationToken cancellationToken = default)
    {
        string server = Server(node);
        string word = mode switch
        {
            LoadMode.Ready => "ready",
            LoadMode.Drain => "drain",
            LoadMode.Maintenance => "maint",
            _ => throw new ArgumentOutOfRangeException(nameof(mode), mode, "Not a load mode."),
        };
        foreach (Part part in _parts)
        {
            string answer = await ExchangeAsync(
                part, $"set server {part.Backend}/{server} state {word};show servers state {part.Backend}", node, cancellationToken).ConfigureAwait(false);
            if (HaProxyAnswers.Complaint(answer).Length > 0 || HaProxyAnswers.Modes(answer, part.Backend) is not { } modes)
            {
                throw Refused(part, answer, node);
            }

            if (!modes.TryGetValue(server, out LoadMode now))
            {
                throw NoServer(part, node, modes.Keys);
            }

            if (now != mode)
            {
                throw new KsmgException(
                    Words.Get("haproxy.shows-otherwise", part.Name, word, part.Backend, server, node, now))
                { Node = node };
            }
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">HAProxy does not answer, or refuses.</exception>
    public async Task CloseSessionsAsync(string node, CancellationToken cancellationToken = default)
    {
        foreach (Part part in _parts)
        {
            string answer = await ExchangeAsync(part, $"shutdown sessions server {part.Backend}/{Server(node)}", node, cancellationToken).ConfigureAwait(false);
            if (HaProxyAnswers.Complaint(answer).Length > 0)
            {
                throw Refused(part, answer, node);
            }
        }
    }

    /// <inheritdoc/>
    /// <remarks>
    /// Reads the state of each node's server, whether it leads to where the node takes mail, and whether the socket may switch servers.
    /// </remarks>
    public async Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(nodes);
        IReadOnlyDictionary<string, LoadState> states;
        List<SelfTestResult> levels = [];
        try
        {
            states = await GetAsync(cancellationToken).ConfigureAwait(false);
            foreach (Part part in _parts.DistinctBy(part => part.Name))
            {
                levels.Add(await TestLevelAsync(part, cancellationToken).ConfigureAwait(false));
            }
        }
        catch (KsmgException e)
        {
            return [new SelfTestResult(e.Node ?? "HAProxy", SelfTestOutcome.Fails, e.Message, Words.Get("haproxy.by-hand"))];
        }

        IReadOnlyList<PlanFinding> elsewhere = _cluster is null
            ? []
            : await new ServerAddresses(ClientWorldSource.MailAddressesOf(_cluster)).CompareAsync(states, cancellationToken).ConfigureAwait(false);
        return
        [
            .. levels,
            .. nodes.Select(node => Result(
                node, states.GetValueOrDefault(node), elsewhere.FirstOrDefault(f => string.Equals(f.Node, node, StringComparison.OrdinalIgnoreCase)))),
        ];

        static SelfTestResult Result(string node, LoadState? state, PlanFinding? elsewhere) =>
            state is null ? new SelfTestResult(node, SelfTestOutcome.Fails, Words.Get("haproxy.no-server"), Words.Get("haproxy.name-server"))
            : elsewhere is not null ? new SelfTestResult(node, SelfTestOutcome.Fails, elsewhere.Text, Words.Get("haproxy.correct-servers"))
            : new SelfTestResult(
                node, SelfTestOutcome.Works,
                Words.Get(
                    "haproxy.works", state.Mode, Words.Count("test.sessions", state.Sessions), state.Address ?? Words.Get("haproxy.no-address")));
    }

    /// <summary>Whoever may only look sees everything, and is refused when the first server is to be drained.</summary>
    private async Task<SelfTestResult> TestLevelAsync(Part part, CancellationToken cancellationToken)
    {
        string subject = Words.Get("haproxy.subject", part.Name);
        return (await ExchangeAsync(part, "show cli level", null, cancellationToken).ConfigureAwait(false)).Trim() switch
        {
            "admin" => new SelfTestResult(subject, SelfTestOutcome.Works, Words.Get("haproxy.level", "admin")),
            var level and ("operator" or "user") => new SelfTestResult(
                subject, SelfTestOutcome.Fails, Words.Get("haproxy.level", level), Words.Get("haproxy.needs-admin")),
            _ => new SelfTestResult(subject, SelfTestOutcome.NotTried, Words.Get("haproxy.no-level"), Words.Get("haproxy.needs-admin")),
        };
    }

    private static LoadState Combine(LoadState[] parts) => parts is [var only] ? only : new LoadState(
        parts.All(part => part.Mode == parts[0].Mode) ? parts[0].Mode : LoadMode.Ready,
        parts.Sum(part => part.Sessions),
        parts.Any(part => part.Mode != parts[0].Mode || part.Healthy == false) ? false : parts.Any(part => part.Healthy is null) ? null : true,
        parts.All(part => part.SessionsTotal is not null) ? parts.Sum(part => part.SessionsTotal) : null,
        string.Join(',', parts.Select(part => part.Address).OfType<string>().Distinct(StringComparer.Ordinal)) is { Length: > 0 } addresses ? addresses : null);

    private async Task<Dictionary<string, LoadState>> GetAsync(Part part, CancellationToken cancellationToken)
    {
        (string answer, Dictionary<string, LoadMode> modes, Dictionary<string, HaProxyAnswers.Counters> counts) =
            await ReadTablesAsync(part, part.Backend, cancellationToken).ConfigureAwait(false);
        if (counts.Count == 0 && HaProxyAnswers.Number(answer, part.Backend) is { } number)
        {
            // A frontend may have the same name, and is meant first where counters are asked for. The number is the backend's own.
            (answer, modes, counts) = await ReadTablesAsync(part, number, cancellationToken).ConfigureAwait(false);
        }

        Dictionary<string, string> addresses = HaProxyAnswers.Addresses(answer, part.Backend);
        Dictionary<string, LoadState> states = new(StringComparer.OrdinalIgnoreCase);
        foreach ((string node, string server) in _options.Servers)
        {
            if (!modes.TryGetValue(server, out LoadMode mode) || !counts.TryGetValue(server, out HaProxyAnswers.Counters? count))
            {
                throw NoServer(part, node, modes.Keys);
            }

            states[node] = new LoadState(mode, count.Sessions, count.Healthy, count.SessionsTotal, addresses.GetValueOrDefault(server));
        }

        return states;
    }

    /// <summary>Both tables over one connection: they come from the same process, even while HAProxy is being reloaded.</summary>
    private async Task<(string Answer, Dictionary<string, LoadMode> Modes, Dictionary<string, HaProxyAnswers.Counters> Counts)> ReadTablesAsync(
        Part part, string counted, CancellationToken cancellationToken)
    {
        string answer = await ExchangeAsync(
            part, $"show servers state {part.Backend};show stat {counted} 4 -1", null, cancellationToken).ConfigureAwait(false);
        return HaProxyAnswers.Modes(answer, part.Backend) is { } modes && HaProxyAnswers.Counts(answer, part.Backend) is { } counts
            ? (answer, modes, counts)
            : throw Refused(part, answer, null);
    }

    private string Server(string node) => _options.Servers.TryGetValue(node, out string? server)
        ? server
        : throw new KsmgException(Words.Get("haproxy.unknown-node", node, string.Join(", ", _options.Servers.Keys))) { Node = node };

    private KsmgException NoServer(Part part, string node, IEnumerable<string> known) =>
        new(
            Words.Get("haproxy.unknown-server", part.Backend, _options.Servers[node], node, string.Join(", ", known)))
        { Node = node };

    private static KsmgException Refused(Part part, string answer, string? node)
    {
        string text = new([.. HaProxyAnswers.Complaint(answer).Take(200).Select(c => char.IsControl(c) ? ' ' : c)]);
        string hint = text switch
        {
            _ when text.Contains("Can't find backend", StringComparison.Ordinal) || text.Contains("No such backend", StringComparison.Ordinal) =>
                Words.Get("haproxy.correct-backend", part.Backend),
            _ when text.Contains("No such server", StringComparison.Ordinal) => Words.Get("haproxy.correct-servers"),
            _ when text.Contains("Permission denied", StringComparison.Ordinal) => Words.Get("haproxy.needs-admin"),
            _ when HaProxyAnswers.IsOfMaster(answer) => Words.Get("haproxy.is-master"),
            "" when string.IsNullOrWhiteSpace(answer) => Words.Get("haproxy.says-nothing"),
            _ => Words.Get("haproxy.is-it-haproxy"),
        };
        return new KsmgException(
            node is null ? Words.Get("haproxy.unexpected", part.Name, text, hint) : Words.Get("haproxy.unexpected-for", part.Name, node, text, hint))
        { Node = node };
    }

    /// <summary>One connection, one line, the answer up to its end.</summary>
    private async Task<string> ExchangeAsync(Part part, string command, string? node, CancellationToken cancellationToken)
    {
        using CancellationTokenSource limit = new(_options.Timeout, _time);
        using CancellationTokenSource both = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, cancellationToken);
        using MemoryStream answer = new();
        bool sent = false;
        try
        {
            using Socket socket = part.EndPoint switch
            {
                UnixDomainSocketEndPoint => new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified),
                IPEndPoint ip => new Socket(ip.AddressFamily, SocketType.Stream, ProtocolType.Tcp),
                _ => new Socket(SocketType.Stream, ProtocolType.Tcp),
            };
            await socket.ConnectAsync(part.EndPoint, both.Token).ConfigureAwait(false);
            // Without the last word the master's socket would keep the connection.
            ReadOnlyMemory<byte> rest = Encoding.ASCII.GetBytes(command + ";quit\n");
            sent = true;
            while (!rest.IsEmpty)
            {
                rest = rest[await socket.SendAsync(rest, both.Token).ConfigureAwait(false)..];
            }

            await ReadAsync(socket, answer, both.Token).ConfigureAwait(false);
            return Text(answer);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            string said = Printable.OneLine(Text(answer).Split('\n')[0]);
            throw Failed(
                Words.Get("haproxy.no-answer"),
                new TimeoutException(
                    said.Length == 0
                        ? Words.Get("haproxy.no-answer-within", _options.Timeout)
                        : Words.Get("haproxy.said-only", _options.Timeout, said),
                    e));
        }
        catch (Exception e) when (e is SocketException or IOException)
        {
            throw Failed(Words.Get(sent ? "haproxy.broke" : "haproxy.unreachable"), e);
        }

        KsmgException Failed(string how, Exception cause) => new(
            Words.Get(
                "haproxy.failed",
                part.Name,
                how,
                node is null ? string.Empty : Words.Get("haproxy.node", node),
                Said(cause, part.EndPoint),
                Words.Get(sent && node is not null ? "haproxy.change-open" : Hint(cause))),
            cause)
        { Node = node };
    }

    /// <summary>What went wrong, in the words of the platform; those for a missing file, which speak of addresses, lead astray.</summary>
    private static string Said(Exception cause, EndPoint endPoint) =>
        endPoint is UnixDomainSocketEndPoint && cause is SocketException { SocketErrorCode: SocketError.AddressNotAvailable }
            ? Words.Get("haproxy.no-file")
            : cause.Message.TrimEnd('.');

    /// <summary>The key of what to do about a socket that cannot be asked.</summary>
    internal static string Hint(Exception cause) => (cause as SocketException)?.SocketErrorCode switch
    {
        SocketError.AccessDenied => "haproxy.may-not-open",

        // Who closes at once resets the connection where our words had come before.
        SocketError.ConnectionReset or SocketError.ConnectionAborted or SocketError.Shutdown => "haproxy.says-nothing",
        _ => "haproxy.is-it-running",
    };

    private static string Text(MemoryStream answer) => Encoding.Latin1.GetString(answer.GetBuffer(), 0, (int)answer.Length);

    private static async Task ReadAsync(Socket socket, MemoryStream answer, CancellationToken cancellationToken)
    {
        byte[] buffer = new byte[16 * 1024];
        int read;
        while ((read = await socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false)) > 0)
        {
            answer.Write(buffer, 0, read);
            if (answer.Length > MaxAnswer)
            {
                throw new IOException(Words.Get("haproxy.too-large"));
            }
        }
    }

    /// <summary>A backend of an instance.</summary>
    private sealed record Part(string Name, EndPoint EndPoint, string Backend);
}
