using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>How an entry reads the answer of a node that has an envelope, names and words of its own.</summary>
internal sealed class AnswerMapping
{
    private const int MaxDepth = 32;

    private readonly IAnswerLanguage? _language;
    private readonly IAnswerExpression? _answer;
    private readonly IAnswerExpression? _success;
    private readonly IAnswerExpression? _failure;
    private readonly HashSet<string> _mayHaveActed;
    private readonly AnswerValues _values;
    private readonly List<(string Name, IAnswerExpression Expression)> _keep = [];
    private readonly bool _isCommand;

    private AnswerMapping(
        string operation, CatalogueEntryOptions entry, IAnswerLanguage? language, AnswerValues values, Func<string, string?, IAnswerExpression?> parse)
    {
        _language = language;
        _isCommand = OperationArguments.IsCommand(operation);
        _answer = parse("answer", entry.Answer);
        _success = parse("success", entry.Success);
        _failure = parse("failure", entry.Failure);
        _mayHaveActed = [.. entry.MayHaveActed ?? []];
        _values = values;
        foreach ((string name, string expression) in entry.Keep ?? new Dictionary<string, string>())
        {
            if (parse("keep", expression) is { } parsed)
            {
                _keep.Add((name, parsed));
            }
        }
    }

    /// <summary>Whether the entry says itself what a success and what a failure is.</summary>
    public bool Decides => _success is not null || _failure is not null || _answer is not null;

    /// <summary>Reads how an entry reads answers; <see langword="null"/>: as observed.</summary>
    public static AnswerMapping? Read(string operation, CatalogueEntryOptions entry, IAnswerLanguage? language, Action<string, string> fault)
    {
        AnswerValues values = AnswerValues.Read(entry, fault);
        if (entry.Answer is null && entry.Success is null && entry.Failure is null && entry.Keep is null && values.IsEmpty)
        {
            return null;
        }

        return new AnswerMapping(operation, entry, language, values, Parse);

        IAnswerExpression? Parse(string member, string? expression)
        {
            if (expression is null)
            {
                return null;
            }

            if (language is null)
            {
                fault(member, Words.Get("dialect.no-language"));
                return null;
            }

            try
            {
                return language.Parse(expression);
            }
            catch (FormatException e)
            {
                fault(member, Words.Get("dialect.expression", expression, e.Message.TrimEnd('.')));
                return null;
            }
        }
    }

    /// <summary>The argument of a call in the words of the node.</summary>
    public CallArguments InWordsOfNode(CallArguments arguments) => _values.Back(arguments);

    /// <summary>What the node said, in the form of the observed envelope.</summary>
    /// <param name="json">The answer.</param>
    /// <param name="shape">The form its data have to have; <see langword="null"/>: nobody reads them.</param>
    /// <exception cref="JsonException">It is no JSON, or not what the entry says.</exception>
    public Envelope Read(ReadOnlyMemory<byte> json, JsonTypeInfo? shape)
    {
        if (!Decides)
        {
            Envelope observed = Envelope.Parse(json);
            observed = observed.HasError || _keep.Count == 0 ? observed : observed with { Kept = Keep(_language!.Read(json)) };
            return observed.Data.IsEmpty ? observed : observed with { Data = Convert(observed.Data, shape) };
        }

        json = Proven(json);
        object answer = _language!.Read(json);
        if (_failure is not null && Evaluate("failure", _failure, answer) is { } failure)
        {
            return failure is JsonObject told
                ? Failed(Text(told["code"]), Text(told["message"]))
                : throw new UnusableDataException(Words.Get("dialect.failure-shape"));
        }

        if (_success is not null && !IsTrue(Evaluate("success", _success, answer)))
        {
            return Failed(null, Words.Get("dialect.no-success"));
        }

        if (_isCommand || shape is null)
        {
            return new Envelope { Data = """{"success":true}"""u8.ToArray(), Kept = Keep(answer) };
        }

        if (_answer is null)
        {
            return new Envelope { Data = Convert(Envelope.Parse(json).Data, shape), Kept = Keep(answer) };
        }

        return Evaluate("answer", _answer, answer) is { } data
            ? new Envelope { Data = Convert(Bytes(data), shape), Kept = Keep(answer) }
            : throw new UnusableDataException(Words.Get("dialect.answer-null"));

        Envelope Failed(string? code, string? message) => new()
        {
            HasError = true,
            ErrorCode = code,
            ErrorMessage = message,
            HadNoEffect = code is not null && !_mayHaveActed.Contains(code),
        };
    }

    private Dictionary<string, JsonNode?>? Keep(object answer) => _keep.Count == 0
        ? null
        : _keep.ToDictionary(k => k.Name, k => Evaluate("keep", k.Expression, answer), StringComparer.Ordinal);

    private static byte[] Bytes(JsonNode node) => JsonSerializer.SerializeToUtf8Bytes(node, KsmgJson.Default.JsonNode);

    private static bool IsTrue(JsonNode? node) => node is JsonValue value && value.TryGetValue(out bool isTrue) && isTrue;

    private static string? Text(JsonNode? node) => node is null ? null : CallArguments.Text(node);

    private static JsonNode? Evaluate(string member, IAnswerExpression expression, object answer)
    {
        try
        {
            return JsonNode.Parse(expression.Evaluate(answer).Span);
        }
        catch (FormatException e)
        {
            throw new UnusableDataException(Words.Get("dialect.evaluation", member, e.Message.TrimEnd('.')));
        }
    }

    /// <summary>The whole is JSON, not too deep, with nothing after it, and without a byte-order mark.</summary>
    private static ReadOnlyMemory<byte> Proven(ReadOnlyMemory<byte> json)
    {
        ReadOnlySpan<byte> mark = "\uFEFF"u8;
        json = json.Span.StartsWith(mark) ? json[mark.Length..] : json;
        Utf8JsonReader reader = new(json.Span, new JsonReaderOptions { MaxDepth = MaxDepth });
        try
        {
            while (reader.Read())
            {
                // Names and texts that are not UTF-8 are found by reading them.
                if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName)
                {
                    _ = reader.GetString();
                }
            }
        }
        catch (InvalidOperationException e)
        {
            throw new JsonException(Words.Get("call.not-unicode"), e);
        }

        return json;
    }

    private ReadOnlyMemory<byte> Convert(ReadOnlyMemory<byte> data, JsonTypeInfo? shape) =>
        shape is null || data.IsEmpty ? data : Bytes(_values.Convert(JsonNode.Parse(data.Span), shape)!);
}
