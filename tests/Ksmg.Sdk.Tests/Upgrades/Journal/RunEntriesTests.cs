using Ksmg.Sdk.Upgrades;
using static Ksmg.Sdk.Tests.Upgrades.JournalSamples;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>What a driver writes, each with the values that belong to its kind: who takes the run over knows nothing else.</summary>
public sealed class RunEntriesTests
{
    private static readonly PlannedStep Install = Plan().Steps.First(s => s.Name == "install");
    private static readonly Message Why = Message.Said("why");
    private static readonly DateTimeOffset At = new(2026, 1, 5, 8, 0, 0, TimeSpan.Zero);

    [Fact]
    public void An_intent_and_an_outcome_name_step_node_and_attempt()
    {
        Dictionary<string, string> values = RunEntries.One("upload", "run-1-gw1-0-2");
        JournalEntry intent = RunEntries.Intent(Install, 2, At, Why, values);
        Assert.Equal(
            new JournalEntry
            {
                Kind = JournalEntryKind.Intent,
                Step = "S8/gw1/0",
                Node = "gw1",
                Attempt = 2,
                Deadline = At,
                Text = Why,
                Values = values,
            },
            intent);
        Assert.Equal(Install.Key, intent.Key);
        Assert.Equal(
            new JournalEntry
            {
                Kind = JournalEntryKind.Outcome,
                Step = "S8/gw1/0",
                Node = "gw1",
                Attempt = 2,
                Outcome = StepOutcome.Unknown,
                Text = Why,
                Values = values,
            },
            RunEntries.Outcome(Install, 2, StepOutcome.Unknown, Why, values));
    }

    [Fact]
    public void A_mark_of_a_node_says_where_it_was_set()
    {
        Assert.Equal([("node", "Parking")], Values(RunEntries.Mark("gw1", Marks.Parking, Why)));
        JournalEntry mark = RunEntries.Mark("gw1", Marks.Parking, Why, Install.Key);
        Assert.Equal((JournalEntryKind.Outcome, "node/gw1", "gw1", Why), (mark.Kind, mark.Step, mark.Node, mark.Text));
        Assert.Equal([("node", "Parking"), ("stoppedAt", "S8/gw1/0")], Values(mark));
    }

    [Fact]
    public void A_state_says_what_brought_the_run_there_and_what_people_can_do()
    {
        Assert.Equal([("state", "Paused")], Values(RunEntries.State(UpgradeEnd.Paused, Why)));
        Assert.Equal([("state", "Paused")], Values(RunEntries.State(UpgradeEnd.Paused, Why, isGate: true, changed: [])));
        Assert.Equal([("state", "Paused"), ("stoppedAt", "S8/gw1/0")], Values(RunEntries.State(UpgradeEnd.Paused, Why, Install.Key)));
        JournalEntry state = RunEntries.State(UpgradeEnd.NeedsHuman, Why, Install.Key, isGate: true, check: "budget", changed: ["gw1", "gw2"]);
        Assert.Equal((JournalEntryKind.State, Why), (state.Kind, state.Text));
        Assert.Equal(
            [("check", "budget"), ("gate", "S8/gw1/0"), ("nodes", "gw1 gw2"), ("state", "NeedsHuman"), ("stoppedAt", "S8/gw1/0")], Values(state));
    }

    [Fact]
    public void An_end_and_a_notice_have_one_value_each()
    {
        JournalEntry ended = RunEntries.Ended(UpgradeEnd.Aborted, Why);
        Assert.Equal((JournalEntryKind.RunEnded, Why), (ended.Kind, ended.Text));
        Assert.Equal(UpgradeEnd.Aborted, JournalRules.EndOf(new JournalRecord(1, At, 1, ended, string.Empty)));
        Assert.Equal([("end", "Aborted")], Values(ended));
        JournalEntry notice = RunEntries.Notice("late", Why);
        Assert.Equal((JournalEntryKind.Observation, Why), (notice.Kind, notice.Text));
        Assert.Equal([("notice", "late")], Values(notice));
        Assert.Equal(("true", "false"), (Marks.Text(true), Marks.Text(false)));
    }

    [Fact]
    public void What_a_node_told_for_later_is_written_once()
    {
        Dictionary<string, string> kept = new(StringComparer.Ordinal) { ["task"] = "7", ["host"] = "a", ["node"] = "9" };
        Assert.Null(RunEntries.Kept(Install, kept, [.. kept]));
        Assert.Null(RunEntries.Kept(Install, new Dictionary<string, string>(), [.. kept]));
        JournalEntry news = RunEntries.Kept(
            Install, kept, [KeyValuePair.Create("task", "7"), KeyValuePair.Create("host", "a"), KeyValuePair.Create("task", "6")])!;
        Assert.Equal((JournalEntryKind.Observation, "gw1", Message.Of("seen.kept", "gw1", "node, task")), (news.Kind, news.Node, news.Text));
        Assert.Equal([("kept.node", "9"), ("kept.task", "7")], Values(news));
    }

    /// <summary>What has words of its own is read in the reader's language; what somebody said stands as it was said.</summary>
    [Fact]
    public void A_sentence_is_read_back_with_its_key()
    {
        foreach (Message text in (Message[])[Message.Of("journal.created", "run-1", "mail-eu", "1", "2"), Why, Message.Of("no.such-words", "x")])
        {
            JournalRecord record = new(1, At, 1, new JournalEntry { Kind = JournalEntryKind.Observation, Text = text }, string.Empty);
            JournalRecord read = JournalJson.ReadRecord(JournalJson.ToBytes(record));
            Assert.Equal(text.HasWords ? text : Message.Said(text.English), read.Entry.Text);
        }

        Assert.DoesNotContain((byte)'\n', JournalJson.ToBytes(new JournalRecord(1, At, 1, Full(), string.Empty)));
    }

    private static IEnumerable<(string, string)> Values(JournalEntry entry) =>
        entry.Values!.Select(v => (v.Key, v.Value)).OrderBy(v => v.Key, StringComparer.Ordinal);
}
