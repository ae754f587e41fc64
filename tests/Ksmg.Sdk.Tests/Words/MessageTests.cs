using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>What is said to people as data: its value, its words, its JSON, and what of it a plan's hash covers.</summary>
public sealed class MessageTests
{
    private static readonly DateTimeOffset At = new(2026, 11, 27, 1, 30, 0, TimeSpan.Zero);

    private static readonly Message Whole = Message.Of(
        "x", "text", 7, 8L, TimeSpan.FromMinutes(90), At, Message.Of("wait.drain-empty", "gw1"), new[] { Message.Said("a"), Message.Said("b") }, null,
        NodeRole.Control);

    [Fact]
    public void A_message_survives_its_JSON()
    {
        Message again = JsonSerializer.Deserialize<Message>(JsonSerializer.Serialize(Whole))!;

        Assert.Equal(Whole, again);
        Assert.Equal(Whole.GetHashCode(), again.GetHashCode());
        Assert.NotEqual(Whole, Message.Of("x", "text"));
        Assert.NotEqual(Message.Of("y", 1), Message.Of("y", 2));
    }

    [Theory]
    [InlineData("null")]
    [InlineData("{}")]
    [InlineData("""{"key":"x","arguments":[true]}""")]
    [InlineData("""{"key":"x","arguments":[{"duration":"soon"}]}""")]
    public void What_is_no_message_is_refused(string json) =>
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<Message>(json) ?? throw new JsonException());

    [Fact]
    public void Lists_and_numbers_are_worded_where_they_are_shown()
    {
        Message held = Message.Of("wait.drain", "gw1", new[] { Message.Of("count.mta", 1), Message.Of("count.session", 12) });

        Assert.Equal("gw1 still holds 1 message in the MTA queue, 12 open SMTP sessions.", held.ToString(CultureInfo.InvariantCulture));
        Assert.Equal("a b", Message.Sentences(Message.Said("a"), null, Message.Said("b")).English);
    }

    [Fact]
    public void What_others_say_steers_no_terminal_and_a_key_of_a_newer_version_is_told_as_it_is()
    {
        Assert.Equal("bad [2J  end {0}", Message.Said("bad\u001b[2J\r\nend {0}"));
        Assert.Equal("of-tomorrow gw1", Message.Of("of-tomorrow", "gw1"));
    }

    [Fact]
    public void The_hash_of_a_plan_covers_keys_and_arguments_and_no_sentence()
    {
        UpgradePlan plan = Plan("gw1");
        JsonObject reworded = JsonNode.Parse(plan.ToJson())!.AsObject();
        reworded["findings"]![0]!["text"] = "It is said in other words.";

        UpgradePlan read = UpgradePlan.FromJson(reworded.ToJsonString());

        Assert.Equal(plan.Hash, read.Hash);
        Assert.True(read.IsAsHashed);
        Assert.Equal(plan.Findings[0].Text, read.Findings[0].Text);
        Assert.NotEqual(plan.Hash, Plan("gw2").Hash);
    }

    private static UpgradePlan Plan(string subject)
    {
        UpgradePlan plan = UpgradeModelFactory.Plan();
        plan = plan with { Findings = [PlanFinding.Of(FindingSeverity.Warning, "sending-off", null, subject)] };
        return plan with { Hash = PlanJson.Hash(plan) };
    }

    [Theory]
    [InlineData("ended.Completed", 1, "The one node runs 2.1.")]
    [InlineData("ended.Completed", 3, "All 3 nodes run 2.1.")]
    [InlineData("done.preflight", 1, "The one node is healthy and as planned.")]
    public void One_node_is_not_all_nodes(string key, int nodes, string says) => Assert.Equal(says, Message.Of(key, nodes, "2.1").ToString());

    [Theory]
    [InlineData("it is gone.", "gw1 was not back within 5 min: it is gone. Look at")]
    [InlineData("it is gone", "gw1 was not back within 5 min: it is gone. Look at")]
    [InlineData("it says ...", "gw1 was not back within 5 min: it says .... Look at")]
    [InlineData("../key", "gw1 was not back within 5 min: ../key. Look at")]
    public void A_sentence_that_is_filled_in_ends_once(string filled, string says) =>
        Assert.StartsWith(says, Message.Of("stop.not-back", "gw1", TimeSpan.FromMinutes(5), Message.Said(filled)).ToString(), StringComparison.Ordinal);
}
