using System.Net.Http.Headers;
using System.Text.Json.Serialization.Metadata;

namespace Ksmg.Sdk;

/// <summary>A call as a client makes it; every attempt builds its own request and content from it.</summary>
internal sealed class Call
{
    public required string Operation { get; init; }

    /// <summary>What the caller gives; where it goes in the request, the entry says.</summary>
    public CallArguments Arguments { get; init; } = CallArguments.None;

    /// <summary>The form that the data of the answer have to have; absent where nobody reads them.</summary>
    public JsonTypeInfo? Shape { get; init; }

    /// <summary>A content of the caller's own instead of the entry's body; the entry says what stands around it.</summary>
    public Func<RequestTemplate, CallArguments, HttpContent>? Content { get; init; }

    /// <summary>Whether the node's verdict is waited for before the body is sent.</summary>
    public bool ExpectContinue { get; init; }

    /// <summary>Whether sending the body has begun, where the content can be sent but once; absent where each attempt makes its own.</summary>
    public Func<bool>? HasStarted { get; init; }

    /// <summary>Which call of an entry that has several; absent: its own.</summary>
    public Func<OperationEntry, OperationEntry>? Of { get; init; }

    /// <summary>Which piece of an upload is sent, from 0: the first one's answer ties the others to it.</summary>
    public long? Piece { get; init; }

    /// <summary>The same call with other arguments.</summary>
    public Call With(CallArguments arguments) => ReferenceEquals(arguments, Arguments) ? this : new()
    {
        Operation = Operation,
        Arguments = arguments,
        Shape = Shape,
        Content = Content,
        ExpectContinue = ExpectContinue,
        HasStarted = HasStarted,
        Of = Of,
        Piece = Piece,
    };

    public static HttpContent Json(byte[] body) =>
        new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" } } };
}
