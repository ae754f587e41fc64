using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>What the reading calls of a recording told of the cluster: by that, values in other calls are recognised.</summary>
internal sealed class RecordingFacts(Discretion discretion)
{
    private static readonly string[] Underway = ["preparing", "installing", "restarting", "completed"];

    private readonly List<(DateTimeOffset At, string Node, bool Receiving, bool Sending)> _switches = [];
    private readonly List<(DateTimeOffset At, string Host, string Member, string Told)> _progress = [];

    public HashSet<string> Addresses { get; } = new(StringComparer.OrdinalIgnoreCase);

    public HashSet<string> NodeIds { get; } = new(StringComparer.Ordinal);

    public HashSet<string> UploadIds { get; } = new(StringComparer.Ordinal);

    public HashSet<string> FileNames { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Sizes { get; } = new(StringComparer.Ordinal);

    public HashSet<string> Hashes { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>How the nodes write the two switches.</summary>
    public HashSet<string> SwitchWords { get; } = new(StringComparer.Ordinal);

    /// <summary>How the nodes write the queues of the messages they list: their word → ours.</summary>
    public Dictionary<string, string> QueueWords { get; } = new(StringComparer.Ordinal);

    private static readonly string[] NodeNames = ["node", "host", "member", "server", "machine", "target", "appliance"];

    public DateTimeOffset? UploadedAt { get; set; }

    /// <summary>Learns what a reading call told, in our form.</summary>
    public void Learn(string operation, RecordedCall call, JsonNode? data)
    {
        switch (operation)
        {
            case OperationNames.ListNodes:
                foreach (JsonNode? row in data?["nodes"] as JsonArray ?? [])
                {
                    Add(Addresses, row?["address"]);
                    Add(NodeIds, row?["id"]);
                }

                break;
            case OperationNames.GetNodeStatus:
                Add(Addresses, data?["address"]);
                AddProgress("build", call, data);
                break;
            case OperationNames.GetAbout:
                AddProgress("build", call, data);
                break;
            case OperationNames.GetUpdateStatus:
                AddProgress("state", call, data);
                break;
            case OperationNames.ListUpdates:
                foreach (JsonNode? row in data?["packages"] as JsonArray ?? [])
                {
                    LearnUpload(row);
                }

                break;
            case OperationNames.UploadUpdate:
                LearnUpload(data);
                break;
            case OperationNames.ListQueue:
                foreach (RequestLeaf leaf in RequestLeaf.Of(call.Answer, []).Where(leaf => leaf.IsNamed("queue")))
                {
                    LearnQueue(leaf.Text);
                }

                break;
            case OperationNames.GetMailFlow:
                SwitchWords.UnionWith(RequestLeaf.Of(call.Answer, []).Where(leaf => leaf.IsSwitch && (leaf.IsNamed(OperationArguments.Receiving)
                    || leaf.IsNamed(OperationArguments.Sending))).Select(leaf => leaf.Text));
                if (Switch(data, OperationArguments.Receiving) is { } receiving && Switch(data, OperationArguments.Sending) is { } sending)
                {
                    _switches.Add((call.At, NodeOf(call), receiving, sending));
                }

                break;
        }
    }

    /// <summary>Which node a call speaks of, by what it says of one, else by its host.</summary>
    public string NodeOf(RecordedCall call) =>
        call.Segments.Concat(RequestLeaf.Of(call).Where(leaf => !leaf.IsSwitch).Select(leaf => leaf.Text))
            .FirstOrDefault(text => Addresses.Contains(text) || NodeIds.Contains(text)) ?? call.Host;

    /// <summary>Whether the names that lead to a value say that it is of a node.</summary>
    public bool SpeaksOfNode(IEnumerable<string> names) => names.SelectMany(Clues.Split).Any(NodeNames.Contains);

    /// <summary>Whether a call speaks of an upload, by its id.</summary>
    public bool NamesUpload(RecordedCall call)
    {
        IEnumerable<(string Text, IReadOnlyList<string> Names)> values = call.Segments.Skip(1)
            .Select((segment, i) => (segment, (IReadOnlyList<string>)[call.Segments[i]]))
            .Concat(RequestLeaf.Of(call).Select(leaf => (leaf.Text, leaf.Path)));
        return values.Any(value => UploadIds.Contains(value.Text) && !(NodeIds.Contains(value.Text) && SpeaksOfNode(value.Names)));
    }

    /// <summary>The switches of the node that a call speaks of, as they were last told before it.</summary>
    public (bool Receiving, bool Sending)? Before(RecordedCall call) => Told(_switches.LastOrDefault(s => s.At <= call.At && s.Node == NodeOf(call)));

    /// <summary>The same as they were first told after it.</summary>
    public (bool Receiving, bool Sending)? After(RecordedCall call) => Told(_switches.FirstOrDefault(s => s.At > call.At && s.Node == NodeOf(call)));

    /// <summary>What a node told after a call that it had not told before it: of its update, or its build.</summary>
    public string? ChangedAfter(RecordedCall call)
    {
        foreach (IGrouping<string, (DateTimeOffset At, string Host, string Member, string Told)> told in _progress.Where(p => p.Host == call.Host)
            .GroupBy(p => p.Member))
        {
            string? before = told.LastOrDefault(p => p.At < call.At).Told;
            string? after = told.Where(p => p.At > call.At).Select(p => p.Told).FirstOrDefault(
                now => now != before && (told.Key == "state" ? Underway.Contains(now) : before is not null));
            if (after is not null)
            {
                return $"{told.Key}: {after}";
            }
        }

        return null;
    }

    /// <summary>Whether a part of a path names a thing, not a kind of things.</summary>
    public bool IsThing(string segment) => segment.All(char.IsAsciiDigit) || segment.Contains(':', StringComparison.Ordinal) || !discretion.MayWrite(segment)
        || UploadIds.Contains(segment) || NodeIds.Contains(segment) || Addresses.Contains(segment);

    private static (bool Receiving, bool Sending)? Told((DateTimeOffset At, string? Node, bool Receiving, bool Sending) told) =>
        told.Node is null ? null : (told.Receiving, told.Sending);

    private static bool? Switch(JsonNode? data, string name) =>
        data is JsonObject told && told[name] is JsonValue value && value.TryGetValue(out bool isOn) ? isOn : null;

    private void AddProgress(string member, RecordedCall call, JsonNode? data)
    {
        if (data?[member] is JsonValue told)
        {
            _progress.Add((call.At, call.Host, member, CallArguments.Text(told)));
        }
    }

    private void LearnQueue(string word)
    {
        if (discretion.MayWrite(word) && Clues.Ours(Clues.WordsOf(OperationNames.ListQueue, "queue")!, word) is { } ours)
        {
            QueueWords[word] = ours;
        }
    }

    private void LearnUpload(JsonNode? row)
    {
        Add(UploadIds, row?["id"]);
        Add(FileNames, row?["fileName"]);
        Add(Sizes, row?["sizeBytes"]);
        Add(Hashes, row?["sha256"]);
    }

    private static void Add(HashSet<string> values, JsonNode? value)
    {
        if (value is JsonValue && CallArguments.Text(value) is { Length: > 0 } text)
        {
            values.Add(text);
        }
    }
}
