using System.Globalization;
using System.Net.ServerSentEvents;
using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace Ksmg.Web;

/// <summary>
/// What pages that follow runs are told, as server-sent events: <c>record</c> with the sequence of the record as its id, <c>waiting</c> for
/// what stands in no record, <c>explanation</c> and <c>report</c> when they change, <c>beat</c> when nothing happened, <c>end</c> when nothing
/// will happen any more.
/// </summary>
internal sealed class RunStreams(IOptions<KsmgWebOptions> configured, Gatekeeper gatekeeper, IHostApplicationLifetime lifetime, TimeProvider time)
{
    private const int Backlog = 64;
    private const int ShareOfOne = 8;
    private static readonly TimeSpan LookInterval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(2);
    private static readonly SseItem<string> Beat = new("{}", "beat");

    private readonly KsmgWebOptions _options = configured.Value;
    private readonly Lock _gate = new();
    private readonly Dictionary<string, int> _open = new(StringComparer.Ordinal);

    /// <summary>Takes a place among those who follow runs; <see langword="null"/>: there is none.</summary>
    public IDisposable? Enter(Visitor visitor)
    {
        lock (_gate)
        {
            int own = _open.GetValueOrDefault(visitor.Name);
            if (_open.Values.Sum() >= _options.MaxStreams || own >= Math.Max(1, _options.MaxStreams / ShareOfOne))
            {
                return null;
            }

            _open[visitor.Name] = own + 1;
            return new Place(this, visitor.Name);
        }
    }

    /// <summary>Follows a run until it has ended, the visitor has gone or signed out, or the host stops.</summary>
    /// <param name="seen">The run.</param>
    /// <param name="after">The sequence of the last record that is known.</param>
    /// <param name="visitor">Who looks.</param>
    /// <param name="cancellationToken">Ends it.</param>
    public async IAsyncEnumerable<SseItem<string>> FollowAsync(
        SeenRun seen, long after, Visitor visitor, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, lifetime.ApplicationStopping);
        Channel<SseItem<string>> channel = Channel.CreateBounded<SseItem<string>>(Backlog);
        Task<bool[]> telling = Task.WhenAll(TellEventsAsync(seen, after, channel.Writer, end.Token), TellStandingAsync(seen, channel.Writer, end.Token));
        _ = telling.ContinueWith(_ => channel.Writer.TryComplete(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
        yield return new SseItem<string>("{}", "beat") { ReconnectionInterval = Retry };
        Task<bool> more = channel.Reader.WaitToReadAsync(CancellationToken.None).AsTask();
        Task beat = Task.Delay(_options.Heartbeat, time, end.Token);
        while (gatekeeper.IsStillIn(visitor))
        {
            await Task.WhenAny(more, beat).ConfigureAwait(false);
            if (more.IsCompleted && !await more.ConfigureAwait(false) || end.IsCancellationRequested)
            {
                break;
            }

            while (channel.Reader.TryRead(out SseItem<string> item))
            {
                yield return item;
            }

            if (beat.IsCompleted)
            {
                yield return Beat;
                beat = Task.Delay(_options.Heartbeat, time, end.Token);
            }

            more = more.IsCompleted ? channel.Reader.WaitToReadAsync(CancellationToken.None).AsTask() : more;
        }

        await end.CancelAsync().ConfigureAwait(false);
        if (telling.IsCompletedSuccessfully && !(await telling.ConfigureAwait(false)).Contains(false))
        {
            yield return new SseItem<string>("{}", "end");
        }
    }

    /// <summary>The events, from the journal; a run that was paused and goes on is followed on.</summary>
    private async Task<bool> TellEventsAsync(SeenRun seen, long after, ChannelWriter<SseItem<string>> writer, CancellationToken cancellationToken)
    {
        try
        {
            bool isEnded = false;
            while (!isEnded)
            {
                await foreach (UpgradeEvent told in seen.Run.WatchAsync(after, cancellationToken).ConfigureAwait(false))
                {
                    after = Math.Max(after, told.Sequence);
                    string text = told.Speak(CultureInfo.CurrentUICulture);
                    SseItem<string> item = told.IsPassing
                        ? new SseItem<string>(text, "waiting")
                        : new SseItem<string>(text, "record") { EventId = told.Sequence.ToString(CultureInfo.InvariantCulture) };
                    await writer.WriteAsync(item, cancellationToken).ConfigureAwait(false);
                }

                isEnded = (await seen.LookAsync(cancellationToken).ConfigureAwait(false)).IsEnded;
                if (!isEnded)
                {
                    await Task.Delay(LookInterval, time, cancellationToken).ConfigureAwait(false);
                }
            }

            return true;
        }
        catch (Exception e) when (e is OperationCanceledException or KsmgException or ChannelClosedException)
        {
            // Whoever follows asks again, and is told then what is wrong.
            writer.TryComplete();
            return false;
        }
    }

    private async Task<bool> TellStandingAsync(SeenRun seen, ChannelWriter<SseItem<string>> writer, CancellationToken cancellationToken)
    {
        try
        {
            Seen? told = null;
            while (true)
            {
                Seen now = await seen.LookAsync(cancellationToken).ConfigureAwait(false);
                if (now.ReportJson != told?.ReportJson)
                {
                    await writer.WriteAsync(new SseItem<string>(now.ReportJson, "report"), cancellationToken).ConfigureAwait(false);
                }

                if (now.ExplanationJson != told?.ExplanationJson)
                {
                    await writer.WriteAsync(new SseItem<string>(now.ExplanationJson, "explanation"), cancellationToken).ConfigureAwait(false);
                }

                told = now;
                if (now.IsEnded)
                {
                    return true;
                }

                await Task.Delay(LookInterval, time, cancellationToken).ConfigureAwait(false);
            }
        }
        catch (Exception e) when (e is OperationCanceledException or KsmgException or ChannelClosedException)
        {
            writer.TryComplete();
            return false;
        }
    }

    private void Leave(string name)
    {
        lock (_gate)
        {
            if (--_open[name] == 0)
            {
                _open.Remove(name);
            }
        }
    }

    private sealed class Place(RunStreams streams, string name) : IDisposable
    {
        private int _left;

        public void Dispose()
        {
            if (Interlocked.Exchange(ref _left, 1) == 0)
            {
                streams.Leave(name);
            }
        }
    }
}
