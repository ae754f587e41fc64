using System.Data.Common;
using System.Globalization;
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

    /// <summary>How long a call tries to get through: less than a lease, so that a restart of the server costs no run.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(8);
    private static readonly TimeSpan LockLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    private readonly NpgsqlDataSource _source;
    private readonly SchemaMigration _schema;
    private readonly TimeProvider _time;

    public Database(string connection, PostgresStoreOptions options, TimeProvider time)
    {
        _time = time;
        NpgsqlConnectionStringBuilder settings = Settings(connection);
        settings.SearchPath = options.Schema;
        _source = CreateSource(settings, options.Password);
        _schema = new SchemaMigration(options.Schema);
        Place = string.Create(CultureInfo.InvariantCulture, $"{settings.Host}:{settings.Port}/{settings.Database} {options.Schema}");
    }

    /// <summary>Where it is, for people.</summary>
    public string Place { get; }

    /// <summary>A connection with nothing done about its loss.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellationToken) => _source.OpenConnectionAsync(cancellationToken);

    /// <summary>Brings the schema to the version that this library knows.</summary>
    public async Task PrepareAsync(CancellationToken cancellationToken)
    {
        if (!_schema.IsReady)
        {
            await RepeatAsync(() => UseAsync(c => _schema.ApplyAsync(c, cancellationToken), cancellationToken), cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>A lock between all processes; it ends with the transaction of the connection, and so with the connection or its process.</summary>
    public async Task<IAsyncDisposable> LockAsync(string name, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        return await RepeatAsync(async () =>
        {
            NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
            try
            {
                await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
                using NpgsqlCommand limit = new(Statements.LimitLock, connection);
                await limit.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                using NpgsqlCommand take = new(Statements.Lock, connection)
                {
                    CommandTimeout = (int)LockLimit.TotalSeconds,
                    Parameters = { new NpgsqlParameter { Value = name } },
                };
                await take.ExecuteNonQueryAsync(cancellationToken).ConfigureAwait(false);
                return connection;
            }
            catch
            {
                await connection.DisposeAsync().ConfigureAwait(false);
                throw;
            }
        }, cancellationToken).ConfigureAwait(false);
    }

    /// <summary>Reads, and asks again where the connection was cut.</summary>
    public async Task<T> ReadAsync<T>(Func<NpgsqlConnection, Task<T>> read, CancellationToken cancellationToken)
    {
        await PrepareAsync(cancellationToken).ConfigureAwait(false);
        return await RepeatAsync(() => UseAsync(read, cancellationToken), cancellationToken).ConfigureAwait(false);
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
        for (bool sent = false; ;)
        {
            try
            {
                return await UseAsync(
                    connection =>
                    {
                        bool again = sent;
                        sent = true;
                        return write(connection, again);
                    },
                    sent ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
            }
            catch (NpgsqlException e) when (IsCut(e))
            {
                if (_time.GetElapsedTime(start) >= Patience)
                {
                    throw sent ? new JournalException(Words.Get("store.unknown", place, e.Message), e) : e;
                }
            }

            _source.Clear();
            await Task.Delay(Pause, _time, sent ? CancellationToken.None : cancellationToken).ConfigureAwait(false);
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
            catch (NpgsqlException e) when (IsCut(e) && _time.GetElapsedTime(start) < Patience)
            {
                _source.Clear();
            }

            await Task.Delay(Pause, _time, cancellationToken).ConfigureAwait(false);
        }
    }

    private async Task<T> UseAsync<T>(Func<NpgsqlConnection, Task<T>> call, CancellationToken cancellationToken)
    {
        NpgsqlConnection connection = await _source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (connection.ConfigureAwait(false))
        {
            return await call(connection).ConfigureAwait(false);
        }
    }

    /// <summary>Whether nobody knows what became of the statement, or the server asks to come again.</summary>
    private static bool IsCut(NpgsqlException e) => e is not PostgresException refused
        || refused.SqlState.StartsWith("08", StringComparison.Ordinal)
        || refused.SqlState.StartsWith("57P", StringComparison.Ordinal)
        || refused.SqlState is PostgresErrorCodes.SerializationFailure or PostgresErrorCodes.DeadlockDetected or PostgresErrorCodes.TooManyConnections;

    /// <summary>Connections whose password is asked for as each is opened, and kept nowhere.</summary>
    internal static NpgsqlDataSource CreateSource(NpgsqlConnectionStringBuilder settings, SecretSource password)
    {
        NpgsqlDataSourceBuilder builder = new(settings.ConnectionString);
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

    private static bool IsHere(string? host) => host is "localhost" or "127.0.0.1" or "::1" || host?.StartsWith('/') == true;
}
