using System.Net;

namespace Ksmg.Sdk;

/// <summary>A node answered, and the answer is not a success.</summary>
public class KsmgApiException : KsmgException
{
    /// <summary>Creates the exception.</summary>
    public KsmgApiException(string message, Exception? innerException = null)
        : base(message, innerException)
    {
    }

    /// <summary>The catalogue operation that was called.</summary>
    public required string Operation { get; init; }

    /// <summary>The HTTP status, if an answer came at all.</summary>
    public HttpStatusCode? Status { get; init; }

    /// <summary>The node's error code, from the <c>error</c> object of the answer.</summary>
    public string? Code { get; init; }

    /// <summary>The first characters of the answer, cut and without secrets.</summary>
    public string? Body { get; init; }

    /// <summary>
    /// Whether it is certain that the call changed nothing: the connection was never made, or the node refused before acting.
    /// </summary>
    public bool HadNoEffect { get; init; }
}
