using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>The calls of a recording that are one call of the appliance, with other values.</summary>
internal sealed class CallGroup
{
    private const string Variable = "{}";
    private const int Polled = 3;
    private const int RichAnswer = 2;

    private readonly string? _marker;

    private CallGroup(string method, string template, IReadOnlyList<RecordedCall> calls, string? marker)
    {
        _marker = marker;
        Method = method;
        Template = template;
        Calls = calls;
        Good = [.. calls.Where(call => call.IsGood)];
        Words = [.. Template.Split('/').SelectMany(Clues.Split)];
        Answers = Seen.Of(Good.Select(call => call.Answer), marker);
    }

    public string Method { get; }

    /// <summary>The path, with <c>{}</c> for what differs from call to call.</summary>
    public string Template { get; }

    public IReadOnlyList<RecordedCall> Calls { get; }

    /// <summary>Those that the appliance answered well.</summary>
    public IReadOnlyList<RecordedCall> Good { get; }

    /// <summary>What its path speaks of.</summary>
    public HashSet<string> Words { get; }

    public Seen Answers { get; }

    /// <summary>Whether the same path is asked with GET too.</summary>
    private bool IsAskedToo { get; init; }

    public string Text => $"{Method} {Template}";

    /// <param name="calls">The calls.</param>
    /// <param name="isVariable">Whether a part of a path names a thing, not a kind of things.</param>
    /// <param name="marker">The member of every answer that says how the call went.</param>
    public static IReadOnlyList<CallGroup> Of(IEnumerable<RecordedCall> calls, Func<string, bool> isVariable, string? marker)
    {
        var groups = calls.GroupBy(call => (call.Method, Template: TemplateOf(call))).ToArray();
        return
        [
            .. groups.Select(group => new CallGroup(group.Key.Method, group.Key.Template, [.. group], marker)
            {
                IsAskedToo = groups.Any(other => other.Key == ("GET", group.Key.Template)),
            }).Where(group => group.Good.Count > 0),
        ];

        string TemplateOf(RecordedCall call) => "/" + string.Join('/', call.Segments.Select(segment => isVariable(segment) ? Variable : segment));
    }

    /// <summary>Whether a package may have gone in with it: a file was sent, or nothing that was recorded, and the answer describes an upload.</summary>
    public bool MayUpload(Discretion discretion)
    {
        if (Good.Any(call => call.HasFile))
        {
            return true;
        }

        OperationClues clues = Array.Find(Clues.Operations, c => c.Operation == OperationNames.UploadUpdate)!;
        DraftedAnswer answer = AnswerDrafter.Draft(clues.Operation, clues.Shape!, Answers, discretion);
        bool describesUpload = answer.Missing.Count == 0 && answer.Found.Contains("fileName") && answer.Found.Contains("sizeBytes");
        return describesUpload && Acts() && Good.All(call => call.Body is null);
    }

    /// <summary>Some of its calls, as a group.</summary>
    public CallGroup Only(IEnumerable<RecordedCall> calls) => new(Method, Template, [.. calls], _marker) { IsAskedToo = IsAskedToo };

    /// <summary>Whether it changes something, as far as that can be told from outside.</summary>
    public bool Acts()
    {
        if (Method != "POST" || IsAskedToo || Good.Any(call => call.HasFile))
        {
            return Method != "GET";
        }

        foreach (string word in Clues.Split(Template.Split('/')[^1]))
        {
            if (Clues.ReadingVerbs.Contains(word) || Clues.ActingVerbs.Contains(word))
            {
                return !Clues.ReadingVerbs.Contains(word);
            }
        }

        bool isAskedAgain = Good.Count >= Polled && Good.All(call => JsonNode.DeepEquals(call.Body, Good[0].Body));
        bool saysNothing = Good.All(call => call.Body is null or JsonObject { Count: 0 });
        bool tellsRows = Answers.Inside().Any(place => place.Node.Items is { IsObject: true });
        bool tellsLittle = Answers.Inside().Count(place => place.Node.IsScalar || place.Node.Items is not null) < RichAnswer;
        return !tellsRows && (tellsLittle || !(saysNothing || isAskedAgain));
    }
}
