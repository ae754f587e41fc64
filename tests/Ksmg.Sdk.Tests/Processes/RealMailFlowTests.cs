using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Infrastructure;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>
/// Three nodes with a real Postfix each, behind a real HAProxy, delivering into a real Dovecot, are upgraded while mail flows. The process
/// that upgrades is killed ten times, and HAProxy, which forgets a drain at that, is reloaded each time a node is out of load. Every
/// attempt that was answered 250 is in the mailbox exactly once.
/// </summary>
[Collection(SeparateProcesses.Name)]
[Trait("Category", "Slow")]
public sealed class RealMailFlowTests(ITestOutputHelper output) : IDisposable
{
    private const int Kills = 10;
    private const int MostPauses = 5;
    private const double PerSecond = 80;
    private const double BystanderPerSecond = 10;

    /// <summary>With all messages in one of them, Dovecot looks through thousands of names for each that comes.</summary>
    private static readonly string[] Mailboxes = [.. Enumerable.Range(1, 200).Select(n => string.Create(CultureInfo.InvariantCulture, $"load{n}"))];

    /// <summary>
    /// The promise is two seconds; a busy machine gets more than twice that before this fails. Time in which it did nothing at all is no gap:
    /// a Postfix beside the cluster, which nobody upgrades, takes mail all the while and tells.
    /// </summary>
    private static readonly TimeSpan LongestGap = TimeSpan.FromSeconds(5);

    /// <summary>For the upgrade and what comes before and after; the messages take their own time.</summary>
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(6);

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-flow-");

    /// <summary>Servers that are disabled in the configuration stay at work over a reload only where their state is kept.</summary>
    private bool _keepsState;

    private string Runs => Path.Combine(_folder.FullName, "runs");

    private string ClusterFile => Path.Combine(_folder.FullName, "cluster.json");

