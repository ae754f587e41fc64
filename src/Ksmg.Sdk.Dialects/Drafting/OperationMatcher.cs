using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>Finds out which call of a recording is which operation: by verb, noun, form, order and what changed after.</summary>
internal sealed class OperationMatcher(RecordingFacts facts, Discretion discretion)
{
    /// <summary>From how many points on a call is taken for an operation.</summary>
    private const int Enough = 9;

    /// <summary>By fewer points than these the best is not the best for certain.</summary>
    private const int Margin = 3;

    private const int ManyNouns = 3;
    private const int NounPoints = 3;
    private const int VerbPoints = 4;
    private const int SignPoints = 6;
    private const int NamedFields = 4;

    /// <summary>The calls that only ask.</summary>
    public IReadOnlyList<OperationMatch> Readings(IReadOnlyList<CallGroup> groups) =>
        Choose(from clues in Clues.Operations.Where(clues => !clues.Acts)
               from calls in groups.Where(calls => !calls.Acts())
               select Reading(clues, calls));

    /// <summary>The calls that change something; what the others told is known by then.</summary>
    public IReadOnlyList<OperationMatch> Actions(IReadOnlyList<CallGroup> groups) =>
        Choose(from calls in groups.Where(calls => calls.Acts()).SelectMany(Apart)
               from clues in Clues.Operations.Where(clues => clues.Acts)
               select Action(clues, calls));

    /// <summary>Every call is for one operation, and every operation has one call: the surest first.</summary>
    private static List<OperationMatch> Choose(IEnumerable<OperationMatch> possible)
    {
        OperationMatch[] all = [.. possible.Where(match => match.Score >= Enough).OrderByDescending(match => match.Score)];
        List<OperationMatch> chosen = [];
        foreach (OperationMatch match in all.Where(m => !chosen.Exists(c => c.Clues == m.Clues || c.Group == m.Group)))
        {
            chosen.Add(match);
        }

        return chosen.ConvertAll(match => match with
        {
            Rival = all.FirstOrDefault(m => m.Clues == match.Clues && m.Group != match.Group && m.Score > match.Score - Margin
                && !chosen.Exists(c => c.Group == m.Group))?.Group,
        });
    }

    private OperationMatch Reading(OperationClues clues, CallGroup calls)
    {
        DraftedAnswer answer = AnswerDrafter.Draft(clues.Operation, clues.Shape!, calls.Answers, discretion);
        List<string> reasons = [];
        int score = NounScore(clues, calls, reasons) + answer.Score;
        if (answer.Found.Count > 0)
        {
            string more = answer.Found.Count > NamedFields ? ", …" : string.Empty;
            reasons.Add(Words.Get("draft.tells", string.Join(", ", answer.Found.Take(NamedFields)) + more));
        }

        return new OperationMatch(clues, calls, score, reasons) { Answer = answer };
    }

    private OperationMatch Action(OperationClues clues, CallGroup calls)
    {
        List<string> reasons = [];
        int score = NounScore(clues, calls, reasons) + VerbScore(clues, calls, reasons) + Signs(clues.Operation, calls, reasons);
        DraftedAnswer? answer = clues.Shape is null ? null : AnswerDrafter.Draft(clues.Operation, clues.Shape, calls.Answers, discretion);
        return new OperationMatch(clues, calls, score, reasons) { Answer = answer };
    }

    private static int NounScore(OperationClues clues, CallGroup calls, List<string> reasons)
    {
        string[] said = [.. clues.Nouns.Where(calls.Words.Contains)];
        if (said.Length > 0)
        {
            reasons.Add(Words.Get("draft.speaks-of", string.Join(", ", said)));
        }

        return NounPoints * Math.Min(said.Length, ManyNouns);
    }

    private static int VerbScore(OperationClues clues, CallGroup calls, List<string> reasons)
    {
        bool deletes = calls.Method == "DELETE" || calls.Words.Overlaps(["delete", "remove", "discard"]);
        if (deletes != (clues.Operation == OperationNames.DeleteUpdate))
        {
            return deletes ? -2 * SignPoints : 0;
        }

        string? verb = deletes ? "delete" : clues.Verbs.FirstOrDefault(calls.Words.Contains);
        if (verb is not null)
        {
            reasons.Add(Words.Get("draft.does", verb));
        }

        return verb is null ? 0 : VerbPoints;
    }

