using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary>
/// A real HAProxy with a server in every state that one can be configured, switched or found in: what the adapter makes of it agrees with
/// whether a new connection gets there.
/// </summary>
public sealed class HaProxyStatesTests : IDisposable
{
    private const string Checked = "check inter 200ms fall 1 rise 1";

    private static readonly TimeSpan Limit = Eventually.Limit;

    private readonly List<TcpListener> _listeners = [];

    [ServerFact("haproxy")]
    public async Task Every_state_of_a_server_is_read_as_the_traffic_goes()
    {
        int up = Listen("220 up");
        int dead = ServerProcess.FreePort();
        Case[] cases =
        [
            new("checked", up, Checked, "", LoadMode.Ready, [true], Gets: true),
            new("drained", up, Checked, "state drain", LoadMode.Drain, [true], Gets: false),
            new("maintained", up, Checked, "state maint", LoadMode.Maintenance, [null], Gets: false),
            new("weightless", up, Checked, "weight 0", LoadMode.Drain, [true], Gets: false),
            new("unchecked", up, "", "", LoadMode.Ready, [null], Gets: true),
            new("unchecked-drained", up, "", "state drain", LoadMode.Drain, [true, null], Gets: false),
            new("disabled", up, $"{Checked} disabled", "", LoadMode.Maintenance, [null], Gets: false),
            new("disabled-ready", up, $"{Checked} disabled", "state ready", LoadMode.Ready, [true], Gets: true),
            new("disabled-drained", up, $"{Checked} disabled", "state ready|state drain", LoadMode.Drain, [true], Gets: false),
            new("dead", dead, Checked, "", LoadMode.Ready, [false], Gets: false),
            new("dead-drained", dead, Checked, "state drain", LoadMode.Drain, [false], Gets: false),
            new("agent-up", up, Agent("up"), "", LoadMode.Ready, [true], Gets: true),
            new("agent-down", up, Agent("down"), "", LoadMode.Ready, [false], Gets: false),
            new("agent-fail", up, Agent("fail"), "", LoadMode.Ready, [false], Gets: false),
            new("agent-drain", up, Agent("drain"), "", LoadMode.Drain, [true, null], Gets: false),
            new("agent-maint", up, Agent("maint"), "", LoadMode.Maintenance, [null], Gets: false),
            new("agent-nothing", up, Agent("0%"), "", LoadMode.Drain, [true, null], Gets: false),
            new("checked-agent-down", up, $"{Checked} {Agent("down")}", "", LoadMode.Ready, [false], Gets: false),
            new("tracks-checked", up, "track checked/s", "", LoadMode.Ready, [true], Gets: true),
            new("tracks-dead", up, "track dead/s", "", LoadMode.Ready, [false], Gets: false),
            new("tracks-drained", up, "track drained/s", "", LoadMode.Drain, [true, null], Gets: false),
            new("tracks-maintained", up, "track maintained/s", "", LoadMode.Maintenance, [null], Gets: false),
        ];
        Dictionary<string, int> ports = cases.ToDictionary(state => state.Name, _ => ServerProcess.FreePort());
        StringBuilder sections = new($"  server s 127.0.0.1:{up}\n");
        foreach (Case state in cases)
        {
            sections.Append(CultureInfo.InvariantCulture, $"""
                frontend to-{state.Name}
                  bind 127.0.0.1:{ports[state.Name]}
                  default_backend {state.Name}
                backend {state.Name}
                  server s 127.0.0.1:{state.Port} weight 1 {state.Settings}

                """);
        }

        await using HaProxyServer haproxy = await HaProxyServer.StartAsync(sections.ToString());
        foreach (Case state in cases)
        {
            foreach (string command in state.Commands.Split('|', StringSplitOptions.RemoveEmptyEntries))
            {
                await SayAsync(haproxy, $"set server {state.Name}/s {command}");
            }
        }

        foreach (Case state in cases)
        {
            HaProxyLoadBalancer adapter = new(
                new HaProxyOptions { Endpoint = haproxy.Runtime.ToString(), Backend = state.Name, Servers = { ["gw1"] = "s" } });
            await SettledAsync(adapter, state);
            bool gets = await GetsThroughAsync(ports[state.Name]);

            // A check that this machine answers too late takes even a good server out for a moment: then it is asked anew, and looked at anew.
            using CancellationTokenSource limit = new(Limit);
            while (state.Gets && !gets && !limit.IsCancellationRequested)
            {
                await SettledAsync(adapter, state);
                gets = await GetsThroughAsync(ports[state.Name]);
            }

            Assert.True(state.Gets == gets, $"{state.Name}: a new connection {(state.Gets ? "is to get" : "gets")} there");
        }
    }

    public void Dispose() => _listeners.ForEach(listener => listener.Dispose());

    /// <summary>Checks and agents take their time to say it.</summary>
    private static async Task SettledAsync(HaProxyLoadBalancer adapter, Case state)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        LoadState? seen = null;
        try
        {
            do
            {
                seen = (await adapter.GetAsync(limit.Token))["gw1"];
            }
            while ((seen.Mode != state.Mode || !state.Healthy.Contains(seen.Healthy)) && await timer.WaitForNextTickAsync(limit.Token));
        }
        catch (OperationCanceledException)
        {
            Assert.Fail($"{state}: {seen}");
        }
    }

    private static async Task<bool> GetsThroughAsync(int port)
    {
        using TcpClient client = new();
        try
        {
            await client.ConnectAsync(IPAddress.Loopback, port).WaitAsync(Limit);
            return await client.GetStream().ReadAsync(new byte[16]).AsTask().WaitAsync(Limit) > 0;
        }
        catch (Exception e) when (e is IOException or SocketException)
        {
            return false;
        }
    }

    private static async Task SayAsync(HaProxyServer haproxy, string command) => Assert.Equal("", (await haproxy.SayAsync(command)).Trim());

    private string Agent(string says) => string.Create(CultureInfo.InvariantCulture, $"agent-check agent-port {Listen(says)} agent-inter 200ms");

    /// <summary>A port where each connection is told a line.</summary>
    private int Listen(string line)
    {
        TcpListener listener = new(IPAddress.Loopback, 0);
        listener.Start();
        _listeners.Add(listener);
        _ = ServeAsync(listener, Encoding.ASCII.GetBytes(line + "\n"));
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    private static async Task ServeAsync(TcpListener listener, byte[] line)
    {
        while (true)
        {
            try
            {
                using TcpClient client = await listener.AcceptTcpClientAsync();
                await client.GetStream().WriteAsync(line);
            }
            catch (Exception e) when (e is IOException or SocketException or ObjectDisposedException)
            {
                if (!listener.Server.IsBound)
                {
                    return;
                }
            }
        }
    }

    /// <param name="Name">The name of its backend.</param>
    /// <param name="Port">Where its server is.</param>
    /// <param name="Settings">What is configured of the server.</param>
    /// <param name="Commands">What is set at run time, separated by bars.</param>
    /// <param name="Mode">What the adapter is to say.</param>
    /// <param name="Healthy">The same of its health; one of these.</param>
    /// <param name="Gets">Whether a new connection gets there.</param>
    private sealed record Case(string Name, int Port, string Settings, string Commands, LoadMode Mode, bool?[] Healthy, bool Gets);
}
