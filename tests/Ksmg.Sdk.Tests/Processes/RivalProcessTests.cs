using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Upgrades;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>Two processes on one cluster: of one run only one drives, and a run that exists is never joined by a second one.</summary>
[Trait("Category", "Slow")]
[Collection(KilledProcesses.Name)]
public sealed class RivalProcessTests(ITestOutputHelper output)
{
    [Fact]
    public async Task A_process_that_sleeps_longer_than_its_lease_changes_nothing_when_it_wakes()
    {
        if (OperatingSystem.IsWindows())
        {
            // The signals of this test do not exist there.
            return;
        }

        // Most of it is waiting for leases to run out, which the sites can do at the same time.
        await Task.WhenAll(((string[])["S7/gw2", "S8/gw2"]).Select(SleepAsync));
    }

    [Fact]
    public async Task A_second_upgrade_of_a_cluster_that_is_being_upgraded_is_refused_by_name()
    {
        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 2, speed: 20, mailPerSecond: 10);
        await using CliProcess first = site.Upgrade();
        string run = await site.RunOfAsync(first);

        await using CliProcess second = site.Upgrade();
        int secondCode = await second.WaitAsync();

        output.WriteLine($"second: {secondCode}, {second.Error}");
        Assert.Equal(5, secondCode);
        Assert.Contains(run, second.Error, StringComparison.Ordinal);
        Assert.Contains($"process {first.Id} on", second.Error, StringComparison.Ordinal);
        Assert.Single(site.RunFolders);
        Assert.True(await first.WaitAsync() == 0, first.Output + first.Error);
        Assert.All(await site.ReadJournalAsync(run), r => Assert.Equal(1, r.Epoch));
        output.WriteLine(await site.AssertNothingLostAsync());
        await site.AssertUpgradedAsync();
    }

    private async Task SleepAsync(string stoppedAt)
    {
        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 2, speed: 20, mailPerSecond: 10);
        await using CliProcess first = site.Upgrade();
        string run = await site.RunOfAsync(first);
        await site.WaitForRecordAsync(
            run, first, r => r.Entry.Kind == JournalEntryKind.Intent && r.Entry.Step!.StartsWith(stoppedAt, StringComparison.Ordinal));
        await StopOutsideOfTheLockAsync(site, run, first);
        HashSet<string> sessions = [.. (await site.EffectsAsync()).Where(e => e.Effect == "session-opened").Select(e => e.Session!)];
        int written = (await site.ReadJournalAsync(run)).Count;

        await using CliProcess second = site.Resume(run);
        await site.WaitForRecordAsync(run, second, r => r is { Epoch: 2, Entry.Kind: JournalEntryKind.Intent });

        // A request that had left the first process before it was stopped has arrived by now: its lease has run out since.
        long asleep = (await site.EffectsAsync())[^1].Seq;
        await first.SignalAsync("CONT");
        int firstCode = await first.WaitAsync();
        int secondCode = await second.WaitAsync();

        output.WriteLine($"stopped in {stoppedAt}: first: {firstCode}, {first.Error}; second: {secondCode}");
        Assert.Equal(3, firstCode);
        Assert.Contains($"Run {run} is driven by another process now", first.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("Completed", first.Output, StringComparison.Ordinal);
        Assert.True(secondCode == 0, second.Output + second.Error);

        // Nothing of its sessions arrived after it had woken.
        IReadOnlyList<WorldEffect> later = await site.EffectsAsync(asleep);
        Assert.NotEmpty(sessions);
        Assert.DoesNotContain(later, e => e.IsOurs && e.Session is { } session && sessions.Contains(session));
        IReadOnlyList<JournalRecord> journal = await site.ReadJournalAsync(run);
        Assert.All(journal.Skip(written), r => Assert.Equal(2, r.Epoch));
        AssertOnceEach(await site.EffectsAsync());
        output.WriteLine(await site.AssertNothingLostAsync());
        await site.AssertUpgradedAsync();
    }

    /// <summary>A process that is stopped inside of the run's lock blocks everybody, who then say so; here the lease is meant.</summary>
    private static async Task StopOutsideOfTheLockAsync(SimulatedSite site, string run, CliProcess process)
    {
        FileLock probe = new(Path.Combine(site.Runs, run, "lock"), TimeSpan.FromMilliseconds(200), TimeProvider.System);
        for (int attempt = 1; ; attempt++)
        {
            await process.SignalAsync("STOP");
            try
            {
                (await probe.EnterAsync(CancellationToken.None)).Dispose();
                return;
            }
            catch (TimeoutException) when (attempt < 20)
            {
                await process.SignalAsync("CONT");
            }
        }
    }

    /// <summary>What two drivers could do twice without a watcher taking offence.</summary>
    private static void AssertOnceEach(IReadOnlyList<WorldEffect> effects)
    {
        string[] all = [
            .. effects
                .Where(e => e.IsOurs && e.Effect is "load-switched" or "receiving-switched" or "snapshot-created" or "role-assigned")
                .Select(e => $"{e.Effect} {e.Node} {e.Detail}")];
        Assert.NotEmpty(all);
        Assert.Equal(all.Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal), all.Order(StringComparer.Ordinal));
    }
}
