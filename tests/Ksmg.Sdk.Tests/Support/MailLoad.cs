using System.Collections.Concurrent;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// Senders that push mail through a balancer, a connection and an id of its own for every attempt, and keep the ledger: what was answered
/// 250 must arrive exactly once; what was cut before its answer may arrive once or not at all.
/// </summary>
internal sealed class MailLoad : IAsyncDisposable
{
    private static readonly TimeSpan AttemptLimit = TimeSpan.FromSeconds(60);

    /// <summary>Shorter times between two accepted messages are no gap.</summary>
    private static readonly TimeSpan ShortestGap = TimeSpan.FromMilliseconds(200);

    private readonly IPEndPoint _target;
    private readonly IReadOnlyList<string> _recipients;
    private readonly CancellationTokenSource _stop = new();
    private readonly ConcurrentDictionary<Task, byte> _underWay = new();
    private readonly ConcurrentDictionary<string, byte> _accepted = new(StringComparer.Ordinal);
    private readonly ConcurrentDictionary<string, byte> _uncertain = new(StringComparer.Ordinal);
    private readonly Lock _gate = new();
    private Task _sending = Task.CompletedTask;
    private long _lastId;
    private long _refused;
    private readonly List<(long From, long To)> _gaps = [];
    private long _lastAccepted;

    /// <param name="target">Whom the messages are given to.</param>
    /// <param name="recipients">Whom they are for, in turn.</param>
    public MailLoad(IPEndPoint target, params IReadOnlyList<string> recipients) => (_target, _recipients) = (target, recipients);

    /// <summary>Attempts answered 250.</summary>
    public IReadOnlyCollection<string> Accepted => [.. _accepted.Keys];

    public int AcceptedCount => _accepted.Count;

    /// <summary>Attempts whose answer never came.</summary>
    public IReadOnlyCollection<string> Uncertain => [.. _uncertain.Keys];

    /// <summary>Attempts that were told to come again.</summary>
    public long Refused => Interlocked.Read(ref _refused);

    /// <summary>The longest time between two accepted messages; zero where no one was worth the name.</summary>
    public TimeSpan LongestGap => Gaps().Select(Length).DefaultIfEmpty().Max();

    /// <summary>
    /// The longest gap without the time in which another load, to a server that nothing happens to, had none of its messages accepted either:
    /// then the machine stood still, and not the mail.
    /// </summary>
    public TimeSpan LongestGapBeyond(MailLoad bystander)
    {
        (long From, long To)[] still = bystander.Gaps();
        return Gaps()
            .Select(gap => Length(gap) - still
                .Select(other => (From: Math.Max(gap.From, other.From), To: Math.Min(gap.To, other.To)))
                .Where(both => both.From < both.To)
                .Aggregate(TimeSpan.Zero, (sum, both) => sum + Length(both)))
            .DefaultIfEmpty()
            .Max();
    }

    /// <summary>Begins a constant load: an attempt every so often, whatever became of the others.</summary>
    public void Start(double perSecond)
    {
        _lastAccepted = TimeProvider.System.GetTimestamp();
        _sending = Task.Run(async () =>
        {
            using PeriodicTimer timer = new(TimeSpan.FromSeconds(1 / perSecond));
            try
            {
                while (await timer.WaitForNextTickAsync(_stop.Token))
                {
                    Task attempt = AttemptAsync();
                    _underWay.TryAdd(attempt, 0);
                    _ = attempt.ContinueWith(t => _underWay.TryRemove(t, out _), TaskScheduler.Default);
                }
            }
            catch (OperationCanceledException)
            {
                // Stopped.
            }
        });
    }

    /// <summary>No new attempts; waits for the answers to those under way.</summary>
    public async Task StopAsync()
    {
        await _stop.CancelAsync();
        await _sending;
        await Task.WhenAll(_underWay.Keys);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _stop.Dispose();
    }

    private async Task AttemptAsync()
    {
        long number = Interlocked.Increment(ref _lastId);
        string id = string.Create(CultureInfo.InvariantCulture, $"{number}.load@sender.example");
        string recipient = _recipients[(int)(number % _recipients.Count)];
        bool sent = false;
        using CancellationTokenSource limit = new(AttemptLimit);
        try
        {
            using TcpClient client = new() { NoDelay = true };
            await client.ConnectAsync(_target, limit.Token);
            using StreamReader reader = new(client.GetStream(), Encoding.ASCII, leaveOpen: true);
            int answer = await AskAsync(client, reader, null, limit.Token);
            foreach (string line in (string[])["EHLO load.sender.example", "MAIL FROM:<load@sender.example>", $"RCPT TO:<{recipient}>", "DATA"])
            {
                answer = answer < 400 ? await AskAsync(client, reader, line, limit.Token) : answer;
            }

            if (answer == 354)
            {
                sent = true;
                answer = await AskAsync(
                    client,
                    reader,
                    $"From: load@sender.example\r\nTo: {recipient}\r\nSubject: Constant load\r\nMessage-ID: <{id}>\r\n\r\nNothing to see here.\r\n.",
                    limit.Token);
                sent = false;
            }

            if (answer == 250)
            {
                NoteAccepted(id);
                await AskAsync(client, reader, "QUIT", limit.Token);
            }
            else
            {
                Interlocked.Increment(ref _refused);
            }
        }
        catch (Exception e) when (e is IOException or SocketException or OperationCanceledException)
        {
            if (sent)
            {
                _uncertain.TryAdd(id, 0);
            }
            else if (!_accepted.ContainsKey(id))
            {
                Interlocked.Increment(ref _refused);
            }
        }
    }

    private static TimeSpan Length((long From, long To) gap) => TimeProvider.System.GetElapsedTime(gap.From, gap.To);

    private (long From, long To)[] Gaps()
    {
        lock (_gate)
        {
            return [.. _gaps];
        }
    }

    private void NoteAccepted(string id)
    {
        lock (_gate)
        {
            long now = TimeProvider.System.GetTimestamp();
            if (Length((_lastAccepted, now)) > ShortestGap)
            {
                _gaps.Add((_lastAccepted, now));
            }

            _lastAccepted = now;
        }

        _accepted.TryAdd(id, 0);
    }

    /// <summary>The code of the answer; the end of the connection is an <see cref="IOException"/>.</summary>
    private static async Task<int> AskAsync(TcpClient client, StreamReader reader, string? line, CancellationToken cancellationToken)
    {
        if (line is not null)
        {
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(line + "\r\n"), cancellationToken);
        }

        while (true)
        {
            string answer = await reader.ReadLineAsync(cancellationToken) ?? throw new IOException("The connection has ended.");
            if (answer.Length < 4 || answer[3] != '-')
            {
                return int.Parse(answer.AsSpan(0, 3), NumberStyles.None, CultureInfo.InvariantCulture);
            }
        }
    }
}
