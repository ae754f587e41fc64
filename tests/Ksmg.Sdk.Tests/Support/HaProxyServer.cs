using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A real HAProxy on loopback: one TCP frontend, one backend, its runtime API on TCP and on a UNIX socket.</summary>
internal sealed class HaProxyServer : IAsyncDisposable
{
    public const string Backend = "smtp";

    /// <summary>A server that the balancer checks by itself.</summary>
    public const string Checked = "check inter 500ms fall 1 rise 1";

    private const int TicksUntilRepeated = 150;

    private readonly DirectoryInfo _folder;
    private readonly ServerProcess _process;

    private HaProxyServer(DirectoryInfo folder, ServerProcess process, int mailPort, int runtimePort) =>
        (_folder, _process, Mail, Runtime) = (folder, process, new IPEndPoint(IPAddress.Loopback, mailPort), new IPEndPoint(IPAddress.Loopback, runtimePort));

    /// <summary>Where it takes mail.</summary>
    public IPEndPoint Mail { get; }

    /// <summary>Where its runtime API answers.</summary>
    public IPEndPoint Runtime { get; }

    /// <summary>The same on a UNIX socket.</summary>
    public string RuntimeSocket => Path.Combine(_folder.FullName, "admin.sock");

    /// <summary>The socket of the master process.</summary>
    public string MasterSocket => Path.Combine(_folder.FullName, "master.sock");

    /// <param name="servers">The servers of the backend by name.</param>
    /// <param name="level">What the runtime API allows: <c>admin</c>, <c>operator</c>, <c>user</c>.</param>
    /// <param name="settings">What is configured of each server.</param>
    public static Task<HaProxyServer> StartAsync(
        IEnumerable<KeyValuePair<string, IPEndPoint>> servers, string level = "admin", string settings = Checked) => StartAsync(
        $"""
          balance roundrobin
          option smtpchk EHLO check.example
        {string.Join('\n', servers.Select(server => $"  server {server.Key} {server.Value} {settings}"))}
        """,
        level);

    /// <param name="backend">The lines of the backend that mail goes to; other sections may follow.</param>
    /// <param name="level">What the runtime API allows: <c>admin</c>, <c>operator</c>, <c>user</c>.</param>
    public static async Task<HaProxyServer> StartAsync(string backend, string level = "admin")
    {
        DirectoryInfo folder = ServerProcess.CreateFolder("haproxy");
        int mailPort = ServerProcess.FreePort();
        int runtimePort = ServerProcess.FreePort();
        string configuration = Path.Combine(folder.FullName, "haproxy.cfg");
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            global
              maxconn 2000
              server-state-file {folder.FullName}/state
              nbthread 1
              stats socket ipv4@127.0.0.1:{runtimePort} level {level}
              stats socket {folder.FullName}/admin.sock level {level}
            defaults
              load-server-state-from-file global
              mode tcp
              timeout connect 2s
              timeout client 60s
              timeout server 60s
              retries 3
              option redispatch 1
            frontend mail
              bind 127.0.0.1:{mailPort}
              default_backend {Backend}
            backend {Backend}
            {backend}

            """));
        ServerProcess process = await ServerProcess.StartAsync(
            runtimePort, Path.Combine(folder.FullName, "log"), greets: false, "haproxy", "-W", "-S",
            Path.Combine(folder.FullName, "master.sock"), "-p", Path.Combine(folder.FullName, "pid"), "-f", configuration);
        return new HaProxyServer(folder, process, mailPort, runtimePort);
    }

    /// <summary>A new worker with the configuration as written; open sessions go on in the old one.</summary>
    /// <param name="keeps">Whether the state is saved before, as an administrator does it; else what was set at run time is forgotten.</param>
    public async Task ReloadAsync(bool keeps = false)
    {
        int worker = await WorkerAsync();
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "state"), keeps ? (await SayAsync("show servers state")).TrimEnd() + "\n" : "1\n");
        using CancellationTokenSource limit = new(Eventually.Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        for (int tick = 0; await WorkerAsync() == worker; tick++)
        {
            // A master that has only just started does not hear it.
            if (tick % TicksUntilRepeated == 0)
            {
                await ServerProcess.RunAsync("kill", "-USR2", (await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "pid"))).Trim());
            }

            await timer.WaitForNextTickAsync(limit.Token);
        }
    }

    /// <summary>What people say to its runtime API; answers what it says.</summary>
    public async Task<string> SayAsync(string command)
    {
        using TcpClient client = new();
        await client.ConnectAsync(Runtime).WaitAsync(Eventually.Limit);
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(command + "\n"));
        using StreamReader reader = new(client.GetStream());
        return await reader.ReadToEndAsync().WaitAsync(Eventually.Limit);
    }

    public async ValueTask DisposeAsync()
    {
        await _process.StopAsync();
        _folder.Delete(recursive: true);
    }

    /// <summary>The process that answers at the runtime API; 0 while none does.</summary>
    private async Task<int> WorkerAsync()
    {
        try
        {
            string answer = await SayAsync("show info");
            return int.Parse(
                answer.Split('\n').First(line => line.StartsWith("Pid:", StringComparison.Ordinal))["Pid:".Length..], CultureInfo.InvariantCulture);
        }
        catch (Exception e) when (e is SocketException or IOException or InvalidOperationException)
        {
            return 0;
        }
    }
}
