using System.Globalization;
using Npgsql;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A PostgreSQL of its own on loopback, under an account without rights; its socket and data are in a folder of their own.</summary>
public sealed class PostgresServer : IAsyncLifetime
{
    public const string Password = "correct horse battery staple";

    private const string Account = "postgres";

    private DirectoryInfo? _folder;
    private ServerProcess? _process;
    private ServerProcess? _standby;
    private int _port;
    private int _databases;

    private static bool IsMissing => ServerFactAttribute.Missing(["postgres"]) is not null;

    private string Data { get; set; } = string.Empty;

    private string Standby => Path.Combine(_folder!.FullName, "standby");

    /// <summary>Its programs lie together, not all of them on the path.</summary>
    private static string Programs =>
        Path.GetDirectoryName(new FileInfo(ServerFactAttribute.Find("postgres")!).ResolveLinkTarget(returnFinalTarget: true)?.FullName
            ?? ServerFactAttribute.Find("postgres")!)!;

    public async Task InitializeAsync()
    {
        if (IsMissing)
        {
            return;
        }

        _folder = ServerProcess.CreateFolder("postgres");
        Data = Path.Combine(_folder.FullName, "data");
        _port = ServerProcess.FreePort();
        if (Environment.IsPrivilegedProcess)
        {
            await ServerProcess.RunAsync("chown", Account, _folder.FullName);
        }

        await RunAsync("initdb", "-D", Data, "-U", Account, "-A", "trust", "--no-sync", "-E", "UTF8", "--locale=C");
        await StartAsync();
        await ExecuteAsync("postgres", $"CREATE ROLE guarded LOGIN PASSWORD '{Password}'; ALTER ROLE postgres SET client_min_messages = warning");
        await File.WriteAllTextAsync(Path.Combine(Data, "pg_hba.conf"), """
            host all guarded 127.0.0.0/8 scram-sha-256
            host all,replication all 127.0.0.0/8 trust

            """);
        await ExecuteAsync("postgres", "SELECT pg_reload_conf()");
    }

    /// <summary>A new, empty database.</summary>
    /// <returns>What connects to it.</returns>
    public async Task<string> CreateDatabaseAsync(string? template = null)
    {
        string name = $"db{Interlocked.Increment(ref _databases)}";
        await ExecuteAsync("postgres", template is null ? $"CREATE DATABASE {name}" : $"CREATE DATABASE {name} TEMPLATE {template}");
        return Connection(name);
    }

    /// <summary>Saves a database as it is, while others work with it.</summary>
    /// <returns>The file.</returns>
    public async Task<string> BackUpAsync(string database)
    {
        string file = Path.Combine(_folder!.FullName, $"{database}.{Guid.NewGuid():N}.dump");
        await RunAsync("pg_dump", "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-U", Account, "-Fc", "-f", file, database);
        return file;
    }

    /// <summary>Brings a saved database back beside the one it was.</summary>
    /// <returns>Its name, for <see cref="ReplaceAsync"/>.</returns>
    public async Task<string> PrepareAsync(string file)
    {
        string restored = new NpgsqlConnectionStringBuilder(await CreateDatabaseAsync()).Database!;
        await RunAsync("pg_restore", "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-U", Account, "-d", restored, file);
        return restored;
    }

    /// <summary>Puts a database in the place of another, as restoring a backup does.</summary>
    public async Task ReplaceAsync(string name, string backup)
    {
        await ExecuteAsync("postgres", $"DROP DATABASE {name} WITH (FORCE)");
        await ExecuteAsync("postgres", $"ALTER DATABASE {backup} RENAME TO {name}");
    }

    /// <summary>From now on it speaks TLS with whoever asks for it.</summary>
    public async Task UseTlsAsync(string certificate, string key)
    {
        foreach ((string name, string pem) in new[] { ("server.crt", certificate), ("server.key", key) })
        {
            string path = Path.Combine(Data, name);
            await File.WriteAllTextAsync(path, pem);
            if (!OperatingSystem.IsWindows())
            {
                File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
            }

            if (Environment.IsPrivilegedProcess)
            {
                await ServerProcess.RunAsync("chown", Account, path);
            }
        }

        await ExecuteAsync("postgres", "ALTER SYSTEM SET ssl = on");
        await ExecuteAsync("postgres", "SELECT pg_reload_conf()");
        await Eventually.TrueAsync(async () => await AskAsync("postgres", "SHOW ssl") is "on");
    }

