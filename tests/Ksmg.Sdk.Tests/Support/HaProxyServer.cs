using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>A real HAProxy on loopback: one TCP frontend, one backend <c>smtp</c>, its runtime API on TCP and on a UNIX socket.</summary>
internal sealed class HaProxyServer : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly DirectoryInfo _folder;
    private readonly Process _master;

    private HaProxyServer(DirectoryInfo folder, IPEndPoint mail, IPEndPoint runtime, Process master) =>
        (_folder, Mail, Runtime, _master) = (folder, mail, runtime, master);

    public const string Backend = "smtp";

    /// <summary>Where it takes mail.</summary>
    public IPEndPoint Mail { get; }

    /// <summary>Where its runtime API answers.</summary>
    public IPEndPoint Runtime { get; }

    /// <summary>The same on a UNIX socket.</summary>
    public string RuntimeSocket => Path.Combine(_folder.FullName, "admin.sock");

    /// <param name="servers">The servers of the backend by name.</param>
    /// <param name="level">What the runtime API allows: <c>admin</c>, <c>operator</c>, <c>user</c>.</param>
    public static async Task<HaProxyServer> StartAsync(IEnumerable<KeyValuePair<string, IPEndPoint>> servers, string level = "admin")
    {
        DirectoryInfo folder = Directory.CreateTempSubdirectory("ksmg-haproxy-");
        IPEndPoint mail = FreePort.Take();
        IPEndPoint runtime = FreePort.Take();
        string configuration = Path.Combine(folder.FullName, "haproxy.cfg");
        string lines = string.Join('\n', servers.Select(server => $"  server {server.Key} {server.Value} check inter 500ms fall 1 rise 1"));
        await File.WriteAllTextAsync(configuration, string.Create(CultureInfo.InvariantCulture, $"""
            global
              maxconn 2000
              nbthread 1
              stats socket ipv4@{runtime} level {level}
              stats socket {folder.FullName}/admin.sock level {level}
            defaults
              mode tcp
              timeout connect 2s
              timeout client 60s
              timeout server 60s
              retries 3
              option redispatch 1
            frontend mail
              bind {mail}
              default_backend {Backend}
            backend {Backend}
              balance roundrobin
              option smtpchk EHLO check.example
            {lines}

            """));
        string log = Path.Combine(folder.FullName, "log");
        Process master = Process.Start(new ProcessStartInfo(
            "/bin/sh", ["-c", "exec \"$0\" \"$@\" >\"$LOG\" 2>&1 </dev/null", ServerFactAttribute.Find("haproxy")!, "-W", "-f", configuration]) { Environment = { ["LOG"] = log } })!;
        HaProxyServer server = new(folder, mail, runtime, master);
        try
        {
            await server.UntilItAnswersAsync();
            return server;
        }
        catch (Exception e) when (e is OperationCanceledException or InvalidOperationException)
        {
            string said = await File.ReadAllTextAsync(log);
            await server.DisposeAsync();
            throw new InvalidOperationException("HAProxy does not start: " + said, e);
        }
    }

    /// <summary>A new worker with the configuration as written: what was set at run time is forgotten, open sessions go on in the old one.</summary>
    public async Task ReloadAsync()
    {
        using Process kill = Process.Start("kill", ["-USR2", _master.Id.ToString(CultureInfo.InvariantCulture)]);
        await kill.WaitForExitAsync().WaitAsync(Limit);
        await UntilItAnswersAsync();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_master.HasExited)
        {
            _master.Kill(entireProcessTree: true);
        }

        await _master.WaitForExitAsync().WaitAsync(Limit);
        _master.Dispose();
        _folder.Delete(recursive: true);
    }

    private async Task UntilItAnswersAsync()
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(20));
        do
        {
            if (_master.HasExited)
            {
                throw new InvalidOperationException($"It ended with {_master.ExitCode}.");
            }

            using Socket socket = new(SocketType.Stream, ProtocolType.Tcp);
            try
            {
                await socket.ConnectAsync(Runtime, limit.Token);
                return;
            }
            catch (SocketException)
            {
                // Not yet.
            }
        }
        while (await timer.WaitForNextTickAsync(limit.Token));
    }
}
