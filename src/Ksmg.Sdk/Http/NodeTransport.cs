using System.Net;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using Ksmg.Sdk.Http;
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
    private readonly TimeProvider _time;

    /// <summary>Where the last call of an entry went: a question that is asked again and again brings the very same arguments.</summary>
    private readonly ConditionalWeakTable<OperationEntry, Tuple<CallArguments, Uri>> _asked = [];

    /// <summary>Whether the node has refused to give its verdict before the body (417): then it is not asked for it again.</summary>
    private bool _refusesExpect;

    public NodeTransport(string node, Uri address, HttpClient http, TimeProvider time, ILogger logger)
    {
        _node = node;
        _address = address;
        _http = http;
        _time = time;
        _safe = RetryTable.CreatePipeline(CallSafety.Safe, time, OnRetry);
        _ifNotSent = RetryTable.CreatePipeline(CallSafety.IfNotSent, time, OnRetry);

        void OnRetry(CallResult failed)
        {
            Diagnostics.Retries.Add(1, new("ksmg.node", node), new("ksmg.operation", failed.Operation));
            Log.CallRepeated(logger, node, failed.Operation, failed.Outcome, failed.Detail);
        }
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public async ValueTask<CallResult> SendAsync(
        Call call, OperationEntry entry, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken)
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
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<CallResult> AttemptAsync(
        Call call, OperationEntry entry, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken)
    {
        HttpStatusCode? status = null;
        CallArguments arguments = entry.Mapping?.InWordsOfNode(call.Arguments) ?? call.Arguments;
        Uri address = AddressOf(entry, arguments);
        HttpContent? content = null;
        HttpRequestMessage? request = null;
        try
        {
            content = call.Content is null ? entry.Request.Content(arguments, entry.Safety) : call.Content(entry.Request, arguments);
            using HttpResponseMessage response = await SendAsync().ConfigureAwait(false);
            status = response.StatusCode;
            session.Absorb(address, response, _time.GetUtcNow());
            if (response.Content.Headers.NonValidated.Contains("Content-Encoding")
                && response.Content.Headers.ContentEncoding.Any(e => !e.Equals("identity", StringComparison.OrdinalIgnoreCase)))
            {
                return Result(CallOutcome.Unusable, Words.Get("call.compressed"));
            }

            if (!await buffer.FillAsync(response.Content, cancellationToken).ConfigureAwait(false))
            {
                return Result(CallOutcome.Unusable, Words.Get("call.too-large", AnswerBuffer.MaxBytes));
            }

            return Judge(call, entry, session, response, buffer.Written);
        }
        catch (HttpRequestException e) when (e.InnerException is CertificateRefusedException)
        {
            return Result(CallOutcome.NotTrusted, e.InnerException.Message, e, noEffect: true);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.NameResolutionError or HttpRequestError.ConnectionError
            or HttpRequestError.SecureConnectionError or HttpRequestError.ProxyTunnelError)
        {
            return Result(CallOutcome.NotConnected, Words.Get("call.no-connection", session.Excerpt(ConnectionFault.Describe(e, _address))), e, noEffect: true);
        }
        catch (HttpRequestException e) when (e.HttpRequestError is HttpRequestError.InvalidResponse)
        {
            // The platform quotes the line it does not understand, which may be a cookie: no cause.
            return Result(CallOutcome.Unusable, Words.Get("call.not-http"));
        }
        catch (Exception e) when (e is HttpRequestException or IOException)
        {
            return Result(CallOutcome.ConnectionLost, Words.Get("call.broke", session.Excerpt(ConnectionFault.Describe(e, _address))), e);
        }
        catch (ExecutionRejectedException e)
        {
            return Result(CallOutcome.ConnectionLost, Words.Get("call.handler", session.Excerpt(e.Message)), e);
        }
        catch (OperationCanceledException e) when (cancellationToken.IsCancellationRequested)
        {
            return Result(CallOutcome.TimedOut, Words.Get("call.no-answer-in-time"), e);
        }
        catch (OperationCanceledException e) when (e.InnerException is TimeoutException)
        {
            // The connect clock of the handler.
            return Result(CallOutcome.NotConnected, Words.Get("call.not-connected-in-time"), e.InnerException, noEffect: true);
        }
        catch (OperationCanceledException e)
        {
            return Result(CallOutcome.ConnectionLost, Words.Get("call.ended-on-its-way"), e);
        }
        finally
        {
            request?.Dispose();
            content?.Dispose();
        }

        Task<HttpResponseMessage> SendAsync() => call.ExpectContinue && !_refusesExpect ? SendExpectingAsync() : SendOnceAsync(expects: false);

        async Task<HttpResponseMessage> SendExpectingAsync()
        {
            HttpResponseMessage response = await SendOnceAsync(expects: true).ConfigureAwait(false);
            if (response.StatusCode != HttpStatusCode.ExpectationFailed || call.HasStarted?.Invoke() == true)
            {
                return response;
            }

            // The node had only the headers, and asks for the same without this one (RFC 9110, 10.1.1).
            response.Dispose();
            request!.Content = null;
            request.Dispose();
            _refusesExpect = true;
            return await SendOnceAsync(expects: false).ConfigureAwait(false);
        }

        Task<HttpResponseMessage> SendOnceAsync(bool expects)
        {
            request = new HttpRequestMessage(entry.Method, address)
            {
                Version = HttpVersion.Version11,
                VersionPolicy = HttpVersionPolicy.RequestVersionExact,
                Content = content,
            };
            request.Headers.TryAddWithoutValidation("Accept", "application/json");
            if (expects)
            {
                request.Headers.ExpectContinue = true;
            }

            entry.Request.AddHeaders(request, arguments);
            session.Apply(request);
            return _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        }

        CallResult Result(CallOutcome outcome, string detail, Exception? cause = null, bool noEffect = false) =>
            new() { Node = _node, Operation = call.Operation, Outcome = outcome, Status = status, Detail = detail, Cause = cause, HadNoEffect = noEffect };
    }

    private Uri AddressOf(OperationEntry entry, CallArguments arguments)
    {
        if (_asked.TryGetValue(entry, out Tuple<CallArguments, Uri>? last) && ReferenceEquals(last.Item1, arguments))
        {
            return last.Item2;
        }

        Uri address = new(_address, entry.Request.Target(arguments));
        _asked.AddOrUpdate(entry, Tuple.Create(arguments, address));
        return address;
    }

    private CallResult Judge(Call call, OperationEntry entry, ClientSession session, HttpResponseMessage response, ReadOnlyMemory<byte> body)
    {
        HttpStatusCode status = response.StatusCode;
        bool isHtml = (response.Content.Headers.NonValidated.TryGetValues("Content-Type", out HeaderStringValues type)
                && type.ToString().StartsWith("text/html", StringComparison.OrdinalIgnoreCase))
            || body.Span.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'<', ..];
        Envelope envelope = default;
        JsonException? notJson = null;
        if (!isHtml)
        {
            try
            {
                envelope = entry.Mapping?.Read(body, call.Shape) ?? Envelope.Parse(body);
            }
            catch (JsonException e)
            {
                notJson = e;
            }
        }

        bool isClientError = (int)status is >= 400 and < 500;
        if ((int)status is >= 300 and < 400)
        {
            return Result(
                CallOutcome.SessionRefused,
                response.Headers.Location is { } target
                    ? Words.Get("call.points-to", Answered(), session.Excerpt(target.OriginalString))
                    : Words.Get("call.points-nowhere", Answered()));
        }

        if (isHtml && response.IsSuccessStatusCode)
        {
            return Result(CallOutcome.SessionRefused, Words.Get("call.login-page", Answered()));
        }

        if (status is HttpStatusCode.Unauthorized
            || (envelope.ErrorCode is "unauthorized" && !IsServerError(status))
            || (status is HttpStatusCode.Forbidden && (!envelope.HasError || envelope.ErrorCode is null or "xsrf")))
        {
            // 403 with any other code speaks of rights, which no login mends.
            return Result(CallOutcome.SessionRefused, Words.Get("call.no-session", Answered(), Said()), noEffect: envelope.HasError && isClientError);
        }

        if (status is HttpStatusCode.BadGateway or HttpStatusCode.ServiceUnavailable or HttpStatusCode.GatewayTimeout)
        {
            return Result(CallOutcome.Unavailable, Words.Get("call.not-available", Answered(), Said()));
        }

        if (envelope.HasError)
        {
            return Result(
                CallOutcome.Refused,
                Words.Get("call.refused", (int)status, envelope.ErrorCode is { } c ? " " + session.Excerpt(c) : "", Said()),
                noEffect: isClientError || (envelope.HadNoEffect && !IsServerError(status)));
        }

        if (!response.IsSuccessStatusCode)
        {
            return Result(CallOutcome.Unusable, Answered());
        }

        if (notJson is not null || envelope.Data.IsEmpty)
        {
            return Result(CallOutcome.Unusable, notJson switch
            {
                null => Words.Get("call.json-without-data", Answered()),
                UnusableDataException => Words.Get("call.other-shape", session.Excerpt(notJson.Message)),
                _ => Words.Get("call.not-json", Answered()),
            });
        }

        return new CallResult
        {
            Node = _node,
            Operation = call.Operation,
            Outcome = CallOutcome.Answered,
            Status = status,
            Data = envelope.Data,
            IsByEntry = entry.Mapping is { Decides: true },
            Kept = envelope.Kept,
        };

        string Answered() => Words.Get("call.answered", (int)status);

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
            IsByEntry = entry.Mapping is { Decides: true },
        };
    }

    private static bool IsServerError(HttpStatusCode status) => (int)status >= 500;
}
