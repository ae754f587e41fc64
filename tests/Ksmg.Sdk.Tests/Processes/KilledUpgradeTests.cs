using System.Globalization;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Upgrades;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>The process that upgrades is killed again and again, without a word, while mail flows; the next one goes on.</summary>
[Trait("Category", "Slow")]
[Collection(KilledProcesses.Name)]
public sealed class KilledUpgradeTests(ITestOutputHelper output)
{
    private const int MostPauses = 5;

    /// <param name="nodes">How many nodes there are.</param>
    /// <param name="foreign">Whether they speak a shape of their own, which a dialect file tells.</param>
    /// <param name="most">How often it is killed at most.</param>
    /// <param name="fewest">How often at least.</param>
    [Theory]
    [InlineData(3, false, int.MaxValue, 24)]
    [InlineData(2, true, 10, 10)]
    public async Task Dozens_of_kills_during_one_upgrade_cost_no_mail_and_no_second_installation(int nodes, bool foreign, int most, int fewest)
    {
        if (OperatingSystem.IsWindows())
        {
            // The signals of this test do not exist there.
            return;
        }

        int seed = int.TryParse(Environment.GetEnvironmentVariable("KSMG_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 1;
        output.WriteLine($"KSMG_SEED={seed}");
        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes, speed: 20, mailPerSecond: 20, foreign);
        await site.LimitRequestsAsync(TimeSpan.FromSeconds(6));
        Killer killer = new(site.Runs, new Random(seed), most);
        CliProcess driver = site.Upgrade();
        string run = await site.RunOfAsync(driver);
        int exitCode;
        int pauses = 0;
        while (true)
        {
            bool killed = await killer.KillAsync(run, driver);
            exitCode = await driver.WaitAsync();
            string said = driver.Output + driver.Error;
            await driver.DisposeAsync();
            if (!killed && exitCode == 0)
            {
                break;
            }

            // Three killed uploads in a row are three that failed: the run pauses then, and a human resumes it.
            Assert.True(killed || (exitCode == 2 && ++pauses <= MostPauses), said);
            output.WriteLine(killed ? killer.Place : $"paused: {said.Split('\n')[^1]}");
            driver = site.Resume(run);
        }

        output.WriteLine(
            $"{killer.Kills} kills: {string.Join(", ", killer.Hits.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Key}×{h.Value}"))}");
        output.WriteLine(await site.AssertNothingLostAsync());
        await site.AssertUpgradedAsync();
        Assert.True(killer.Kills >= fewest, $"{killer.Kills} kills");
        Assert.All(Killer.Long, step => Assert.True(killer.Hits.GetValueOrDefault($"{step} open") > 0, $"No kill hit {step}."));
        IReadOnlyList<JournalRecord> journal = await site.ReadJournalAsync(run);
        Assert.Equal(JournalEntryKind.RunEnded, journal[^1].Entry.Kind);

        // The last kill may hit a process that has recorded the end: whoever resumes then changes nothing and begins no epoch.
        Assert.InRange(journal[^1].Epoch, killer.Kills + pauses, killer.Kills + pauses + 1);
    }
}
