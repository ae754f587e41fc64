using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.RegularExpressions;

namespace Ksmg.Sdk.Dialects;

/// <summary>Finds in the answers of a call what an operation tells, by the names and the values of its fields.</summary>
internal sealed partial class AnswerDrafter
{
    private const int NamePoints = 40;
    private const int ValuePoints = 15;
    private const long FirstMilliseconds = 100_000_000_000;
    private const long FirstSeconds = 100_000_000;

    private readonly string _operation;
    private readonly Discretion _discretion;
    private readonly DraftedAnswer _answer = new();
    private bool _isOurs = true;

    private AnswerDrafter(string operation, Discretion discretion)
    {
        _operation = operation;
        _discretion = discretion;
    }

    /// <summary>Where a field of ours is expected: its name with those before it, and whether the operation needs it.</summary>
    private sealed record Field(JsonPropertyInfo Info, string FullName, string Named, bool IsNeeded);

    public static DraftedAnswer Draft(string operation, JsonTypeInfo shape, Seen answers, Discretion discretion)
    {
        AnswerDrafter drafter = new(operation, discretion);

        // An upload is described alone as in the list of them.
        string named = operation == OperationNames.UploadUpdate ? "packages" : string.Empty;
        string expression = drafter.Object(shape, answers, [], string.Empty, named, ["data"]);
        bool needsExpression = !drafter._isOurs || drafter._answer.Words.Count > 0 || drafter._answer.Times.Count > 0;
        drafter._answer.Expression = needsExpression ? expression : null;
        return drafter._answer;
    }

    /// <summary>The names as JMESPath.</summary>
    public static string PathOf(IEnumerable<string> names) =>
        string.Join('.', names.Select(name => Identifier().IsMatch(name) ? name : JsonSerializer.Serialize(name)));

    private string Object(JsonTypeInfo shape, Seen scope, string[] at, string full, string named, string[] ours)
    {
        List<Field> fields = [.. FieldsOf(shape, full, named)];
        List<(Field Field, string[] Path, Seen Node, int Score)> candidates = [];
        List<string> members = [];
        (string[] Path, Seen Node)[] inside = [.. scope.Inside().Where(place => place.Path.All(_discretion.MayWrite))];
        Dictionary<Field, string> found = [];
        foreach (Field field in fields)
        {
            switch (KindOf(shape, field.Info))
            {
                case JsonTypeInfoKind.Enumerable:
                    if (List(shape, field, scope, inside, at, ours) is { } list)
                    {
                        found[field] = list;
                    }

                    break;
                case JsonTypeInfoKind.Object:
                    if (Nested(shape, field, inside, at) is { } nested)
                    {
                        found[field] = nested;
                    }

                    break;
                default:
                    candidates.AddRange(inside.Where(place => place.Node.IsScalar)
                        .Select(place => (field, place.Path, place.Node, Score(field, place.Path, place.Node)))
                        .Where(candidate => candidate.Item4 > 0));
                    break;
            }
        }

        HashSet<string> taken = new(StringComparer.Ordinal);
        foreach ((Field field, string[] path, Seen node, _) in candidates.OrderByDescending(candidate => candidate.Score))
        {
            if (!found.ContainsKey(field) && taken.Add(string.Join('.', path)))
            {
                found[field] = PathOf([.. at, .. path]);
                _isOurs &= path.SequenceEqual([.. ours, field.Info.Name]);
                Describe(field, node);
            }
        }

        if (_operation == OperationNames.GetQueueSummary)
        {
            Pivot(fields, inside, at, found);
        }

        foreach (Field field in fields)
        {
            if (found.TryGetValue(field, out string? expression))
            {
                _answer.Found.Add(field.FullName);
                members.Add($"{field.Info.Name}: {expression}");
            }
            else if (field.IsNeeded)
            {
                _answer.Missing.Add(field.FullName);
            }
        }

        return $"{{ {string.Join(", ", members)} }}";
    }

