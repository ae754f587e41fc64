using System.Globalization;
using Ksmg.Sdk.Tests.Contract;
using Ksmg.Sdk.Upgrades;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Processes;

/// <summary>The process that upgrades is killed again and again, without a word, while mail flows; the next one goes on.</summary>
[Collection(SeparateProcesses.Name)]
public sealed class KilledUpgradeTests(ITestOutputHelper output)
{
    private const int FewestKills = 24;
    private const int MostPauses = 5;

    /// <summary>Uploads, installations and role changes: the first intent of each is followed by a kill in any case.</summary>
    private static readonly string[] Sure = ["S6", "S7", "S8", "S11"];

    /// <summary>Steps that take so long that a kill soon after the intent hits them in the middle.</summary>
    private static readonly string[] Long = ["S7", "S8"];

    [Fact]
    public async Task Dozens_of_kills_during_one_upgrade_cost_no_mail_and_no_second_installation()
    {
        if (OperatingSystem.IsWindows())
        {
            // The signals of this test do not exist there.
            return;
        }

        int seed = int.TryParse(Environment.GetEnvironmentVariable("KSMG_SEED"), CultureInfo.InvariantCulture, out int given) ? given : 1;
        output.WriteLine($"KSMG_SEED={seed}");
        await using SimulatedSite site = await SimulatedSite.StartAsync(nodes: 3, speed: 20, mailPerSecond: 20);
        await site.LimitRequestsAsync(TimeSpan.FromSeconds(4));
        Killer killer = new(site, new Random(seed));
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

        output.WriteLine($"{killer.Kills} kills: {string.Join(", ", killer.Hits.OrderBy(h => h.Key, StringComparer.Ordinal).Select(h => $"{h.Key}×{h.Value}"))}");
        output.WriteLine(await site.AssertNothingLostAsync());
        await site.AssertUpgradedAsync();
        Assert.True(killer.Kills >= FewestKills, $"{killer.Kills} kills");
        Assert.All(Long, step => Assert.True(killer.Hits.GetValueOrDefault($"{step} open") > 0, $"No kill hit {step}."));
        IReadOnlyList<JournalRecord> journal = await site.ReadJournalAsync(run);
        Assert.Equal(JournalEntryKind.RunEnded, journal[^1].Entry.Kind);
        Assert.Equal(killer.Kills + pauses + 1, journal[^1].Epoch);
    }

    /// <summary>
    /// Kills by progress, never by the clock alone: some time after a new record of the journal. It strikes at most once after each kind of
    /// record of a step, so that every run comes to its end.
    /// </summary>
    private sealed class Killer(SimulatedSite site, Random random)
    {
        private const double Chance = 0.4;
        private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(5);

        private readonly HashSet<string> _struck = new(StringComparer.Ordinal);

        public int Kills { get; private set; }

        /// <summary>How often a step was hit while its intent was open, or between its records.</summary>
        public Dictionary<string, int> Hits { get; } = new(StringComparer.Ordinal);

        /// <summary>Where the last kill struck.</summary>
        public string Place { get; private set; } = string.Empty;

        /// <summary>Kills the process somewhere on its way; <see langword="false"/> when it has ended by itself.</summary>
        public async Task<bool> KillAsync(string run, CliProcess driver)
        {
            using PeriodicTimer timer = new(Pause);
            long seen = (await site.ReadJournalAsync(run))[^1].Sequence;
            while (!driver.HasExited)
            {
                foreach (JournalRecord record in await site.ReadJournalAsync(run, seen))
                {
                    seen = record.Sequence;
                    if (!Strikes(record.Entry))
                    {
                        continue;
                    }

                    string step = Step(record.Entry.Step!);
                    await Task.Delay(Long.Contains(step) ? random.Next(400) : Sure.Contains(step) ? 0 : random.Next(60));
                    driver.Kill();
                    if (await driver.WaitAsync() != CliProcess.Killed)
                    {
                        return false;
                    }

                    await NotePlaceAsync(run);
                    return true;
                }

                await timer.WaitForNextTickAsync();
            }

            return false;
        }

        private bool Strikes(JournalEntry entry) =>
            entry is { Kind: JournalEntryKind.Intent or JournalEntryKind.Outcome, Step: { } step }
            && ((entry.Kind == JournalEntryKind.Intent && Sure.Contains(Step(step))) || random.NextDouble() < Chance)
            && _struck.Add($"{entry.Kind} {step}");

        private async Task NotePlaceAsync(string run)
        {
            IReadOnlyList<JournalRecord> journal = await site.ReadJournalAsync(run);
            JournalRecord last = journal[^1];
            string[] open = [.. RunState.Fold(journal).Undecided.Where(s => s.Value.Status == StepStatus.Open).Select(s => s.Key)];
            foreach (string place in open.Length > 0 ? open.Select(key => $"{Step(key)} open") : [$"after {Step(last.Entry.Step ?? "-/")}"])
            {
                Hits[place] = Hits.GetValueOrDefault(place) + 1;
            }

            Place = $"kill {++Kills}: record {last.Sequence}, {last.Entry.Kind} {last.Entry.Step} {last.Entry.Outcome}, open: {(open.Length > 0 ? string.Join(", ", open) : "nothing")}";
        }

        private static string Step(string key) => key[..key.IndexOf('/', StringComparison.Ordinal)];
    }
}
