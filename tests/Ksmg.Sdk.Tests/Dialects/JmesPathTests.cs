using System.Text.Json;
using DevLab.JmesPath;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Tests.Support;

namespace Ksmg.Sdk.Tests.Dialects;

/// <summary>What expressions find, whoever evaluates them.</summary>
public sealed class JmesPathTests
{
    private const int Seeds = 3000;

    private static readonly JmesPath Library = new();

    /// <summary>What an expression finds in the answer itself is what the specification says, and what the library finds.</summary>
    [Theory]
    [InlineData("a", """{"a":{"b":[1,2.50]}}""", """{"b":[1,2.50]}""")]
    [InlineData("a.b.c", """{"a":{"b":{"c":"x"}}}""", "\"x\"")]
    [InlineData("a.b.c", """{"a":{"b":[]}}""", "null")]
    [InlineData("a.\"b c\"", """{"a":{"b c":true}}""", "true")]
    [InlineData("@", "7", "7")]
    [InlineData("a[0]", """{"a":[1,2]}""", "1")]
    [InlineData("a[-1]", """{"a":[1,2]}""", "2")]
    [InlineData("a[2]", """{"a":[1,2]}""", "null")]
    [InlineData("a[-3]", """{"a":[1,2]}""", "null")]
    [InlineData("a[0]", """{"a":{"0":1}}""", "null")]
    [InlineData("[1][0]", "[0,[5]]", "5")]
    [InlineData("a[*].b", """{"a":[{"b":1},{"c":2},{"b":3},4]}""", "[1,3]")]
    [InlineData("a[*].b[0]", """{"a":[{"b":[1,2]},{"b":[3]}]}""", "[1,3]")]
    [InlineData("a[*].b | [0]", """{"a":[{"b":[1,2]},{"b":[3]}]}""", "[1,2]")]
    [InlineData("[*]", "[1,null,2]", "[1,2]")]
    [InlineData("a[*]", """{"a":{"b":1}}""", "null")]
    [InlineData("[]", "[1,[2,[3]],[]]", "[1,2,[3]]")]
    [InlineData("[][]", "[1,[2,[3]],[]]", "[1,2,3]")]
    [InlineData("a[].b[].c", """{"a":[{"b":[{"c":1},{"c":2}]},{"b":[{"c":3}]}]}""", "[1,2,3]")]
    [InlineData("a[*].b[*].c", """{"a":[{"b":[{"c":1},{"c":2}]},{"b":[{"c":3}]}]}""", "[[1,2],[3]]")]
    [InlineData("a[?b=='x'].c", """{"a":[{"b":"x","c":1},{"b":"y","c":2},{"b":"x"}]}""", "[1]")]
    [InlineData("a[?b==`2`] | [0].c", """{"a":[{"b":1},{"b":2,"c":"x"}]}""", "\"x\"")]
    [InlineData("a[?b]", """{"a":[{"b":0},{"b":""},{"b":[]},{"b":{}},{"b":false},{"b":null},{}]}""", """[{"b":0}]""")]
    [InlineData("a[?!b && c != 'x' || d]", """{"a":[{"b":1},{"c":"x"},{"c":"y"},{"d":1,"b":2}]}""", """[{"c":"y"},{"d":1,"b":2}]""")]
    [InlineData("{ x: a.b, y: c, z: 'w' }", """{"a":{"b":1}}""", """{"x":1,"y":null,"z":"w"}""")]
    [InlineData("a.{ x: b }", """{"c":1}""", "null")]
    [InlineData("a[].{ x: b, y: [c, d] }", """{"a":[{"b":1,"c":2},{"d":3}]}""", """[{"x":1,"y":[2,null]},{"x":null,"y":[null,3]}]""")]
    [InlineData("{ x: a } | x.b", """{"a":{"b":5}}""", "5")]
    [InlineData("{ x: a } == `{ \"x\": [1, {}] }`", """{"a":[1,{}]}""", "true")]
    [InlineData("[a, b][]", """{"a":[1,[2]],"b":3}""", "[1,[2],3]")]
    [InlineData("a == b", """{"a":{"x":1,"y":2},"b":{"y":2,"x":1}}""", "true")]
    [InlineData("a == b", """{"a":[1,2],"b":[2,1]}""", "false")]
    [InlineData("a == `null`", """{}""", "true")]
    [InlineData("!error", """{"error":null}""", "true")]
    [InlineData("error && { code: error.id } || null", """{"error":{"id":"busy"}}""", """{"code":"busy"}""")]
    [InlineData("error && { code: error.id } || null", """{"data":1}""", "null")]
    [InlineData("a", """{"a":"\u00e4\"\\\u0007"}""", "\"\\u00e4\\\"\\\\\\u0007\"")]
    [InlineData("'it\\'s'", "1", "\"it's\"")]
    [InlineData("`\"\\u00e4\"`", "1", "\"ä\"")]
    public void What_a_plain_expression_finds_is_found_in_the_answer_itself(string expression, string answer, string expected)
    {
        JsonElement read = JsonElement.Parse(answer);
        JsonElement wanted = JsonElement.Parse(expected);

        Assert.Equal(wanted, Plain(expression).Evaluate(read), JsonElement.DeepEquals);
        Assert.Equal(wanted, new LibraryExpression(Library.Parse(expression)).Evaluate(read), JsonElement.DeepEquals);
    }

