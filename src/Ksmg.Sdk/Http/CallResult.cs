using System.Net;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk;

/// <summary>What became of a call, as a value: retries and sessions decide on it, and only the end of the send path throws.</summary>
internal sealed record CallResult
{
    public required string Node { get; init; }

    public required string Operation { get; init; }

    public required CallOutcome Outcome { get; init; }

    public HttpStatusCode? Status { get; init; }

    /// <summary>The <c>data</c> of a good answer, inside the buffer of the call.</summary>
    public ReadOnlyMemory<byte> Data { get; init; }

    /// <inheritdoc cref="Envelope.Kept"/>
    public IReadOnlyDictionary<string, JsonNode?>? Kept { get; init; }

    public string? Code { get; init; }

    /// <summary>Whether the entry of the call says itself what a success and what a failure is.</summary>
    public bool IsByEntry { get; init; }

    /// <summary>Why a login was refused.</summary>
    public LoginRefusal Refusal { get; init; }

    /// <summary>What happened, for people: without a secret, without a full stop.</summary>
    public string Detail { get; init; } = "";

    public string? Body { get; init; }

    public Exception? Cause { get; init; }

    /// <summary>Whether the call certainly changed nothing.</summary>
    public bool HadNoEffect { get; init; }

    /// <summary>A new exception each time: several callers may wait for one login.</summary>
    public KsmgApiException ToException()
    {
        string message = $"{Node}: {Operation}: {Detail}.";
        return Outcome switch
        {
            CallOutcome.LoginRefused when Refusal == LoginRefusal.PasswordExpired =>
                new KsmgPasswordExpiredException(message, Cause)
                {
                    Reason = Refusal,
                    Node = Node,
                    Operation = Operation,
                    Status = Status,
                    Code = Code,
                    Body = Body,
                    HadNoEffect = HadNoEffect,
                },
            CallOutcome.LoginRefused =>
                new KsmgAuthenticationException(message, Cause)
                {
                    Reason = Refusal,
                    Node = Node,
                    Operation = Operation,
                    Status = Status,
                    Code = Code,
                    Body = Body,
                    HadNoEffect = HadNoEffect,
                },
            CallOutcome.Missing or CallOutcome.NotKept => new KsmgMissingOperationException(message) { Node = Node, Operation = Operation, HadNoEffect = true },
            CallOutcome.SessionExpired =>
                new KsmgSessionExpiredException(message, Cause)
                {
                    Node = Node,
                    Operation = Operation,
                    Status = Status,
                    Code = Code,
                    Body = Body,
                    HadNoEffect = HadNoEffect,
                },
            CallOutcome.NotTrusted when Cause?.InnerException is CertificateRefusedException refused => new KsmgCertificateException(message, Cause)
            {
                Node = Node,
                Operation = Operation,
                HadNoEffect = HadNoEffect,
                PresentedFingerprint = refused.Presented,
                ExpectedFingerprints = refused.Expected,
            },
            CallOutcome.TimedOut =>
                new KsmgApiException(message, new TimeoutException(message, Cause))
                {
                    Node = Node,
                    Operation = Operation,
                    Status = Status,
                    HadNoEffect = HadNoEffect,
                },
            _ =>
                new KsmgApiException(message, Cause)
                {
                    Node = Node,
                    Operation = Operation,
                    Status = Status,
                    Code = Code,
                    Body = Body,
                    HadNoEffect = HadNoEffect,
                },
        };
    }
}
