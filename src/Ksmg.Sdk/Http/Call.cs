using System.Net.Http.Headers;

namespace Ksmg.Sdk;

/// <summary>A call as a client makes it; every attempt builds its own request and content from it.</summary>
internal sealed class Call
{
    public required string Operation { get; init; }

    /// <summary>The query with its question mark, or nothing.</summary>
    public string Query { get; init; } = "";

    /// <summary>Makes the content of one attempt; absent for a call without a body.</summary>
    public Func<HttpContent>? Content { get; init; }

    /// <summary>Whether the node's verdict is waited for before the body is sent.</summary>
    public bool ExpectContinue { get; init; }

    /// <summary>Whether sending the body has begun, where the content can be sent but once; absent where each attempt makes its own.</summary>
    public Func<bool>? HasStarted { get; init; }

    public static HttpContent Json(byte[] body) =>
        new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue("application/json") { CharSet = "utf-8" } } };
}
