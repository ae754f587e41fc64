using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Upgrades;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>Disks that are full: under the journal a run ends and says so, under what it prints it goes on.</summary>
[Collection(SeparateProcesses.Name)]
public sealed class FullDiskTests(ITestOutputHelper output)
{
    /// <summary>
    /// The limit of the process stands for the disk: it needs no right to mount one, and writes fail as they do there, in the middle of a line.
    /// </summary>
    [Fact]
    public async Task A_run_whose_disk_becomes_full_says_so_and_goes_on_when_there_is_room()
    {
        if (!OperatingSystem.IsLinux())
        {
            // Elsewhere nobody can take room from a process that runs.
            return;
        }

        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 2, speed: 20, mailPerSecond: 10);
        string run = string.Empty;
        foreach (string full in (string[])["S1/gw2", "S8/gw2", "S11/gw2", "S8/gw1"])
        {
            await using CliProcess driver = run.Length == 0 ? site.Upgrade() : site.Resume(run);
            run = await site.RunOfAsync(driver);
            await site.WaitForRecordAsync(
                run, driver, r => r.Entry.Kind == JournalEntryKind.Intent && r.Entry.Step!.StartsWith(full, StringComparison.Ordinal));
            FileInfo journal = new(Path.Combine(site.Runs, run, "journal.jsonl"));
            await driver.LimitFilesAsync(journal.Length + 100);

            int exitCode = await driver.WaitAsync();
            output.WriteLine($"full in {full}: {exitCode}, {driver.Error}");
            Assert.Equal(3, exitCode);
            Assert.Contains($"{journal.FullName} cannot be written: ", driver.Error, StringComparison.Ordinal);
            Assert.Contains("Nothing was written.", driver.Error, StringComparison.Ordinal);

            // No record is half there, and the run is free.
            Assert.Equal('\n', (await File.ReadAllTextAsync(journal.FullName))[^1]);
            Assert.True((await site.ReadJournalAsync(run)).Count > 0);
            (exitCode, string status, _) = await CliProcess.RunAsync("status", run, "-c", site.Cluster, "--runs", site.Runs);
            Assert.Equal(0, exitCode);
            Assert.Contains("Nobody drives it.", status, StringComparison.Ordinal);
        }

        await using CliProcess last = site.Resume(run);
        Assert.True(await last.WaitAsync() == 0, last.Output + last.Error);
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
}
