using System.Net;
using System.Text.Json;
using Microsoft.Extensions.Logging;
using Polly;

namespace Ksmg.Sdk;

/// <summary>
/// Sends calls to one node: build, send, read, dispose; repeated as <see cref="RetryTable"/> says. Knows nothing of logins.
/// </summary>
internal sealed class NodeTransport
{
    private readonly string _node;
    private readonly Uri _address;
    private readonly HttpClient _http;
    private readonly ResiliencePipeline<CallResult> _safe;
    private readonly ResiliencePipeline<CallResult> _ifNotSent;

    public NodeTransport(string node, Uri address, HttpClient http, TimeProvider time, ILogger logger)
    {
        _node = node;
        _address = address;
        _http = http;
        _safe = RetryTable.CreatePipeline(CallSafety.Safe, time, OnRetry);
        _ifNotSent = RetryTable.CreatePipeline(CallSafety.IfNotSent, time, OnRetry);

        void OnRetry(CallResult failed)
        {
            Diagnostics.Retries.Add(1, new("ksmg.node", node), new("ksmg.operation", failed.Operation));
            Log.CallRepeated(logger, node, failed.Operation, failed.Outcome, failed.Detail);
        }
    }

    public async ValueTask<CallResult> SendAsync(Call call, OperationEntry entry, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken)
    {
        ResiliencePipeline<CallResult> pipeline = entry.Safety switch
        {
            CallSafety.Safe => _safe,
            CallSafety.IfNotSent => _ifNotSent,
            _ => ResiliencePipeline<CallResult>.Empty,
        };
        return await pipeline.ExecuteAsync(
            static (s, token) => s.self.AttemptAsync(s.call, s.entry, s.session, s.buffer, token),
            (self: this, call, entry, session, buffer),
            cancellationToken).ConfigureAwait(false);
    }

    /// <summary>One attempt, always as a value. What ends our token ends the attempt as <see cref="CallOutcome.TimedOut"/>.</summary>
    private async ValueTask<CallResult> AttemptAsync(Call call, OperationEntry entry, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken)
    {
        HttpStatusCode? status = null;
        try
        {
            using var request = new HttpRequestMessage(entry.Method, new Uri(_address, entry.Path + call.Query))
            {
                Version = HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = call.Content?.Invoke(),
            };
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
            request.Headers.ExpectContinue = call.ExpectContinue ? true : null;
            session.Apply(request);

            using HttpResponseMessage response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken).ConfigureAwait(false);
            status = response.StatusCode;
            session.Absorb(response);
            if (response.Content.Headers.ContentEncoding.Count > 0)
            {
                return Result(CallOutcome.Unusable, "the answer is compressed, which was not asked for");
            }

            if (!await buffer.FillAsync(response.Content, cancellationToken).ConfigureAwait(false))
            {
                return Result(CallOutcome.Unusable, $"the answer is larger than {AnswerBuffer.MaxBytes} bytes");
            }

            return Judge(call, session, response, buffer.Written);
        }
        catch (HttpRequestException e) when (e.InnerException is CertificateRefusedException)
        {
            return Result(CallOutcome.NotTrusted, e.InnerException.Message, e, noEffect: true);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
        {
            return Result(CallOutcome.NotConnected, $"no connection: {session.Excerpt(e.Message)}", e, noEffect: true);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.InvalidResponse)
        {
            // The platform quotes the line it does not understand, which may be a cookie: no cause.
            return Result(CallOutcome.Unusable, "the answer is not HTTP");
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Result(CallOutcome.ConnectionLost, $"the connection broke: {session.Excerpt(e.Message)}", e);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            return Result(CallOutcome.TimedOut, "no answer in time", e);
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException)
        {
            // The connect clock of the handler.
            return Result(CallOutcome.NotConnected, "no connection in time", e.InnerException, noEffect: true);
        }

        CallResult Result(CallOutcome outcome, string detail, Exception? cause = null, bool noEffect = false) =>
            new() { Node = _node, Operation = call.Operation, Outcome = outcome, Status = status, Detail = detail, Cause = cause, HadNoEffect = noEffect };
    }

    private CallResult Judge(Call call, ClientSession session, HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        HttpStatusCode status = response.StatusCode;
        bool isHtml = response.Content.Headers.ContentType?.MediaType is "text/html" || body.Span.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'<', ..];
        Envelope envelope = default;
        JsonException? notJson = null;
        if (!isHtml)
        {
            try
            {
                envelope = Envelope.Parse(body);
            }
            catch (JsonException e)
            {
                notJson = e;
            }
        }

        bool isClientError = (int)status is >= 400 and < 500;
        string answered = $"answered {(int)status}";
        if ((int)status is >= 300 and < 400 || (isHtml && response.IsSuccessStatusCode))
        {
            return Result(CallOutcome.SessionRefused, $"{answered} with the login page");
        }

        if (status is HttpStatusCode.Unauthorized
            || (envelope.ErrorCode is "unauthorized" && !IsServerError(status))
            || (status is HttpStatusCode.Forbidden && (!envelope.HasError || envelope.ErrorCode is null or "xsrf")))
        {
            // 403 with any other code speaks of rights, which no login mends.
            return Result(CallOutcome.SessionRefused, $"{answered}: no session", noEffect: envelope.HasError && isClientError);
        }

        if (status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
        {
            return Result(CallOutcome.Unavailable, $"{answered}: not available{Said()}");
        }

        if (envelope.HasError)
        {
            return Result(CallOutcome.Refused, $"refused ({(int)status}{(envelope.ErrorCode is { } c ? " " + session.Excerpt(c) : "")}){Said()}", noEffect: isClientError);
        }

        if (!response.IsSuccessStatusCode)
        {
            return Result(CallOutcome.Unusable, answered);
        }

        if (notJson is not null || envelope.Data.IsEmpty)
        {
            return Result(CallOutcome.Unusable, $"{answered} with {(notJson is null ? "JSON without data" : "something that is not JSON")}");
        }

        return new CallResult { Node = _node, Operation = call.Operation, Outcome = CallOutcome.Answered, Status = status, Data = envelope.Data };

        string Said() => string.IsNullOrWhiteSpace(envelope.ErrorMessage) ? "" : ": " + session.Excerpt(envelope.ErrorMessage);

        CallResult Result(CallOutcome outcome, string detail, bool noEffect = false) => new()
        {
            Node = _node,
            Operation = call.Operation,
            Outcome = outcome,
            Status = status,
            Code = envelope.ErrorCode is { } code ? session.Excerpt(code) : null,
            Detail = detail,
            Body = session.Excerpt(body),
            HadNoEffect = noEffect,
        };
    }

    private static bool IsServerError(HttpStatusCode status) => (int)status >= 500;
}
