using System.Globalization;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using Ksmg.Simulator;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>
/// What a machine runs out of while it upgrades: room, inodes, files, memory. Under the journal a run ends and says why, under what it prints it goes
/// on; and once there is enough again, the next process takes the run to its end.
/// </summary>
[Trait("Category", "Slow")]
[Collection(SeparateProcesses.Name)]
public sealed class ResourceTests(ITestOutputHelper output)
{
    private const int RuntimeAborted = 134;

    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    /// <summary>What is in short supply, from the intent of a step on, and how the system calls that.</summary>
    private static readonly (string Step, string What, string Reason)[] Shortages =
    [
        ("S1/gw2", "limit", "File too large"),
        ("S7/gw2", "room", "No space left on device"),
        ("S8/gw2", "files", "Too many open files"),
        ("S11/gw2", "read-only", "Read-only file system"),
        ("S1/gw1", "inodes", "No space left on device"),
    ];

    /// <summary>
    /// Where nobody may mount a small disk, the limit of the process stands for it: it needs no right, and writes fail as they do there, in the middle
    /// of a line.
    /// </summary>
    [Fact]
    public async Task A_run_that_runs_out_of_something_says_of_what_and_goes_on_when_there_is_enough()
    {
        if (!OperatingSystem.IsLinux())
        {
            // Elsewhere nobody can take from a process that runs what it has.
            return;
        }

        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 2, speed: 20, mailPerSecond: 10);
        await site.LimitRequestsAsync(TimeSpan.FromSeconds(6));
        using SmallDisk? disk = SmallDisk.TryMount(site.Runs);
        string run = string.Empty;
        foreach ((string step, string what, string reason) in Shortages)
        {
            await using CliProcess driver = run.Length == 0 ? site.Upgrade() : site.Resume(run);
            run = await site.RunOfAsync(driver);
            await site.WaitForRecordAsync(
                run, driver, r => r.Entry.Kind == JournalEntryKind.Intent && r.Entry.Step!.StartsWith(step, StringComparison.Ordinal));
            FileInfo journal = new(Path.Combine(site.Runs, run, "journal.jsonl"));
            string shortage = disk is null && what != "files" ? "limit" : what;
            await TakeAsync(shortage, driver, disk, journal);

            int exitCode = await driver.WaitAsync();
            disk?.Free();
            output.WriteLine($"{shortage} in {step}: {exitCode}, {driver.Error}");
            if (shortage == "files" && exitCode == RuntimeAborted)
            {
                // The runtime itself opens files, to load what it needs to go on; that ends as a kill does.
                Assert.Contains("Out of memory", driver.Error, StringComparison.Ordinal);
            }
            else
            {
                // Records need no inode, what is saved of a node does: the node is put back, and the run pauses.
                string said = driver.Output + driver.Error;
                Assert.True(exitCode == 3 || (exitCode == 2 && shortage == "inodes"), $"{shortage}: {exitCode} {said}");
                Assert.Contains(Path.Combine(site.Runs, run), said, StringComparison.Ordinal);
                Assert.Contains(shortage == "limit" ? "File too large" : reason, said, StringComparison.Ordinal);

                // Without a file to open it cannot even look what was written last.
                Assert.Matches(shortage == "files" ? "cannot be (read|written): " : "cannot be written: .* Nothing was written\\.", said);
            }

            // No record is half there, and the run is free.
            Assert.Equal('\n', (await File.ReadAllTextAsync(journal.FullName))[^1]);
            Assert.True((await site.ReadJournalAsync(run)).Count > 0);
            (exitCode, string status, _) = await CliProcess.RunAsync("status", run, "-c", site.Cluster, "--runs", site.Runs);
            Assert.Equal(0, exitCode);
            Assert.Contains("Nobody drives it.", status, StringComparison.Ordinal);
        }

        // Meanwhile somebody has moved the machine to another part of the world.
        await using CliProcess last = CliProcess.StartProgram(
            "env", "TZ=Asia/Kolkata", "dotnet", "exec", CliProcess.Tool, "resume", run, "-c", site.Cluster, "--runs", site.Runs);
        Assert.True(await last.WaitAsync() == 0, last.Output + last.Error);
        Assert.All(await site.ReadJournalAsync(run), record => Assert.Equal(TimeSpan.Zero, record.At.Offset));
        output.WriteLine(await site.AssertNothingLostAsync());
        await site.AssertUpgradedAsync();
    }

    [Fact]
    public async Task A_run_whose_words_cannot_be_written_completes_and_names_the_file()
    {
        if (!OperatingSystem.IsLinux())
        {
            // The device that is always full does not exist there.
            return;
        }

        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 2, speed: 20, mailPerSecond: 10);
        await site.LimitRequestsAsync(TimeSpan.FromSeconds(10));
        await using CliProcess upgrade = CliProcess.StartProgram(
            "sh", "-c", "exec \"$@\" >/dev/full", "sh", "dotnet", "exec", CliProcess.Tool, "upgrade", "-c", site.Cluster, "--runs", site.Runs, "--package",
            site.Package, "--yes", "--pause-after", "none");

        Assert.True(await upgrade.WaitAsync() == 0, upgrade.Error);
        Assert.Single(upgrade.Error.Split('\n'), line => line.Contains("Standard output (/dev/full) cannot be written", StringComparison.Ordinal));
        output.WriteLine(await site.AssertNothingLostAsync());
        await site.AssertUpgradedAsync();
    }

    /// <summary>Packages are larger than what there is of memory, and are never in it as a whole.</summary>
    [Fact]
    public async Task A_package_of_several_times_the_memory_there_is_goes_to_every_node()
    {
        const int memory = 64 << 20;
        using PackageFolder folder = new();
        await using SimulatedCluster cluster = await SimulatedCluster.StartAsync(
            new SimulatedClusterOptions { Nodes = 2, Speed = 50, PackageBytes = 4L * memory });
        await cluster.WriteFilesAsync(folder["."]);

        await using CliProcess upgrade = CliProcess.StartProgram(
            "env", string.Create(CultureInfo.InvariantCulture, $"DOTNET_GCHeapHardLimit=0x{memory:X}"), "dotnet", "exec", CliProcess.Tool, "upgrade",
            "-c", folder["cluster.json"], "--runs", folder["runs"], "--package", folder["update.zip"], "--yes", "--pause-after", "none");

        Assert.True(await upgrade.WaitAsync() == 0, upgrade.Output + upgrade.Error);
        Assert.All(cluster.World.Nodes, node => Assert.Equal(cluster.Options.TargetBuild, node.Build));
        Assert.Empty(cluster.GetViolations(atEnd: true, completed: true));
    }

    private static async Task TakeAsync(string what, CliProcess driver, SmallDisk? disk, FileInfo journal)
    {
        using CancellationTokenSource limit = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(5));
        switch (what)
        {
            case "limit":
                await driver.LimitFilesAsync(journal.Length + 100);
                break;
            case "files":
                await driver.LimitHandlesAsync();
                break;
            case "read-only":
                // Refused for as long as somebody has a file open for writing.
                while (!disk!.TryMakeReadOnly() && !driver.HasExited)
                {
                    await timer.WaitForNextTickAsync(limit.Token);
                }

                break;
            default:
                // What is replaced, such as the beat, gives back what it had.
                do
                {
                    disk!.Exhaust(what == "inodes");
                    await timer.WaitForNextTickAsync(limit.Token);
                }
                while (!driver.HasExited);
                break;
        }
    }
}
