using System.Net;
using System.Net.Sockets;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>TERM, HUP and Ctrl-C at every question and phase: the command ends, no run is created, and a run that was driven can be resumed.</summary>
[Trait("Category", "Slow")]
[Collection(SeparateProcesses.Name)]
public sealed class StopSignalTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-signals-");

    public void Dispose() => _folder.Delete(recursive: true);

    [ServerFact("setsid")]
    public async Task A_signal_at_the_first_question_ends_the_command_and_creates_nothing()
    {
        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 2, speed: 50, mailPerSecond: 1);
        foreach (string signal in (string[])["TERM", "HUP", "Ctrl-C"])
        {
            await using Terminal terminal = Terminal.Start("upgrade", "-c", site.Cluster, "--runs", site.Runs, "--package", site.Package);
            await terminal.WaitForAsync("Start? [y/N]");
            await (signal == "Ctrl-C" ? terminal.TypeAsync(Terminal.CtrlC) : terminal.SignalAsync(signal));

            Assert.Equal(130, await terminal.WaitAsync());
            Assert.Contains("No run was created", terminal.Screen, StringComparison.Ordinal);
            Assert.True(await terminal.IsAsBeforeAsync(), signal);
            Assert.False(Directory.Exists(site.Runs) && site.RunFolders.Any(), signal);
        }
    }

    [ServerFact("setsid")]
    public async Task A_signal_at_the_password_ends_the_command_and_gives_the_terminal_back()
    {
        string cluster = WriteCluster("https://127.0.0.1:1", credentials: """{ "UserName": "Administrator" }""");
        foreach (string signal in (string[])["TERM", "HUP", "Ctrl-C"])
        {
            await using Terminal terminal = Terminal.Start("nodes", "-c", cluster);
            await terminal.WaitForAsync("Password of Administrator:");
            await terminal.TypeAsync("abc");
            await (signal == "Ctrl-C" ? terminal.TypeAsync(Terminal.CtrlC) : terminal.SignalAsync(signal));

            Assert.Equal(130, await terminal.WaitAsync());
            Assert.True(await terminal.IsAsBeforeAsync(), signal);
            Assert.DoesNotContain("abc", terminal.Screen, StringComparison.Ordinal);
        }

        await using Terminal end = Terminal.Start("nodes", "-c", cluster);
        await end.WaitForAsync("Password of Administrator:");
        await end.TypeAsync("\u0004");
        Assert.Equal(64, await end.WaitAsync());
        Assert.Contains("No password was given", end.Screen, StringComparison.Ordinal);
    }

    [ServerFact("kill")]
    public async Task A_command_that_waits_for_a_silent_node_hears_a_signal()
    {
        File.WriteAllText(Path.Combine(_folder.FullName, "pw"), "x");
        foreach ((string command, string signal) in new[] { ("nodes", "TERM"), ("doctor", "HUP"), ("queue", "INT") })
        {
            // One for each: a command that had asked a second time would be taken for the next one, which hears no signal yet.
            using TcpListener silent = new(IPAddress.Loopback, 0);
            silent.Start();
            string cluster = WriteCluster($"https://{silent.LocalEndpoint}", """{ "UserName": "Administrator", "PasswordFile": "pw" }""");
            await using CliProcess process = CliProcess.StartProgram("env", "--default-signal=INT", "dotnet", "exec", CliProcess.Tool, command, "-c", cluster);
            using Socket asked = await silent.AcceptSocketAsync().WaitAsync(TimeSpan.FromMinutes(1));
            await process.SignalAsync(signal);

            Assert.Equal(130, await process.WaitAsync());
            Assert.Equal("Stopped.", process.Error.Trim());
        }
    }

    [ServerFact("setsid")]
    public async Task A_run_that_is_hung_up_or_left_at_once_says_how_to_go_on_and_does()
    {
        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 3, speed: 20, mailPerSecond: 5);
        string run;
        await using (CliProcess first = site.Upgrade())
        {
            run = await site.RunOfAsync(first);
            await site.WaitForRecordAsync(run, first, r => r.Entry is { Kind: JournalEntryKind.Intent, Step: "S8/gw2/0" });
            await first.SignalAsync("HUP");

            Assert.Equal(2, await first.WaitAsync());
            Assert.Contains("Interrupted while", first.Output, StringComparison.Ordinal);
            Assert.Equal($"  ksmg resume {run} -c {site.Cluster} --runs {site.Runs}", first.Output.Split('\n')[^1]);
        }

        (int exitCode, string status, _) = await CliProcess.RunAsync("status", run, "-c", site.Cluster, "--runs", site.Runs);
        Assert.Equal(0, exitCode);
        Assert.Contains("Interrupted while at 'install the update' of gw2", status, StringComparison.Ordinal);
        Assert.Contains("Nobody drives it.", status, StringComparison.Ordinal);

        // What is told can be pasted: each command stands on its line, with all it needs.
        (exitCode, string explained, _) = await CliProcess.RunAsync("explain", run, "-c", site.Cluster, "--runs", site.Runs);
        Assert.Equal(0, exitCode);
        string[] commands = [.. explained.Split('\n').Where(line => line.Contains("ksmg ", StringComparison.Ordinal))];
        Assert.NotEmpty(commands);
        Assert.All(commands, line => Assert.StartsWith("    ksmg ", line, StringComparison.Ordinal));
        Assert.All(commands, line => Assert.EndsWith($" -c {site.Cluster} --runs {site.Runs}", line, StringComparison.Ordinal));

        // Nothing is safe to pause at until the node answers: the second interrupt finds the run still at work.
        await site.CutOffAsync("gw2");
        await using (Terminal second = Terminal.Start("resume", run, "-c", site.Cluster, "--runs", site.Runs))
        {
            await second.WaitForAsync("▶");
            await second.TypeAsync(Terminal.CtrlC);
            await second.WaitForAsync("Pausing at the next safe point");
            await second.TypeAsync(Terminal.CtrlC);

            Assert.Equal(130, await second.WaitAsync());
            Assert.True(
                second.Screen.LastIndexOf("\u001b[?25h", StringComparison.Ordinal) > second.Screen.LastIndexOf("\u001b[?25l", StringComparison.Ordinal),
                "The cursor stays hidden.");
            Assert.Contains("Stopped at once", second.Screen, StringComparison.Ordinal);
            Assert.Equal($"  ksmg resume {run} -c {site.Cluster} --runs {site.Runs}", second.Screen.TrimEnd().Split('\n')[^1]);
            Assert.True(await second.IsAsBeforeAsync());
        }

        await site.MendAsync();
        await using CliProcess third = site.Resume(run);
        Assert.True(await third.WaitAsync() == 0, third.Output + third.Error);
        await site.AssertUpgradedAsync();
    }

    [ServerFact("setsid")]
    public async Task One_interrupt_at_a_gate_is_enough()
    {
        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 2, speed: 50, mailPerSecond: 1);
        await using Terminal terminal = Terminal.Start(
            "upgrade", "-c", site.Cluster, "--runs", site.Runs, "--package", site.Package, "--yes", "--pause-after", "first", "--plain");
        await terminal.WaitForAsync("Go on with the next node? [y/N]");
        await terminal.TypeAsync(Terminal.CtrlC);

        Assert.Equal(130, await terminal.WaitAsync());
        Assert.StartsWith("  ksmg resume ", terminal.Screen.TrimEnd().Split('\n')[^1], StringComparison.Ordinal);
    }

    [ServerFact("sh")]
    public async Task Outputs_that_cannot_be_written_change_no_exit_code()
    {
        string tool = $"dotnet exec '{CliProcess.Tool}'";
        foreach ((string command, int exitCode) in new[]
        {
            ("nodes -c nowhere.json 2>/dev/full", 64), ("nodes -c nowhere.json 2>&-", 64), ("nodes -c nowhere.json >&- 2>&-", 64),
            ("--help >/dev/full", 0), ("--help >&-", 0), ("--help | true", 0),
        })
        {
            await using CliProcess shell = CliProcess.StartProgram("bash", "-o", "pipefail", "-c", $"{tool} {command}");
            Assert.True(await shell.WaitAsync() == exitCode, $"{command}: {await shell.WaitAsync()} {shell.Output} {shell.Error}");
        }

        // What is taken along is UTF-8, whatever the account's terminal has.
        await using CliProcess latin = CliProcess.StartProgram("sh", "-c", $"LC_ALL=en_US.ISO-8859-1 {tool} --lang ru --help");
        await latin.WaitAsync();
        Assert.Matches(@"\p{IsCyrillic}{4}", latin.Output);

        await using CliProcess full = CliProcess.StartProgram("sh", "-c", $"{tool} --help >/dev/full");
        await full.WaitAsync();
        Assert.Contains("Standard output (/dev/full) cannot be written", full.Error, StringComparison.Ordinal);

        // The runtime itself has a file that such a limit would not let it make.
        string limited = Path.Combine(_folder.FullName, "limited");
        await using CliProcess limit = CliProcess.StartProgram("sh", "-c", $"ulimit -f 0; DOTNET_EnableWriteXorExecute=0 {tool} --help >'{limited}'");
        Assert.True(await limit.WaitAsync() == 0, limit.Error);
        Assert.Contains($"Standard output ({limited}) cannot be written", limit.Error, StringComparison.Ordinal);
    }

    private string WriteCluster(string address, string credentials)
    {
        string path = Path.Combine(_folder.FullName, "cluster.json");
        File.WriteAllText(path, $$"""{ "Ksmg": { "Nodes": [ { "Name": "gw1", "Address": "{{address}}" } ], "Credentials": {{credentials}} } }""");
        return path;
    }
}
