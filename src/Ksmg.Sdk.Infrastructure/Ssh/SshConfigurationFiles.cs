using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>
/// The configuration files of the nodes over the system's <c>ssh</c>: one connection per node, kept for a minute. On the nodes it needs
/// a POSIX shell and the core utilities.
/// </summary>
public sealed class SshConfigurationFiles : IConfigurationFiles, ISelfTest, IAsyncDisposable, IDisposable
{
    private const string Program = "ssh";
    private const int ConnectionFailed = 255;
    private static readonly TimeSpan _longestConnect = TimeSpan.FromSeconds(10);
    private static readonly UTF8Encoding _strictUtf8 = new(false, throwOnInvalidBytes: true);

    private readonly SshConfigurationOptions _options;
    private readonly ProcessRunner _runner;
    private readonly Dictionary<string, SshHost> _hosts = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The sockets of the shared connections; <see langword="null"/>: each call logs in by itself.</summary>
    private readonly DirectoryInfo? _sockets;

    /// <summary>Creates the adapter; nothing is connected yet.</summary>
    /// <param name="options">How the nodes are reached, and which files count.</param>
    /// <param name="timeProvider">The clock of the time limits; the system's by default.</param>
    /// <exception cref="OptionsValidationException">The options are wrong; the message lists everything.</exception>
    public SshConfigurationFiles(SshConfigurationOptions options, TimeProvider? timeProvider = null)
        : this(options, timeProvider, Path.GetTempPath())
    {
    }

