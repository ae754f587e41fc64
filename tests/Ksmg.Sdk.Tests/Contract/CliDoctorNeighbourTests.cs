using System.Net;
using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Security.Cryptography.X509Certificates;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Simulator;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Sdk.Tests.Contract;

/// <summary><c>ksmg doctor</c> beside one broken neighbour: one line that names it and says what to do, within its time, and the exit code.</summary>
[UnsupportedOSPlatform("windows")]
public sealed class CliDoctorNeighbourTests : IAsyncDisposable, IAsyncLifetime
{
    private const string NoSuchProgram = "/no/such/program";

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    private static readonly Dictionary<string, Func<CliDoctorNeighbourTests, Task<Broken>>> Cases = new(StringComparer.Ordinal)
    {
        ["balancer: refused port"] = t => t.BalancerAsync(
            ksmg => ksmg["Endpoint"] = "127.0.0.1:1", "HAProxy", "cannot be reached", "Correct LoadBalancer:Endpoint"),
        ["balancer: unknown backend"] = t => t.BalancerAsync(
            ksmg => ksmg["Backend"] = "web", "HAProxy", "Correct LoadBalancer:Backend ('web')", "Correct LoadBalancer"),
        ["balancer: unknown server"] = t => t.BalancerAsync(
            ksmg => ksmg["Servers"]!["gw1"] = "s7", "gw1", "has no server 's7' (node gw1)", "'show servers state'"),
        ["balancer: socket that closes"] = t => t.BalancerAsync(
            ksmg => ksmg["Endpoint"] = t.Closing(), "HAProxy", "does a firewall or an access list stand in between?", "Correct LoadBalancer:Endpoint"),
        ["balancer: missing program"] = t => Told("LoadBalancer", Command(NoSuchProgram), $"LoadBalancer command {NoSuchProgram}", NoSuchProgram, "by hand"),
        ["balancer: program that says yes to all"] = t => Told(
            "LoadBalancer", Command("true"), "LoadBalancer command true", "did not answer as agreed", "by hand"),
        ["snapshots: missing program"] = t => Told("Snapshots", Command(NoSuchProgram), $"Snapshots command {NoSuchProgram}", NoSuchProgram, "by hand"),
        ["snapshots: program that says yes to all"] = t => Told("Snapshots", Command("true"), "gw1", "did not answer as agreed", "by hand"),
        ["snapshots: missing virsh"] = t => Told("Snapshots", Libvirt(NoSuchProgram), "gw1", NoSuchProgram, "snapshot-list MACHINE"),
        ["snapshots: unknown domain"] = t => Told(
            "Snapshots",
            Libvirt(t.Program("virsh", "echo \"error: failed to get domain 'ksmg-gw1'\" >&2; exit 1")),
            "gw1",
            "failed to get domain 'ksmg-gw1'",
            "correct Snapshots:Uri and Snapshots:Domains"),
        ["files: refused port"] = t => Told("Configuration", t.Ssh("127.0.0.1:1"), "gw1", "the connection could not be made", "Try it by hand with ssh"),
        ["mailbox: refused port"] = t => t.MailboxAsync("127.0.0.1:1", "refused"),
        ["mailbox: wrong password"] = t => t.MailboxAsync(
            t.Imap(c => c.StartsWith("AUTHENTICATE", StringComparison.Ordinal) ? "% NO [AUTHENTICATIONFAILED] wrong\r\n" : null), "the login of 'probe'"),
        ["mailbox: certificate that is not trusted"] = t => t.MailboxAsync(t.Imap(_ => null), "not trusted", trusted: false),
        ["mailbox: no such folder"] = t => t.MailboxAsync(
            t.Imap(c => c.Split(' ')[0] switch
            {
                "LIST" => "% OK\r\n",
                "EXAMINE" => "% NO none\r\n",
                _ => null,
            }),
            "none"),
        ["mailbox: refuses every look"] = t => t.MailboxAsync(
            t.Imap(c => c.Split(' ')[0] is "UID" or "FETCH" ? "% NO not here\r\n" : null),
            "not here"),
        ["test messages: program that says yes to all"] = t => Told(
            "MailProbe", Command("true"), "gw1|MailProbe command true", "did not answer as agreed", "by hand"),
        ["evidence: port taken"] = t => Told("Evidence", t.Taken(), "127.0.0.1:", "cannot be listened on", "Correct Evidence:Endpoint"),
        ["hook: missing program"] = t => Told("Hooks", new JsonArray(Named(Command(NoSuchProgram))), "Hook own", NoSuchProgram, "Correct Program"),
        ["hook: nobody there"] = t => Told("Hooks", new JsonArray(Named(Address("Http"))), "Hook own: 127.0.0.1:1", "refused", "Correct Url"),
        ["gate: missing program"] = t => Told("Gates", new JsonArray(Gate(Command(NoSuchProgram))), "Gate own", NoSuchProgram, "by hand"),
        ["gate: nobody there"] = t => Told("Gates", new JsonArray(Gate(Address("Http"))), "Gate own: 127.0.0.1:1", "refused", "Correct Url"),
        ["webhook: nobody there"] = t => Told("Notifications", t.Webhook("https://127.0.0.1:1/hook", null), "Webhook at 127.0.0.1:1", "refused", "Correct Url"),
        ["webhook: certificate that is not trusted"] = async t => await Told(
            "Notifications", t.Webhook(await t.ReceiverAsync(200), null), "Webhook at 127.0.0.1:", "not trusted", "Correct Url, Fingerprint"),
        ["relay: refused port"] = t => Told("Notifications", Relay("127.0.0.1:1"), "Relay 127.0.0.1:1", "refused", "look at Relay"),
        ["relay: refuses the recipient"] = t => Told("Notifications", Relay(t.Smtp()), "Relay 127.0.0.1:", "550 no such user", "to each recipient"),
        ["notifier: missing program"] = t => Told(
            "Notifications", new JsonArray(Command(NoSuchProgram)), $"Notifications command {NoSuchProgram}", NoSuchProgram, "by hand"),
    };

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-doctor-");
    private readonly List<IAsyncDisposable> _servers = [];
    private readonly X509Certificate2 _certificate = TestServer.CreateCertificate();

