using System.Globalization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests;

/// <summary>How words for people are made: plurals, time spans, instants.</summary>
public sealed class WordFileTests
{
    private static readonly CultureInfo None = CultureInfo.InvariantCulture;

    [Theory]
    [InlineData("en", 1, "one")]
    [InlineData("en", 0, "other")]
    [InlineData("de", 21, "other")]
    [InlineData("ru", 1, "one")]
    [InlineData("ru", 21, "one")]
    [InlineData("ru", 3, "few")]
    [InlineData("ru", 12, "many")]
    [InlineData("ru", 111, "many")]
    [InlineData("ru", 0, "many")]
    public void A_number_wants_the_form_of_its_language(string language, long number, string form) =>
        Assert.Equal(form, Words.PluralForm(language, number));

    [Theory]
    [InlineData(1, "1 open SMTP session")]
    [InlineData(2, "2 open SMTP sessions")]
    public void A_number_of_things_is_said_as_people_say_it(long number, string text) =>
        Assert.Equal(text, Words.File.Count(None, None, "count.session", number));

    [Theory]
    [InlineData("00:00:00", "0 s")]
    [InlineData("-00:01:00", "0 s")]
    [InlineData("00:00:00.3", "0.3 s")]
    [InlineData("00:00:45", "45 s")]
    [InlineData("00:10:00", "10 min")]
    [InlineData("01:30:00", "1 h 30 min")]
    [InlineData("01:00:05", "1 h")]
    [InlineData("2.03:59:00", "2 d 3 h")]
    public void A_time_span_is_said_by_its_two_largest_units(string time, string text) =>
        Assert.Equal(text, Words.File.Get(None, None, "drain.age", TimeSpan.Parse(time, None))[9..^1]);

    [Theory]
    [InlineData("is it so?", "nobody has decided yet: is it so? Put it right, then take 'unsure' out.")]
    [InlineData("nobody knows.", "nobody has decided yet: nobody knows. Put it right, then take 'unsure' out.")]
    [InlineData("the file ../x", "nobody has decided yet: the file ../x. Put it right, then take 'unsure' out.")]
    public void A_sentence_that_is_filled_in_ends_once(string doubt, string text) =>
        Assert.Equal(text, Words.File.Get(None, None, "dialect.unsure", doubt));

    [Fact]
    public void An_instant_is_told_in_utc() => Assert.Equal(
        ", until 2026-11-27 01:30:00Z",
        Words.File.Get(None, None, "explain.until", new DateTimeOffset(2026, 11, 27, 3, 30, 0, TimeSpan.FromHours(2))));
}
