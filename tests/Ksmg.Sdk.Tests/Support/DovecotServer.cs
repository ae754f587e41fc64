using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A Dovecot of its own on loopback: IMAP in TLS (from the first byte, and by STARTTLS) over Maildirs, with one account that logs in with a
/// password or an access token; LMTP takes mail for any name.
/// </summary>
internal sealed class DovecotServer : IAsyncDisposable
{
    public const string User = "probe";
    public const string Password = "correct horse \"battery\" \\ staple ü";

    /// <summary>Who owns mail; no server delivers as root.</summary>
    private const int MailUser = 65534;

    private readonly DirectoryInfo _folder;
    private readonly ServerProcess _process;

    private readonly byte[] _tokenKey;

    private DovecotServer(
        DirectoryInfo folder, ServerProcess process, int port, int startTlsPort, int lmtpPort, byte[] tokenKey, X509Certificate2 certificate) =>
        (_folder, _process, Port, StartTlsAddress, LmtpPort, _tokenKey, Certificate) = (
            folder, process, port, $"127.0.0.1:{startTlsPort}", lmtpPort, tokenKey, certificate);

    public int Port { get; }

    /// <summary>Takes mail without asking who sends it.</summary>
    public int LmtpPort { get; }

    public string Address => $"127.0.0.1:{Port}";

    /// <summary>Where it begins in the clear, and lets nobody in before STARTTLS.</summary>
    public string StartTlsAddress { get; }

    public X509Certificate2 Certificate { get; }

    /// <summary>The account's Maildir.</summary>
    public string Maildir => MaildirOf(User);

    /// <summary>The Maildir of a name, made with its first message.</summary>
    public string MaildirOf(string name) => Path.Combine(_folder.FullName, "mail", name);

    /// <summary>A file with the account's password.</summary>
    public string PasswordFile => Path.Combine(_folder.FullName, "password");

    /// <summary>Where a Postfix asks about logins: <c>smtpd_sasl_path</c>.</summary>
    public string AuthSocket => Path.Combine(_folder.FullName, "run", "auth-client");

    /// <summary>An access token of the account, as its issuer would sign it.</summary>
    /// <param name="lasts">How long it is good for; below zero: since when it is not any more.</param>
    public string Token(TimeSpan lasts)
    {
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        string text = Part("""{"alg":"HS256","typ":"JWT"}""") + "."
            + Part($$"""{"sub":"{{User}}","iat":{{now.AddHours(-1).ToUnixTimeSeconds()}},"exp":{{(now + lasts).ToUnixTimeSeconds()}}}""");
        return $"{text}.{Base64Url.EncodeToString(HMACSHA256.HashData(_tokenKey, Encoding.ASCII.GetBytes(text)))}";

        static string Part(string json) => Base64Url.EncodeToString(Encoding.UTF8.GetBytes(json));
    }

