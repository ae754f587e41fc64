using System.Globalization;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>Finds which answer told what a later call to the same host asks with, and what it is kept as.</summary>
internal sealed class KeepDrafter(IReadOnlyList<RecordedCall> calls, Discretion discretion)
{
    private const int ShortestMade = 6;
    private const int LeastMade = 1000;
    private const int ShortestAgreeing = 2;

    private readonly List<Teller> _tellers = [];
    private readonly Dictionary<string, (string Operation, string Expression)> _kept = new(StringComparer.Ordinal);

    /// <summary>A call whose answers may be kept of.</summary>
    /// <param name="Operation">What it is.</param>
    /// <param name="Group">The call.</param>
    /// <param name="Acts">Whether a run that comes to the later call has certainly made it.</param>
    /// <param name="Askers">The calls that are nothing without it.</param>
    private sealed record Teller(string Operation, CallGroup Group, bool Acts, IReadOnlyList<CallGroup> Askers);

    /// <summary>A place in the answers of a call that told what was asked with.</summary>
    private sealed record Place(Teller Teller, string[] Path, bool IsAlways, RecordedCall First);

    /// <summary>What is kept, by name.</summary>
    public IReadOnlyCollection<string> Names => _kept.Keys;

    public void AddTeller(string operation, CallGroup group, bool acts, params IReadOnlyList<CallGroup> askers) =>
        _tellers.Add(new Teller(operation, group, acts, askers));

    /// <summary>What an entry has to keep of its answers.</summary>
    public JsonObject Of(string operation) =>
        new(_kept.Where(kept => kept.Value.Operation == operation).Select(kept => KeyValuePair.Create(kept.Key, (JsonNode?)kept.Value.Expression)));

    /// <summary>What a value of a request was told by; <see langword="null"/>: by no answer, or by too many.</summary>
    public KeptValue? Find(CallGroup group, RequestLeaf leaf)
    {
        (RecordedCall Call, string Text)[] asked =
            [.. group.Good.Select(call => (Call: call, Text: leaf.In(call) ?? string.Empty)).Where(value => value.Text.Length > 0)];
        string[] texts = [.. asked.Select(value => value.Text).Distinct(StringComparer.Ordinal)];
        bool isHidden = Discretion.IsSecretName(leaf.Name) || Discretion.IsPersonName(leaf.Name) || texts.Any(discretion.Knows);
        if (isHidden || texts.All(text => Clues.Switch(text) is not null))
        {
            return null;
        }

        // Who told it first; what says it again only repeats.
        Place? place = _tellers.Where(teller => teller.Group != group).SelectMany(teller => Places(teller, asked))
            .OrderByDescending(place => place.IsAlways).ThenBy(place => place.First.At).ThenByDescending(place => Agrees(leaf, place.Path)).FirstOrDefault();
        if (place is null)
        {
            return null;
        }

        bool ties = place.Teller.Askers.Contains(group);
        bool isMade = texts.All(IsMade);
        bool isUnmistakable = place.IsAlways && (ties || texts.Length > 1 || (isMade && !IsToldBefore(place.First, texts[0])));
        bool isLikely = isMade || Agrees(leaf, place.Path) || (place.IsAlways && place.Teller.Acts && !IsToldBefore(place.First, texts[0]));
        if (!isUnmistakable && !isLikely)
        {
            return null;
        }

        string at = AnswerDrafter.PathOf(place.Path);
        string name = Keep(place.Teller.Operation, at, place.Path, leaf);
        return (isUnmistakable, place.Teller.Acts) switch
        {
            (false, _) => new KeptValue(name, Words.Get("draft.keep", leaf.Label, place.Teller.Operation, at, $"{{{name}}}")),
            (true, false) => new KeptValue(name, Words.Get("draft.keep-read", leaf.Label, place.Teller.Operation, $"{{{name}}}")),
            _ => new KeptValue(name, null),
        };
    }

    /// <summary>Whether a text is one that somebody made for a thing, and no word or count.</summary>
    public static bool IsMade(string text) => long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
        ? number >= LeastMade
        : text.Length >= ShortestMade && text.Any(char.IsAsciiDigit);

    private IEnumerable<Place> Places(Teller teller, (RecordedCall Call, string Text)[] asked)
    {
        foreach ((string[] path, Seen node) in teller.Group.Answers.Inside().Where(place => place.Node.IsScalar && place.Path.All(MayKeep)))
        {
            RecordedCall[] told = [.. asked.Select(value => Told(value.Call, value.Text)).OfType<RecordedCall>()];
            if (told.Length > 0)
            {
                yield return new Place(teller, path, told.Length == asked.Length, told[0]);
            }

            RecordedCall? Told(RecordedCall call, string text)
            {
                // A kept value is the latest; one that was sent before anybody told it is of whoever clicks.
                RecordedCall? last = teller.Group.Good.LastOrDefault(other => other.Host == call.Host && other.At < call.At);
                return last is not null && TextAt(last.Answer, path) == text && !IsSentUntil(last, text) ? last : null;
            }
        }
    }

    private bool MayKeep(string name) => discretion.MayWrite(name) && !Discretion.IsSecretName(name) && !Discretion.IsPersonName(name);

    private bool IsSentUntil(RecordedCall last, string text) =>
        calls.TakeWhile(call => call.At <= last.At).Any(call => call.Host == last.Host && RequestLeaf.OfAll(call).Any(leaf => leaf.Text == text));

    private bool IsToldBefore(RecordedCall first, string text) =>
        calls.TakeWhile(call => call.At < first.At).Any(call => call.Host == first.Host && RequestLeaf.Of(call.Answer, []).Any(leaf => leaf.Text == text));

    private static string? TextAt(JsonNode? answer, string[] path)
    {
        JsonNode? node = answer;
        foreach (string name in path)
        {
            node = (node as JsonObject)?[name];
        }

        return node is JsonValue value ? CallArguments.Text(value) : null;
    }

    /// <summary>Whether the names say the same: <c>task</c> and <c>taskId</c>.</summary>
    private static bool Agrees(RequestLeaf leaf, string[] path)
    {
        string[] theirs = [.. leaf.Path.TakeLast(2).Append(string.Concat(leaf.Path.TakeLast(2))).Select(Stem)];
        string[] told = [Stem(path[^1]), Stem(string.Concat(path.TakeLast(2)))];
        return theirs.Any(name => name.Length >= ShortestAgreeing && told.Contains(name));
    }

    private static string Stem(string name) => Clues.Normal(name) is var normal && normal.EndsWith("id", StringComparison.Ordinal) ? normal[..^2] : normal;

    /// <summary>The name of what is kept: as it was told, unless an argument of ours or another value is called so.</summary>
    private string Keep(string operation, string expression, string[] path, RequestLeaf leaf)
    {
        string joined = string.Concat(path.TakeLast(2).Select((part, i) => i == 0 ? part : char.ToUpperInvariant(part[0]) + part[1..]));
        IEnumerable<string> more = Enumerable.Range(1, _kept.Count + 1).Select(i => string.Create(CultureInfo.InvariantCulture, $"kept{i}"));
        string name = new[] { path[^1], joined, leaf.Label }.Select(one => string.Concat(one.Where(char.IsAsciiLetterOrDigit))).Concat(more).First(IsFree);
        _kept[name] = (operation, expression);
        return name;

        bool IsFree(string name) => TextTemplate.IsName(name) && !OperationArguments.IsKnown(name)
            && (!_kept.TryGetValue(name, out (string, string) other) || other == (operation, expression));
    }
}
