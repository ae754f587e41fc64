using System.Data.Common;
using System.Globalization;
using System.Security.Authentication;
using Ksmg.Sdk.Upgrades;
using Npgsql;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// Connections to the database, and what becomes of a call whose connection is cut: what reads is asked again; what writes finds out
/// whether it has written before it does it again.
/// </summary>
internal sealed class Database : IAsyncDisposable
{
    /// <summary>How long the server has to answer: of several renewals of a lease one may come to nothing.</summary>
    private const int AnswerSeconds = 5;

    /// <summary>The code of a session that the server ended since its transaction stood still.</summary>
    private const string StoodStill = "25P03";

    /// <summary>How long a call tries to get through: less than a lease, so that a restart of the server costs no run.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);

    /// <summary>How long the lock, and the tables, are waited for: a little longer than the server lets a statement wait for them.</summary>
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(35);
    private static readonly TimeSpan ChangeLimit = TimeSpan.FromSeconds(90);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>A server answers by its own clock, whatever time it is in a simulation.</summary>
    private static readonly TimeProvider Clock = TimeProvider.System;

    private readonly NpgsqlDataSource _source;
    private readonly SchemaMigration _schema;
    private readonly TimeProvider _time;
    private readonly TimeSpan _answer;
    private readonly SemaphoreSlim _locking = new(1);

    public Database(string connection, PostgresStoreOptions options, TimeProvider time)
    {
        _time = time;
        NpgsqlConnectionStringBuilder settings = Settings(connection);
        settings.SearchPath = options.Schema;

        // One clock for a whole call, the closing of its connection included. Npgsql's own is one for each statement, and sends a cancellation
        // over a second connection first; ours stops waiting, and the statement ends by the clock of the server.
        _answer = settings.CommandTimeout == 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(settings.CommandTimeout);
        settings.CommandTimeout = 0;
        _source = CreateSource(settings, options.Password);
        _schema = new SchemaMigration(options.Schema);
        Place = string.Create(CultureInfo.InvariantCulture, $"{settings.Host}:{settings.Port}/{settings.Database} {options.Schema}");
    }

    /// <summary>Where it is, for people.</summary>
    public string Place { get; }