    /// <param name="mechanisms">What is offered to those who log in.</param>
    public static async Task<DovecotServer> StartAsync(string mechanisms = "plain")
    {
        DirectoryInfo folder = ServerProcess.CreateFolder("dovecot");
        string root = folder.FullName;
        X509Certificate2 certificate = TestServer.CreateCertificate();
        File.WriteAllText(Path.Combine(root, "cert.pem"), certificate.ExportCertificatePem());
        File.WriteAllText(Path.Combine(root, "key.pem"), certificate.GetECDsaPrivateKey()!.ExportPkcs8PrivateKeyPem());
        File.WriteAllText(Path.Combine(root, "password"), Password + "\n");
        string users = Path.Combine(root, "users");
        File.WriteAllText(users, $"{User}:{{PLAIN.b64}}{Convert.ToBase64String(Encoding.UTF8.GetBytes(Password))}\n");
        ServerProcess.Allow(users, (UnixFileMode)0b110_100_100);
        foreach (string part in (string[])["", "/probe", "/probe/new", "/probe/cur", "/probe/tmp"])
        {
            string mail = Path.Combine(root, "mail") + part;
            Directory.CreateDirectory(mail);
            await ServerProcess.RunAsync("chown", $"{MailUser}:{MailUser}", mail);
        }

        byte[] tokenKey = RandomNumberGenerator.GetBytes(32);
        string keys = Path.Combine(root, "keys", "default", "HS256");
        Directory.CreateDirectory(keys);
        File.WriteAllText(Path.Combine(keys, "default"), Convert.ToBase64String(tokenKey));
        string tokens = Path.Combine(root, "tokens.conf");
        File.WriteAllText(tokens, $"introspection_mode = local\nlocal_validation_key_dict = fs:posix:prefix={root}/keys/\nusername_attribute = sub\n");
        int port = ServerProcess.FreePort();
        int startTlsPort = ServerProcess.FreePort();
        int lmtpPort = ServerProcess.FreePort();
        File.WriteAllText(Path.Combine(root, "dovecot.conf"), $$"""
            base_dir = {{root}}/run
            state_dir = {{root}}/state
            log_path = {{root}}/log
            protocols = imap lmtp
            listen = 127.0.0.1
            ssl = required
            ssl_cert = <{{root}}/cert.pem
            ssl_key = <{{root}}/key.pem
            auth_mechanisms = {{mechanisms}}
            auth_failure_delay = 0
            mail_location = maildir:{{root}}/mail/%n
            first_valid_uid = {{MailUser}}
            passdb {
              driver = oauth2
              mechanisms = xoauth2 oauthbearer
              args = {{tokens}}
            }
            passdb {
              driver = passwd-file
              args = {{users}}
            }
            userdb {
              driver = static
              args = uid={{MailUser}} gid={{MailUser}} home={{root}}/mail/%n allow_all_users=yes
            }
            service auth {
              unix_listener auth-client {
                mode = 0666
              }
            }
            service lmtp {
              inet_listener lmtp {
                address = 127.0.0.1
                port = {{lmtpPort}}
              }
            }
            service imap-login {
              chroot =
              inet_listener imap {
                port = {{startTlsPort}}
              }
              inet_listener imaps {
                port = {{port}}
                ssl = yes
              }
            }

            """);
        ServerProcess process = await ServerProcess.StartAsync(
            port, Path.Combine(root, "log"), greets: false, "dovecot", "-F", "-c", Path.Combine(root, "dovecot.conf"));
        return new DovecotServer(folder, process, port, startTlsPort, lmtpPort, tokenKey, certificate);
    }

    /// <summary>Lines for <c>main.cf</c> with which a Postfix delivers a domain into the account's Maildir.</summary>
    public string[] DeliveryOf(string domain) =>
    [
        $"virtual_mailbox_domains = {domain}",
        $"virtual_mailbox_base = {Path.Combine(_folder.FullName, "mail")}",
        $"virtual_mailbox_maps = static:{User}/",
        $"virtual_uid_maps = static:{MailUser}",
        $"virtual_gid_maps = static:{MailUser}",
        "virtual_transport = virtual",
    ];

    /// <summary>Puts a message into the mailbox without a mail server.</summary>
    public async Task DropAsync(string message, DateTime? receivedAt = null)
    {
        string name = Guid.NewGuid().ToString("N");
        string path = Path.Combine(Maildir, "tmp", name);
        await File.WriteAllTextAsync(path, message);
        File.SetLastWriteTimeUtc(path, receivedAt ?? TimeProvider.System.GetUtcNow().UtcDateTime);
        await ServerProcess.RunAsync("chown", $"{MailUser}:{MailUser}", path);
        File.Move(path, Path.Combine(Maildir, "new", name));
    }

    /// <summary>Ends the server; what it held stays until the disposal.</summary>
    public Task StopAsync() => _process.StopAsync();

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
        Certificate.Dispose();
    }
}

/// <summary>A server program in the foreground, ended by its process id.</summary>
internal sealed class ServerProcess
{
    private const int MostStarts = 3;

    /// <summary>How long one start may take before it counts as one that comes to nothing.</summary>
    private static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(30);

