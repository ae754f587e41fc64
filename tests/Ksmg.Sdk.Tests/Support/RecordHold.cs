using Npgsql;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// Holds a run in a database behind two of its records: nothing more is written there before it is let go on, or the database is gone. However long
/// that takes, the run stands exactly there. A record is named by its kind and the beginning of its step: <c>Outcome S7/</c>.
/// </summary>
internal sealed class RecordHold : IAsyncDisposable
{
    public const string Remove = "DROP TRIGGER hold ON ksmg.record";

    private readonly NpgsqlConnection _session;

    private RecordHold(NpgsqlConnection session) => _session = session;

    public static async Task<RecordHold> PlaceAsync(string connection, string first, string second, CancellationToken cancellationToken)
    {
        RecordHold hold = new(new NpgsqlConnection(connection + ";Pooling=false"));
        await hold._session.OpenAsync(cancellationToken);
        await hold.ExecuteAsync(
            $"""
            SELECT pg_advisory_lock(1), pg_advisory_lock(2);
            CREATE FUNCTION hold() RETURNS trigger LANGUAGE plpgsql AS $$
              BEGIN
                IF EXISTS ({Query(second)}) THEN PERFORM pg_advisory_xact_lock(2);
                ELSIF EXISTS ({Query(first)}) THEN PERFORM pg_advisory_xact_lock(1);
                END IF;
                RETURN NEW;
              END $$;
            CREATE TRIGGER hold BEFORE INSERT ON ksmg.record FOR EACH ROW EXECUTE FUNCTION hold();
            """,
            cancellationToken);
        return hold;
    }

    /// <summary>Asks for a record.</summary>
    public static string Query(string record) => record.Split(' ') is [var kind, var step]
        ? $"SELECT 1 FROM ksmg.record WHERE convert_from(line, 'UTF8') LIKE '%\"kind\":\"{kind}\",\"step\":\"{step}%'"
        : throw new ArgumentException(record);

    /// <summary>Lets the run go on from the first of the two records.</summary>
    public Task GoOnAsync(CancellationToken cancellationToken) => ExecuteAsync("SELECT pg_advisory_unlock(1)", cancellationToken);

    public ValueTask DisposeAsync() => _session.DisposeAsync();

    private async Task ExecuteAsync(string statement, CancellationToken cancellationToken)
    {
        await using NpgsqlCommand command = new(statement, _session);
        await command.ExecuteNonQueryAsync(cancellationToken);
    }
}
