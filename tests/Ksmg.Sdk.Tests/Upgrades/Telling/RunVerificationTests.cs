using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Tests.Support;
using Ksmg.Sdk.Upgrades;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>Whether what is kept of a run is found to be whole, and what is not is named.</summary>
public sealed class RunVerificationTests : IDisposable
{
    private const string Run = "run-1";

    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-verify-");

    public void Dispose() => _folder.Delete(recursive: true);

    [Fact]
    public async Task A_whole_run_is_sound_and_says_what_was_checked()
    {
        VirtualRig rig = new();
        string run = rig.Upgrade(VirtualProcess.Once("after the intent S8/gw3/0", () => { })).RunId;
        RunVerification verification = await new RecordedRun(rig.Journal, run).VerifyAsync();
        Assert.True(verification.IsSound, verification.ToText());
        Assert.Equal(["chain", "plan", "epochs", "intents", "configuration"], verification.Checks.Select(c => c.Name));
        Assert.Matches("""
            ^Run .* is sound\.
              sound   \d+ records, in one chain that begins with the plan\.
              sound   The plan is the one that was hashed as [0-9a-f]{64}\.
              sound   1 process drove the run; .*
              sound   \d+ intents, \d+ outcomes; .*
              sound   [1-9]\d* saved files?, .*
            $
            """.ReplaceLineEndings("\n"), verification.ToText());
    }

    [Fact]
    public async Task A_run_that_was_taken_over_in_the_middle_is_sound()
    {
        VirtualProcess whole = new();
        new VirtualRig().Upgrade(whole);
        VirtualRig rig = new();
        UpgradePlan plan = rig.Plan();
        rig.Crash(plan, new VirtualProcess(whole.Points.FindIndex(p => p.StartsWith("after the intent S8/gw2/0", StringComparison.Ordinal))), resume: false);
        rig.Resume(plan.RunId);
        RunVerification verification = await new RecordedRun(rig.Journal, plan.RunId).VerifyAsync();
        Assert.True(verification.IsSound, verification.ToText());
        Assert.Contains("2 times a process took the run", verification.ToText(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_record_that_does_not_fit_the_others_is_named()
    {
        JournalEntry intent = Full() with { Kind = JournalEntryKind.Intent, Outcome = null, Attempt = 1 };
        (string Name, string Fault, JournalEntry[] Entries)[] cases =
        [
            ("intents", "Record 3 is the outcome of attempt 2 of S8/gw1/0, which was not announced last.", [Full()]),
            ("intents", "Record 4 announces attempt 3 of S8/gw1/0 after attempt 1.", [intent, intent with { Attempt = 3 }]),
            ("intents", "Record 3 is of S8/gw9/0, which is no step of the plan.", [intent with { Step = "S8/gw9/0" }]),
            ("configuration", "Record 3 says that the configuration was saved, and there is no configuration/gw1/manifest.json.",
                [Full() with { Step = "S5/gw1/-", Attempt = null, Outcome = StepOutcome.Done }]),
        ];
        foreach ((string name, string fault, JournalEntry[] entries) in cases)
        {
            FileUpgradeJournal journal = Journal();
            string run = await WriteAsync(journal, entries);
            RunVerification verification = await new RecordedRun(journal, run).VerifyAsync();
            Assert.Contains((name, fault), verification.Checks.Select(c => (c.Name, c.Fault?.ToString() ?? string.Empty)));
            Assert.Contains($"  BROKEN  {fault}\n", verification.ToText(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task What_was_changed_on_the_disk_is_found_even_by_whoever_read_it_before()
    {
        foreach ((string file, string old, string changed, string names) in new[]
        {
            ("journal.jsonl", "It is known", "It is Known", "line 3"),
            ("plan.json", "10.0.0.11:9045", "10.0.0.12:9045", "plan.json"),
        })
        {
            FileUpgradeJournal journal = Journal();
            string run = await WriteAsync(journal, [Observation("It is known")]);
            RecordedRun recorded = new(journal, run);
            Assert.True((await recorded.VerifyAsync()).IsSound);
            _ = await recorded.GetReportAsync();
            string path = Directory.GetFiles(_folder.FullName, file, SearchOption.AllDirectories).Single(p => p.Contains(run, StringComparison.Ordinal));
            File.WriteAllText(path, File.ReadAllText(path).Replace(old, changed, StringComparison.Ordinal));
            RunVerification verification = await recorded.VerifyAsync();
            Assert.Contains(names, Assert.Single(verification.Checks).Fault!.ToString(), StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task A_saved_file_that_was_changed_is_named()
    {
        FileUpgradeJournal journal = Journal();
        byte[] content = Encoding.UTF8.GetBytes("myhostname = gw1");
        string digest = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(content));
        string run = await WriteAsync(journal, [], async lease =>
        {
            ConfigurationManifest manifest = new()
            {
                Node = "gw1",
                Build = Old,
                SavedAt = DateTimeOffset.UnixEpoch,
                Files = [new ConfigurationFile { Path = "/etc/postfix/main.cf", Sha256 = digest, Mode = "0644", Owner = "root:root" }],
            };
            await journal.SaveFileAsync(lease, ConfigurationManifest.ContentName("gw1", digest), content);
            await journal.SaveFileAsync(lease, ConfigurationManifest.FileName("gw1"), ManifestJson.ToBytes(manifest));
        });
        Assert.Contains("1 saved file, as it was", (await new RecordedRun(journal, run).VerifyAsync()).ToText(), StringComparison.Ordinal);
        File.AppendAllText(Directory.GetFiles(_folder.FullName, digest, SearchOption.AllDirectories).Single(), "#");
        CliAnswer answer = await CliFixture.RunAsync("report", run, "--verify", "--runs", _folder.FullName, "--json");
        Assert.Equal(
            (3, $"configuration/gw1/{digest}, which is /etc/postfix/main.cf of gw1, is missing or was changed."), (answer.ExitCode, answer.Line));
        Assert.False(JsonDocument.Parse(answer.Output).RootElement.GetProperty("isSound").GetBoolean());
    }

    private FileUpgradeJournal Journal() => new(_folder.FullName);

    private static int _runs;

    private static async Task<string> WriteAsync(FileUpgradeJournal journal, JournalEntry[] entries, Func<RunLease, Task>? save = null)
    {
        string run = $"{Run}-{Interlocked.Increment(ref _runs)}";
        await using RunLease lease = await journal.CreateAsync(Plan(run, $"cluster-{run}"));
        foreach (JournalEntry entry in entries)
        {
            await journal.AppendAsync(lease, entry);
        }

        await (save?.Invoke(lease) ?? Task.CompletedTask);
        return run;
    }
}