    public static TheoryData<string> Names => [.. Cases.Keys];

    [ServerTheory("sh", "ssh")]
    [MemberData(nameof(Names))]
    public async Task A_broken_neighbour_is_one_line_that_names_it_and_says_what_to_do(string name)
    {
        await using SimulatedCluster cluster = await StartAsync();
        await AssertOneLineAsync(await Cases[name](this));
    }

    [ServerTheory("haproxy")]
    [InlineData("user")]
    [InlineData("operator")]
    public async Task A_stats_socket_that_may_only_look_is_one_line(string level)
    {
        await using SimulatedCluster cluster = await StartAsync();
        HaProxyServer haproxy = await HaProxyServer.StartAsync([KeyValuePair.Create("gw1", IPEndPoint.Parse(cluster.Nodes[0].Smtp!))], level);
        _servers.Add(haproxy);
        await AssertOneLineAsync(await BalancerAsync(
            ksmg => (ksmg["Endpoint"], ksmg["Backend"]) = (haproxy.Runtime.ToString(), HaProxyServer.Backend),
            $"HAProxy at {haproxy.Runtime}",
            $"its socket has level {level}",
            "Its stats socket needs 'level admin'."));
    }

    [ServerFact("sshd", "ssh")]
    public async Task A_menu_instead_of_a_shell_is_one_line()
    {
        await using SimulatedCluster cluster = await StartAsync();
        SshServer ssh = await SshServer.StartAsync();
        _servers.Add(ssh);
        await ssh.ForceAsync("echo 'Gateway console: 1) Network 2) Support mode 0) Exit'");
        JsonObject section = Ssh(ssh.Address);
        (section["KeyFile"], section["KnownHostsFile"]) = (ssh.KeyFile, ssh.KnownHostsFile);
        await AssertOneLineAsync(new Broken("Configuration", section, "gw1", "Gateway console: 1) Network 2) Support mode 0) Exit", "Try it by hand with ssh"));
    }