    /// <summary>The ports that were given out: each to one server only, which may not have taken it yet.</summary>
    private static readonly ConcurrentDictionary<int, bool> Given = new();

    private readonly Process _process;

    private ServerProcess(Process process) => _process = process;

    /// <summary>A folder that servers under other accounts can walk through.</summary>
    public static DirectoryInfo CreateFolder(string name)
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory($"ksmg-{name}-");
        Allow(folder.FullName, (UnixFileMode)0b111_101_101);
        return folder;
    }

    public static void Allow(string path, UnixFileMode mode)
    {
        if (!OperatingSystem.IsWindows())
        {
            File.SetUnixFileMode(path, mode);
        }
    }

    /// <summary>
    /// A port for a server that has to be told one. Not one of those that connections leave from: until the server is there one of them could
    /// take it, and whoever tries to connect could even meet himself on it.
    /// </summary>
    public static int FreePort()
    {
        while (true)
        {
            using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            int port = Random.Shared.Next(10_000, 32_000);
            try
            {
                socket.Bind(new IPEndPoint(IPAddress.Loopback, port));
                if (Given.TryAdd(port, true))
                {
                    return port;
                }
            }
            catch (SocketException)
            {
                // Somebody else's; another one.
            }
        }
    }

    /// <summary>
    /// Starts a server and waits until it takes connections, and greets on them if it is one that does. One that does not is started anew:
    /// now and then Postfix comes up without its log daemon, logs nothing after "starting", and whoever wants to log waits for ever.
    /// </summary>
    public static async Task<ServerProcess> StartAsync(int port, string log, bool greets, string program, params string[] arguments)
    {
        for (int attempt = 1; ; attempt++)
        {
            Process process = Start(program, arguments);
            try
            {
                await AnswersAsync(process, port, greets);
                return new ServerProcess(process);
            }
            catch (Exception e)
            {
                process.Kill(entireProcessTree: true);
                await process.WaitForExitAsync().WaitAsync(Eventually.Limit);
                if (attempt == MostStarts || e is not OperationCanceledException)
                {
                    throw new InvalidOperationException(
                        $"{program} does not take connections: {(File.Exists(log) ? await File.ReadAllTextAsync(log) : "no log")}", e);
                }
            }
        }
    }

    private static async Task AnswersAsync(Process process, int port, bool greets)
    {
        using CancellationTokenSource limit = new(StartLimit);
        while (true)
        {
            try
            {
                using TcpClient client = new();
                await client.ConnectAsync(IPAddress.Loopback, port, limit.Token);
                if (greets)
                {
                    await client.GetStream().ReadExactlyAsync(new byte[1], limit.Token);
                }

                return;
            }
            catch (Exception e) when (e is SocketException or IOException && !process.HasExited && !limit.IsCancellationRequested)
            {
                await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
            }
        }
    }

    /// <summary>Runs a program to its end; it has to succeed.</summary>
    public static async Task<string> RunAsync(string program, params string[] arguments)
    {
        using Process process = Start(program, arguments);
        using CancellationTokenSource limit = new(Eventually.Limit);
        Task<string> errors = process.StandardError.ReadToEndAsync(limit.Token);
        string output = await process.StandardOutput.ReadToEndAsync(limit.Token);
        await process.WaitForExitAsync(limit.Token);
        return process.ExitCode == 0 ? output : throw new InvalidOperationException($"{program} {string.Join(' ', arguments)}: {await errors}");
    }

    public async Task StopAsync()
    {
        if (!_process.HasExited)
        {
            _process.Kill(entireProcessTree: true);
        }

        using CancellationTokenSource limit = new(Eventually.Limit);
        await _process.WaitForExitAsync(limit.Token);
    }

    private static Process Start(string program, string[] arguments) => Process.Start(new ProcessStartInfo(
        ServerFactAttribute.Find(program) ?? throw new InvalidOperationException($"{program} is not installed."), arguments)
    {
        UseShellExecute = false,
        RedirectStandardInput = true,
        RedirectStandardOutput = true,
        RedirectStandardError = true,
    })!;
}