    /// <summary>What in the requests themselves speaks for an operation, and what against it.</summary>
    private int Signs(string operation, CallGroup calls, List<string> reasons)
    {
        RecordedCall call = calls.Good[^1];
        bool hasFile = calls.MayUpload(discretion);
        bool namesUpload = !hasFile && facts.NamesUpload(call);
        switch (operation)
        {
            case OperationNames.UploadUpdate:
                return Sign(hasFile, "draft.sends-file", SignPoints + VerbPoints);
            case OperationNames.DeleteUpdate:
                return Sign(namesUpload, "draft.names-upload", SignPoints);
            case OperationNames.StartUpdate:
                return Sign(namesUpload, "draft.names-upload", SignPoints)
                    + (facts.UploadedAt < call.At && !hasFile ? Sign(true, "draft.after-upload", 2) : 0);
            case OperationNames.SetReceiving or OperationNames.SetSending:
                return hasFile || namesUpload ? -SignPoints : SwitchSign(operation, calls, reasons);
            case OperationNames.AssignControl or OperationNames.AssignSecondary:
                return RoleSign(operation == OperationNames.AssignControl ? "control" : "secondary", call, reasons);
            case OperationNames.FlushQueue:
                IReadOnlyDictionary<string, string[]> queues = Clues.WordsOf(operation, "queue")!;
                return Sign(
                    RequestLeaf.Of(call).Any(leaf => leaf.IsNamed("queue") && Clues.Ours(queues, leaf.Text) is not null), "draft.names-queue", SignPoints);
            default:
                return calls.Words.Contains("integrity") ? SignPoints : -SignPoints;
        }

        int Sign(bool is_, string reason, int points)
        {
            if (!is_)
            {
                return -SignPoints;
            }

            reasons.Add(Words.Get(reason));
            return points;
        }
    }

    private int SwitchSign(string operation, CallGroup calls, List<string> reasons)
    {
        string own = operation == OperationNames.SetReceiving ? OperationArguments.Receiving : OperationArguments.Sending;
        RecordedCall call = calls.Good[^1];
        if (TurnedBy(call) != own)
        {
            return -2 * SignPoints;
        }

        if (calls.Good.Select(c => (Before: facts.Before(c), After: facts.After(c))).FirstOrDefault(s => s.Before is not null && s.After is not null)
            is { Before: { } before, After: { } after })
        {
            bool isReceiving = own == OperationArguments.Receiving;
            (bool was, bool isNow) = isReceiving ? (before.Receiving, after.Receiving) : (before.Sending, after.Sending);
            if (was != isNow)
            {
                reasons.Add(Words.Get("draft.turned", own, OnOff(was), OnOff(isNow)));
                return SignPoints + VerbPoints;
            }
        }

        reasons.Add(Words.Get("draft.names-switch", own));
        return SignPoints;

        static string OnOff(bool value) => Words.Get(value ? "draft.on" : "draft.off");
    }

    private static int RoleSign(string role, RecordedCall call, List<string> reasons)
    {
        string[] said = [.. RolesIn(call)];
        if (!said.Contains(role))
        {
            return -2 * SignPoints;
        }

        reasons.Add(Words.Get("draft.says-role", role));
        return RequestLeaf.Of(call).Any(leaf => leaf.IsNamed("role")) ? SignPoints + VerbPoints : SignPoints;
    }

    /// <summary>Calls of one path that do different things: by the role they give, and by the switch they turn.</summary>
    private IEnumerable<CallGroup> Apart(CallGroup calls)
    {
        ILookup<string, RecordedCall> kinds = calls.Calls.ToLookup(call => string.Join('+', RolesIn(call).Append(TurnedBy(call) ?? string.Empty)));
        return kinds.Count < 2 ? [calls] : kinds.Select(calls.Only).Where(some => some.Good.Count > 0);
    }

    /// <summary>The roles that a call speaks of, in its path and its values.</summary>
    private static IEnumerable<string> RolesIn(RecordedCall call)
    {
        IReadOnlyDictionary<string, string[]> roles = Clues.WordsOf(OperationNames.ListNodes, "role")!;
        IEnumerable<string> values = RequestLeaf.Of(call).Where(leaf => leaf.IsNamed("role")).Select(leaf => leaf.Text);
        return call.Segments.SelectMany(Clues.Split).Concat(values).Select(word => word switch
        {
            "promote" => "control",
            "demote" => "secondary",
            _ => Clues.Ours(roles, word),
        }).OfType<string>().Distinct(StringComparer.Ordinal);
    }

    /// <summary>Which of the two switches a call turns: the one that was told to stand otherwise, or the only one it names.</summary>
    private string? TurnedBy(RecordedCall call)
    {
        RequestLeaf[] switches = [.. RequestLeaf.Of(call).Where(leaf => leaf.IsSwitch)];
        RequestLeaf? receiving = Array.Find(switches, leaf => leaf.IsNamed(OperationArguments.Receiving));
        RequestLeaf? sending = Array.Find(switches, leaf => leaf.IsNamed(OperationArguments.Sending));
        if (receiving is not null && sending is not null)
        {
            bool turnsSending = facts.Before(call) is { } before && before.Sending != sending.IsOn && before.Receiving == receiving.IsOn;
            return turnsSending ? OperationArguments.Sending : OperationArguments.Receiving;
        }

        string[] words = [.. call.Segments.SelectMany(Clues.Split)];
        bool takes = receiving is not null || words.Any(word => word is "receive" or "receiving" or "inbound" or "accept");
        bool sends = sending is not null || words.Any(word => word is "send" or "sending" or "outbound" or "deliver");
        return (switches.Length > 0, takes, sends) switch
        {
            (true, true, _) => OperationArguments.Receiving,
            (true, false, true) => OperationArguments.Sending,
            _ => null,
        };
    }
}
