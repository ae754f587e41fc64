using System.Globalization;
using System.Net;
using System.Text.Json;
using Ksmg.Sdk.Upgrades;
using Npgsql;
using NpgsqlTypes;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// Runs in PostgreSQL. The lease is looked at in the statement that writes; the clock of leases is the database's; a node is in one active
/// run by a unique index. A call whose connection is cut finds out what became of it before it writes again.
/// </summary>
public sealed class PostgresRunStore : IRunStore, IRunStoreChanges, IAsyncDisposable, IManyRuns, IRunsOfCluster
{
    private const int DeletedAtOnce = 50;

    /// <summary>How often a run is looked at although nothing was told; and all runs at the most, however much happens.</summary>
    private static readonly TimeSpan Poll = TimeSpan.FromSeconds(1);

    /// <summary>How often all runs are looked at although nothing was told.</summary>
    private static readonly TimeSpan PollOfAll = TimeSpan.FromSeconds(5);

    private readonly Database _database;
    private readonly TimeProvider _time;
    private readonly string _name;
    private readonly Sightings _sightings = new();
    private readonly News _news;
    private long _lookedAt;

    /// <summary>A store in a database. Nothing is connected before it is used; connections nobody uses are closed after some minutes.</summary>
    /// <param name="connection">Npgsql's connection string, without a password. To another machine its TLS is verified wholly unless it says otherwise.</param>
    /// <param name="options">Where the password comes from, and the schema; <see langword="null"/>: no password, and the default.</param>
    /// <param name="timeProvider">The clock of this process, for waiting; <see langword="null"/>: the system's.</param>
    public PostgresRunStore(string connection, PostgresStoreOptions? options = null, TimeProvider? timeProvider = null)
    {
        _time = timeProvider ?? TimeProvider.System;
        options ??= new PostgresStoreOptions();
        _database = new Database(connection, options, _time);
        _name = $"ksmg_{options.Schema}";
        _news = new News(_database, _name, _time);
    }

    /// <inheritdoc/>
    public TimeSpan LeaseDuration { get; } = TimeSpan.FromSeconds(15);

    /// <inheritdoc/>
    public TimeSpan RenewalInterval { get; } = TimeSpan.FromSeconds(2);

    /// <inheritdoc/>
    public string Locate(string runId, string? name = null) => name is null
        ? Words.Get("store.run-place", runId, _database.Place)
        : Words.Get("store.file-place", name, runId, _database.Place);

    /// <summary>
    /// Makes or updates the tables now, instead of at the first use: for an account that may, when the one that drives runs may not.
    /// </summary>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public Task MigrateAsync(CancellationToken cancellationToken = default) => _database.PrepareAsync(cancellationToken);

    /// <summary>Deletes runs that ended longer ago than that, by the database's clock, with all they hold. They cannot be rolled back any more.</summary>
    /// <param name="age">How long ago.</param>
    /// <param name="cancellationToken">Ends the attempt; what was deleted before is gone.</param>
    /// <returns>How many.</returns>
    public async Task<int> DeleteEndedAsync(TimeSpan age, CancellationToken cancellationToken = default)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(age, TimeSpan.Zero);
        int deleted = 0;
        for (int some = DeletedAtOnce; some == DeletedAtOnce; deleted += some)
        {
            some = await _database.WriteAsync(
                _database.Place,
                (connection, _) => DoAsync(
                    connection, Statements.DeleteEnded, c => c.ExecuteNonQueryAsync(CancellationToken.None), age, LeaseDuration, DeletedAtOnce),
                cancellationToken).ConfigureAwait(false);
        }

