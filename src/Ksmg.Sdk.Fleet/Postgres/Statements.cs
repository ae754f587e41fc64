using System.Globalization;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// What is said to the database. Each statement that writes is a transaction of its own, and looks at the lease as it writes: between the
/// look and the writing nobody comes.
/// </summary>
internal static class Statements
{
    /// <summary>Held until the end of its transaction. It bears the name of the schema: fleets may share a database.</summary>
    public const string Lock = "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))";

    /// <summary>Who waits for the lock outwaits a holder that hangs.</summary>
    public const string LimitLock = "SET LOCAL statement_timeout = '30s'";

    /// <summary>
    /// Tables that are to change are waited for less long than a statement of ours waits behind that: a long one of somebody else, such as
    /// a backup, must not cost a run its lease.
    /// </summary>
    public const string LimitChange = "SET LOCAL lock_timeout = '2s'; SET LOCAL statement_timeout = '60s'";

    /// <summary>What sessions of a bell begin with: how long they idle within a transaction, wait for a lock, and work on an answer.</summary>
    public const string BellLimits = "-c idle_in_transaction_session_timeout=10000 -c lock_timeout=3000 -c statement_timeout=4000";

    /// <summary>Who makes the tables of a bell takes longer than whoever uses them; who waits for that has to wait.</summary>
    public const string LimitPreparing = """
        SELECT set_config('idle_in_transaction_session_timeout', '60s', true), set_config('lock_timeout', '60s', true),
          set_config('statement_timeout', '60s', true)
        """;

    /// <summary>Whether this account may make tables in a schema.</summary>
    public const string MayCreate = "SELECT has_schema_privilege($1, 'CREATE')";

    public const string SchemaExists = "SELECT EXISTS (SELECT FROM pg_namespace WHERE nspname = $1)";

    /// <summary>Asked of the catalogue as a table: looked up by name, what another process has made just now would not be seen.</summary>
    public const string VersionsExist = """
        SELECT EXISTS (SELECT FROM pg_class JOIN pg_namespace ON pg_namespace.oid = relnamespace WHERE nspname = $1 AND relname = 'version')
        """;

    public const string CreateVersions = "CREATE TABLE version (number integer PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT clock_timestamp())";

    public const string Version = "SELECT coalesce(max(number), 0) FROM version";

    public const string AddVersion = "INSERT INTO version (number) VALUES ($1)";

    public const string CommitsWait = "SELECT current_setting('synchronous_commit') <> 'off'";

    public const string Create = """
        WITH born AS (
          INSERT INTO run (id, epoch, owner, beat, released, pid, host, records, cluster)
          VALUES ($1, $2, $3, $4, $5, $6, $7, cardinality($8::bytea[]), $12) RETURNING id),
        claimed AS (INSERT INTO claim (run_id, key, active) SELECT id, key, true FROM born, unnest($9::text[]) AS key),
        begun AS (
          INSERT INTO record (run_id, sequence, line)
          SELECT id, number, line FROM born, unnest($8::bytea[]) WITH ORDINALITY AS lines (line, number))
        INSERT INTO file (run_id, name, content) SELECT id, $10, $11 FROM born
        """;

    /// <summary>Who has what another run asks for.</summary>
    public const string Claimant = "SELECT run_id FROM claim WHERE active AND key = ANY ($1) AND run_id <> $2 ORDER BY run_id LIMIT 1";

    public const string ClaimsOf = "SELECT array_agg(key) FROM claim WHERE run_id = $1";

    public const string List = Glance;

    public const string ListOfCluster = Glance
        + " WHERE cluster = $2 OR cluster IS NULL OR id IN (SELECT run_id FROM claim WHERE key = ANY ($3::text[]))";

    public const string Find = Glance + " WHERE id = $2";

    public const string FindMany = Glance + " WHERE id = ANY ($2::text[])";

    public const string FindTold = """
        SELECT DISTINCT run_id FROM file AS said
        WHERE run_id = ANY ($1::text[]) AND starts_with(name, 'inbox/') AND name LIKE '%.json' AND name NOT LIKE '%.answer.json'
          AND NOT EXISTS (SELECT FROM file AS answer WHERE answer.run_id = said.run_id AND answer.name = regexp_replace(said.name, '[.]json$', '.answer.json'))
        """;

    public const string Read = """
        SELECT epoch, records, line FROM run LEFT JOIN record ON run_id = id AND sequence > $2 WHERE id = $1 ORDER BY sequence
        """;

