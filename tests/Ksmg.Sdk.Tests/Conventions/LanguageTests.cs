using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace Ksmg.Sdk.Tests.Conventions;

/// <summary>Every language says everything: no text is missing, left in English, short of an argument or of a form that numbers want.</summary>
public sealed partial class LanguageTests
{
    private static readonly string[] Spoken =
        ["Ksmg.Sdk", "Ksmg.Sdk.Dialects", "Ksmg.Sdk.Fleet", "Ksmg.Sdk.Infrastructure", "Ksmg.Simulator", "Ksmg.Web", "Ksmg.Web.Fleet", "Ksmg.Cli"];

    /// <summary>Where the words of pages stand, which browsers read.</summary>
    private static readonly string[] Pages = ["Ksmg.Web/Page", "Ksmg.Web.Fleet/Page"];

    private static readonly Dictionary<string, string[]> Forms = new(StringComparer.Ordinal)
    {
        ["en"] = ["one", "other"],
        ["de"] = ["one", "other"],
        ["ru"] = ["one", "few", "many"],
    };

    public static TheoryData<string, string> Files
    {
        get
        {
            TheoryData<string, string> files = [];
            foreach (string language in Forms.Keys.Skip(1))
            {
                Array.ForEach(Spoken, assembly => files.Add(language, assembly));
                Array.ForEach(Pages, page => files.Add(language, page));
            }

            return files;
        }
    }

    [Fact]
    public void Every_language_has_its_forms() => Assert.All(Spoken, assembly => Assert.Equal(
        Forms.Keys.Skip(1).Select(language => $"src/{assembly}/Words/Words.{language}.resx"),
        Repository.Files($"src/{assembly}/Words", "Words.*.resx").Order()));

    [Theory]
    [MemberData(nameof(Files))]
    public void A_language_says_everything(string language, string file)
    {
        Dictionary<string, string> english = Read(file, "en");
        Dictionary<string, string> own = Read(file, language);
        string[] families = [.. english.Keys.Where(key => english.ContainsKey(Stem(key) + ".other")).Select(Stem).Distinct()];
        string[] expected =
        [
            .. english.Keys.Where(key => !families.Contains(Stem(key))),
            .. families.SelectMany(family => Forms[language].Select(form => $"{family}.{form}")),
        ];

        List<string> wrong = [];
        wrong.AddRange(expected.Except(own.Keys).Select(key => $"{key} is missing"));
        wrong.AddRange(own.Keys.Except(expected).Select(key => $"{key} says what nobody asks for"));
        foreach (string key in expected.Intersect(own.Keys))
        {
            string text = own[key];
            bool isForm = families.Contains(Stem(key));
            string[] sources = isForm ? [.. english.Where(e => Stem(e.Key) == Stem(key)).Select(e => e.Value)] : [english[key]];
            HashSet<string> places = [.. sources.SelectMany(Places)];
            if (isForm ? !places.IsSupersetOf(Places(text)) : !places.SetEquals(Places(text)))
            {
                wrong.Add($"{key} fills in {string.Join(' ', Places(text))} instead of {string.Join(' ', places)}: {text}");
            }

            if (language == "ru" && isForm && key.EndsWith(".one", StringComparison.Ordinal) && places.Contains("0") && !Places(text).Contains("0"))
            {
                wrong.Add($"{key} is said of 21 too, and has to show the number: {text}");
            }

            bool isEnglish = sources.Contains(text) || language == "ru" && Sentence().IsMatch(Said(text)) && !Cyrillic().IsMatch(text);
            if (text.Length == 0 || Sentence().IsMatch(Said(sources[0])) && isEnglish)
            {
                wrong.Add($"{key} is left in English: {text}");
            }

            // Blanks at the ends are part of a text: it is put before or behind another.
            if (!isForm && Blanks(text) != Blanks(english[key]))
            {
                wrong.Add($"{key} begins or ends with a blank where English does not: {text}");
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong));
        Assert.Equal(language, own["language"]);
    }