    [ServerFact("haproxy", "postfix", "dovecot", "smtp-source")]
    public async Task An_upgrade_that_is_killed_ten_times_loses_and_doubles_no_message()
    {
        int messages = Variables.Number("KSMG_MESSAGES", 10_000);
        int seed = Variables.Number("KSMG_SEED", 1);
        output.WriteLine($"KSMG_SEED={seed} KSMG_MESSAGES={messages} KSMG_SERVERS={Environment.GetEnvironmentVariable("KSMG_SERVERS")}");
        using CancellationTokenSource limit = new(Limit + TimeSpan.FromSeconds(messages / PerSecond));
        await using DovecotServer mailbox = await DovecotServer.StartAsync();
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(new SimulatedClusterOptions
        {
            Nodes = 3,
            Speed = 5,
            PackageBytes = 16 << 20,
            Postfix = new SimulatedPostfixOptions { NextHop = string.Create(CultureInfo.InvariantCulture, $"lmtp:inet:127.0.0.1:{mailbox.LmtpPort}") },
        });
        // It hangs up by itself: a worker that a reload replaces may keep its connection, and the next one would wait behind it.
        await using ScriptedServer agent = new("up\n", answer: null);
        string servers = Environment.GetEnvironmentVariable("KSMG_SERVERS") ?? "checked";
        await using HaProxyServer balancer = await HaProxyServer.StartAsync(
            cluster.Nodes.Select(node => KeyValuePair.Create(node.Name, IPEndPoint.Parse(node.Smtp!))),
            settings: servers switch
            {
                "checked" => HaProxyServer.Checked,
                "disabled" => $"{HaProxyServer.Checked} disabled",
                "agent" => $"agent-check agent-port {agent.Address.Split(':')[1]} agent-inter 500ms",
                _ => throw new InvalidOperationException($"KSMG_SERVERS={servers}"),
            });
        _keepsState = servers == "disabled";
        if (_keepsState)
        {
            // Configured out and set in, as people do who want nothing to begin by itself.
            foreach (SimulatedNodeEndpoint node in cluster.Nodes)
            {
                Assert.Equal("", (await balancer.SayAsync($"set server {HaProxyServer.Backend}/{node.Name} state ready")).Trim());
            }
        }

        await WriteConfigurationAsync(cluster, balancer, mailbox);
        await using MailLoad load = new(balancer.Mail, [.. Mailboxes.Select(name => $"{name}@recipient.example")]);
        await using PostfixServer beside = await PostfixServer.StartAsync("beside.example.test", "default_transport = discard:");
        await using MailLoad bystander = new(new IPEndPoint(IPAddress.Loopback, beside.Port), "bystander@recipient.example");
        load.Start(PerSecond);
        bystander.Start(BystanderPerSecond);
        using CancellationTokenSource strangersEnd = CancellationTokenSource.CreateLinkedTokenSource(limit.Token);
        Task strangers = StrangersAsync(balancer, strangersEnd.Token);

        int pauses = await UpgradeAsync(balancer, new Killer(Runs, new Random(seed), Kills, chance: 0.1), limit.Token);
        using (PeriodicTimer timer = new(TimeSpan.FromMilliseconds(200)))
        {
            while (load.AcceptedCount < messages)
            {
                await timer.WaitForNextTickAsync(limit.Token);
            }
        }

        await load.StopAsync();
        await bystander.StopAsync();
        await strangersEnd.CancelAsync();
        await strangers;
        Dictionary<string, int> copies = await UntilDeliveredAsync(cluster, mailbox, load, limit.Token);

        string[] lost = [.. load.Accepted.Where(id => !copies.ContainsKey(id))];
        string[] doubled = [.. copies.Where(copy => copy.Value > 1).Select(copy => copy.Key)];
        TimeSpan gap = load.LongestGapBeyond(bystander);
        int unanswered = load.Uncertain.Count(copies.ContainsKey);
        Figures.Print(output, string.Create(
            CultureInfo.InvariantCulture,
            $"real mail flow: {load.AcceptedCount} messages accepted and counted by id, {lost.Length} lost, {doubled.Length} doubled, {load.Refused} told to come again, {load.Uncertain.Count} never answered ({unanswered} of them delivered), longest gap {load.LongestGap.TotalMilliseconds:0} ms ({bystander.LongestGap.TotalMilliseconds:0} ms beside the cluster, {gap.TotalMilliseconds:0} ms beyond that), {Kills} kills, 3 reloads, {pauses} pauses, {copies.Count} in the mailbox"));
        Assert.Empty(lost);
        Assert.Empty(doubled);
        Assert.True(gap < LongestGap, $"{gap}");
        await AssertUpgradedAsync(cluster, balancer);
    }

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>What the simulator writes, with the real neighbours in it.</summary>
    private async Task WriteConfigurationAsync(SimulatedCluster cluster, HaProxyServer balancer, DovecotServer mailbox)
    {
        await cluster.WriteFilesAsync(_folder.FullName);
        JsonNode file = JsonNode.Parse(await File.ReadAllTextAsync(ClusterFile))!;
        JsonObject ksmg = file["Ksmg"]!.AsObject();
        ksmg["RequestLimit"] = "00:00:04";
        ksmg["ConnectTimeout"] = "00:00:04";
        ksmg["LoadBalancer"]!["Endpoint"] = balancer.Runtime.ToString();
        ksmg["LoadBalancer"]!["Backend"] = HaProxyServer.Backend;
        ksmg["MailProbe"] = new JsonObject
        {
            ["Kind"] = "SmtpImap",
            ["From"] = "probe@recipient.example",
            ["To"] = $"{DovecotServer.User}@recipient.example",
            ["SmtpTimeout"] = "00:00:04",
            ["Imap"] = mailbox.Address,
            ["ImapUserName"] = DovecotServer.User,
            ["ImapPasswordFile"] = mailbox.PasswordFile,
            ["ImapFingerprint"] = mailbox.Certificate.GetCertHashString(System.Security.Cryptography.HashAlgorithmName.SHA256),
        };
        await File.WriteAllTextAsync(ClusterFile, file.ToJsonString());
    }

    /// <summary>A sender whose ledger nobody keeps, until it is told to end: its messages may only not arrive twice.</summary>
    private static async Task StrangersAsync(HaProxyServer balancer, CancellationToken end)
    {
        using Process source = Process.Start(new ProcessStartInfo(
            ServerFactAttribute.Find("smtp-source")!,
            [
                "-A",
                "-s",
                "2",
                "-l",
                "2000",
                "-m",
                "100000",
                "-R",
                "1",
                "-f",
                "stranger@sender.example",
                "-t",
                "stranger@recipient.example",
                balancer.Mail.ToString(),
            ])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        })!;
        Task<string> warnings = source.StandardError.ReadToEndAsync(CancellationToken.None);
        try
        {
            await source.WaitForExitAsync(end);
        }
        catch (OperationCanceledException)
        {
            source.Kill();
            await source.WaitForExitAsync(CancellationToken.None);
        }

