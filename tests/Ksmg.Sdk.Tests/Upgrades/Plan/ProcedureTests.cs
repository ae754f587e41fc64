using System.Reflection;
using System.Text.Json;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>The table of steps, and how steps are told apart.</summary>
public sealed class ProcedureTests
{
    [Fact]
    public void Every_step_stands_in_the_table_once_and_has_a_class_and_words()
    {
        IEnumerable<StepId> named = typeof(StepId).GetProperties(BindingFlags.Public | BindingFlags.Static).Select(p => (StepId)p.GetValue(null)!);

        Assert.Equal(
            named.Order(Comparer<StepId>.Create((a, b) => string.CompareOrdinal(a.Value, b.Value))),
            Procedure.Steps.Select(s => s.Id).OrderBy(id => id.Value, StringComparer.Ordinal));
        Assert.All(Procedure.Steps, s => Assert.NotNull(StepCatalogue.Get(s.Id)));
        Assert.All(Procedure.Steps, s => Assert.NotEmpty(s.Id.InWords().ToString()));
        Assert.Equal(Procedure.Steps.Where(s => s.Group == StepGroup.RollBack).Select(s => s.Id), Procedure.RollBack.Where(id => id.IsIn(StepGroup.RollBack)));
    }

    [Theory]
    [InlineData("S8/gw2/0", "S8", "gw2", 0)]
    [InlineData("S16/gw2/-", "S16", "gw2", null)]
    [InlineData("S0/-/-", "S0", null, null)]
    [InlineData("X99/gw-2.example/12", "X99", "gw-2.example", 12)]
    public void A_key_is_read_as_it_is_written(string text, string id, string? node, int? package)
    {
        StepKey key = new(new StepId(id), node, package);

        Assert.Equal(text, key.ToString());
        Assert.Equal(key, StepKey.Parse(text));
        Assert.Equal($"\"{text}\"", JsonSerializer.Serialize(key));
        Assert.Equal(key, JsonSerializer.Deserialize<StepKey>($"\"{text}\""));
        Assert.Equal($"\"{id}\"", JsonSerializer.Serialize(key.Id));
        Assert.Equal(key.Id, JsonSerializer.Deserialize<StepId>($"\"{id}\""));
    }

    [Theory]
    [InlineData(null)]
    [InlineData("")]
    [InlineData("S8")]
    [InlineData("node/gw2")]
    [InlineData("S8//0")]
    [InlineData("/gw2/0")]
    [InlineData("S8/gw2/")]
    [InlineData("S8/gw2/-1")]
    public void Another_text_is_no_key(string? text)
    {
        Assert.False(StepKey.TryParse(text, out _));
        Assert.Throws<FormatException>(() => StepKey.Parse(text!));
        Assert.Throws<JsonException>(() => JsonSerializer.Deserialize<StepKey>(JsonSerializer.Serialize(text)));
    }
}