    [Theory]
    [MemberData(nameof(Files))]
    public void A_text_can_be_filled_in(string language, string file)
    {
        if (Pages.Contains(file))
        {
            return;
        }

        CultureInfo culture = CultureInfo.GetCultureInfo(language);
        object[] arguments = [.. Enumerable.Range(0, 12).Select(_ => (object)TimeSpan.FromSeconds(90))];
        Assert.All(Read(file, language).Where(text => Place().IsMatch(text.Value)), text =>
        {
            // What is filled in with a format of its own takes such an argument.
            string plain = Formatted().Replace(text.Value, "{${place}}");
            Assert.NotEmpty(string.Format(culture, plain, arguments));
        });
    }

    [Theory]
    [InlineData("de", 1, "1 offene SMTP-")]
    [InlineData("de", 3, "3 offene SMTP-")]
    public void A_machine_of_the_language_speaks_it(string language, long number, string beginning)
    {
        CultureInfo culture = CultureInfo.GetCultureInfo(language);
        Assert.StartsWith(beginning, Words.File.Count(culture, culture, "count.session", number), StringComparison.Ordinal);
    }

    [Fact]
    public void Russian_numbers_want_three_forms()
    {
        CultureInfo culture = CultureInfo.GetCultureInfo("ru-RU");
        string Say(long number) => Words.File.Count(culture, culture, "count.mta", number).Replace(number.ToString(culture), "#", StringComparison.Ordinal);

        Assert.Equal(Say(1), Say(21));
        Assert.Equal(Say(2), Say(34));
        Assert.Equal(Say(5), Say(11));
        Assert.Equal(3, new[] { Say(1), Say(2), Say(5) }.Distinct().Count());
    }

    private static Dictionary<string, string> Read(string file, string language)
    {
        if (Pages.Contains(file))
        {
            return JsonNode.Parse(File.ReadAllText(Repository.PathOf("src", file, $"words.{language}.json")))!.AsObject()
                .ToDictionary(w => w.Key, w => w.Value!.GetValue<string>(), StringComparer.Ordinal);
        }

        string name = language == "en" ? "Words.resx" : $"Words.{language}.resx";
        return XDocument.Load(Repository.PathOf("src", file, "Words", name)).Root!.Elements("data")
            .ToDictionary(data => data.Attribute("name")!.Value, data => data.Element("value")!.Value, StringComparer.Ordinal);
    }

    private static (bool Before, bool After) Blanks(string text) => (text.TrimStart() != text, text.TrimEnd() != text);

    private static string Stem(string key) => Form().Replace(key, string.Empty);

    private static HashSet<string> Places(string text) => [.. Place().Matches(text).Select(m => m.Value.TrimStart('{').TrimEnd('}').Split(':')[0])];

    /// <summary>A text without what is the same in every language: what is filled in, quoted, or pasted into a shell.</summary>
    private static string Said(string text) => Same().Replace(text, "#");

    [GeneratedRegex(@"\.(?:one|few|many|other)$", RegexOptions.None, 10_000)]
    private static partial Regex Form();

    [GeneratedRegex(@"(?<!\{)(?:\{\{)*\{\d+[^{}]*\}", RegexOptions.None, 10_000)]
    private static partial Regex Place();

    [GeneratedRegex(@"\{(?<place>\d+):[^{}]*\}", RegexOptions.ExplicitCapture, 10_000)]
    private static partial Regex Formatted();

    [GeneratedRegex(@"\{\d+[^{}]*\}|'[^']*'|\bksmg [a-z].*$", RegexOptions.None, 10_000)]
    private static partial Regex Same();

    [GeneratedRegex(@"\p{L}{2,}[,;:.]? \p{L}{2,}", RegexOptions.None, 10_000)]
    private static partial Regex Sentence();

    [GeneratedRegex(@"\p{IsCyrillic}", RegexOptions.None, 10_000)]
    private static partial Regex Cyrillic();
}