        await warnings;
    }

    /// <summary>Upgrades to the end, whoever dies on the way; answers how often a human had to resume.</summary>
    private async Task<int> UpgradeAsync(HaProxyServer balancer, Killer killer, CancellationToken cancellationToken)
    {
        // The limits of this configuration are short: nodes and machine have to be warm before they count.
        while ((await CliProcess.RunAsync("nodes", "-c", ClusterFile)).ExitCode != 0)
        {
            cancellationToken.ThrowIfCancellationRequested();
        }

        CliProcess driver = CliProcess.Start(
            "upgrade", "-c", ClusterFile, "--runs", Runs, "--package", Path.Combine(_folder.FullName, "update.zip"), "--yes", "--pause-after", "none");
        await driver.WaitForLineAsync("Creating snapshot");
        string run = driver.Output.Split('\n').First(line => line.StartsWith("run ", StringComparison.Ordinal))["run ".Length..];
        using CancellationTokenSource ended = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        Task<int> reloads = ReloadAsync(run, balancer, ended.Token);
        int pauses = 0;
        while (true)
        {
            bool killed = await killer.KillAsync(run, driver);
            int exitCode = await driver.WaitAsync();
            string said = driver.Output + driver.Error;
            await driver.DisposeAsync();
            if (!killed && exitCode == 0)
            {
                break;
            }

            // Three killed uploads in a row are three that failed: the run pauses then, and a human resumes it.
            Assert.True(killed || (exitCode == 2 && ++pauses <= MostPauses), said);
            output.WriteLine(killed ? killer.Place : $"paused: {said.Split('\n')[^1]}");
            driver = CliProcess.Start("resume", run, "-c", ClusterFile, "--runs", Runs);
        }

        await ended.CancelAsync();
        Assert.Equal(3, await reloads);
        Assert.Equal(Kills, killer.Kills);
        return pauses;
    }

    /// <summary>Reloads HAProxy each time a node has just been taken out of load, so that it forgets that; answers how often.</summary>
    private async Task<int> ReloadAsync(string run, HaProxyServer balancer, CancellationToken cancellationToken)
    {
        FileUpgradeJournal journal = new(Runs);
        HashSet<string> drained = new(StringComparer.Ordinal);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                foreach (JournalRecord record in await journal.ReadAsync(run, 0, cancellationToken))
                {
                    if (record.Entry is { Kind: JournalEntryKind.Outcome, Outcome: StepOutcome.Done, Step: { } step }
                        && step.StartsWith("S1/", StringComparison.Ordinal)
                        && drained.Add(step))
                    {
                        await balancer.ReloadAsync(_keepsState);
                    }
                }
            }
        }
        catch (OperationCanceledException)
        {
            // The upgrade is over.
        }

        return drained.Count;
    }

    /// <summary>Waits until no queue holds anything and the mailbox grows no more; answers how many copies there are of each message.</summary>
    private static async Task<Dictionary<string, int>> UntilDeliveredAsync(
        SimulatedCluster cluster, DovecotServer mailbox, MailLoad load, CancellationToken cancellationToken)
    {
        string[] folders = [.. Mailboxes.Append("stranger").Select(mailbox.MaildirOf)];
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(500));
        int before = -1;
        while (await timer.WaitForNextTickAsync(cancellationToken))
        {
            int now = folders.Sum(folder => Files(folder).Count());
            if (now == before && now >= load.AcceptedCount && cluster.World.Nodes.All(node => node.Mail.Count(MessageQueueKind.Mta) == 0))
            {
                break;
            }

            before = now;
        }

        Dictionary<string, int> copies = new(StringComparer.Ordinal);
        foreach (string file in folders.SelectMany(Files))
        {
            string header = File.ReadLines(file).First(line => line.StartsWith("Message-ID:", StringComparison.OrdinalIgnoreCase));
            string id = header["Message-ID:".Length..].Trim().Trim('<', '>');
            copies[id] = copies.GetValueOrDefault(id) + 1;
        }

        return copies;
    }

    private static IEnumerable<string> Files(string maildir) =>
        ((string[])["new", "cur"]).Select(part => Path.Combine(maildir, part)).Where(Directory.Exists).SelectMany(Directory.EnumerateFiles);

    private static async Task AssertUpgradedAsync(SimulatedCluster cluster, HaProxyServer balancer)
    {
        Assert.All(cluster.World.Nodes, node => Assert.Equal(cluster.Options.TargetBuild, node.Build));
        Assert.Single(cluster.World.Nodes, node => node.Role == NodeRole.Control);
        Assert.All(cluster.World.Nodes, node => Assert.True(node.Receiving && node.Sending));
        Assert.Equal(3, cluster.GetEffects().Count(effect => effect.Effect == "install-started"));
        Assert.Empty(cluster.GetViolations(atEnd: true));
        HaProxyOptions options = new() { Endpoint = balancer.Runtime.ToString(), Backend = HaProxyServer.Backend };
        foreach (SimulatedNodeEndpoint node in cluster.Nodes)
        {
            options.Servers[node.Name] = node.Name;
        }

        // An answer of the agent that is late on a busy machine leaves the health untold until the next one.
        HaProxyLoadBalancer asked = new(options);
        await Eventually.TrueAsync(
            async () => (await asked.GetAsync()).Values.All(state => state is { Mode: LoadMode.Ready, Healthy: true }), "all nodes were in load and well");
    }
}
