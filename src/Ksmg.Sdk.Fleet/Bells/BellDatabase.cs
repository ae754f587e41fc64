using Npgsql;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// Where the workers' bells are one: a schema of its own beside the store's. Nothing in it is the truth about anything; it may be dropped whenever
/// no worker runs. Its sessions are short of patience: one that hangs while it holds a lock is ended by the server, one that waits for
/// such a lock gives up.
/// </summary>
internal sealed class BellDatabase : IAsyncDisposable
{
    /// <summary>How many of Quartz' calls at once.</summary>
    private const int Connections = 10;

    private static readonly TimeSpan PrepareLimit = TimeSpan.FromSeconds(60);

    /// <param name="connection">Npgsql's connection string, as the store's.</param>
    /// <param name="options">Where the password comes from, and the store's schema.</param>
    public BellDatabase(string connection, PostgresStoreOptions options)
    {
        _ = new SchemaMigration(options.Schema);
        Schema = options.Schema + "_bell";
        NpgsqlConnectionStringBuilder settings = Database.Settings(connection);
        settings.SearchPath = Schema;
        settings.MaxPoolSize = Connections;
        settings.Options = $"{settings.Options} {Statements.BellLimits}".TrimStart();
        Source = Database.CreateSource(settings, options.Password);
    }

    public string Schema { get; }

    /// <summary>What Quartz connects with.</summary>
    public NpgsqlDataSource Source { get; }

    /// <summary>Has the tables made, or looked at where the account may not make any, while no other process does: first starts race.</summary>
    /// <param name="start">Told whether it may make what is missing.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task PrepareAsync(Func<bool, Task> start, CancellationToken cancellationToken)
    {
        NpgsqlConnection holder = await Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
        await using (holder.ConfigureAwait(false))
        {
            NpgsqlTransaction held = await holder.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (held.ConfigureAwait(false))
            {
                await AskAsync(holder, Statements.LimitPreparing, cancellationToken).ConfigureAwait(false);
                await AskAsync(holder, Statements.Lock, cancellationToken, $"ksmg schema {Schema}").ConfigureAwait(false);

                // What is made within the transaction of the lock is not seen by Quartz' connections.
                NpgsqlConnection maker = await Source.OpenConnectionAsync(cancellationToken).ConfigureAwait(false);
                await using (maker.ConfigureAwait(false))
                {
                    if (await AskAsync(maker, Statements.SchemaExists, cancellationToken, Schema).ConfigureAwait(false) is not true)
                    {
                        await AskAsync(maker, Statements.CreateSchema(Schema), cancellationToken).ConfigureAwait(false);
                    }

                    await start(await AskAsync(maker, Statements.MayCreate, cancellationToken, Schema).ConfigureAwait(false) is true).ConfigureAwait(false);
                }
            }
        }
    }

    public ValueTask DisposeAsync() => Source.DisposeAsync();

    private static async Task<object?> AskAsync(
        NpgsqlConnection connection, string statement, CancellationToken cancellationToken, object? argument = null)
    {
        NpgsqlCommand command = new(statement, connection) { CommandTimeout = (int)PrepareLimit.TotalSeconds };
        await using (command.ConfigureAwait(false))
        {
            if (argument is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = argument });
            }

            return await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
        }
    }
}