    /// <summary>Whether a receiver takes events nobody knows who has not sent one.</summary>
    [Theory]
    [InlineData(200, 0, "Works")]
    [InlineData(404, 4, "Fails")]
    [InlineData(500, 4, "Fails")]
    public async Task A_test_notification_is_sent_only_when_that_is_asked_for_and_says_that_it_is_one(int status, int exitCode, string verdict)
    {
        await using SimulatedCluster cluster = await StartAsync();
        List<string> bodies = [];
        string url = await ReceiverAsync(status, bodies);
        await WriteAsync(new Broken("Notifications", Webhook(url, TrustIn(url)), "", "", ""));

        CliAnswer answer = await RunAsync("doctor", "--json");
        Assert.True(answer.ExitCode == 0, answer.Output);
        JsonNode untried = Assert.Single(Findings(answer), f => Is(f, "Notifications"));
        Assert.Equal(
            ("NotTried", "ksmg doctor --notify sends a test notification."),
            (untried["verdict"]!.GetValue<string>(), untried["remedy"]!.GetValue<string>()));
        Assert.Empty(bodies);

        answer = await RunAsync("doctor", "--notify", "--json");
        Assert.Equal(exitCode, answer.ExitCode);
        JsonNode sent = Assert.Single(Findings(answer), f => Is(f, "Notifications") && f["what"]!.GetValue<string>() == "WebhookNotifier");
        Assert.Equal(verdict, sent["verdict"]!.GetValue<string>());
        Assert.True(status == 200 || sent["seen"]!.GetValue<string>().Contains($"it answers {status}", StringComparison.Ordinal), sent.ToJsonString());
        Assert.All(bodies, body => Assert.Contains("This is a test of ksmg doctor for the cluster", body, StringComparison.Ordinal));
        Assert.NotEmpty(bodies);
    }