    internal SshConfigurationFiles(SshConfigurationOptions options, TimeProvider? timeProvider, string temporaryFolder)
    {
        (_options, _runner) = (options.Checked("Configuration"), new ProcessRunner(timeProvider ?? TimeProvider.System));
        _sockets = SocketFolder.Create(temporaryFolder);
        foreach ((string node, string text) in options.Hosts)
        {
            (string host, int port) = SshConfigurationOptions.ParseHost(text)!;
            string? socket = _sockets is null ? null : Path.Combine(_sockets.FullName, _hosts.Count.ToString(CultureInfo.InvariantCulture));
            _hosts.Add(node, new SshHost(host, (ushort)port, socket));
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">
    /// The node cannot be reached or is not the one that is known, a file cannot be read or is larger than 16 MiB, or there are more
    /// than 10,000 files.
    /// </exception>
    public async Task<IReadOnlyList<ConfigurationFile>> ListAsync(string node, CancellationToken cancellationToken = default) =>
        (await ListAllAsync(node, cancellationToken).ConfigureAwait(false)).Files;

    /// <summary>The files, and the configured paths that nothing matches.</summary>
    private async Task<(IReadOnlyList<ConfigurationFile> Files, IReadOnlyList<string> Absent)> ListAllAsync(string node, CancellationToken cancellationToken)
    {
        string doing = Words.Get("ssh.listing");
        ProcessResult result = await RunAsync(
            node, doing, RemoteScript.List(_options.Paths.Select(path => RemotePath.Word(path)!)), default, cancellationToken).ConfigureAwait(false);
        try
        {
            string[][] found = [.. _strictUtf8.GetString(result.Output.Span).Split('\0').SkipLast(1).Chunk(4)];
            string[] absent = [.. found.Where(IsAbsent).Select(fields => fields[0])];

            // Paths may overlap; a file is one file.
            return ([.. found.Where(fields => !IsAbsent(fields)).Select(ReadFile).DistinctBy(file => file.Path)], absent);
        }
        catch (Exception e) when (e is FormatException or DecoderFallbackException)
        {
            throw new KsmgException(
                Words.Get("ssh.no-files", Name(node), doing, e.Message),
                e)
            { Node = node };
        }
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The node cannot be reached, or the file is not there, a link, or cannot be read.</exception>
    public async Task<ReadOnlyMemory<byte>> ReadAsync(string node, string path, CancellationToken cancellationToken = default)
    {
        CheckPath(path);
        return (await RunAsync(node, Words.Get("ssh.reading", path), RemoteScript.Read, default, cancellationToken, path).ConfigureAwait(false)).Output;
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">
    /// The node cannot be reached, or the file cannot be written. It is then as it was, unless the message says that nobody knows.
    /// </exception>
    public Task WriteAsync(string node, ConfigurationFile file, ReadOnlyMemory<byte> content, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(file);
        CheckPath(file.Path);
        string digest = Convert.ToHexStringLower(SHA256.HashData(content.Span));
        return RunAsync(
            node, Words.Get("ssh.writing", file.Path), RemoteScript.Write, file.LinkTarget is null
                ? content
                : default, cancellationToken, file.Path, file.Mode, file.Owner, digest, file.LinkTarget ?? string.Empty);
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The node cannot be reached.</exception>
    public async Task<string?> GetPristineSha256Async(string node, string path, BuildNumber build, CancellationToken cancellationToken = default)
    {
        CheckPath(path);
        if (await ReadPristineAsync(node, path, build, cancellationToken).ConfigureAwait(false) is { } content)
        {
            return Convert.ToHexStringLower(SHA256.HashData(content.Span));
        }

        if (!_options.UsePackageDatabase)
        {
            return null;
        }

        ProcessResult result = await RunAsync(
            node, Words.Get("ssh.asking-owner", path), RemoteScript.AskPackages, default, cancellationToken, path).ConfigureAwait(false);
        foreach (string line in Encoding.UTF8.GetString(result.Output.Span).Split('\n'))
        {
            // The database knows what is installed now, and nothing of the build before: only a package that carries the build asked for counts.
            if (line.Split('\t') is [var version, var name, { Length: 2 * SHA256.HashSizeInBytes } digest]
                && name == path
                && $"{version}.".StartsWith($"{build}.", StringComparison.Ordinal))
            {
                return digest.ToLowerInvariant();
            }
        }

        return null;
    }

    /// <inheritdoc/>
    /// <exception cref="KsmgException">The file in <see cref="SshConfigurationOptions.PristineFolder"/> cannot be read, or is larger than 16 MiB.</exception>
    public async Task<ReadOnlyMemory<byte>?> ReadPristineAsync(
        string node, string path, BuildNumber build, CancellationToken cancellationToken = default)
    {
        CheckPath(path);
        if (_options.PristineFolder is not { } folder)
        {
            return null;
        }

        string root = Path.Combine(folder, build.ToString());
        FileInfo file = new(Path.GetFullPath(root + path));
        if (!file.FullName.StartsWith(root + Path.DirectorySeparatorChar, StringComparison.Ordinal) || !file.Exists)
        {
            return null;
        }

        try
        {
            return file.Length <= RemoteScript.MostBytes
                ? (ReadOnlyMemory<byte>?)await File.ReadAllBytesAsync(file.FullName, cancellationToken).ConfigureAwait(false)
                : throw new KsmgException(Words.Get("ssh.pristine-too-large", file.FullName, RemoteScript.MostBytes)) { Node = node };
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new KsmgException(Words.Get("ssh.pristine-unreadable", file.FullName, e.Message), e) { Node = node };
        }
    }

    /// <inheritdoc/>
    public Task<IReadOnlyList<SelfTestResult>> TestAsync(IReadOnlyList<string> nodes, CancellationToken cancellationToken = default) => NodeTests.AskEachAsync(
        nodes,
        async node =>
        {
            (IReadOnlyList<ConfigurationFile> files, IReadOnlyList<string> absent) = await ListAllAsync(node, cancellationToken).ConfigureAwait(false);
            string count = Words.Count("test.files", files.Count);
            if (absent.Count > 0)
            {
                string paths = string.Join(", ", absent.Select(path => Printable.OneLine(path)));
                return Fails(Words.Get("ssh.absent-paths", count, paths), "ssh.correct-absent-paths");
            }

            return files.Count == 0 ? Fails(count, "ssh.correct-paths")
                : await WhyNotWrittenAsync(node, count, files, cancellationToken).ConfigureAwait(false) is { } why ? Fails(why, "ssh.give-rights")
                : new SelfTestResult(node, SelfTestOutcome.Works, count);

            SelfTestResult Fails(string how, string remedy) => new(node, SelfTestOutcome.Fails, how, Words.Get(remedy));
        },
        Words.Get("ssh.by-hand"));

    /// <summary>What the login could not write back after the update, in words; a file is replaced by another one beside it.</summary>
    private async Task<string?> WhyNotWrittenAsync(
        string node, string count, IReadOnlyList<ConfigurationFile> files, CancellationToken cancellationToken)
    {
        // A name that holds a line end cannot be asked for in a line; such a folder is met by the restoration itself.
        IEnumerable<string> folders = files.Select(f => f.Path[..Math.Max(1, f.Path.LastIndexOf('/'))]).Distinct(StringComparer.Ordinal);
        byte[] asked = Encoding.UTF8.GetBytes(string.Concat(folders.Where(f => !f.Contains('\n', StringComparison.Ordinal)).Select(f => f + "\n")));
        ProcessResult result = await RunAsync(
            node, Words.Get("ssh.asking-rights"), RemoteScript.AskRights, asked, cancellationToken).ConfigureAwait(false);
        if (Encoding.UTF8.GetString(result.Output.Span).Split('\0').SkipLast(1).ToArray() is not [var id, var user, .. var closed])
        {
            return Words.Get("ssh.may-not-write", count, _options.User, "-");
        }

        string[] owners = id == "0" ? [] : [.. files.Select(f => f.Owner.Split(':')[0]).Distinct(StringComparer.Ordinal).Where(o => o != user && o != id)];
        return closed.Length > 0 ? Words.Get("ssh.may-not-write", count, user, string.Join(", ", closed.Select(folder => Printable.OneLine(folder))))
            : owners.Length > 0 ? Words.Get("ssh.may-not-give", count, user, string.Join(", ", owners))
            : null;
    }

    /// <summary>Ends the connections.</summary>
    public async ValueTask DisposeAsync()
    {
        foreach (SshHost host in _hosts.Values.Where(host => File.Exists(host.Socket)))
        {
            try
            {
                await _runner.RunAsync(
                    new ProcessCall(Program, ["-F", "none", "-O", "exit", "-o", $"ControlPath={Quoted(host.Socket!)}", "--", host.Name], _longestConnect),
                    CancellationToken.None).ConfigureAwait(false);
            }
            catch (KsmgException)
            {
                // It ends by itself soon.
            }
        }

        if (_sockets is { Exists: true })
        {
            _sockets.Delete(recursive: true);
        }
    }

    /// <summary>Ends the connections.</summary>
    public void Dispose() => DisposeAsync().AsTask().GetAwaiter().GetResult();

    private static bool IsAbsent(string[] fields) => fields is [_, "", "absent", ""];

    private static ConfigurationFile ReadFile(string[] fields)
    {
        if (fields is not [['/', ..] path, var stat, "file" or "link", var last]
            || stat.Split('/', 6) is not [var mode, var size, var user, var group, var userName, var groupName]
            || !long.TryParse(size, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes))
        {
            throw new FormatException(Words.Get("ssh.no-file", Printable.OneLine(string.Join(' ', fields))));
        }

        bool isLink = fields[2] == "link";
        return new ConfigurationFile
        {
            Path = path,
            Mode = mode.PadLeft(4, '0'),
            Owner = $"{(userName == "UNKNOWN" ? user : userName)}:{(groupName == "UNKNOWN" ? group : groupName)}",
            SizeBytes = bytes,
            Sha256 = isLink ? Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(last))) : last,
            LinkTarget = isLink ? last : null,
        };
    }

    private static void CheckPath(string path)
    {
        if (path is not ['/', ..] || path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("An absolute path is expected.", nameof(path));
        }
    }

    /// <summary>A value of an option: quoted, and with nothing that stands for something else.</summary>
    private static string Quoted(string path) => $"\"{path.Replace("%", "%%", StringComparison.Ordinal)}\"";

    private async Task<ProcessResult> RunAsync(
        string node, string doing, string script, ReadOnlyMemory<byte> input, CancellationToken cancellationToken, params string[] arguments)
    {
        if (!_hosts.TryGetValue(node, out SshHost? host))
        {
            throw new KsmgException(Words.Get("ssh.unknown-node", node, string.Join(", ", _hosts.Keys))) { Node = node };
        }

        // Whatever the login shell is: it hands everything on to sh.
        string mark = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8));
        string command = $"exec sh -c {string.Join(' ', arguments.Prepend("ksmg").Prepend(RemoteScript.Marked(script, mark)).Select(RemotePath.Quote))}";

        // One after the other: two that connect at the same time would both log in.
        await host.Gate.WaitAsync(cancellationToken).ConfigureAwait(false);
        try
        {
            ProcessResult result = await _runner.RunAsync(
                new ProcessCall(Program, [.. Connection(host), "--", host.Name, command], _options.Timeout)
                {
                    Input = input,
                    MostOutput = RemoteScript.MostBytes + RemoteScript.MostBeside,
                    InEnglish = true,
                    Node = node,
                },
                cancellationToken).ConfigureAwait(false);
            ReadOnlyMemory<byte>? printed = RemoteScript.Printed(result.Output, mark);
            if (result.ExitCode == 0 && printed is { } output)
            {
                return result with { Output = output };
            }

            bool began = RemoteScript.Began(result.Output, mark);
            string reason = await ReasonAsync(host, result, began, ended: printed is not null, cancellationToken).ConfigureAwait(false);
            throw new KsmgException(Words.Get("ssh.failed", Name(node), doing, reason)) { Node = node };
        }
        catch (KsmgException e) when (e.InnerException is not null)
        {
            throw new KsmgException($"{Name(node)}: {doing}: {e.Message}", e) { Node = node };
        }
        finally
        {
            host.Gate.Release();
        }
    }

    private IEnumerable<string> Connection(SshHost host)
    {
        TimeSpan connect = _options.Timeout < _longestConnect ? _options.Timeout : _longestConnect;
        string[] options =
        [
            "BatchMode=yes", "PreferredAuthentications=publickey", "IdentitiesOnly=yes", $"IdentityFile={Quoted(_options.KeyFile)}",
            "StrictHostKeyChecking=yes", $"UserKnownHostsFile={Quoted(_options.KnownHostsFile)}", "GlobalKnownHostsFile=/dev/null", "UpdateHostKeys=no",
            string.Create(CultureInfo.InvariantCulture, $"ConnectTimeout={(int)connect.TotalSeconds}"), "ServerAliveInterval=5", "ServerAliveCountMax=2",
            "ClearAllForwardings=yes", "LogLevel=ERROR",

            .. host.Socket is { } socket ? ["ControlMaster=auto", $"ControlPath={Quoted(socket)}", "ControlPersist=60"] : Array.Empty<string>(),
        ];
        return [
            .. new[] { "-F", "none", "-T", "-l", _options.User, "-p", host.Port.ToString(CultureInfo.InvariantCulture) },
            .. options.SelectMany(option => new[] { "-o", option }),
        ];
    }

    private string Name(string node) => $"{node} ({_options.User}@{_options.Hosts[node]})";

    private async Task<string> ReasonAsync(SshHost host, ProcessResult result, bool began, bool ended, CancellationToken cancellationToken)
    {
        bool isRefused = result.ExitCode == ConnectionFailed && Says("Permission denied (");
        string? unusableKey = isRefused ? await SshKey.FaultAsync(_options.KeyFile, _runner, _longestConnect, cancellationToken).ConfigureAwait(false) : null;
        string key = host.Port == 22 ? host.Name : $"[{host.Name}]:{host.Port}";
        return result.ExitCode switch
        {
            not ConnectionFailed when began && !ended => Words.Get("ssh.broke-off", result.ExitCode),
            not ConnectionFailed when !began => Words.Get("ssh.not-ours", result.ExitCode, result.Complaint, _options.User),
            RemoteScript.IsLink => Words.Get("ssh.is-link"),
            RemoteScript.IsAbsent => Words.Get("ssh.is-absent"),
            RemoteScript.IsFolder => Words.Get("ssh.is-folder"),
            RemoteScript.IsTooLarge => Words.Get("ssh.too-large", RemoteScript.MostBytes, result.Complaint),
            RemoteScript.AreTooMany => Words.Get("ssh.too-many", RemoteScript.MostFiles),
            RemoteScript.IsIncomplete => Words.Get("ssh.incomplete"),
            ConnectionFailed when Says("REVOKED HOST KEY", "is marked as revoked") => Words.Get("ssh.host-key-revoked", key, _options.KnownHostsFile),
            ConnectionFailed when Says("HOST IDENTIFICATION HAS CHANGED", "Host key for ") =>
                Words.Get("ssh.host-key-changed", key, _options.KnownHostsFile),
            ConnectionFailed when Says("host key is known for", "Host key verification failed") =>
                Words.Get("ssh.host-key-unknown", key, _options.KnownHostsFile, host.Port, host.Name),
            ConnectionFailed when Says("UNPROTECTED PRIVATE KEY FILE") =>
                Words.Get("ssh.key-readable", _options.KeyFile),
            ConnectionFailed when unusableKey is not null => Words.Get("ssh.key-unreadable", _options.KeyFile, unusableKey),
            ConnectionFailed when isRefused => Words.Get("ssh.refused", _options.User, _options.KeyFile),
            ConnectionFailed => Words.Get("ssh.no-connection", result.Complaint),
            _ when Says("Permission denied") => Words.Get("ssh.not-allowed", result.Complaint, _options.User),
            _ => Words.Get("ssh.exit-code", result.Complaint, result.ExitCode),
        };

        bool Says(params string[] texts) => texts.Any(text => result.Errors.Contains(text, StringComparison.Ordinal));
    }

    private sealed record SshHost(string Name, ushort Port, string? Socket)
    {
        public SemaphoreSlim Gate { get; } = new(1, 1);
    }
}