    [Fact]
    public void Plain_expressions_find_what_the_library_finds()
    {
        for (int seed = 0; seed < Seeds; seed++)
        {
            RandomExpressions random = new(seed);
            string expression = random.Expression();
            string json = random.Answer()?.ToJsonString() ?? "null";
            JsonElement answer = JsonElement.Parse(json);
            string plain = Plain(expression).Evaluate(answer).GetRawText();
            string library = new LibraryExpression(Library.Parse(expression)).Evaluate(answer).GetRawText();
            Assert.True(
                JsonElement.DeepEquals(JsonElement.Parse(plain), JsonElement.Parse(library)),
                $"Seed {seed}: {expression} of {json} is {plain} instead of {library}.");
        }
    }

    /// <summary>What a node wrote, a number above all, comes out as it was written; equal is what is the same number.</summary>
    [Theory]
    [InlineData("{ x: a }", """{"a":1e400}""", """{"x":1e400}""")]
    [InlineData("{ x: a[] }", """{"a":[1.50,123456789012345678901234567890]}""", """{"x":[1.50,123456789012345678901234567890]}""")]
    [InlineData("a == `1`", """{"a":1.0}""", "true")]
    [InlineData("a", """{"a":1,"a":2}""", "2")]
    public void A_plain_expression_leaves_what_it_finds_as_it_was_written(string expression, string answer, string expected) =>
        Assert.Equal(expected, new JmesPathLanguage().Parse(expression).Evaluate(JsonElement.Parse(answer)).GetRawText());

    [Theory]
    [InlineData("length(a)", """{"a":[1,2]}""", "2")]
    [InlineData("a[?contains(b, 'x')].c | [0]", """{"a":[{"b":"y","c":1},{"b":"axe","c":2}]}""", "2")]
    [InlineData("a[1:]", """{"a":[1,2,3]}""", "[2,3]")]
    [InlineData("a.*.b", """{"a":{"x":{"b":1},"y":{"b":2}}}""", "[1,2]")]
    [InlineData("a[?b > `1`].b", """{"a":[{"b":1},{"b":2}]}""", "[2]")]
    [InlineData("max_by(a, &b).c", """{"a":[{"b":1,"c":"x"},{"b":2,"c":"y"}]}""", "\"y\"")]
    [InlineData("a - b", """{"a":5,"b":3}""", "2")]
    [InlineData("let $x = a in [b, $x]", """{"a":5,"b":3}""", "[3,5]")]
    public void What_is_more_than_plain_is_left_to_the_library(string expression, string answer, string expected)
    {
        Assert.Null(PlainExpression.Read(expression));
        Assert.Equal(JsonElement.Parse(expected), new JmesPathLanguage().Parse(expression).Evaluate(JsonElement.Parse(answer)), JsonElement.DeepEquals);
    }

    [Fact]
    public void What_the_library_cannot_evaluate_is_told_as_a_fault_of_the_answer()
    {
        IAnswerExpression expression = new JmesPathLanguage().Parse("length(a)");
        Assert.Throws<FormatException>(() => expression.Evaluate(JsonElement.Parse("""{"a":7}""")));
        Assert.Throws<FormatException>(() => expression.Evaluate(JsonElement.Parse("""{"a":[],"b":1e400}""")));
    }

    /// <summary>Nodes are asked at the same time, with the same expressions.</summary>
    [Theory]
    [InlineData("{ x: a, y: c[].{ z: @ } }")]
    [InlineData("let $x = a in c[*].[@, $x]")]
    [InlineData("map(&[@, $.a], c)")]
    public void An_expression_serves_several_answers_at_once(string expression)
    {
        IAnswerExpression parsed = new JmesPathLanguage().Parse(expression);
        JsonElement[] answers = [.. Enumerable.Range(0, 16).Select(i => JsonElement.Parse($$"""{"a":{{i}},"c":[{{i}},{{i + 1}},{{i + 2}}]}"""))];
        string[] alone = [.. answers.Select(answer => parsed.Evaluate(answer).GetRawText())];

        Parallel.For(0, 20_000, new ParallelOptions { MaxDegreeOfParallelism = 8 }, i =>
            Assert.Equal(alone[i % alone.Length], parsed.Evaluate(answers[i % alone.Length]).GetRawText()));
    }

    private static PlainExpression Plain(string expression)
    {
        PlainExpression? plain = PlainExpression.Read(expression);
        Assert.True(plain is not null, expression);
        return plain;
    }
}
