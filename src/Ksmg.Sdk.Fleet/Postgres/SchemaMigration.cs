using System.Globalization;
using System.Reflection;
using Ksmg.Sdk.Upgrades;
using Npgsql;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// The tables, made and changed by numbered scripts: by one process at a time, each script once, all that are missing or none. Programs of
/// two versions that follow each other work on them side by side: a script only adds to what the program before it uses.
/// </summary>
internal sealed class SchemaMigration
{
    private const string Scripts = "Ksmg.Sdk.Fleet.Schema.";

    private readonly string _schema;
    private readonly (int Number, string Script)[] _scripts;
    private volatile bool _isReady;

    /// <param name="schema">Where the tables are.</param>
    /// <param name="scripts">In their order; <see langword="null"/>: those of this library.</param>
    public SchemaMigration(string schema, (int Number, string Script)[]? scripts = null)
    {
        _scripts = scripts ?? Own();
        ArgumentException.ThrowIfNullOrEmpty(schema);
        bool good = schema.Length <= 40 && char.IsAsciiLetterLower(schema[0])
            && schema.All(c => char.IsAsciiLetterLower(c) || char.IsAsciiDigit(c) || c == '_');
        _schema = good
            ? schema
            : throw new ArgumentException("The name of a schema has up to 40 lower-case letters, digits and '_', and begins with a letter.", nameof(schema));
    }

    /// <summary>Whether it was found or made as this library knows it.</summary>
    public bool IsReady => _isReady;

    /// <exception cref="JournalException">It was made by a newer version, or the server does not wait for its disk.</exception>
    public async Task<bool> ApplyAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        if (!await AskAsync<bool>(connection, Statements.CommitsWait, cancellationToken).ConfigureAwait(false))
        {
            throw new JournalException(Words.Get("store.not-durable"));
        }

        // Who may only read and write rows never comes further when the schema is there.
        if (await VersionAsync(connection, cancellationToken).ConfigureAwait(false) < _scripts[^1].Number)
        {
            NpgsqlTransaction transaction = await connection.BeginTransactionAsync(cancellationToken).ConfigureAwait(false);
            await using (transaction.ConfigureAwait(false))
            {
                await AskAsync<object>(connection, Statements.LimitLock, cancellationToken).ConfigureAwait(false);
                await AskAsync<object>(connection, Statements.Lock, cancellationToken, $"ksmg schema {_schema}").ConfigureAwait(false);
                int version = await VersionAsync(connection, cancellationToken).ConfigureAwait(false);
                await AskAsync<object>(connection, Statements.LimitChange, cancellationToken).ConfigureAwait(false);
                foreach ((int number, string script) in _scripts.Where(s => s.Number > version))
                {
                    await RunAsync(connection, version++ == 0, number, script, cancellationToken).ConfigureAwait(false);
                }

                await transaction.CommitAsync(cancellationToken).ConfigureAwait(false);
            }
        }

        int there = await VersionAsync(connection, cancellationToken).ConfigureAwait(false);
        if (there > _scripts[^1].Number + 1)
        {
            throw new JournalException(Words.Get("store.newer-schema", _schema, there, _scripts[^1].Number));
        }

        return _isReady = true;
    }

    /// <summary>The scripts of this library.</summary>
    public static (int Number, string Script)[] Own() =>
    [
        .. Assembly.GetExecutingAssembly().GetManifestResourceNames().Where(n => n.StartsWith(Scripts, StringComparison.Ordinal))
            .Select(n => (int.Parse(n.AsSpan(Scripts.Length, 3), CultureInfo.InvariantCulture), Read(n))).OrderBy(s => s.Item1),
    ];

    private static string Read(string name)
    {
        using StreamReader script = new(Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!);
        return script.ReadToEnd();
    }

    private async Task RunAsync(NpgsqlConnection connection, bool first, int number, string script, CancellationToken cancellationToken)
    {
        if (first)
        {
            if (!await AskAsync<bool>(connection, Statements.SchemaExists, cancellationToken, _schema).ConfigureAwait(false))
            {
                await AskAsync<object>(connection, Statements.CreateSchema(_schema), cancellationToken).ConfigureAwait(false);
            }

            await AskAsync<object>(connection, Statements.CreateVersions, cancellationToken).ConfigureAwait(false);
        }

        await AskAsync<object>(connection, script, cancellationToken).ConfigureAwait(false);
        await AskAsync<object>(connection, Statements.AddVersion, cancellationToken, number).ConfigureAwait(false);
    }

    private async Task<int> VersionAsync(NpgsqlConnection connection, CancellationToken cancellationToken) =>
        await AskAsync<bool>(connection, Statements.VersionsExist, cancellationToken, _schema).ConfigureAwait(false)
            ? await AskAsync<int>(connection, Statements.Version, cancellationToken).ConfigureAwait(false)
            : 0;

    private static async Task<T?> AskAsync<T>(NpgsqlConnection connection, string statement, CancellationToken cancellationToken, object? argument = null)
    {
        NpgsqlCommand command = new(statement, connection);
        await using (command.ConfigureAwait(false))
        {
            if (argument is not null)
            {
                command.Parameters.Add(new NpgsqlParameter { Value = argument });
            }

            object? answer = await command.ExecuteScalarAsync(cancellationToken).ConfigureAwait(false);
            return answer is T told ? told : default;
        }
    }
}