    /// <summary>A connection with nothing done about its loss.</summary>
    /// <exception cref="JournalException">The server cannot prove who it is: nothing was said to it, and it is not asked again.</exception>
    public async Task<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        }
        catch (NpgsqlException e) when (e.InnerException is AuthenticationException)
        {
            throw new JournalException(Words.Get("store.untrusted", Place), e);
        }
    }

    /// <summary>Brings the schema to the version that this library knows.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (!_schema.IsReady)
        {
            await RepeatAsync(
                () => UseAsync(c => _schema.ApplyAsync(c, cancellationToken), ChangeLimit, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A lock between all processes; it ends with the transaction of the connection, and so with the connection or its process.</summary>
    public async Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken).ConfigureAwait(false);

        // Those of this process wait here: hundreds that begin at once would need as many connections for nothing but waiting.
        if (!await _locking.WaitAsync(LockLimit, cancellationToken).ConfigureAwait(false))
        {
            throw Silent(LockLimit, why: null);
        }

        try
        {
            return await RepeatAsync(() => LockOverAsync(name, cancellationToken), cancellationToken).ConfigureAwait(false);
        }
        catch
        {
            _locking.Release();
            throw;
        }
    }

    /// <summary>Reads, and asks again where the connection was cut.</summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        return await RepeatAsync(() => UseAsync(read, _answer, cancellationToken), cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Writes once, although the connection may be cut before the answer.</summary>
    /// <param name="place">What is written, for people.</param>
    /// <param name="write">
    /// Writes in one statement; told whether an attempt before it may have written already, it must find that out instead of failing.
    /// </param>
    /// <param name="cancellationToken">Ends the attempt before something was sent, never after.</param>
    public async Task<T> WriteAsync<T>(string place, Func<NpgsqlConnection, bool, Task<T>> write, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        long start = _time.GetTimestamp();
        for (bool unsure = false; ;)
        {
            bool sent = false;
            try
            {
                return await UseAsync(
                    connection =>
                    {
                        sent = true;
                        return write(connection, unsure);
                    },
                    _answer,
                    unsure ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
            }
            catch (NpgsqlException e) when (IsCut(e) || IsUndone(e))
            {
                unsure |= sent && !IsUndone(e);
                if (_time.GetElapsedTime(start) >= Patience)
                {
                    throw unsure ? new JournalException(Words.Get("store.unknown", place, e.Message), e) : e;
                }
            }

            _source.Clear();
            await Task.Delay(Pause, _time, unsure ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private async Task<T> RepeatAsync<T>(Func<Task<T>> attempt, CancellationToken cancellationToken)
    {
        long start = _time.GetTimestamp();
        while (true)
        {
            try
            {
                return await attempt().ConfigureAwait(false);
            }
            catch (NpgsqlException e) when ((IsCut(e) || IsUndone(e)) && _time.GetElapsedTime(start) < Patience)
            {
                _source.Clear();
            }

            await Task.Delay(Pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> call, TimeSpan limit, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        Task<T> answer = call(connection);
        try
        {
            await CloseAfterAsync(answer, connection).WaitAsync(limit, Clock, CancellationToken.None).ConfigureAwait(false);
        }
        catch (TimeoutException e)
        {
            throw Silent(limit, e);
        }

        return await answer.ConfigureAwait(false);
    }

    private async Task<IAsyncDisposable> LockOverAsync(string name, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await OpenAsync(cancellationToken).ConfigureAwait(false);
        Task taken = TakeAsync(connection, name, cancellationToken);
        try
        {
            await taken.WaitAsync(LockLimit, Clock, CancellationToken.None).ConfigureAwait(false);
            return new Held(this, connection);
        }
        catch (Exception e)
        {
            Task closed = CloseAfterAsync(taken, connection);
            if (!taken.IsCompleted)
            {
                throw Silent(LockLimit, e);
            }

            await closed.ConfigureAwait(false);
            throw;
        }
    }

    private static async Task TakeAsync(NpgsqlConnection connection, string name, CancellationToken cancellationToken)
    {
        await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
        using NpgsqlCommand limit = new(Statements.LimitLock, connection);
        await limit.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
        using NpgsqlCommand take = new(Statements.Lock, connection) { Parameters = { new NpgsqlParameter { Value = name } } };
        await take.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Closes a connection when a call has ended, whether or not anybody waits for that any more.</summary>
    private async Task CloseAfterAsync(Task call, NpgsqlConnection connection)
    {
        await call.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await CloseAsync(connection).ConfigureAwait(false);
    }

    /// <summary>Giving back what the server has taken away is no error: what was done with it is done.</summary>
    private async Task CloseAsync(NpgsqlConnection connection)
    {
        try
        {
            await connection.DisposeAsync().AsTask().WaitAsync(_answer, Clock, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception e) when (e is NpgsqlException or TimeoutException)
        {
            // Nobody waits for it any more.
        }
    }

    private static NpgsqlException Silent(TimeSpan limit, Exception? why) => new(Words.Get("store.silent", limit), why);

    /// <summary>Whether nobody knows what became of the statement.</summary>
    private static bool IsCut(NpgsqlException e) => e is not PostgresException refused
        || refused.SqlState.StartsWith("08", StringComparison.Ordinal) || refused.SqlState.StartsWith("57P", StringComparison.Ordinal);

    /// <summary>
    /// Whether the server did nothing, such as where it waited for a lock in vain, has not taken over yet or the database is being put back, and may
    /// be asked again.
    /// </summary>
    private static bool IsUndone(NpgsqlException e) => e is PostgresException
    {
        SqlState: PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.TooManyConnections
            or PostgresErrorCodes.QueryCanceled or PostgresErrorCodes.LockNotAvailable or PostgresErrorCodes.InvalidCatalogName
            or PostgresErrorCodes.ReadOnlySqlTransaction or StoodStill,
    };

    /// <summary>Connections whose password is asked for as each is opened, and kept nowhere.</summary>
    internal static NpgsqlDataSource CreateSource(NpgsqlConnectionStringBuilder settings, SecretSource password)
    {
        NpgsqlDataSourceBuilder builder = new(settings.ConnectionString);
        builder.UseSslClientAuthenticationOptionsCallback(
            options => options.CertificateChainPolicy = ServerTrust.CreatePolicy(options.CertificateRevocationCheckMode));
        if (password.Count > 0)
        {
            builder.UsePasswordProvider(
                _ => throw new NotSupportedException("Connections are opened asynchronously."),
                async (_, cancellationToken) => await password.ReadAsync(cancellationToken).ConfigureAwait(false));
        }

        return builder.Build();
    }

    /// <summary>Npgsql's own settings; what they do not say of TLS and time is the careful choice.</summary>
    internal static NpgsqlConnectionStringBuilder Settings(string connection)
    {
        ArgumentException.ThrowIfNullOrEmpty(connection);
        NpgsqlConnectionStringBuilder settings = Parse(connection)
            ?? throw new ArgumentException("It is no connection string of Npgsql.", nameof(connection));
        if (!string.IsNullOrEmpty(settings.Password))
        {
            throw new ArgumentException(
                "A password comes from a file, an environment variable or a program, not from the connection string.", nameof(connection));
        }

        // Npgsql's own builder knows every key and does not tell which were said.
        DbConnectionStringBuilder said = new() { ConnectionString = settings.ConnectionString };
        settings.SslMode = said.ContainsKey("SSL Mode") || IsHere(settings.Host) ? settings.SslMode : SslMode.VerifyFull;
        settings.Timeout = said.ContainsKey("Timeout") ? settings.Timeout : AnswerSeconds;
        settings.CommandTimeout = said.ContainsKey("Command Timeout") ? settings.CommandTimeout : AnswerSeconds;
        settings.TcpKeepAlive = settings.TcpKeepAlive || !said.ContainsKey("TCP Keepalive");

        // The last one to say something is right: the user.
        string? options = settings.Options is { Length: > 0 } own ? own : Environment.GetEnvironmentVariable("PGOPTIONS");
        settings.Options = $"{Statements.Session(settings.CommandTimeout)} {options}".TrimEnd();
        return settings;
    }

    /// <summary>Read without a word of what is wrong with it: a part of a password may be in it.</summary>
    private static NpgsqlConnectionStringBuilder? Parse(string connection)
    {
        try
        {
            return new NpgsqlConnectionStringBuilder(connection);
        }
        catch (Exception e) when (e is ArgumentException or FormatException or InvalidCastException)
        {
            return null;
        }
    }

    /// <summary>The lock.</summary>
    private sealed class Held(Database database, NpgsqlConnection connection) : IAsyncDisposable
    {
        public async ValueTask DisposeAsync()
        {
            await database.CloseAsync(connection).ConfigureAwait(false);
            database._locking.Release();
        }
    }

    private static bool IsHere(string? host) => host is "localhost" or "127.0.0.1" or "::1" || host?.StartsWith('/') == true;
}
