using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;
using System.Text.Unicode;
using Ksmg.Sdk.Http;

namespace Ksmg.Sdk;

/// <summary>How an entry reads the answer of a node that has an envelope, names and words of its own.</summary>
internal sealed class AnswerMapping
{
    private static readonly JsonDocumentOptions Bounds = new() { MaxDepth = 32 };

    private readonly IAnswerExpression? _answer;
    private readonly IAnswerExpression? _success;
    private readonly IAnswerExpression? _failure;
    private readonly HashSet<string> _mayHaveActed;
    private readonly AnswerValues _values;
    private readonly List<(string Name, IAnswerExpression Expression)> _keep = [];
    private readonly bool _isCommand;

    private AnswerMapping(string operation, CatalogueEntryOptions entry, AnswerValues values, Func<string, string?, IAnswerExpression?> parse)
    {
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

        return new AnswerMapping(operation, entry, values, Parse);

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
            return observed.HasError ? observed : observed with { Data = Convert(observed.Data, shape), Kept = Keep(json) };
        }

        using JsonDocument document = Parse(json);
        JsonElement answer = document.RootElement;
        if (_failure is not null && Evaluate("failure", _failure, answer) is { ValueKind: not JsonValueKind.Null } failure)
        {
            return failure.ValueKind == JsonValueKind.Object
                ? Failed(Text(failure, "code"), Text(failure, "message"))
                : throw new UnusableDataException(Words.Get("dialect.failure-shape"));
        }

        if (_success is not null && Evaluate("success", _success, answer).ValueKind != JsonValueKind.True)
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

        return Evaluate("answer", _answer, answer) is { ValueKind: not JsonValueKind.Null } data
            ? new Envelope { Data = _values.Convert(data, shape), Kept = Keep(answer) }
            : throw new UnusableDataException(Words.Get("dialect.answer-null"));

        Envelope Failed(string? code, string? message) => new()
        {
            HasError = true,
            ErrorCode = code,
            ErrorMessage = message,
            HadNoEffect = code is not null && !_mayHaveActed.Contains(code),
        };
    }

    private Dictionary<string, JsonNode?>? Keep(ReadOnlyMemory<byte> json)
    {
        if (_keep.Count == 0)
        {
            return null;
        }

        using JsonDocument document = Parse(json);
        return Keep(document.RootElement);
    }

    private Dictionary<string, JsonNode?>? Keep(JsonElement answer) => _keep.Count == 0
        ? null
        : _keep.ToDictionary(k => k.Name, k => JsonNode.Parse(Evaluate("keep", k.Expression, answer).GetRawText()), StringComparer.Ordinal);

    private ReadOnlyMemory<byte> Convert(ReadOnlyMemory<byte> data, JsonTypeInfo? shape)
    {
        if (shape is null || data.IsEmpty)
        {
            return data;
        }

        using JsonDocument document = Parse(data);
        return _values.Convert(document.RootElement, shape);
    }

    private static string? Text(JsonElement failure, string member) =>
        failure.TryGetProperty(member, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? AnswerValues.Text(value) : null;

    private static JsonElement Evaluate(string member, IAnswerExpression expression, JsonElement answer)
    {
        try
        {
            return expression.Evaluate(answer);
        }
        catch (FormatException e)
        {
            throw new UnusableDataException(Words.Get("dialect.evaluation", member, e.Message.TrimEnd('.')));
        }
    }

    /// <summary>The whole is JSON, not too deep, with nothing after it, and all its names and texts are Unicode.</summary>
    private static JsonDocument Parse(ReadOnlyMemory<byte> json)
    {
        json = Envelope.WithoutMark(json);
        JsonDocument document = JsonDocument.Parse(json, Bounds);
        if (!Utf8.IsValid(json.Span) || HasHalfCharacter(json.Span))
        {
            document.Dispose();
            throw new JsonException(Words.Get("call.not-unicode"));
        }

        return document;
    }

    /// <summary>Whether an escape stands for half a character: only reading a text finds that.</summary>
    private static bool HasHalfCharacter(ReadOnlySpan<byte> json)
    {
        if (json.IndexOf("\\u"u8) < 0)
        {
            return false;
        }

        Utf8JsonReader reader = new(json, new JsonReaderOptions { MaxDepth = Bounds.MaxDepth });
        try
        {
            while (reader.Read())
            {
                if (reader.ValueIsEscaped)
                {
                    _ = reader.GetString();
                }
            }

            return false;
        }
        catch (InvalidOperationException)
        {
            return true;
        }
    }
}
