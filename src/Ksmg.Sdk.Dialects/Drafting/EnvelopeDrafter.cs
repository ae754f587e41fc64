using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>Finds out how the answers of an appliance say that a call went well or not.</summary>
internal sealed class EnvelopeDrafter
{
    private const int LeastAnswers = 3;

    private static readonly string[] Markers = ["status", "result", "success", "ok", "code", "state", "outcome", "returncode", "resultcode"];
    private static readonly string[] Codes = ["code", "id", "key", "type", "errorcode", "name"];
    private static readonly string[] Messages = ["message", "text", "description", "detail", "msg", "title", "reason"];

    /// <summary>The observed rule: a good answer has no <c>error</c>.</summary>
    private const string Observed = "error && { code: error.code, message: error.message } || null";

    public EnvelopeDrafter(IReadOnlyList<RecordedCall> calls, Discretion discretion)
    {
        JsonObject[] good = [.. calls.Where(call => call.IsGood).Select(call => call.Answer).OfType<JsonObject>()];
        IEnumerable<string> names = good.SelectMany(answer => answer.Select(member => member.Key)).Distinct(StringComparer.Ordinal);
        foreach (string name in names.Where(name => Markers.Contains(Clues.Normal(name)) && discretion.MayWrite(name)))
        {
            string[] values = [.. good.Select(answer => Literal(answer[name], discretion)).OfType<string>()];
            IGrouping<string, string>? usual = values.GroupBy(value => value).MaxBy(group => group.Count());

            // In all answers, and nearly always the same: what differs are refusals.
            if (usual is not null && good.Length >= LeastAnswers && values.Length == good.Length && usual.Count() * 5 >= values.Length * 4)
            {
                Marker = name;
                string path = AnswerDrafter.PathOf([name]);
                Success = $"{path} == {usual.Key}";
                Failure = Refusal(calls, name, usual.Key, discretion) is { } fault ? $"{path} != {usual.Key} && {fault} || null" : null;
                return;
            }
        }

        Failure = Observed;
    }

    /// <summary>The member of every answer that says how it went.</summary>
    public string? Marker { get; }

    public string? Success { get; }

    public string? Failure { get; }

    /// <summary>Whether a call went well, as far as its answer says.</summary>
    public bool IsGood(RecordedCall call, Discretion discretion) =>
        call.IsGood && (Marker is null
            || (call.Answer is JsonObject answer && Success == $"{AnswerDrafter.PathOf([Marker])} == {Literal(answer[Marker], discretion)}"));

    /// <summary>Where a refusal says what is wrong.</summary>
    private static string? Refusal(IReadOnlyList<RecordedCall> calls, string marker, string usual, Discretion discretion)
    {
        IEnumerable<JsonObject> answers = calls.Select(call => call.Answer).OfType<JsonObject>();
        foreach (JsonObject answer in answers.Where(a => a.ContainsKey(marker) && Literal(a[marker], discretion) != usual))
        {
            foreach ((string name, JsonNode? part) in answer)
            {
                if (part is JsonObject fault && discretion.MayWrite(name) && Member(fault, Codes) is { } code)
                {
                    string message = Member(fault, Messages) is { } text ? $"{AnswerDrafter.PathOf([name, text])}" : AnswerDrafter.PathOf([name, code]);
                    return $"{{ code: {AnswerDrafter.PathOf([name, code])}, message: {message} }}";
                }
            }
        }

        return null;

        string? Member(JsonObject fault, string[] names) =>
            fault.Select(m => m.Key).Where(discretion.MayWrite).FirstOrDefault(key => names.Contains(Clues.Normal(key)));
    }

    private static string? Literal(JsonNode? value, Discretion discretion) => value?.GetValueKind() switch
    {
        JsonValueKind.String when (string)value! is var text && discretion.MayWrite(text) => $"'{text}'",
        JsonValueKind.True or JsonValueKind.False or JsonValueKind.Number => $"`{value.ToJsonString()}`",
        _ => null,
    };
}
