using System.Globalization;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// Plain JMESPath expressions, and answers in which they find something. No number is written in two ways: the library tells 1 from 1.0.
/// </summary>
internal sealed class RandomExpressions(int seed)
{
    private static readonly string[] Names = ["a", "b", "c", "\"d e\""];
    private static readonly string[] Literals =
    [
        "`1`", "`0.5`", "`-2.50`", "`true`", "`false`", "`null`", "`\"x\"`", "`[1, [2], null]`", "`{\"a\": 1}`", "'x'", "''",
    ];

    private readonly Random _random = new(seed);

    public JsonNode? Answer(int depth = 4) => _random.Next(depth == 0 ? 5 : 11) switch
    {
        0 => null,
        1 => JsonValue.Create(_random.Next(2) == 0),
        2 => JsonValue.Create(_random.Next(3)),
        3 => JsonNode.Parse((_random.Next(3) + 0.5m).ToString("0.00", CultureInfo.InvariantCulture)),
        4 => JsonValue.Create(_random.Next(3) switch { 0 => "", 1 => "x", _ => "ä\"\\" }),
        < 8 => new JsonArray([.. Enumerable.Range(0, _random.Next(4)).Select(_ => Answer(depth - 1))]),
        _ => new JsonObject(Names.Where(_ => _random.Next(3) > 0).Select(name => KeyValuePair.Create(name.Trim('"'), Answer(depth - 1)))),
    };

    public string Expression(int depth = 4) => depth == 0 ? Start() : _random.Next(9) switch
    {
        0 => $"{Expression(depth - 1)} || {Expression(depth - 1)}",
        1 => $"{Expression(depth - 1)} && {Expression(depth - 1)}",
        2 => $"{Expression(depth - 1)} | {Expression(depth - 1)}",
        3 => $"{Start()} {(_random.Next(2) == 0 ? "==" : "!=")} {Start()}",
        4 => $"!{Start()}",
        5 => $"({Expression(depth - 1)})",
        _ => Start() + string.Concat(Enumerable.Range(0, _random.Next(4)).Select(_ => Step(depth - 1))),
    };

    private string Start() => _random.Next(6) switch
    {
        0 => "@",
        1 => Pick(Literals),
        2 => Bracket(1),
        3 => Made(1),
        _ => Pick(Names),
    };

    private string Step(int depth) => _random.Next(4) switch
    {
        0 => "." + Made(depth),
        1 => "." + Pick(Names),
        _ => Bracket(depth),
    };

    private string Bracket(int depth) => _random.Next(5) switch
    {
        0 => "[*]",
        1 => "[]",
        2 => $"[?{Expression(Math.Max(depth - 1, 0))}]",
        3 => "[0]",
        _ => $"[{_random.Next(-2, 3)}]",
    };

    private string Made(int depth) => _random.Next(2) == 0
        ? $"[{Expression(Math.Max(depth - 1, 0))}, {Expression(Math.Max(depth - 1, 0))}]"
        : $"{{ {Names[0]}: {Expression(Math.Max(depth - 1, 0))}, {Names[3]}: {Expression(Math.Max(depth - 1, 0))} }}";

    private string Pick(string[] from) => from[_random.Next(from.Length)];
}