    /// <summary>A list: of rows, each with what a row needs; or of texts.</summary>
    private string? List(JsonTypeInfo shape, Field field, Seen scope, (string[] Path, Seen Node)[] inside, string[] at, string[] ours)
    {
        JsonTypeInfo item = shape.Options.GetTypeInfo(field.Info.PropertyType.GetGenericArguments()[0]);
        IEnumerable<(string[] Path, Seen Node)> places = inside.Where(place => place.Node.Items is not null);
        if (item.Kind != JsonTypeInfoKind.Object)
        {
            (string[] Path, Seen Node) texts = places.Where(place => !place.Node.Items!.IsObject)
                .OrderByDescending(place => NameScore(field, place.Path)).FirstOrDefault(place => NameScore(field, place.Path) > 0);
            if (texts.Path is null)
            {
                return null;
            }

            _isOurs &= texts.Path.SequenceEqual([.. ours, field.Info.Name]);
            Describe(field, texts.Node.Items!);
            return PathOf([.. at, .. texts.Path]);
        }

        // A list that is the whole answer has no name.
        places = scope.Items is null ? places : places.Prepend(([], scope));
        (string[]? Path, Seen? Node, int Score) best = default;
        foreach ((string[] path, Seen node) in places)
        {
            // An empty list shows nothing of its rows; its name has to do.
            DraftedAnswer rows = node.Items!.IsObject ? Rows(item, node.Items, field) : new DraftedAnswer();
            int score = rows.Missing.Count > 0 ? 0 : NameScore(field, path) + (node.Items.IsObject && rows.Found.Count > 1 ? rows.Found.Count : 0);
            best = score > best.Score ? (path, node, score) : best;
        }

        if (best is not { Path: not null, Node.Items: { } shown } || (!field.IsNeeded && NameScore(field, best.Path) == 0))
        {
            return null;
        }

        _isOurs &= best.Path.SequenceEqual([.. ours, field.Info.Name]);
        string place = PathOf([.. at, .. best.Path]);
        if (!shown.IsObject)
        {
            // Nobody has seen a row: the names are ours, or will be written by hand.
            return place;
        }

        return $"{place}[].{Object(item, shown, [], field.FullName, field.FullName, [])}";
    }

    private DraftedAnswer Rows(JsonTypeInfo item, Seen rows, Field field)
    {
        AnswerDrafter drafter = new(_operation, _discretion);
        drafter.Object(item, rows, [], field.FullName, field.FullName, []);
        return drafter._answer;
    }

    /// <summary>An object in the object: in one of its name, else among its neighbours.</summary>
    private string? Nested(JsonTypeInfo shape, Field field, (string[] Path, Seen Node)[] inside, string[] at)
    {
        JsonTypeInfo inner = shape.Options.GetTypeInfo(field.Info.PropertyType);
        (string[] Path, Seen Node) own = inside.FirstOrDefault(place => place.Node.IsObject && NameScore(field, place.Path) > 0);
        if (own.Path is not null)
        {
            _isOurs &= own.Path.SequenceEqual(["data", field.Info.Name]);
            // In an object of its own even a bare 'state' speaks of it.
            return Object(inner, own.Node, [.. at, .. own.Path], field.FullName, $"own.{field.FullName}", []);
        }

        List<string> members = [];
        foreach (Field member in FieldsOf(inner, field.FullName, field.FullName))
        {
            (string[] Path, Seen Node, int Score) best = inside.Where(place => place.Node.IsScalar)
                .Select(place => (place.Path, place.Node, Score: Score(member, place.Path, place.Node)))
                .OrderByDescending(place => place.Score).FirstOrDefault();
            if (best.Score > 0)
            {
                members.Add($"{member.Info.Name}: {PathOf([.. at, .. best.Path])}");
                Describe(member, best.Node);
                _answer.Found.Add(member.FullName);
                _isOurs = false;
            }
        }

        return members.Count > 0 ? $"{{ {string.Join(", ", members)} }}" : null;
    }

    /// <summary>Counts that stand in a list, each row with the name of its queue.</summary>
    private void Pivot(List<Field> fields, (string[] Path, Seen Node)[] inside, string[] at, Dictionary<Field, string> found)
    {
        foreach ((string[] path, Seen node) in inside.Where(place => place.Node.Items is { IsObject: true }))
        {
            (string[] Path, Seen Node)[] members = [.. node.Items!.Inside().Where(place => place.Node.IsScalar && place.Path.All(_discretion.MayWrite))];
            string[]? counted = members.FirstOrDefault(m => m.Node.Values.Count > 0 && m.Node.Texts.All(IsNumber)).Path;
            foreach ((string[] name, Seen names) in members.Where(m => counted is not null && m.Path != counted))
            {
                foreach (Field field in fields.Where(field => !found.ContainsKey(field)))
                {
                    if (names.Texts.FirstOrDefault(text => Clues.NamesOf(field.Named).Contains(Clues.Normal(text))) is { } queue && _discretion.MayWrite(queue))
                    {
                        found[field] = $"{PathOf([.. at, .. path])}[?{PathOf(name)}=='{queue}'].{PathOf(counted!)} | [0]";
                        _isOurs = false;
                    }
                }
            }
        }
    }

