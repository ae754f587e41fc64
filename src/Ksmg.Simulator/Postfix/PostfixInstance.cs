using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.NetworkInformation;
using System.Text;
using System.Text.Json;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>A Postfix of its own on loopback: configuration, queue, data and log in one folder, steered by Postfix's own commands.</summary>
internal sealed class PostfixInstance
{
    private const UnixFileMode ForAll =
        UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
        | UnixFileMode.GroupRead | UnixFileMode.GroupExecute | UnixFileMode.OtherRead | UnixFileMode.OtherExecute;

    /// <summary>Where its commands lie; only root looks into the first two by default.</summary>
    private static readonly string[] ProgramFolders = ["/usr/sbin", "/usr/local/sbin", "/usr/bin", "/bin"];

    private static readonly TimeSpan CommandLimit = TimeSpan.FromSeconds(30);

    private readonly string _folder;
    private readonly string _hostName;
    private readonly string _nextHop;
    private readonly int _sessionsAtOnce;

    /// <param name="folder">Where everything of it lies; made when it starts.</param>
    /// <param name="hostName">In its greeting and its Received header.</param>
    /// <param name="endPoint">Where it takes mail.</param>
    /// <param name="nextHop">Where it delivers everything: <c>transport:destination</c>.</param>
    /// <param name="sessionsAtOnce">How many senders it serves at a time.</param>
    public PostfixInstance(string folder, string hostName, IPEndPoint endPoint, string nextHop, int sessionsAtOnce = 100)
    {
        (_folder, _hostName, EndPoint, _nextHop, _sessionsAtOnce) = (folder, hostName, endPoint, nextHop, sessionsAtOnce);
    }

    public IPEndPoint EndPoint { get; }

    /// <summary>SMTP sessions open right now.</summary>
    public int OpenSessions => IPGlobalProperties.GetIPGlobalProperties().GetActiveTcpConnections()
        .Count(connection => connection.State == TcpState.Established && connection.LocalEndPoint.Equals(EndPoint));

    private string ConfigurationFolder => Path.Combine(_folder, "etc");

    /// <summary>Writes the configuration of a state; a running instance takes it with <see cref="Reload"/>.</summary>
    public void Configure(PostfixState state)
    {
        if (OperatingSystem.IsWindows())
        {
            throw new InvalidOperationException("There is no Postfix on Windows: simulate its part.");
        }

        foreach (string part in (string[])["etc", "spool", "data"])
        {
            Directory.CreateDirectory(Path.Combine(_folder, part), ForAll);
        }

        // Its data belongs to the unprivileged half of Postfix.
        Run("chown", ["postfix", Path.Combine(_folder, "data")]);
        Write("master.cf", Services());
        Write("headers", state.HeaderBuild is { } build
            ? string.Create(
                CultureInfo.InvariantCulture, $"/^Message-ID:/ PREPEND X-KSMG-AntiVirus: Kaspersky Secure Mail Gateway, version {build}, bases: simulated\n")
            : "");
        Write("main.cf", Parameters(state));
    }

    public void Start() => Run("postfix", ["-c", ConfigurationFolder, "start"]);

    public void Reload() => Run("postfix", ["-c", ConfigurationFolder, "reload"]);

    /// <summary>Ends it; what it accepted stays in its queue.</summary>
    public void Stop() => Run("postfix", ["-c", ConfigurationFolder, "stop"]);

    /// <summary>Tries at once what waits.</summary>
    public void Flush() => Run("postqueue", ["-c", ConfigurationFolder, "-f"]);

    /// <summary>The queue, also while it is stopped.</summary>
    public IReadOnlyList<QueuedMessage> ListQueue()
    {
        QueuedMessage[] messages = [.. Run("postqueue", ["-c", ConfigurationFolder, "-j"]).Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(Read)];
        if (messages.Any(message => message.Recipients.Count == 0))
        {
            LookAgain();
        }

        return messages;
    }

    /// <summary>
    /// A queue manager that begins anew after a reload puts aside what a delivery of its predecessor still holds, and looks at it again a
    /// minute later at the earliest, without new mail after five. Such a message has no recipient left once it is delivered.
    /// </summary>
    private void LookAgain()
    {
        try
        {
            Run("postkick", ["-c", ConfigurationFolder, "public", "qmgr", "AI"]);
        }
        catch (InvalidOperationException)
        {
            // It is stopped, or hung up before the command had ended: whoever lists the queue next asks again.
        }
    }