    public string Connection(string database, string user = Account, string host = "127.0.0.1") =>
        string.Create(CultureInfo.InvariantCulture, $"Host={host};Port={_port};Database={database};Username={user}");

    /// <summary>What an administrator says to a database.</summary>
    public async Task ExecuteAsync(string database, string statement) => await AskAsync(database, statement);

    /// <summary>The first thing that a database answers to an administrator.</summary>
    public async Task<object?> AskAsync(string database, string statement)
    {
        await using NpgsqlConnection connection = new(Connection(database) + ";Pooling=false;SSL Mode=Disable");
        await connection.OpenAsync();
        await using NpgsqlCommand command = new(statement, connection);
        return await command.ExecuteScalarAsync();
    }

    /// <summary>Ends it as a power cut does to its clients, and starts it again.</summary>
    public async Task RestartAsync()
    {
        await StopAsync();
        await StartAsync();
    }

    public async Task StopAsync()
    {
        await RunAsync("pg_ctl", "-D", Data, "-m", "immediate", "-w", "stop");
        await _process!.StopAsync();
    }

    /// <summary>A second server, which is sent what is committed here after it was committed.</summary>
    public async Task StartStandbyAsync()
    {
        await RunAsync(
            "pg_basebackup", "-h", "127.0.0.1", "-p", _port.ToString(CultureInfo.InvariantCulture), "-U", Account, "-D", Standby, "-R", "-c", "fast");
        _standby = await StartAsync(Standby, ServerProcess.FreePort());
    }

    /// <summary>From now on nothing more reaches the second server, which has everything so far.</summary>
    public async Task CutStandbyAsync()
    {
        object? now = await AskAsync("postgres", "SELECT pg_current_wal_lsn()::text");
        await Eventually.TrueAsync(
            async () => await AskAsync("postgres", $"SELECT 1 FROM pg_stat_replication WHERE replay_lsn >= '{now}'::pg_lsn") is not null, "it has all");
        await RunAsync("pg_ctl", "-D", Standby, "-m", "fast", "-w", "stop");
        await _standby!.StopAsync();
    }

    /// <summary>The first server is lost; the second one takes its place and address, with what it has.</summary>
    public async Task FailOverAsync()
    {
        await StopAsync();
        Data = Standby;
        await StartAsync();
        await RunAsync("pg_ctl", "-D", Data, "-w", "promote");
    }

    public async Task StartAsync()
    {
        _process = await StartAsync(Data, _port);

        // It takes connections before it is ready for them.
        using CancellationTokenSource limit = new(Eventually.Limit);
        while (true)
        {
            try
            {
                await AskAsync("postgres", "SELECT 1");
                return;
            }
            catch (NpgsqlException) when (!limit.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), TimeProvider.System, limit.Token);
            }
        }
    }

    private Task<ServerProcess> StartAsync(string data, int port)
    {
        (string program, string[] arguments) = Call(
            "postgres", "-D", data, "-k", _folder!.FullName, "-p", port.ToString(CultureInfo.InvariantCulture), "-c", "listen_addresses=127.0.0.1,127.0.0.2",
            "-c", "fsync=off", "-c", "shared_buffers=16MB", "-c", "max_connections=200", "-c", "log_min_messages=panic");
        return ServerProcess.StartAsync(port, "none", greets: false, program, arguments);
    }

    public async Task DisposeAsync()
    {
        if (_process is not null)
        {
            await StopAsync();
        }

        _folder?.Delete(recursive: true);
    }

    private static Task<string> RunAsync(string program, params string[] arguments)
    {
        (string called, string[] all) = Call(program, arguments);
        return ServerProcess.RunAsync(called, all);
    }

    /// <summary>The server refuses to run as root.</summary>
    private static (string Program, string[] Arguments) Call(string program, params string[] arguments)
    {
        string path = Path.Combine(Programs, program);
        return Environment.IsPrivilegedProcess
            ? ("setpriv", [$"--reuid={Account}", $"--regid={Account}", "--clear-groups", path, .. arguments])
            : (path, arguments);
    }
}