    /// <summary>How much speaks for a field of ours being that one; 0: nothing, or something against it.</summary>
    private int Score(Field field, string[] path, Seen node)
    {
        int name = NameScore(field, path);
        Type type = TypeOf(field.Info);
        string[] texts = [.. node.Texts];
        int value = (type, field.Info.Name) switch
        {
            _ when texts.Length == 0 => 0,
            _ when type == typeof(bool) => texts.All(text => bool.TryParse(text, out _) || Clues.Switch(text) is not null) ? 0 : -1,
            _ when type == typeof(DateTimeOffset) => texts.All(text => FormOfTime(text) is not null) ? 0 : -1,
            _ when type == typeof(int) || type == typeof(long) => texts.All(IsNumber) ? 0 : -1,
            (_, "address") => texts.All(text => Address().IsMatch(text)) ? ValuePoints : -1,
            (_, "build") => texts.All(text => BuildNumber.TryParse(text, out BuildNumber _)) ? ValuePoints : 0,
            (_, "role") => texts.All(text => Clues.Ours(Clues.WordsOf(_operation, "role")!, text) is not null) ? ValuePoints : 0,
            _ => 0,
        };
        return value < 0 || name + value == 0 ? 0 : name + value - path.Length;
    }

    private static int NameScore(Field field, string[] path)
    {
        IReadOnlyList<string> names = Clues.NamesOf(field.Named);
        int last = path.Length > 0 ? IndexOf(Clues.Normal(path[^1])) : -1;
        int both = path.Length > 1 ? IndexOf(Clues.Normal(path[^2] + path[^1])) : -1;
        int best = last < 0 || (both >= 0 && both < last) ? both : last;
        return best < 0 ? 0 : NamePoints - (2 * best);

        int IndexOf(string name) => names.Select((one, i) => (Name: one, At: i)).FirstOrDefault(n => n.Name == name, (Name: string.Empty, At: -1)).At;
    }

    /// <summary>What its values say beyond where it stands: words and the form of times.</summary>
    private void Describe(Field field, Seen node)
    {
        string name = Clues.WordsName(field.FullName);
        Type type = TypeOf(field.Info);
        if (type == typeof(DateTimeOffset))
        {
            if (node.Texts.Select(FormOfTime).FirstOrDefault(form => form is "unix" or "unix-ms") is { } form)
            {
                _answer.Times[name] = form;
            }
        }
        else if (type == typeof(bool))
        {
            foreach (string word in node.Values.Where(v => v.GetValueKind() is not (JsonValueKind.True or JsonValueKind.False)).Select(CallArguments.Text))
            {
                if (Clues.Switch(word) is { } known)
                {
                    WordsFor(name)[word] = known.IsOn;
                    if (known.Opposite is { } opposite)
                    {
                        WordsFor(name)[opposite] = !known.IsOn;
                    }
                }
            }
        }
        else if (Clues.WordsOf(_operation, field.FullName) is { } ours)
        {
            foreach (string word in node.Texts.Where(word => word.Length > 0 && !ours.ContainsKey(word)))
            {
                if (!_discretion.MayWrite(word) || Clues.Ours(ours, word) is not { } known)
                {
                    _answer.Unknown.Add((name, _discretion.MayWrite(word) ? word : "?"));
                }
                else
                {
                    WordsFor(name)[word] = known;
                }
            }
        }

        JsonObject WordsFor(string of)
        {
            if (_answer.Words[of] is not JsonObject words)
            {
                _answer.Words[of] = words = [];
            }

            return words;
        }
    }

    private static string? FormOfTime(string text)
    {
        if (text is "" or "0" or "-1")
        {
            return "iso";
        }

        if (decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number))
        {
            return number switch
            {
                >= FirstMilliseconds => "unix-ms",
                >= FirstSeconds => "unix",
                _ => null,
            };
        }

        return Instant().IsMatch(text) ? "iso" : null;
    }

    private static IEnumerable<Field> FieldsOf(JsonTypeInfo shape, string full, string named) => shape.Properties.Where(p => p.Set is not null)
        .Select(p => new Field(p, Join(full, p.Name), Join(named, p.Name), p.IsRequired));

    private static string Join(string before, string name) => before.Length == 0 ? name : $"{before}.{name}";

    private static JsonTypeInfoKind KindOf(JsonTypeInfo shape, JsonPropertyInfo property) => shape.Options.GetTypeInfo(TypeOf(property)).Kind;

    private static Type TypeOf(JsonPropertyInfo property) => Nullable.GetUnderlyingType(property.PropertyType) ?? property.PropertyType;

    private static bool IsNumber(string text) => decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out _);

    [GeneratedRegex(@"^[A-Za-z_]\w*\z", RegexOptions.ECMAScript, 1000)]
    private static partial Regex Identifier();

    [GeneratedRegex(@"^(?:\d{1,3}(?:\.\d{1,3}){3}|\[[0-9a-fA-F:]+\]|[\w.-]+):\d{1,5}\z", RegexOptions.None, 1000)]
    private static partial Regex Address();

    [GeneratedRegex(@"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d", RegexOptions.None, 1000)]
    private static partial Regex Instant();
}