    public const string Append = """
        WITH moved AS (
          UPDATE run SET records = records + 1, version = version + 1, ended_at = CASE WHEN $6 THEN clock_timestamp() END
          WHERE id = $1 AND epoch = $2 AND owner = $3 AND records = $4 RETURNING id),
        added AS (INSERT INTO record (run_id, sequence, line) SELECT id, $4 + 1, $5 FROM moved),
        claimed AS (UPDATE claim SET active = NOT $6 FROM moved WHERE run_id = moved.id AND active = $6)
        SELECT true, pg_notify($7, id) FROM moved
        """;

    /// <summary>Why an append moved nothing; and whether what an attempt before this one sent stands there.</summary>
    public const string Standing = """
        SELECT epoch, records, owner, (SELECT line = $3 FROM record WHERE run_id = id AND sequence = $2) FROM run WHERE id = $1
        """;

    public const string Lease = LeaseColumns + " FROM run WHERE id = $2";

    /// <summary>The clock is the database's; the holder's own says nothing.</summary>
    public const string WriteLease = """
        WITH moved AS (
          UPDATE run SET epoch = $2, owner = $3, beat = $4, released = $5, beat_at = clock_timestamp(),
            since = CASE WHEN $10 THEN clock_timestamp() ELSE since END,
            pid = CASE WHEN $10 THEN $11 ELSE pid END, host = CASE WHEN $10 THEN $12 ELSE host END,
            version = version + CASE WHEN $10 OR $5 <> $9 THEN 1 ELSE 0 END
          WHERE id = $1 AND epoch = $6 AND owner = $7 AND beat = $8 AND released = $9 RETURNING id),
        told AS (SELECT pg_notify($13, id) FROM moved WHERE $10 OR $5 <> $9)
        SELECT true, (SELECT count(*) FROM told) FROM moved
        """;

    public const string Save = """
        WITH held AS (
          UPDATE run SET version = version + 1
          WHERE id = $1 AND ($4::bigint IS NULL OR (epoch = $4 AND owner = $5)) RETURNING id),
        saved AS (
          INSERT INTO file (run_id, name, content) SELECT id, $2, $3 FROM held
          ON CONFLICT (run_id, name) DO UPDATE SET content = excluded.content WHERE $6 OR file.content = excluded.content
          RETURNING run_id)
        SELECT (SELECT count(*) FROM saved), pg_notify($7, id) FROM held
        """;

    public const string Load = "SELECT content FROM run LEFT JOIN file ON run_id = id AND name = $2 WHERE id = $1";

    public const string ListFiles = """
        SELECT substr(name, length($2) + 1) FROM file
        WHERE run_id = $1 AND starts_with(name, $2) AND position('/' IN substr(name, length($2) + 1)) = 0
        """;

    public const string Look = "SELECT version FROM run WHERE id = $1";

    /// <summary>
    /// One row while nothing has changed, else one for each run. Of hashes and not of the greatest version: what commits later may have a
    /// smaller one.
    /// </summary>
    public const string LookAtAll = """
        WITH all_runs AS (SELECT coalesce(sum(hashtextextended(id, version)), 0)::text AS mark FROM run)
        SELECT mark, id, version FROM all_runs LEFT JOIN run ON mark IS DISTINCT FROM $1
        """;

    /// <summary>Some at a time, so that each is done in the time of a statement.</summary>
    public const string DeleteEnded = """
        DELETE FROM run WHERE id IN (
          SELECT id FROM run WHERE ended_at < clock_timestamp() - $1 AND (released OR beat_at < clock_timestamp() - $2)
          LIMIT $3 FOR UPDATE SKIP LOCKED)
        """;

    /// <summary>A holder that has not been heard of for twice the duration of its lease has lost it, whatever its own clock says.</summary>
    private const string LeaseColumns =
        "SELECT epoch, owner, since, beat, beat_at, released, pid, host, NOT released AND beat_at < clock_timestamp() - 2 * $1";

    private const string Glance = LeaseColumns + """
        , records, id,
          (SELECT line FROM record WHERE run_id = id AND sequence = 1), (SELECT line FROM record WHERE run_id = id AND sequence = records)
        FROM run
        """;

    /// <summary>
    /// What the server does to each session of ours. A statement ends there half a second before we stop waiting for it, so that we know
    /// that it wrote nothing, and nothing is written later than anybody expects; a client that stands still between two statements of a
    /// transaction loses what it has locked; a client whose machine is gone is noticed.
    /// </summary>
    /// <param name="seconds">How long we wait for an answer; 0: for ever.</param>
    public static string Session(int seconds) => string.Create(
        CultureInfo.InvariantCulture,
        $"-c statement_timeout={Math.Max(0, (seconds * 1000) - 500)} -c idle_in_transaction_session_timeout=10s "
            + $"-c tcp_keepalives_idle=15 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=3 -c tcp_user_timeout=30s");

    /// <param name="name">A plain word, checked before.</param>
    public static string CreateSchema(string name) => $"CREATE SCHEMA \"{name}\"";
}
