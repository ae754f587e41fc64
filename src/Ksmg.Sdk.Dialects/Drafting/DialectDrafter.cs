using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

namespace Ksmg.Sdk.Dialects;

/// <summary>Makes a dialect of a recording: matches, drafts, and proves every entry on the answers that were recorded.</summary>
internal sealed class DialectDrafter
{
    private const string MtaCertificate = "create-mta-cert-imported";
    private const string ActiveCertificate = "set-mta-cert-active-server";
    private const string ObservedCookie = "XSRF-TOKEN";

    private static readonly JsonSerializerOptions Indented = new()
    {
        WriteIndented = true,
        NewLine = "\n",
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private static readonly string[] Observed = [OperationNames.GetAuthInfo, OperationNames.UserLogin, MtaCertificate, ActiveCertificate];
    private static readonly OperationClues Upload = Array.Find(Clues.Operations, clues => clues.Operation == OperationNames.UploadUpdate)!;
    private static readonly OperationClues Login = new(OperationNames.UserLogin, null, [], []);

    private readonly JmesPathLanguage _language = new();
    private readonly Recording _recording;
    private readonly EnvelopeDrafter _envelope;
    private readonly RecordedCall[] _calls;
    private readonly RecordingFacts _facts;
    private readonly KeepDrafter _keep;
    private readonly JsonObject _defaults = [];
    private readonly JsonObject _rules = [];
    private readonly JsonObject _entries = [];
    private readonly Dictionary<string, DraftedOperation> _rows = new(StringComparer.Ordinal);
    private readonly List<UploadPieces> _pieces = [];

    public DialectDrafter(Recording recording)
    {
        _recording = recording;
        _facts = new RecordingFacts(recording.Discretion);
        _envelope = new EnvelopeDrafter([.. recording.Calls.Where(call => !Observed.Contains(call.Name))], recording.Discretion);
        _calls = [.. recording.Calls.Select(call => call with { IsRefused = !_envelope.IsGood(call, recording.Discretion) })];
        _keep = new KeepDrafter(_calls, recording.Discretion);
    }

    /// <summary>Whether what holds for all other answers does not hold for those of the session, which have entries too.</summary>
    private bool HasRulesPerEntry => _entries.Any(e => Observed.Contains(e.Key)) && _calls.Any(call => Observed.Contains(call.Name) && call.IsRefused);

    private Discretion Discretion => _recording.Discretion;

    public DialectDraft Draft()
    {
        IReadOnlyList<CallGroup> groups = Groups();
        OperationMatcher matcher = new(_facts, Discretion);
        IReadOnlyList<OperationMatch> readings = matcher.Readings(groups);
        foreach (OperationClues clues in Clues.Operations)
        {
            if (readings.FirstOrDefault(match => match.Clues == clues) is { } match)
            {
                Learn(match.Clues, match.Group, match.Answer!);
            }
        }

        groups = Groups();
        foreach (CallGroup upload in groups.Where(group => group.MayUpload(Discretion)))
        {
            CallGroup told = upload;
            if (UploadPieces.Of(upload, groups, _facts) is { } pieces)
            {
                _pieces.Add(pieces);
                told = pieces.Told;
            }

            Learn(Upload, told, AnswerDrafter.Draft(Upload.Operation, Upload.Shape!, told.Answers, Discretion));
            _facts.UploadedAt = told.Good[^1].At;
        }

        groups = [.. Groups().Where(group => !_pieces.Exists(pieces => group.Text == pieces.Begin?.Text || group.Text == pieces.Commit?.Text))];
        OperationMatch[] matches = [.. readings, .. matcher.Actions(groups).Select(ToldAtTheEnd)];
        if (matches.Length == 0)
        {
            throw new FormatException(Words.Get("har.nothing", _calls.Length));
        }

        ShareWords(matches);
        DraftSession();
        DraftDefaults(matches);
        foreach (OperationMatch match in matches)
        {
            AddTellers(match);
        }

        // What one entry keeps is found where another asks with it.
        (OperationMatch Match, RequestDrafter Request, JsonObject Entry)[] drafts =
        [
            .. matches.Select(match => (match, Pieces: PiecesOf(match) is { PieceBytes: not null } pieces ? pieces : null))
                .Select(draft => (draft.match, Request: new RequestDrafter(draft.match.Clues, draft.match.Group, _facts, Discretion, _keep, draft.Pieces)))
                .Select(draft => (draft.match, draft.Request, draft.Request.Draft())),
        ];
        bool installs = Array.Find(matches, match => match.Clues == Upload) is { } brought && Installs(brought, matches);
        foreach ((OperationMatch match, RequestDrafter request, JsonObject entry) in drafts)
        {
            Draft(match, request, entry, installs);
        }

        IEnumerable<string> order = Observed.Where(_rows.ContainsKey).Concat(Clues.Operations.Select(clues => clues.Operation));
        return new DialectDraft
        {
            Operations = [.. order.Select(operation => _rows.GetValueOrDefault(operation) ?? NotRecorded(operation))],
            Json = Document().ToJsonString(Indented) + "\n",
            LeftOut = _recording.Dropped,
        };
    }

    /// <summary>The calls that are not observed; what was learnt until now tells things in their paths from kinds of things.</summary>
    private IReadOnlyList<CallGroup> Groups() => CallGroup.Of(_calls.Where(call => !Observed.Contains(call.Name)), _facts.IsThing, _envelope.Marker);

    private static DraftedOperation NotRecorded(string operation) => new()
    {
        Operation = operation,
        State = DraftedState.NotRecorded,
        ToDo = Words.Get(CatalogueReader.IsDispensable(operation) ? "draft.record-or-missing" : "draft.record", Words.Get("click." + operation)),
    };

    /// <summary>What a call told, read with the draft of its answer, is what other calls are recognised by.</summary>
    private void Learn(OperationClues clues, CallGroup calls, DraftedAnswer answer)
    {
        CatalogueEntryOptions entry = new() { Answer = answer.Expression, Words = answer.Words.DeepClone().AsObject(), Times = answer.Times.DeepClone() };
        AnswerMapping? mapping = AnswerMapping.Read(clues.Operation, entry, _language, (_, _) => { });
        foreach (RecordedCall call in calls.Good)
        {
            if (Told(mapping, call, clues.Shape!) is { } data)
            {
                _facts.Learn(clues.Operation, call, data);
            }
        }
    }

    private static JsonNode? Told(AnswerMapping? mapping, RecordedCall call, JsonTypeInfo shape)
    {
        byte[] answer = EntryProof.Bytes(call.Answer);
        try
        {
            ReadOnlyMemory<byte> data = (mapping?.Read(answer, shape) ?? Envelope.Parse(answer)).Data;
            return data.IsEmpty ? null : JsonNode.Parse(data.Span);
        }
        catch (JsonException)
        {
            return null;
        }
    }

    /// <summary>A word that one answer has for a field stands for the same in the others: a page may have shown it of one node alone.</summary>
    private static void ShareWords(IReadOnlyList<OperationMatch> matches)
    {
        var known = (from match in matches
                     from field in match.Answer?.Words ?? []
                     let table = Clues.WordsOf(match.Clues.Operation, field.Key)
                     where table is not null
                     from word in field.Value!.AsObject()
                     select (Table: table, Word: word.Key, Ours: (string)word.Value!)).ToArray();
        foreach (OperationMatch match in matches.Where(match => match.Answer is not null))
        {
            foreach ((string field, JsonNode? words) in match.Answer!.Words)
            {
                foreach ((_, string word, string ours) in known.Where(k => k.Table == Clues.WordsOf(match.Clues.Operation, field)))
                {
                    words![word] = ours;
                }
            }
        }
    }

    private void DraftDefaults(IReadOnlyList<OperationMatch> matches)
    {
        if (_envelope.Success is not null || matches.Any(match => match.Answer?.Expression is not null || (match.Answer is null && !TellsSuccess(match.Group))))
        {
            AddRules(HasRulesPerEntry ? _rules : _defaults);
        }

        if (_recording.Headers.Count > 0)
        {
            _defaults["headers"] = new JsonObject(
                _recording.Headers.Select(header => KeyValuePair.Create(header.Name, (JsonNode?)JsonValue.Create(header.Value))));
        }
    }

    private void AddRules(JsonObject entry)
    {
        Add(entry, "success", _envelope.Success);
        Add(entry, "failure", _envelope.Failure);
    }

    /// <summary>Whether a call that acts answers as the observed one does.</summary>
    private static bool TellsSuccess(CallGroup calls) =>
        calls.Good.All(call => call.Answer?["data"] is JsonObject data && data["success"] is JsonValue value && value.TryGetValue(out bool done) && done);

    /// <summary>The observed calls: as observed, or at another place.</summary>
    private void DraftSession()
    {
        foreach (IGrouping<string, RecordedCall> calls in _calls.Where(call => Observed.Contains(call.Name)).GroupBy(call => call.Name))
        {
            OperationEntry shipped = OperationCatalogue.Shipped.Operations[calls.Key][0];
            IReadOnlyList<CallGroup> groups = CallGroup.Of(calls.Select(call => call with { IsRefused = false }), _facts.IsThing, null);
            CallGroup group = groups.Count > 0 ? groups[0] : throw new FormatException(Words.Get("har.no-login"));
            bool isShipped = group.Template == shipped.Path && group.Method == shipped.Method.Method && _recording.Headers.Count == 0;
            if (!isShipped)
            {
                // What an entry leaves out of the request is that of the shipped one, where it has none of its own.
                JsonObject entry = new RequestDrafter(Login with { Operation = calls.Key }, group, _facts, Discretion).Draft();
                entry["provenance"] = "observed";
                _entries[calls.Key] = new JsonArray(entry);
            }

            _rows[calls.Key] = new DraftedOperation
            {
                Operation = calls.Key,
                State = isShipped ? DraftedState.AsShipped : DraftedState.Drafted,
                Call = group.Text,
                Why = Words.Get("draft.observed"),
                ToDo = string.Empty,
            };
        }
    }

    private UploadPieces? PiecesOf(OperationMatch match) =>
        match.Clues == Upload ? _pieces.Find(pieces => pieces.Firsts.Text == match.Group.Text) : null;

    /// <summary>A package that goes in in pieces is told of at their end.</summary>
    private OperationMatch ToldAtTheEnd(OperationMatch match) => PiecesOf(match) is { } pieces
        ? match with { Answer = AnswerDrafter.Draft(Upload.Operation, Upload.Shape!, pieces.Told.Answers, Discretion) }
        : match;

    private void AddTellers(OperationMatch match)
    {
        if (PiecesOf(match) is not { } pieces)
        {
            _keep.AddTeller(match.Clues.Operation, match.Group, match.Clues.Acts);
        }
        else if (pieces.PieceBytes is not null)
        {
            // What is not told before the pieces is told by the first of them.
            (string teller, CallGroup group) = pieces.Begin is { } begin
                ? (OperationArguments.BeginUpload, begin)
                : (match.Clues.Operation, pieces.Firsts);
            _keep.AddTeller(teller, group, acts: true, [match.Group, .. new[] { pieces.Commit }.OfType<CallGroup>()]);
        }
    }

    /// <summary>Whether a package that was brought was installed, and nobody was seen to start that.</summary>
    private bool Installs(OperationMatch upload, OperationMatch[] matches) =>
        !Array.Exists(matches, match => match.Clues.Operation == OperationNames.StartUpdate)
        && _facts.ChangedAfter((PiecesOf(upload)?.Told ?? upload.Group).Good[^1]) is not null;

    /// <summary>How a package goes in: who names it, whether it is installed at once, its pieces and the calls around them.</summary>
    private JsonObject UploadOf(OperationMatch match, RequestDrafter request, bool installs, List<string> unsure)
    {
        UploadPieces? pieces = PiecesOf(match);
        JsonObject upload = [];
        bool namesOurs = request.Uses(OperationArguments.UploadId);
        if (installs)
        {
            upload["install"] = "with-upload";
            unsure.Add(Words.Get("draft.installs", _facts.ChangedAfter((pieces?.Told ?? match.Group).Good[^1])));
        }

        if (pieces?.PieceBytes is { } bytes)
        {
            upload["pieceBytes"] = bytes;
            Add("begin", pieces.Begin, OperationArguments.BeginUpload, answer: null);
            Add("commit", pieces.Commit, OperationArguments.CommitUpload, match.Answer);
        }

        unsure.AddRange(pieces?.Unsure ?? []);
        if (!namesOurs)
        {
            upload["id"] = "answer";
        }

        return upload;

        void Add(string member, CallGroup? calls, string operation, DraftedAnswer? answer)
        {
            if (calls is null)
            {
                return;
            }

            RequestDrafter drafter = new(new OperationClues(operation, null, [], [member]), calls, _facts, Discretion, _keep, pieces);
            JsonObject entry = drafter.Draft();
            AddAnswer(entry, calls, answer, drafter.Words);
            AddKept(entry, operation);
            upload[member] = entry;
            namesOurs |= drafter.Uses(OperationArguments.UploadId);
            unsure.AddRange(drafter.Unsure.Select(doubt => Words.Get("draft.around", member, doubt)));
        }
    }

    /// <summary>How the answer of a call is read: what it tells, else whether it was done at all.</summary>
    private void AddAnswer(JsonObject entry, CallGroup calls, DraftedAnswer? answer, JsonObject words)
    {
        if (answer is not null)
        {
            Add(entry, "answer", answer.Expression);
            foreach ((string field, JsonNode? known) in answer.Words)
            {
                words[field] = known?.DeepClone();
            }

            if (answer.Times.Count > 0)
            {
                string?[] forms = [.. answer.Times.Select(t => (string?)t.Value).Distinct(StringComparer.Ordinal)];
                entry["times"] = forms is [{ } form] ? JsonValue.Create(form) : answer.Times.DeepClone();
            }
        }
        else if (_envelope.Success is null && !TellsSuccess(calls))
        {
            // The status alone says that it was done.
            entry["answer"] = "@";
        }

        foreach ((string member, JsonNode? rule) in _rules)
        {
            entry[member] = rule?.DeepClone();
        }

        if (words.Count > 0)
        {
            entry["words"] = words;
        }
    }

    private void AddKept(JsonObject entry, string operation)
    {
        if (_keep.Of(operation) is { Count: > 0 } kept)
        {
            entry["keep"] = kept;
        }
    }

    private void Draft(OperationMatch match, RequestDrafter request, JsonObject entry, bool installs)
    {
        string operation = match.Clues.Operation;
        List<string> unsure = [.. request.Unsure];
        if (match.Rival is { } rival)
        {
            unsure.Add(Words.Get("draft.rival", rival.Text));
        }

        // Of what is installed at once nobody asks for more than whether it was taken.
        bool isTold = !(installs && match.Clues == Upload) && PiecesOf(match) is not { Commit: not null, PieceBytes: not null };
        if (match.Clues == Upload && UploadOf(match, request, installs, unsure) is { Count: > 0 } upload)
        {
            entry["upload"] = upload;
        }

        AddAnswer(entry, match.Group, isTold ? match.Answer : null, request.Words);
        if (match.Answer is { Missing: { Count: > 0 } missing } && !(installs && match.Clues == Upload))
        {
            unsure.Add(Words.Get("draft.needs", string.Join(", ", missing)));
        }

        AddHalfSwitches(match, entry, unsure);
        if (match.Clues.Operation == OperationNames.ListQueue && match.Answer!.Found.Contains("next") && !request.Uses("cursor"))
        {
            unsure.Add(Words.Get("draft.no-cursor", "{cursor}"));
        }

        AddKept(entry, operation);
        if (IsShipped(operation, entry))
        {
            _rows[operation] = Row(DraftedState.AsShipped, string.Empty);
            return;
        }

        CatalogueReader reader = new(_language, _defaults.Deserialize(DialectJson.Default.DialectDefaults)) { Kept = _keep.Names };
        unsure.AddRange(EntryProof.Doubts(reader, match, entry, isTold ? PiecesOf(match)?.Told ?? match.Group : null));
        unsure = [.. unsure.Distinct(StringComparer.Ordinal)];
        if (unsure.Count > 0)
        {
            entry.Insert(0, "unsure", string.Join("; ", unsure));
        }

        entry["provenance"] = "observed";
        _entries[operation] = new JsonArray(entry);
        _rows[operation] = unsure.Count > 0 ? Row(DraftedState.Unsure, string.Join("; ", unsure)) : Row(DraftedState.Drafted, ToDo(match));

        DraftedOperation Row(DraftedState state, string toDo) => new()
        {
            Operation = operation,
            State = state,
            Call = match.Group.Text,
            Why = string.Join("; ", match.Reasons),
            ToDo = toDo,
        };
    }

    /// <summary>A switch that was only seen one way: its other word is a guess, which calls that set the switches would send.</summary>
    private void AddHalfSwitches(OperationMatch match, JsonObject entry, List<string> unsure)
    {
        if (match.Clues.Operation != OperationNames.GetMailFlow || entry["words"] is not JsonObject switches)
        {
            return;
        }

        foreach ((string name, JsonNode? field) in switches)
        {
            JsonObject words = field!.AsObject();
            string[] seen = [.. words.Select(word => word.Key).Where(_facts.SwitchWords.Contains)];
            bool[] told = [.. seen.Select(word => (bool)words[word]!).Distinct()];
            if (told is [bool isOn])
            {
                string other = words.Select(word => word.Key).Except(seen).FirstOrDefault(RequestDrafter.Unknown);
                words[other] = !isOn;
                unsure.Add(Words.Get("draft.half-switch", name, seen[0], other));
            }
        }
    }

    private static string ToDo(OperationMatch match)
    {
        string next = Words.Get(match.Clues.Acts ? "draft.try" : "draft.check");
        string[] unknown = [.. (match.Answer?.Unknown ?? []).Select(u => $"{u.Field}: {u.Word}").Distinct(StringComparer.Ordinal)];
        return unknown.Length == 0 ? next : Words.Get("draft.words", string.Join(", ", unknown), next);
    }

    /// <summary>Whether the catalogue says the same already.</summary>
    private bool IsShipped(string operation, JsonObject entry)
    {
        CatalogueEntryOptions shipped = OperationCatalogue.Shipped.Operations[operation][0].Written;
        bool isPlain = _defaults.Count == 0 && !entry.Any(m => m.Key is not ("method" or "path" or "query" or "body"));
        bool isSameQuery = (entry["query"] as JsonObject ?? [])
            .All(q => shipped.Query?.TryGetValue(q.Key, out string? known) == true && known == (string?)q.Value);
        return isPlain && isSameQuery && (string?)entry["method"] == shipped.Method && (string?)entry["path"] == shipped.Path
            && JsonNode.DeepEquals(entry["body"] ?? new JsonObject(), shipped.Body ?? new JsonObject());
    }

    private JsonObject Document()
    {
        JsonObject document = new()
        {
            ["schema"] = DialectFile.Schema,
            ["name"] = Words.Get("draft.name"),
            ["$comment"] = Words.Get("draft.comment"),
        };
        bool isObserved = _recording.TokenHeaders.All(SessionDialect.Observed.TokenHeaders.Contains)
            && _recording.TokenCookie?.Contains(ObservedCookie, StringComparison.OrdinalIgnoreCase) != false;
        if (!isObserved && _recording.TokenHeaders.Append(_recording.TokenCookie!).All(name => Discretion.MayWrite(name)))
        {
            document["session"] = new JsonObject
            {
                ["xsrfHeaders"] = new JsonArray([.. _recording.TokenHeaders.Select(name => JsonValue.Create(name))]),
                ["xsrfCookie"] = _recording.TokenCookie,
            };
        }

        if (_defaults.Count > 0)
        {
            document["defaults"] = _defaults;
        }

        document["operations"] = new JsonObject(
            _rows.Keys.OrderBy(Place).Where(_entries.ContainsKey).Select(operation => KeyValuePair.Create(operation, _entries[operation]?.DeepClone())));
        return document;
    }

    /// <summary>The documented clicks, after the session.</summary>
    private static int Place(string operation) => Array.FindIndex(Clues.Operations, clues => clues.Operation == operation);

    private static void Add(JsonObject entry, string member, string? value)
    {
        if (value is not null)
        {
            entry[member] = value;
        }
    }
}