    [Fact]
    public async Task A_listener_that_has_heard_nobody_yet_was_not_tried()
    {
        await using SimulatedCluster cluster = await StartAsync();
        await WriteAsync(new Broken(
            "Evidence",
            new JsonObject { ["Kind"] = "Cef", ["Endpoint"] = "127.0.0.1:0", ["Senders"] = new JsonObject { ["gw1"] = "127.0.0.1" } },
            "", "", ""));
        CliAnswer answer = await RunAsync("doctor", "--json");

        Assert.True(answer.ExitCode == 0, answer.Output + answer.Error);
        JsonNode finding = Assert.Single(Findings(answer), f => Is(f, "Evidence"));
        Assert.Equal("NotTried", finding["verdict"]!.GetValue<string>());
        Assert.EndsWith("not heard yet: gw1", finding["seen"]!.GetValue<string>(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_last_line_counts_what_works_what_fails_and_what_was_not_tried()
    {
        await using SimulatedCluster cluster = await StartAsync();
        string[] lines = (await RunAsync("doctor")).Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

        int works = lines.Count(line => line.Contains(" works ", StringComparison.Ordinal));
        int untried = lines.Count(line => line.Contains(" not tried ", StringComparison.Ordinal));
        Assert.Equal($"{works} work, 0 fail, {untried} not tried.", lines[^1].Trim());
    }

    public Task InitializeAsync() => Task.CompletedTask;

    public async ValueTask DisposeAsync()
    {
        foreach (IAsyncDisposable server in _servers)
        {
            await server.DisposeAsync();
        }

        _certificate.Dispose();
        _folder.Delete(recursive: true);
    }

    Task IAsyncLifetime.DisposeAsync() => DisposeAsync().AsTask();

    private static Task<Broken> Told(string section, JsonNode config, string names, string says, string toDo) =>
        Task.FromResult(new Broken(section, config, names, says, toDo));

    private static JsonObject Command(string program) => new() { ["Kind"] = "Command", ["Program"] = program };

    private static JsonObject Address(string kind) => new() { ["Kind"] = kind, ["Url"] = "https://127.0.0.1:1/x" };

    private static JsonObject Gate(JsonObject section)
    {
        section["Name"] = "own";
        return section;
    }

    private static JsonObject Named(JsonObject section)
    {
        section["At"] = new JsonArray("BeforeRun");
        return Gate(section);
    }

    private static JsonObject Libvirt(string virsh) => new()
    {
        ["Kind"] = "Libvirt",
        ["Uri"] = "qemu:///system",
        ["VirshPath"] = virsh,
        ["Domains"] = new JsonObject { ["gw1"] = "ksmg-gw1" },
    };

    private static JsonArray Relay(string address) => new(new JsonObject
    {
        ["Kind"] = "Smtp",
        ["Relay"] = address,
        ["Tls"] = "Never",
        ["From"] = "ksmg@example.test",
        ["To"] = new JsonArray("ops@example.test"),
    });

    private static IEnumerable<JsonNode> Findings(CliAnswer answer) => JsonNode.Parse(answer.Output)!.AsArray().Select(f => f!);

    private static bool Is(JsonNode finding, string part) => finding["part"]!.GetValue<string>() == part;

    /// <summary>The one line that fails: what it names, what was seen, and what to do; all else works or was not tried.</summary>
    private async Task AssertOneLineAsync(Broken broken)
    {
        await WriteAsync(broken);
        CliAnswer answer = await RunAsync("doctor", "--json");

        Assert.True(answer.ExitCode == 4, answer.Output + answer.Error);
        JsonNode[] failed = [.. Findings(answer).Where(f => f["verdict"]!.GetValue<string>() == "Fails")];
        string lines = string.Join('\n', failed.Select(f => f.ToJsonString()));
        Assert.True(failed.Length == broken.Names.Split('|').Length, lines);
        Assert.All(failed, f => Assert.Equal(broken.Section, f["part"]!.GetValue<string>()));
        foreach ((JsonNode f, string name) in failed.Zip(broken.Names.Split('|')))
        {
            Assert.StartsWith(name, f["what"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.Contains(broken.Says, f["seen"]!.GetValue<string>(), StringComparison.Ordinal);
            Assert.True(f["remedy"]?.GetValue<string>().Contains(broken.ToDo, StringComparison.Ordinal) == true, lines);
        }
    }

    private async Task<Broken> BalancerAsync(Action<JsonObject> change, string names, string says, string toDo)
    {
        JsonObject section = (await ReadAsync())["Ksmg"]!["LoadBalancer"]!.DeepClone().AsObject();
        change(section);
        return new Broken("LoadBalancer", section, names, says, toDo);
    }

    private Task<Broken> MailboxAsync(string imap, string says, bool trusted = true)
    {
        JsonObject section = new()
        {
            ["Kind"] = "SmtpImap",
            ["From"] = "probe@recipient.example",
            ["To"] = "probe@recipient.example",
            ["Imap"] = imap,
            ["ImapTls"] = "Implicit",
            ["ImapUserName"] = "probe",
            ["ImapPasswordFile"] = Write("imap-password", "a secret of the test"),
            ["ImapTimeout"] = "5s",
        };
        if (trusted)
        {
            section["ImapFingerprint"] = ServerTrust.FingerprintOf(_certificate);
        }

        return Told("MailProbe", section, $"IMAP at {imap}", says, "Look at Imap, ImapTls");
    }

    private string Imap(Func<string, string?> answers)
    {
        ScriptedServer server = new("* OK ready\r\n", new ImapScript(answers).Answer, _certificate);
        _servers.Add(server);
        return server.Address;
    }

    private string Smtp()
    {
        ScriptedServer server = new(
            "220 relay\r\n",
            line => line.StartsWith("RCPT", StringComparison.Ordinal) ? "550 no such user\r\n" : line == "QUIT" ? null : "250 ok\r\n");
        _servers.Add(server);
        return server.Address;
    }

    /// <summary>A socket that takes a connection and ends it.</summary>
    private string Closing()
    {
        ScriptedServer server = new(string.Empty, _ => null);
        _servers.Add(server);
        return server.Address;
    }

    private JsonObject Ssh(string address) => new()
    {
        ["Kind"] = "Ssh",
        ["User"] = Environment.UserName,
        ["KeyFile"] = Write("key", "no key"),
        ["KnownHostsFile"] = Write("known", "127.0.0.1 ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHUvvXGz1CGcHpVYSFwsJ0mN5lTUT8Ir0DhF9B4qsMLP\n"),
        ["Paths"] = new JsonArray("/etc/hostname"),
        ["Hosts"] = new JsonObject { ["gw1"] = address },
    };

    /// <summary>Evidence at a port that somebody else has.</summary>
    private JsonObject Taken()
    {
        Socket taken = new(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        taken.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        _servers.Add(new Bound(taken));
        return new JsonObject
        {
            ["Kind"] = "Cef",
            ["Endpoint"] = taken.LocalEndPoint!.ToString(),
            ["Senders"] = new JsonObject { ["gw1"] = "127.0.0.1" },
        };
    }

    private JsonArray Webhook(string url, string? fingerprint)
    {
        JsonObject section = new() { ["Kind"] = "Webhook", ["Url"] = url, ["SecretFile"] = Write("hook-secret", "0123456789abcdef0123") };
        if (fingerprint is not null)
        {
            section["Fingerprint"] = fingerprint;
        }

        return new JsonArray(section);
    }

    private string? TrustIn(string url) =>
        _servers.OfType<TestServer>().Single(s => s.Address.ToString().StartsWith(url[..^"hook".Length], StringComparison.Ordinal)).Fingerprint;

    /// <summary>A receiver of events; what comes by POST is kept.</summary>
    private async Task<string> ReceiverAsync(int status, List<string>? bodies = null)
    {
        TestServer server = await TestServer.StartAsync(async context =>
        {
            if (context.Request.Method == HttpMethods.Post)
            {
                using StreamReader reader = new(context.Request.Body);
                bodies?.Add(await reader.ReadToEndAsync());
            }

            context.Response.StatusCode = status;
        });
        _servers.Add(server);
        return new Uri(server.Address, "hook").ToString();
    }

    private string Program(string name, string script)
    {
        string path = Path.Combine(_folder.FullName, name);
        ProgramFile.Write(path, $"#!/bin/sh\n{script}\n");
        return path;
    }

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder.FullName, name);
        File.WriteAllText(path, text);
        File.SetUnixFileMode(path, UnixFileMode.UserRead | UnixFileMode.UserWrite);
        return path;
    }

    private async Task<SimulatedCluster> StartAsync()
    {
        SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions { Nodes = 1, PackageBytes = 1 << 20 }).WaitAsync(Limit);
        await cluster.WriteFilesAsync(_folder.FullName);
        return cluster;
    }

    private async Task WriteAsync(Broken broken)
    {
        JsonObject file = await ReadAsync();
        file["Ksmg"]![broken.Section] = broken.Config;
        await File.WriteAllTextAsync(Path.Combine(_folder.FullName, "cluster.json"), file.ToJsonString());
    }

    private async Task<JsonObject> ReadAsync() =>
        JsonNode.Parse(await File.ReadAllTextAsync(Path.Combine(_folder.FullName, "cluster.json")))!.AsObject();

    private Task<CliAnswer> RunAsync(params string[] command) =>
        CliFixture.RunAsync([.. command, "-c", Path.Combine(_folder.FullName, "cluster.json")]).WaitAsync(Limit);

    /// <param name="Section">The section of its port, which is the part that the line names.</param>
    /// <param name="Config">What stands there.</param>
    /// <param name="Names">With what the line's second column begins; several lines separated by bars.</param>
    /// <param name="Says">What was seen.</param>
    /// <param name="ToDo">What to do about it.</param>
    private sealed record Broken(string Section, JsonNode Config, string Names, string Says, string ToDo);

    private sealed class Bound(Socket socket) : IAsyncDisposable
    {
        public ValueTask DisposeAsync()
        {
            socket.Dispose();
            return ValueTask.CompletedTask;
        }
    }
}