        return deleted;
    }

    /// <inheritdoc/>
    public async Task<IAsyncDisposable> LockAsync(CancellationToken cancellationToken = default) =>
        await _database.LockAsync(_name, cancellationToken).ConfigureAwait(false);

    /// <inheritdoc/>
    public Task CreateAsync(
        string runId, ReadOnlyMemory<byte> plan, ReadOnlyMemory<byte> lines, StoredLease lease, CancellationToken cancellationToken = default)
    {
        List<byte[]> records = [];
        for (ReadOnlyMemory<byte> rest = lines; rest.Length > 0; rest = rest[records[^1].Length..])
        {
            records.Add(rest[..(rest.Span.IndexOf((byte)'\n') + 1)].ToArray());
        }

        RunOwner? owner = JournalRules.OwnerOf(JournalJson.ReadRecord(records[0]));
        string[] claims = ClaimsOf(owner);
        return _database.WriteAsync(Locate(runId), async (connection, again) =>
        {
            try
            {
                return await DoAsync(
                    connection, Statements.Create, c => c.ExecuteNonQueryAsync(CancellationToken.None),
                    runId, lease.Epoch, lease.Owner, lease.Beat, lease.IsReleased,
                    Environment.ProcessId, Environment.MachineName, records.ToArray(), claims, JournalRules.PlanFile, plan,
                    Maybe(NpgsqlDbType.Text, owner?.Cluster)).ConfigureAwait(false);
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // Perhaps by the attempt before this one; no other has this owner.
                return again && lease.IsSameHolding(await LeaseAsync(connection, runId).ConfigureAwait(false))
                    ? 1
                    : throw await TakenAsync(connection, runId, claims, e).ConfigureAwait(false);
            }
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<StoredRun>> ListAsync(CancellationToken cancellationToken = default) =>
        _database.ReadAsync<IReadOnlyList<StoredRun>>(async connection =>
            await GlanceAsync(connection, Statements.List, cancellationToken, LeaseDuration).ConfigureAwait(false), cancellationToken);

    Task<IReadOnlyList<StoredRun>> IRunsOfCluster.ListAsync(RunOwner owner, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<StoredRun>>(async connection => await GlanceAsync(
            connection, Statements.ListOfCluster, cancellationToken, LeaseDuration, owner.Cluster, ClaimsOf(owner)).ConfigureAwait(false), cancellationToken);

    /// <inheritdoc/>
    public Task<StoredRun?> FindAsync(string runId, CancellationToken cancellationToken = default) => _database.ReadAsync(async connection =>
        (await GlanceAsync(connection, Statements.Find, cancellationToken, LeaseDuration, runId).ConfigureAwait(false)).SingleOrDefault(), cancellationToken);

    Task<IReadOnlyList<StoredRun>> IManyRuns.FindAsync(IReadOnlyCollection<string> runs, CancellationToken cancellationToken) =>
        _database.ReadAsync<IReadOnlyList<StoredRun>>(async connection => await GlanceAsync(
            connection, Statements.FindMany, cancellationToken, LeaseDuration, runs.ToArray()).ConfigureAwait(false), cancellationToken);

    Task<IReadOnlyCollection<string>> IManyRuns.FindToldAsync(IReadOnlyCollection<string> runs, CancellationToken cancellationToken) =>
        _database.ReadAsync(connection => QueryAsync<IReadOnlyCollection<string>>(connection, Statements.FindTold, async reader =>
        {
            List<string> told = [];
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                told.Add(reader.GetString(0));
            }

            return told;
        }, [runs.ToArray()]), cancellationToken);

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> ReadAsync(string runId, long after, CancellationToken cancellationToken = default)
    {
        Sightings.Sighting before = _sightings.Of(runId);
        return _database.ReadAsync<ReadOnlyMemory<byte>?>(connection => QueryAsync(connection, Statements.Read, async reader =>
        {
            using MemoryStream lines = new();
            Sightings.Sighting? now = null;
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                now = new Sightings.Sighting(reader.GetInt64(0), reader.GetInt64(1));
                lines.Write(reader.IsDBNull(2) ? [] : reader.GetFieldValue<byte[]>(2));
            }

            if (now is null)
            {
                throw JournalRules.NoSuchRun(runId);
            }

            _sightings.Check(runId, before, now);
            return now.Records < after ? default(ReadOnlyMemory<byte>?) : lines.ToArray();
        }, runId, after), cancellationToken);
    }

    /// <inheritdoc/>
    public Task<bool> AppendAsync(string runId, StoredLease lease, long after, ReadOnlyMemory<byte> line, CancellationToken cancellationToken = default)
    {
        bool ends = IsEnd(line.Span);
        Sightings.Sighting before = _sightings.Of(runId);
        return _database.WriteAsync(Locate(runId, JournalRules.RecordsFile), async (connection, again) =>
        {
            try
            {
                object? moved = await DoAsync(
                    connection, Statements.Append, c => c.ExecuteScalarAsync(CancellationToken.None), runId, lease.Epoch, lease.Owner, after, line, ends, _name)
                    .ConfigureAwait(false);
                if (moved is null && !await StandsAsync(connection, runId, lease, after, line, before, again).ConfigureAwait(false))
                {
                    return false;
                }
            }
            catch (PostgresException e) when (e.SqlState == PostgresErrorCodes.UniqueViolation)
            {
                // Taken up again after its end, while another run has one of its nodes.
                string[] claims = await DoAsync(connection, Statements.ClaimsOf, c => c.ExecuteScalarAsync(CancellationToken.None), runId)
                    .ConfigureAwait(false) as string[] ?? [];
                throw await TakenAsync(connection, runId, claims, e).ConfigureAwait(false);
            }

            _sightings.Check(runId, before, new Sightings.Sighting(lease.Epoch, after + 1));
            return true;
        }, cancellationToken);
    }

    /// <inheritdoc/>
    public Task<StoredLease?> ReadLeaseAsync(string runId, CancellationToken cancellationToken = default) => _database.ReadAsync<StoredLease?>(
        async connection => await LeaseAsync(connection, runId).ConfigureAwait(false) ?? throw JournalRules.NoSuchRun(runId), cancellationToken);

    /// <inheritdoc/>
    public Task<bool> WriteLeaseAsync(string runId, StoredLease? expected, StoredLease lease, CancellationToken cancellationToken = default) =>
        expected is null ? Task.FromResult(false) : _database.WriteAsync(Locate(runId), async (connection, again) =>
        {
            object? moved = await DoAsync(
                connection, Statements.WriteLease, c => c.ExecuteScalarAsync(CancellationToken.None),
                runId, lease.Epoch, lease.Owner, lease.Beat, lease.IsReleased,
                expected.Epoch, expected.Owner, expected.Beat, expected.IsReleased, !lease.IsSameHolding(expected),
                Environment.ProcessId, Environment.MachineName, _name).ConfigureAwait(false);
            return moved is not null || (again && lease.IsAsExpected(await LeaseAsync(connection, runId).ConfigureAwait(false)));
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<bool> SaveAsync(
        string runId, string name, ReadOnlyMemory<byte> content, StoredLease? lease, bool overwrite, CancellationToken cancellationToken = default) =>
        _database.WriteAsync(Locate(runId, name), async (connection, _) =>
        {
            object? saved = await DoAsync(
                connection, Statements.Save, c => c.ExecuteScalarAsync(CancellationToken.None), runId, name, content,
                Maybe(NpgsqlDbType.Bigint, lease?.Epoch), Maybe(NpgsqlDbType.Uuid, lease?.Owner), overwrite, _name).ConfigureAwait(false);
            if (saved is long files)
            {
                return files == 1;
            }

            return lease is null || await LeaseAsync(connection, runId).ConfigureAwait(false) is null
                ? throw JournalRules.NoSuchRun(runId)
                : throw JournalRules.Lost(runId, lease.Epoch);
        }, cancellationToken);

    /// <inheritdoc/>
    public Task<ReadOnlyMemory<byte>?> LoadAsync(string runId, string name, CancellationToken cancellationToken = default) =>
        _database.ReadAsync<ReadOnlyMemory<byte>?>(async connection =>
            await DoAsync(connection, Statements.Load, c => c.ExecuteScalarAsync(cancellationToken), runId, name).ConfigureAwait(false) switch
            {
                null => throw JournalRules.NoSuchRun(runId),
                byte[] content => content,
                _ => default(ReadOnlyMemory<byte>?),
            }, cancellationToken);

    /// <inheritdoc/>
    public Task<IReadOnlyCollection<string>> ListFilesAsync(string runId, string folder, CancellationToken cancellationToken = default) =>
        _database.ReadAsync<IReadOnlyCollection<string>>(connection => QueryAsync<IReadOnlyCollection<string>>(connection, Statements.ListFiles, async reader =>
        {
            List<string> names = [];
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                names.Add(reader.GetString(0));
            }

            return names;
        }, runId, folder + "/"), cancellationToken);

    /// <inheritdoc/>
    public Task<string> WaitForChangeAsync(string runId, string? seen, TimeSpan atMost, CancellationToken cancellationToken = default) => _news.WaitAsync(
        async () =>
        {
            string now = await LookAsync(runId, cancellationToken).ConfigureAwait(false);
            return (now, now != seen);
        },
        Poll,
        atMost,
        cancellationToken);

    /// <inheritdoc/>
    Task<RunVersions> IRunStoreChanges.WaitForAnyChangeAsync(RunVersions? seen, TimeSpan atMost, CancellationToken cancellationToken) => _news.WaitAsync(
        async () =>
        {
            TimeSpan early = Poll - _time.GetElapsedTime(Interlocked.Read(ref _lookedAt));
            if (seen is not null && early > TimeSpan.Zero)
            {
                await Task.Delay(early, _time, cancellationToken).ConfigureAwait(false);
            }

            Interlocked.Exchange(ref _lookedAt, _time.GetTimestamp());
            RunVersions now = await LookAtAllAsync(seen, cancellationToken).ConfigureAwait(false);
            return (now, now != seen);
        },
        PollOfAll,
        atMost,
        cancellationToken);

    /// <summary>Closes the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        await _database.DisposeAsync().ConfigureAwait(false);
        _news.Dispose();
    }

    private Task<string> LookAsync(string runId, CancellationToken cancellationToken) => _database.ReadAsync(async connection =>
        await DoAsync(connection, Statements.Look, c => c.ExecuteScalarAsync(cancellationToken), runId).ConfigureAwait(false) is long version
            ? version.ToString(CultureInfo.InvariantCulture)
            : throw JournalRules.NoSuchRun(runId), cancellationToken);

    /// <summary>The same object again when nothing has changed.</summary>
    private Task<RunVersions> LookAtAllAsync(RunVersions? seen, CancellationToken cancellationToken) => _database.ReadAsync(
        connection => QueryAsync(connection, Statements.LookAtAll, async reader =>
        {
            Dictionary<string, string> runs = new(StringComparer.Ordinal);
            string mark = string.Empty;
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                mark = reader.GetString(0);
                if (!reader.IsDBNull(1))
                {
                    runs[reader.GetString(1)] = reader.GetInt64(2).ToString(CultureInfo.InvariantCulture);
                }
            }

            return mark == seen?.Mark ? seen : new RunVersions(runs, mark);
        }, Maybe(NpgsqlDbType.Text, seen?.Mark)), cancellationToken);

    /// <summary>Why nothing was appended; true when an attempt before this one did it.</summary>
    private Task<bool> StandsAsync(
        NpgsqlConnection connection, string runId, StoredLease lease, long after, ReadOnlyMemory<byte> line, Sightings.Sighting before, bool again) =>
        QueryAsync(connection, Statements.Standing, async reader =>
        {
            if (!await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                throw JournalRules.NoSuchRun(runId);
            }

            Sightings.Sighting now = new(reader.GetInt64(0), reader.GetInt64(1));
            if (again && !reader.IsDBNull(3) && reader.GetBoolean(3))
            {
                return true;
            }

            _sightings.Check(runId, before, now);
            return lease.Epoch == now.Epoch && lease.Owner == reader.GetGuid(2) ? false : throw JournalRules.Lost(runId, lease.Epoch);
        }, runId, after + 1, line);

    private async Task<StoredLease?> LeaseAsync(NpgsqlConnection connection, string runId)
    {
        Sightings.Sighting before = _sightings.Of(runId);
        return await QueryAsync(connection, Statements.Lease, async reader =>
        {
            if (!await reader.ReadAsync(CancellationToken.None).ConfigureAwait(false))
            {
                return null;
            }

            StoredLease lease = LeaseOf(reader);
            _sightings.Check(runId, before, before with { Epoch = lease.Epoch });
            return lease;
        }, LeaseDuration, runId).ConfigureAwait(false);
    }

    private static Task<List<StoredRun>> GlanceAsync(
        NpgsqlConnection connection, string statement, CancellationToken cancellationToken, params object[] arguments) =>
        QueryAsync(connection, statement, async reader =>
        {
            List<StoredRun> runs = [];
            while (await reader.ReadAsync(cancellationToken).ConfigureAwait(false))
            {
                string id = reader.GetString(10);
                runs.Add(reader.IsDBNull(11) || reader.IsDBNull(12)
                    ? new StoredRun(id, default, default, LeaseOf(reader), Words.Get("store.no-records", reader.GetInt64(9)))
                    : new StoredRun(id, reader.GetFieldValue<byte[]>(11), reader.GetFieldValue<byte[]>(12), LeaseOf(reader)));
            }

            return runs;
        }, arguments);

    private static StoredLease LeaseOf(NpgsqlDataReader reader)
    {
        (DateTimeOffset since, int pid, string host) = (reader.GetFieldValue<DateTimeOffset>(2), reader.GetInt32(6), reader.GetString(7));
        return new StoredLease
        {
            Epoch = reader.GetInt64(0),
            Owner = reader.GetGuid(1),
            Since = since,
            Beat = reader.GetInt64(3),
            BeatAt = reader.GetFieldValue<DateTimeOffset>(4),
            IsReleased = reader.GetBoolean(5),
            IsAbandoned = reader.GetBoolean(8),
            Holder = Words.Get("store.holder", pid, host, since),
            HowToFree = Words.Get("store.how-to-free", pid, host),
        };
    }

    /// <summary>Whose nodes another active run has.</summary>
    private static async Task<JournalException> TakenAsync(NpgsqlConnection connection, string runId, string[] claims, PostgresException why)
    {
        object? other = await DoAsync(connection, Statements.Claimant, c => c.ExecuteScalarAsync(CancellationToken.None), claims, runId).ConfigureAwait(false);
        return other is string active
            ? new ActiveRunException(Words.Get("store.active", runId, active), why) { RunId = active }
            : new JournalException(Words.Get("store.run-exists", runId), why);
    }

    /// <summary>
    /// The nodes by their addresses, as <see cref="RunOwner.MayBe"/> compares them: base addresses wherever they are, in-cluster addresses
    /// under one name of a cluster, which stands alone where no address is known.
    /// </summary>
    private static string[] ClaimsOf(RunOwner? owner)
    {
        string[] claims =
        [
            .. (owner?.Nodes ?? []).SelectMany(node => new[]
            {
                node.Address is { } address ? string.Create(CultureInfo.InvariantCulture, $"{address.IdnHost.ToLowerInvariant()}:{address.Port}") : null,
                node.ClusterAddress is { Length: > 0 } inner
                    ? $"{owner!.Cluster} {(IPEndPoint.TryParse(inner, out IPEndPoint? point) ? point.ToString() : inner.ToLowerInvariant())}"
                    : null,
            }).OfType<string>().Distinct(StringComparer.Ordinal),
        ];
        return claims.Length == 0 && owner is not null ? [owner.Cluster] : claims;
    }

    private static bool IsEnd(ReadOnlySpan<byte> line)
    {
        try
        {
            return JournalRules.EndOf(JournalJson.ReadRecord(line)) is not null;
        }
        catch (JsonException)
        {
            // What is no record is found when the chain is read.
            return false;
        }
    }

    private static NpgsqlParameter Maybe(NpgsqlDbType type, object? value) => new() { NpgsqlDbType = type, Value = value ?? DBNull.Value };

    private static async Task<T> DoAsync<T>(NpgsqlConnection connection, string statement, Func<NpgsqlCommand, Task<T>> execute, params object[] arguments)
    {
        NpgsqlCommand command = new(statement, connection);
        await using (command.ConfigureAwait(false))
        {
            foreach (object argument in arguments)
            {
                command.Parameters.Add(argument as NpgsqlParameter ?? new NpgsqlParameter { Value = argument });
            }

            return await execute(command).ConfigureAwait(false);
        }
    }

    private static Task<T> QueryAsync<T>(NpgsqlConnection connection, string statement, Func<NpgsqlDataReader, Task<T>> read, params object[] arguments) =>
        DoAsync(connection, statement, async command =>
        {
            NpgsqlDataReader reader = await command.ExecuteReaderAsync(CancellationToken.None).ConfigureAwait(false);
            await using (reader.ConfigureAwait(false))
            {
                return await read(reader).ConfigureAwait(false);
            }
        }, arguments);
}
