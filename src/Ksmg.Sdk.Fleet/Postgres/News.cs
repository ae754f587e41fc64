using Npgsql;

namespace Ksmg.Sdk.Fleet;

/// <summary>Waits for what others write: the database tells, where a connection can be spared for that; looking now and then is the truth.</summary>
/// <param name="database">The database.</param>
/// <param name="channel">What is listened to.</param>
/// <param name="time">The clock.</param>
internal sealed class News(Database database, string channel, TimeProvider time) : IDisposable
{
    private const int MaxListeners = 8;

    /// <summary>How often it is looked by who is not told.</summary>
    private static readonly TimeSpan Untold = TimeSpan.FromSeconds(1);

    private readonly SemaphoreSlim _listeners = new(MaxListeners);

    /// <summary>Looks until there is news or time is up.</summary>
    /// <param name="look">Looks, and says whether it saw news.</param>
    /// <param name="poll">How often to look although one is told: what tells may have been lost on the way.</param>
    /// <param name="atMost">How long to wait; then what was seen last is the answer.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async Task<T> WaitAsync<T>(Func<Task<(T Now, bool IsNews)>> look, TimeSpan poll, TimeSpan atMost, CancellationToken cancellationToken)
    {
        using CancellationTokenSource end = new(atMost, time);
        bool listens = false;
        NpgsqlConnection? listener = null;
        try
        {
            while (true)
            {
                (T now, bool isNews) = await look().ConfigureAwait(false);
                if (isNews || end.IsCancellationRequested)
                {
                    return now;
                }

                if (!listens && (listens = await _listeners.WaitAsync(TimeSpan.Zero, cancellationToken).ConfigureAwait(false)))
                {
                    // What came before it listens it is not told: it looks once more.
                    listener = await ListenAsync(cancellationToken).ConfigureAwait(false);
                    continue;
                }

                listener = await PauseAsync(listener, poll, end.Token, cancellationToken).ConfigureAwait(false);
            }
        }
        finally
        {
            if (listener is not null)
            {
                await listener.DisposeAsync().ConfigureAwait(false);
            }

            if (listens)
            {
                _listeners.Release();
            }
        }
    }

    public void Dispose() => _listeners.Dispose();

    /// <summary>A connection that is told of changes; <see langword="null"/>: none, and who waits looks now and then.</summary>
    private async Task<NpgsqlConnection?> ListenAsync(CancellationToken cancellationToken)
    {
        NpgsqlConnection? connection = null;
        try
        {
            connection = await database.OpenAsync(cancellationToken).ConfigureAwait(false);
            NpgsqlCommand listen = new("LISTEN " + channel, connection);
            await using (listen.ConfigureAwait(false))
            {
                await listen.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
            }

            return connection;
        }
        catch (NpgsqlException)
        {
            if (connection is not null)
            {
                await connection.DisposeAsync().ConfigureAwait(false);
            }

            return null;
        }
    }

    /// <summary>Until it is told of something, until it is time to look again, or until the end.</summary>
    /// <returns>The connection, if it can be listened to again.</returns>
    private async Task<NpgsqlConnection?> PauseAsync(
        NpgsqlConnection? listener, TimeSpan poll, CancellationToken end, CancellationToken cancellationToken)
    {
        using CancellationTokenSource again = new(listener is null ? Untold : poll, time);
        using CancellationTokenSource any = CancellationTokenSource.CreateLinkedTokenSource(again.Token, end, cancellationToken);
        try
        {
            await (listener?.WaitAsync(any.Token) ?? Task.Delay(Timeout.InfiniteTimeSpan, time, any.Token)).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            // Time to look.
        }
        catch (NpgsqlException)
        {
            await listener!.DisposeAsync().ConfigureAwait(false);
            return null;
        }

        return listener;
    }
}
