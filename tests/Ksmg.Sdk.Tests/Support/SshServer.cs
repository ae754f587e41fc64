using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>An OpenSSH server on loopback with keys, log and programs of its own; logs in the user who runs the tests.</summary>
internal sealed class SshServer : IAsyncDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-sshd-");
    private Process? _process;

    private SshServer() => Port = ServerProcess.FreePort();

    /// <summary>A folder for the files of the test; programs in <c>bin</c> beside it come before the system's.</summary>
    public string Files => Path.Combine(_folder.FullName, "files");

    public string Programs => Path.Combine(_folder.FullName, "bin");

    public string KeyFile => Path.Combine(_folder.FullName, "login");

    public string KnownHostsFile => Path.Combine(_folder.FullName, "known_hosts");

    public int Port { get; }

    public string Address => string.Create(CultureInfo.InvariantCulture, $"127.0.0.1:{Port}");

    /// <summary>How often somebody logged in.</summary>
    public int Logins => File.ReadLines(LogFile).Count(line => line.StartsWith("Accepted publickey for ", StringComparison.Ordinal));

    private string LogFile => Path.Combine(_folder.FullName, "log");

    public static async Task<SshServer> StartAsync()
    {
        SshServer server = new();
        try
        {
            Directory.CreateDirectory(server.Files);
            Directory.CreateDirectory(server.Programs);
            if (Environment.IsPrivilegedProcess)
            {
                // Where the server keeps nothing; as root it insists on it.
                Directory.CreateDirectory("/run/sshd");
            }

            await server.MakeKeyAsync(server.KeyFile);
            await server.MakeKeyAsync(server.HostKey);
            File.Copy(server.KeyFile + ".pub", Path.Combine(server._folder.FullName, "authorized"));
            File.WriteAllText(
                server.KnownHostsFile, string.Create(CultureInfo.InvariantCulture, $"[127.0.0.1]:{server.Port} {File.ReadAllText(server.HostKey + ".pub")}"));
            File.WriteAllText(Path.Combine(server._folder.FullName, "config"), string.Create(CultureInfo.InvariantCulture, $"""
                ListenAddress 127.0.0.1
                Port {server.Port}
                HostKey {server.HostKey}
                PidFile none
                AuthorizedKeysFile {server._folder.FullName}/authorized
                StrictModes no
                UsePAM no
                PasswordAuthentication no
                KbdInteractiveAuthentication no
                PermitRootLogin prohibit-password
                PrintMotd no
                SetEnv PATH={server.Programs}:/usr/sbin:/usr/bin:/sbin:/bin
                """));
            await server.RestartAsync();
            return server;
        }
        catch
        {
            await server.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts it, again after <see cref="StopAsync"/>.</summary>
    public async Task RestartAsync()
    {
        // Through a shell that becomes it: output to a file, and the process that is stopped is the server.
        _process = Process.Start(
            new ProcessStartInfo(
                "sh",
                [
                    "-c",
                    "exec \"$0\" -D -f \"$1\" -E \"$2\" >\"$2.out\" 2>&1 </dev/null",
                    ServerFactAttribute.Find("sshd")!,
                    Path.Combine(_folder.FullName, "config"),
                    LogFile,
                ]))!;
        using CancellationTokenSource limit = new(Eventually.Limit);
        while (!await AnswersAsync(limit.Token))
        {
            if (_process.HasExited)
            {
                throw new InvalidOperationException("sshd ended: " + File.ReadAllText(LogFile + ".out") + File.ReadAllText(LogFile));
            }

            await Task.Delay(TimeSpan.FromMilliseconds(20), limit.Token);
        }
    }

    /// <summary>Ends it together with the sessions it has.</summary>
    public async Task StopAsync()
    {
        if (_process is not null)
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(Eventually.Limit);
            _process.Dispose();
            _process = null;
        }
    }

    /// <summary>From now on it shows another host key.</summary>
    public async Task ChangeHostKeyAsync()
    {
        await StopAsync();
        File.Delete(HostKey);
        File.Delete(HostKey + ".pub");
        await MakeKeyAsync(HostKey);
        await RestartAsync();
    }

    /// <summary>From now on every login gets this instead of what it asks for; empty: what it asks for.</summary>
    public async Task ForceAsync(string script)
    {
        await StopAsync();
        string path = Path.Combine(_folder.FullName, "config");
        string forced = Path.Combine(_folder.FullName, "forced");
        File.WriteAllText(forced, script);
        File.WriteAllLines(path, File.ReadAllLines(path).Where(line => !line.StartsWith("ForceCommand", StringComparison.Ordinal))
            .Concat(script.Length == 0 ? [] : [$"ForceCommand sh {forced}"]));
        await RestartAsync();
    }

    /// <summary>Makes a key pair.</summary>
    public async Task MakeKeyAsync(string path, string passphrase = "")
    {
        using Process process = Process.Start(new ProcessStartInfo("ssh-keygen", ["-q", "-t", "ed25519", "-N", passphrase, "-f", path]))!;
        await process.WaitForExitAsync().WaitAsync(Eventually.Limit);
        Assert.Equal(0, process.ExitCode);
    }

    public async ValueTask DisposeAsync()
    {
        await StopAsync();
        _folder.Delete(recursive: true);
    }

    private string HostKey => Path.Combine(_folder.FullName, "host");

    private async Task<bool> AnswersAsync(CancellationToken cancellationToken)
    {
        using Socket socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        try
        {
            await socket.ConnectAsync(IPAddress.Loopback, Port, cancellationToken);
            return await socket.ReceiveAsync(new byte[1], cancellationToken) > 0;
        }
        catch (SocketException)
        {
            return false;
        }
    }
}
