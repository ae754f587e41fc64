using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>Makes of recorded requests one with placeholders; what it does not know the meaning of, it says.</summary>
internal sealed class RequestDrafter(
    OperationClues clues, CallGroup group, RecordingFacts facts, Discretion discretion, KeepDrafter? keep = null, UploadPieces? pieces = null)
{
    /// <summary>What stands for a value that is not written.</summary>
    public const string Unknown = "UNKNOWN";

    private static readonly string[] OfCaches = ["_", "t", "ts", "rnd", "nocache", "cachebuster", "timestamp"];
    private static readonly string[] Filters = ["sender", "recipient", "receivedBefore", "cursor", "limit"];

    /// <summary>The last one: by then whoever clicks knows the page. Of a list, one that asks for its next page.</summary>
    private readonly RecordedCall _model = group.Good.LastOrDefault(call => AsksForMore(clues, call)) ?? group.Good[^1];
    private readonly IReadOnlyList<string> _arguments = OperationArguments.Of(clues.Operation);
    private readonly JsonObject _words = [];
    private readonly HashSet<string> _used = new(StringComparer.Ordinal);

    /// <summary>What a person has to decide.</summary>
    public List<string> Unsure { get; } = [];

    /// <summary>Words of arguments, theirs → ours.</summary>
    public JsonObject Words => _words;

    public JsonObject Draft()
    {
        JsonObject entry = new() { ["method"] = group.Method, ["path"] = Path() };
        JsonObject query = [];
        foreach (RecordedPart part in _model.Query.Where(part => !OfCaches.Contains(Clues.Normal(part.Name)) && part.Name.Length > 0))
        {
            AddText(query, part);
        }

        if (query.Count > 0)
        {
            entry["query"] = query;
        }

        if (_model.Body is not null)
        {
            entry["body"] = Body(_model.Body, []);
        }

        if (clues.Operation == OperationNames.UploadUpdate)
        {
            AddFile(entry);
        }

        // Without any of these the shipped query, and the shipped body, would go along.
        if (_arguments.Count > 0 && OperationCatalogue.Shipped.Operations.ContainsKey(clues.Operation)
            && !Array.Exists(["query", "body", "form", "content"], entry.ContainsKey))
        {
            entry["query"] = new JsonObject();
        }

        return entry;
    }

    private string Path()
    {
        List<string> segments = [];
        for (int i = 0; i < _model.Segments.Count; i++)
        {
            string segment = _model.Segments[i];
            if (!facts.IsThing(segment))
            {
                segments.Add(segment);
                continue;
            }

            string? argument = Argument(RequestLeaf.OfPath(_model, i));
            if (argument is null)
            {
                Unsure.Add(Sentence("draft.hidden", "path", Unknown));
            }

            segments.Add(argument ?? Unknown);
        }

        return "/" + string.Join('/', segments);
    }

    private void AddText(JsonObject query, RecordedPart part)
    {
        if (!discretion.MayWrite(part.Name))
        {
            Unsure.Add(Sentence("draft.hidden", "query", Unknown));
            return;
        }

        JsonNode value = Value(new RequestLeaf([part.Name], JsonValue.Create(part.Value)));
        query[part.Name] = CallArguments.Text(value);
    }

    private JsonNode? Body(JsonNode? node, IReadOnlyList<string> path)
    {
        switch (node)
        {
            case JsonObject members:
                JsonObject drafted = [];
                foreach ((string name, JsonNode? member) in members)
                {
                    if (discretion.MayWrite(name))
                    {
                        drafted[name] = Body(member, [.. path, name]);
                    }
                    else
                    {
                        Unsure.Add(Sentence("draft.hidden", "body", Unknown));
                    }
                }

                return drafted;
            case JsonArray items:
                return new JsonArray([.. items.Select(item => Body(item, path))]);
            case JsonValue value when path.Count > 0:
                return Value(new RequestLeaf(path, value));
            default:
                return node is null ? null : JsonValue.Create(Unknown);
        }
    }

    /// <summary>A placeholder, or what was sent, or that it is not told.</summary>
    private JsonNode Value(RequestLeaf leaf)
    {
        if (Argument(leaf) is { } argument)
        {
            return JsonValue.Create(argument);
        }

        string text = leaf.Text;
        if (text.Length == 0)
        {
            return JsonValue.Create(string.Empty);
        }

        IEnumerable<string> values = group.Good.SelectMany(RequestLeaf.Of).Where(l => l.Path.SequenceEqual(leaf.Path)).Select(l => l.Text);
        string[] sent = [.. values.Distinct(StringComparer.Ordinal)];
        if (Discretion.IsSecretName(leaf.Name) || Discretion.IsPersonName(leaf.Name) || !discretion.MayWrite(text))
        {
            Unsure.Add(Sentence("draft.hidden", leaf.Name, Unknown));
            return JsonValue.Create(Unknown);
        }

        if (sent.Length > 1)
        {
            Unsure.Add(Sentence("draft.varies", leaf.Name));
        }
        else if (clues.Acts && !IsExplained(leaf))
        {
            Unsure.Add(Sentence("draft.literal", leaf.Name, text));
        }

        return leaf.Value!.DeepClone();
    }

    /// <summary>Words of roles say what the call is for, and versions of an interface change nothing.</summary>
    private bool IsExplained(RequestLeaf leaf)
    {
        string? role = Clues.Ours(Clues.WordsOf(clues.Operation, "role")!, leaf.Text);
        return clues.Operation switch
        {
            OperationNames.AssignControl when role == "control" => true,
            OperationNames.AssignSecondary when role == "secondary" => true,
            _ => Clues.Normal(leaf.Name) is "v" or "version" or "api" or "apiversion" || pieces?.IsSameLength(leaf) == true,
        };
    }

    /// <summary>Whether the drafted request has a place for an argument.</summary>
    public bool Uses(string argument) => _used.Contains($"{{{argument}}}");

    private string? Argument(RequestLeaf leaf)
    {
        string? argument = leaf.Text.Length == 0 ? null : OfPieces(leaf) ?? Recognise(leaf) ?? Kept(leaf);
        _used.Add(argument ?? string.Empty);
        return argument;
    }

    /// <summary>Of an upload in pieces: which one it is, and what ties them.</summary>
    private string? OfPieces(RequestLeaf leaf) => pieces is null ? null : pieces.Argument(leaf) ?? Kept(leaf);

    private string? Kept(RequestLeaf leaf)
    {
        if (IsExplained(leaf) || keep?.Find(group, leaf) is not { } kept)
        {
            return null;
        }

        if (kept.Doubt is not null)
        {
            Unsure.Add(kept.Doubt);
        }

        return $"{{{kept.Name}}}";
    }

    private string? Recognise(RequestLeaf leaf)
    {
        string text = leaf.Text;
        if (Has(OperationArguments.NodeId) && facts.NodeIds.Contains(text) && facts.SpeaksOfNode(leaf.Path))
        {
            return "{nodeId}";
        }

        if (Has("id") && facts.UploadIds.Contains(text))
        {
            return "{id}";
        }

        if (Has(OperationArguments.UploadId) && facts.UploadIds.Contains(text))
        {
            return "{uploadId}";
        }

        if (Has(OperationArguments.Node) && facts.Addresses.Contains(text))
        {
            return "{node}";
        }

        if (Has(OperationArguments.NodeId) && facts.NodeIds.Contains(text) && Clues.Normal(leaf.Name) is "id" or "ids"
            && !Has("id") && !Has(OperationArguments.UploadId))
        {
            return "{nodeId}";
        }

        return clues.Operation switch
        {
            OperationNames.SetReceiving or OperationNames.SetSending => Switch(leaf),
            OperationNames.UploadUpdate or OperationArguments.BeginUpload or OperationArguments.CommitUpload => OfUpload(leaf),
            OperationNames.ListQueue or OperationNames.FlushQueue => OfQueue(leaf),
            OperationNames.UserLogin => OfLogin(leaf),
            _ => null,
        };
    }

    private static bool AsksForMore(OperationClues clues, RecordedCall call) =>
        clues.Operation == OperationNames.ListQueue && RequestLeaf.Of(call).Any(leaf => leaf.IsNamed("cursor") && leaf.Text.Length > 0);

    private static string Sentence(string key, params ReadOnlySpan<object?> arguments) => Ksmg.Sdk.Dialects.Words.Get(key, arguments);

    private bool Has(string argument) => _arguments.Contains(argument);

    /// <summary>The switch that is to be set, and the other one: a call that sets both must send that one as it is.</summary>
    private string? Switch(RequestLeaf leaf)
    {
        (string own, string other) = clues.Operation == OperationNames.SetReceiving
            ? (OperationArguments.Receiving, OperationArguments.Sending)
            : (OperationArguments.Sending, OperationArguments.Receiving);
        if (!leaf.IsSwitch)
        {
            return null;
        }

        RequestLeaf[] all = [.. RequestLeaf.Of(_model).Where(l => l.IsSwitch)];
        if (Clues.Normal(leaf.Name) == "enabled" && all.Length == 1)
        {
            AddWords("enabled", leaf);
            return "{enabled}";
        }

        if (leaf.IsNamed(own) || (all.Length == 1 && !leaf.IsNamed(other)))
        {
            AddWords(own, leaf);
            return $"{{{own}}}";
        }

        if (!leaf.IsNamed(other))
        {
            return null;
        }

        AddWords(other, leaf);
        Unsure.Add(Sentence("draft.other-switch", leaf.Name, leaf.Text, $"{{{other}}}"));
        return $"{{{other}}}";
    }

    /// <summary>The two words of a switch; one that nobody has seen is a guess.</summary>
    private void AddWords(string argument, RequestLeaf leaf)
    {
        JsonValueKind kind = leaf.Value!.GetValueKind();
        if (kind is JsonValueKind.True or JsonValueKind.False || bool.TryParse(leaf.Text, out _))
        {
            return;
        }

        HashSet<string> seen = [.. group.Good.SelectMany(RequestLeaf.Of).Where(l => l.Path.SequenceEqual(leaf.Path) && l.IsSwitch).Select(l => l.Text)];
        string[] others = [.. group.Good.SelectMany(RequestLeaf.Of).Where(l => l.IsSwitch && !seen.Contains(l.Text)).Select(l => l.Text)];
        JsonObject words = [];
        foreach (string word in seen)
        {
            words[word] = Clues.Switch(word)!.Value.IsOn;
        }

        if (words.All(word => (bool)word.Value! == leaf.IsOn))
        {
            (bool isOn, string? opposite) = Clues.Switch(leaf.Text)!.Value;
            string? other = others.Concat(facts.SwitchWords).FirstOrDefault(word => opposite is null ? Clues.AreOpposites(word, leaf.Text) : word == opposite);
            if (other is null)
            {
                Unsure.Add(Sentence("draft.half-switch", leaf.Name, leaf.Text, opposite ?? Unknown));
            }

            words[other ?? opposite ?? Unknown] = !isOn;
        }

        _words[argument] = words;
        if (kind == JsonValueKind.String && _model.Body is not null && leaf.Text.All(char.IsAsciiDigit))
        {
            Unsure.Add(Sentence("draft.text-switch", leaf.Name, leaf.Text));
        }
    }

    private string? OfUpload(RequestLeaf leaf) => leaf.Text switch
    {
        var text when facts.FileNames.Contains(text) || IsFileName(leaf) => "{fileName}",
        var text when facts.Sizes.Contains(text) => "{sizeBytes}",
        var text when facts.Hashes.Contains(text) => "{sha256}",
        _ => null,
    };

    private bool IsFileName(RequestLeaf leaf) => _model.Form.Any(part => part.FileName == leaf.Text)
        || (leaf.IsNamed(OperationArguments.FileName) && discretion.MayWrite(leaf.Text)
            && System.IO.Path.HasExtension(leaf.Text) && !char.IsAsciiDigit(leaf.Text[^1]));

    private string? OfQueue(RequestLeaf leaf)
    {
        IReadOnlyDictionary<string, string[]> queues = Clues.WordsOf(clues.Operation, "queue")!;
        if (leaf.IsNamed("queue") && Clues.Ours(queues, leaf.Text) is not null)
        {
            AddQueues(leaf, queues);
            return "{queue}";
        }

        return clues.Operation == OperationNames.ListQueue && Filters.FirstOrDefault(leaf.IsNamed) is { } filter ? $"{{{filter}}}" : null;
    }

    /// <summary>What queues are called here, else where their messages are listed; one that nobody has seen would be called as we do.</summary>
    private void AddQueues(RequestLeaf leaf, IReadOnlyDictionary<string, string[]> queues)
    {
        Dictionary<string, string> seen = group.Good.SelectMany(RequestLeaf.Of).Where(l => l.Path.SequenceEqual(leaf.Path) && discretion.MayWrite(l.Text))
            .Select(l => (Word: l.Text, Ours: Clues.Ours(queues, l.Text))).Where(pair => pair.Ours is not null).Distinct()
            .ToDictionary(pair => pair.Word, pair => pair.Ours!, StringComparer.Ordinal);
        foreach ((string word, string ours) in facts.QueueWords.Where(known => !seen.ContainsValue(known.Value)).ToArray())
        {
            seen.Add(word, ours);
        }

        if (seen.Any(pair => pair.Key != pair.Value))
        {
            _words["queue"] = new JsonObject(seen.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)pair.Value)));
        }

        // No node delivers its Anti-Spam quarantine when it is asked to.
        IEnumerable<string> needed = clues.Operation == OperationNames.FlushQueue ? queues.Keys.Where(queue => queue != "antiSpamQuarantine") : queues.Keys;
        string[] unseen = [.. needed.Except(seen.Values)];
        if (unseen.Length > 0)
        {
            Unsure.Add(Sentence("draft.unseen-queues", leaf.Name, string.Join(", ", unseen)));
        }
    }

    private static string? OfLogin(RequestLeaf leaf) => Clues.Normal(leaf.Name) switch
    {
        "newpassword" or "confirmpassword" => null,
        "username" or "user" or "login" or "account" or "name" or "who" => "{userName}",
        _ when Discretion.IsSecretName(leaf.Name) => "{password}",
        _ => null,
    };

    /// <summary>How the file goes in: a field of a form, or the whole body.</summary>
    private void AddFile(JsonObject entry)
    {
        if (_model.Form.Count == 0)
        {
            if (_model.IsRaw)
            {
                entry["content"] = "{file}";
            }
            else if (!_model.HasFile || _model.IsUnseenForm)
            {
                // Browsers leave the body of an upload out of what they save.
                Unsure.Add(Sentence("draft.file-unseen"));
            }

            return;
        }

        JsonObject form = [];
        foreach (RecordedPart part in _model.Form.Where(part => discretion.MayWrite(part.Name)))
        {
            if (part.FileName is null)
            {
                AddText(form, part);
            }
            else
            {
                form[part.Name] = "{file}";
                if (part.ContentType is { Length: > 0 } type and not "application/octet-stream" && type.Split('/').All(discretion.MayWrite))
                {
                    entry["partType"] = type;
                }
            }
        }

        if (form.Count > 1 || form["file"] is null)
        {
            entry["form"] = form;
        }
    }
}
