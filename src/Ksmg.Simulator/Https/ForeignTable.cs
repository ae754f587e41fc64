using System.Text.Json;
using System.Text.RegularExpressions;

namespace Ksmg.Simulator;

/// <summary>What <c>foreign.json</c> says: how the calls of a node look in another shape.</summary>
/// <param name="Answer">The names of the envelope: good, data, refusal, code, message.</param>
/// <param name="Routes">By our operation: its call.</param>
/// <param name="Names">Their name of a field → ours.</param>
/// <param name="Words">By their name of a field: their word → ours.</param>
/// <param name="Times">Their fields that are milliseconds since 1970; 0 means never.</param>
/// <param name="Texts">Their fields whose numbers are texts.</param>
/// <param name="Numbers">Their fields whose texts are numbers.</param>
internal sealed record ForeignTable(
    Dictionary<string, string> Answer,
    Dictionary<string, ForeignRoute> Routes,
    Dictionary<string, string> Names,
    Dictionary<string, Dictionary<string, JsonElement>> Words,
    HashSet<string> Times,
    HashSet<string> Texts,
    HashSet<string> Numbers);

/// <summary>A call in another shape. Where a template says <c>{name}</c>, our argument of that name stands.</summary>
/// <param name="Method">The verb.</param>
/// <param name="Path">A template.</param>
/// <param name="Query">Templates by name; none: nothing of a query is looked at.</param>
/// <param name="Body">Templates by name; none: there is no JSON body.</param>
internal sealed partial record ForeignRoute(string Method, string Path, Dictionary<string, string>? Query = null, Dictionary<string, string>? Body = null)
{
    private readonly string[] _path = Path.Split('/');

    /// <summary>The argument that a template stands for; <see langword="null"/>: it stands for itself.</summary>
    public static string? ArgumentOf(string template) => Placeholder().Match(template) is { Success: true } match ? match.Groups["name"].Value : null;

    public bool Fits(string method, string[] path) =>
        method == Method && path.Length == _path.Length && path.Zip(_path).All(part => part.First == part.Second || ArgumentOf(part.Second) is not null);

    /// <summary>Whether a body has all that the template has, and nothing else.</summary>
    public bool Accepts(Dictionary<string, JsonElement> body) =>
        Body is null
        || body.Count == Body.Count
            && Body.All(member =>
                body.TryGetValue(member.Key, out JsonElement given) && (ArgumentOf(member.Value) is not null || given.ToString() == member.Value));

    /// <summary>The values of a path that stand where the template has arguments.</summary>
    public IEnumerable<(string Template, string Given)> Of(string[] path) => _path.Zip(path);

    [GeneratedRegex(@"^\{(?<name>\w+)\}$", RegexOptions.NonBacktracking | RegexOptions.ExplicitCapture)]
    private static partial Regex Placeholder();
}
