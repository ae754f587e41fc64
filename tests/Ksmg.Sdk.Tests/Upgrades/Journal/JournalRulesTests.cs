using System.Reflection;
using Ksmg.Sdk.Upgrades;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What all journals refuse, and what they write of themselves.</summary>
public sealed class JournalRulesTests
{
    private static readonly DateTimeOffset At = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);
    private static readonly RunOwner Ours = RunOwner.Of(Plan());

    [Fact]
    public void An_id_has_up_to_a_hundred_letters()
    {
        Assert.Equal(new string('a', 100), JournalRules.CheckId(new string('a', 100)));
        Assert.Throws<ArgumentException>(() => JournalRules.CheckId(new string('a', 101)));
    }

    [Fact]
    public void A_file_name_has_up_to_five_hundred_letters_and_each_part_a_hundred()
    {
        string part = new('a', 99);
        string longest = string.Join('/', part, part, part, part, part + 'a');
        Assert.Equal(500, longest.Length);
        foreach (string good in (string[])[longest, new string('a', 100), "a_b-C.9/d", ".a"])
        {
            Assert.Equal(good, JournalRules.CheckFileName(good));
        }

        foreach (string bad in (string[])[longest[1..] + "/a", new string('a', 101), "", "a/.", "a b"])
        {
            Assert.Throws<ArgumentException>(() => JournalRules.CheckFileName(bad));
        }

        Assert.Throws<ArgumentNullException>(() => JournalRules.CheckFileName(null!));
    }

    [Fact]
    public void Content_is_taken_up_to_its_limit()
    {
        JournalRules.CheckFileSize(new byte[JournalRules.MaxSavedFileBytes]);
        Assert.Throws<JournalException>(() => JournalRules.CheckFileSize(new byte[JournalRules.MaxSavedFileBytes + 1]));
        Assert.Equal(JournalRules.MaxCommandBytes, JournalRules.CheckCommand("c", new byte[JournalRules.MaxCommandBytes]).Length);
        Assert.Throws<JournalException>(() => JournalRules.CheckCommand("c", new byte[JournalRules.MaxCommandBytes + 1]));
        Assert.Throws<ArgumentException>(() => JournalRules.CheckCommand("c/", []));
    }

    /// <summary>What runs is what was approved.</summary>
    [Fact]
    public async Task A_plan_that_was_changed_after_it_was_hashed_is_no_run()
    {
        InMemoryUpgradeJournal journal = new();
        await Assert.ThrowsAsync<JournalException>(() => journal.CreateAsync(Plan() with { PackagePath = "another.zip" }));
        await Assert.ThrowsAsync<ArgumentNullException>(() => journal.CreateAsync(null!));
        Assert.Empty(await journal.ListAsync());
    }

    [Fact]
    public void The_first_records_tell_what_runs_and_where()
    {
        JournalEntry created = JournalRules.RunCreated(Plan());
        Assert.Equal(
            [
                ("cluster", "mail-eu"),
                ("engine", typeof(JournalRules).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion),
                ("nodes", Ours.NodesToText()),
                ("planHash", Plan().Hash),
                ("schema", "2"),
            ],
            created.Values!.Select(v => (v.Key, v.Value)));
        Assert.Equal(Ours, JournalRules.OwnerOf(new JournalRecord(1, At, 1, created, string.Empty)));
        Assert.Null(JournalRules.OwnerOf(new JournalRecord(1, At, 1, Observation("x"), string.Empty)));

        Guid owner = Guid.NewGuid();
        Assert.Equal(
            [("host", Environment.MachineName), ("owner", owner.ToString()), ("pid", $"{Environment.ProcessId}")],
            JournalRules.EpochStarted(owner).Values!.Select(v => (v.Key, v.Value)));
    }

    [Fact]
    public void A_run_has_ended_with_its_last_record_whatever_that_says()
    {
        Assert.Null(JournalRules.EndOf(null));
        Assert.Null(JournalRules.EndOf(Last(Ended() with { Kind = JournalEntryKind.Observation })));
        Assert.Equal(UpgradeEnd.Aborted, JournalRules.EndOf(Last(Ended(UpgradeEnd.Aborted))));
        Assert.Equal(UpgradeEnd.Failed, JournalRules.EndOf(Last(Ended() with { Values = null })));
        Assert.Equal(UpgradeEnd.Failed, JournalRules.EndOf(Last(Ended() with { Values = new Dictionary<string, string> { ["end"] = "Well" } })));

        static JournalRecord Last(JournalEntry entry) => new(9, At, 1, entry, string.Empty);
    }

    [Theory]
    [InlineData("none", null)]
    [InlineData("of the same id", typeof(JournalException))]
    [InlineData("of the same id, of others", typeof(JournalException))]
    [InlineData("active", typeof(ActiveRunException))]
    [InlineData("ended", null)]
    [InlineData("of others", null)]
    [InlineData("damaged", typeof(JournalException))]
    [InlineData("damaged, ended", typeof(JournalException))]
    [InlineData("damaged, of others", null)]
    [InlineData("damaged, of nobody knows whom", typeof(JournalException))]
    public void A_run_is_begun_unless_one_stands_in_its_way(string other, Type? refusal)
    {
        RunSummary run = new()
        {
            RunId = other.Contains("same id", StringComparison.Ordinal) ? "run-1" : "run-0",
            Owner = OwnerOf(other),
            Damage = other.Contains("damaged", StringComparison.Ordinal) ? "broken" : null,
            End = other.Contains("ended", StringComparison.Ordinal) ? UpgradeEnd.Completed : null,
        };
        Exception? refused = Record.Exception(() => JournalRules.RefuseSecondRun(Plan(), other == "none" ? [] : [run], id => $"there/{id}"));
        Assert.Equal(refusal, refused?.GetType());
        if (run.Damage is not null && refused is not null)
        {
            Assert.Equal(Words.Get("journal.run-unreadable", "run-0", "broken", "there/run-0"), refused.Message);
        }
    }

    [Fact]
    public void The_run_that_stands_in_the_way_is_named_with_who_drives_it_and_what_is_shared()
    {
        RunSummary run = new() { RunId = "run-0", Owner = Ours };
        ActiveRunException refused = Refused(run);
        Assert.Equal(("run-0", null, Words.Get("journal.active", "mail-eu", "run-0")), (refused.RunId, refused.Holder, refused.Message));
        refused = Refused(run with { Holder = "somebody" });
        Assert.Equal(("somebody", Words.Get("journal.active-driven", "mail-eu", "run-0", "somebody")), (refused.Holder, refused.Message));

        UpgradePlan plan = WithAddresses(Plan());
        RunOwner renamed = RunOwner.Of(plan) with { Cluster = "renamed" };
        refused = Assert.Throws<ActiveRunException>(() => JournalRules.RefuseSecondRun(plan, [run with { Owner = renamed }], id => id));
        Assert.Equal(
            $"{Words.Get("journal.active", "renamed", "run-0")} {Words.Get("journal.shared-nodes", renamed, RunOwner.Of(plan))}", refused.Message);

        static ActiveRunException Refused(RunSummary other) =>
            Assert.Throws<ActiveRunException>(() => JournalRules.RefuseSecondRun(Plan(), [other], id => id));
    }

    [Theory]
    [InlineData("active", 0, typeof(ActiveRunException))]
    [InlineData("ended", -1, null)]
    [InlineData("ended", 0, null)]
    [InlineData("ended", 1, typeof(JournalException))]
    [InlineData("active, of others", 1, null)]
    [InlineData("active, of nobody knows whom", 1, null)]
    public void A_run_is_taken_up_again_unless_its_cluster_went_on(string other, int later, Type? refusal)
    {
        RunSummary run = new() { RunId = "run-1", Owner = Ours, CreatedAt = At, End = UpgradeEnd.Completed };
        RunSummary beside = new()
        {
            RunId = "run-2",
            Owner = OwnerOf(other),
            CreatedAt = At.AddSeconds(later),
            End = other.Contains("ended", StringComparison.Ordinal) ? UpgradeEnd.Completed : null,
        };

        Assert.Equal(refusal, Record.Exception(() => JournalRules.RefuseReopening(run, [run, beside]))?.GetType());
    }

    [Fact]
    public void A_run_does_not_stand_in_its_own_way()
    {
        RunSummary run = new() { RunId = "run-1", Owner = Ours, CreatedAt = At };
        JournalRules.RefuseReopening(run, [run]);
        JournalRules.RefuseReopening(run with { Owner = null }, [run, run with { RunId = "run-2" }]);
    }

    private static RunOwner? OwnerOf(string what)
    {
        if (what.Contains("whom", StringComparison.Ordinal))
        {
            return null;
        }

        return what.Contains("others", StringComparison.Ordinal) ? RunOwner.Of(Plan("run-9", "mail-us")) : Ours;
    }

    private static UpgradePlan WithAddresses(UpgradePlan plan) =>
        Hashed(plan with { Nodes = [.. plan.Nodes.Select(n => n with { Address = new Uri($"https://{n.Name}") })] });
}