    private static QueuedMessage Read(string line)
    {
        using JsonDocument document = JsonDocument.Parse(line);
        JsonElement message = document.RootElement;
        JsonElement[] recipients = [.. message.GetProperty("recipients").EnumerateArray()];
        return new QueuedMessage
        {
            Id = message.GetProperty("queue_id").GetString()!,
            Queue = MessageQueueKind.Mta,
            Sender = message.GetProperty("sender").GetString()!,
            Recipients = [.. recipients.Select(recipient => recipient.GetProperty("address").GetString()!)],
            SizeBytes = message.GetProperty("message_size").GetInt64(),
            ReceivedAt = DateTimeOffset.FromUnixTimeSeconds(message.GetProperty("arrival_time").GetInt64()),
            Reason = recipients
                .Select(recipient => recipient.TryGetProperty("delay_reason", out JsonElement reason) ? reason.GetString() : null)
                .FirstOrDefault(reason => reason is not null),
        };
    }

    private string Parameters(PostfixState state) => $"""
        compatibility_level = 3.6
        queue_directory = {_folder}/spool
        data_directory = {_folder}/data
        maillog_file = {_folder}/log
        maillog_file_prefixes = {_folder}
        syslog_name = {_hostName}
        myhostname = {_hostName}
        inet_interfaces = 127.0.0.1
        inet_protocols = ipv4
        mynetworks = 127.0.0.0/8
        mydestination =
        alias_maps =
        alias_database =
        default_transport = {_nextHop}
        relay_transport = {_nextHop}
        local_transport = error:no mail for this host
        smtp_dns_support_level = disabled
        smtpd_peername_lookup = no
        smtpd_relay_restrictions = permit_mynetworks, reject
        smtpd_client_restrictions ={(state.Receiving ? "" : " defer")}
        smtpd_client_connection_count_limit = 0
        smtpd_soft_error_limit = 100000
        smtpd_hard_error_limit = 100000
        smtpd_error_sleep_time = 0s
        defer_transports ={(state.Sending ? "" : " smtp lmtp")}
        header_checks = regexp:{ConfigurationFolder}/headers
        queue_run_delay = 2s
        minimal_backoff_time = 2s
        maximal_backoff_time = 5s
        maximal_queue_lifetime = 1d
        smtp_connect_timeout = 5s
        lmtp_connect_timeout = 5s
        smtp_helo_timeout = 20s
        lmtp_lhlo_timeout = 20s
        in_flow_delay = 0s

        """;

    private string Services() => string.Create(CultureInfo.InvariantCulture, $"""
        {EndPoint.Address}:{EndPoint.Port} inet n - n - {_sessionsAtOnce} smtpd
        pickup    unix  n - n 60  1 pickup
        cleanup   unix  n - n -   0 cleanup
        qmgr      unix  n - n 300 1 qmgr
        rewrite   unix  - - n -   - trivial-rewrite
        bounce    unix  - - n -   0 bounce
        defer     unix  - - n -   0 bounce
        trace     unix  - - n -   0 bounce
        flush     unix  n - n 1000? 0 flush
        proxymap  unix  - - n -   - proxymap
        smtp      unix  - - n -   - smtp
        lmtp      unix  - - n -   - lmtp
        showq     unix  n - n -   - showq
        error     unix  - - n -   - error
        retry     unix  - - n -   - error
        anvil     unix  - - n -   1 anvil
        scache    unix  - - n -   1 scache
        postlog   unix-dgram n - n - 1 postlogd

        """);

    private void Write(string name, string content)
    {
        string path = Path.Combine(ConfigurationFolder, name);
        File.WriteAllText(path + ".new", content);
        File.Move(path + ".new", path, overwrite: true);
    }

    /// <summary>Runs one of Postfix's commands to its end.</summary>
    /// <exception cref="InvalidOperationException">It is not installed, took too long, or said no.</exception>
    private string Run(string program, IEnumerable<string> arguments)
    {
        string path = ProgramFolders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists)
            ?? throw new InvalidOperationException($"'{program}' is not installed: nodes with a real Postfix need it.");
        ProcessStartInfo start = new(path, arguments)
        {
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardOutputEncoding = Encoding.UTF8,
        };
        try
        {
            using Process process = Process.Start(start)!;
            process.StandardInput.Close();
            Task<string> error = process.StandardError.ReadToEndAsync();
            Task<string> output = process.StandardOutput.ReadToEndAsync();
            if (!process.WaitForExit(CommandLimit))
            {
                process.Kill(entireProcessTree: true);
                throw new InvalidOperationException($"'{program}' of {_hostName} did not end within {CommandLimit}.");
            }

            return process.ExitCode == 0
                ? output.Result
                : throw new InvalidOperationException($"'{program}' of {_hostName} failed: {error.Result.Trim()} {ReadLog()}");
        }
        catch (Win32Exception e)
        {
            throw new InvalidOperationException($"'{path}' cannot be run: {e.Message}", e);
        }
    }

    private string ReadLog()
    {
        string path = Path.Combine(_folder, "log");
        return File.Exists(path) ? string.Join(" | ", File.ReadLines(path).TakeLast(5)) : "";
    }
}
