using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using Ksmg.Sdk.Http;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk;

/// <summary>
/// The one send path to a node: session, clocks, catalogue, telemetry. All clients of a node share it.
/// </summary>
internal sealed class NodeConnection
{
    private readonly string _cluster;
    private readonly OperationCatalogue _catalogue;
    private readonly NodeTransport _transport;
    private readonly SessionKeeper _sessions;
    private readonly ArgumentFinder _arguments;
    private readonly ILogger _logger;

    /// <summary>What most questions are asked with.</summary>
    private Tuple<string, CallArguments>? _ofNode;

    public NodeConnection(
        KsmgNodeOptions node, KsmgOptions options, OperationCatalogue catalogue, HttpClient http, LoginGuard guard, TimeProvider time, ILogger logger)
    {
        Configured = node;
        Name = node.Name!;
        Address = node.Address!;
        ConfiguredClusterAddress = string.IsNullOrWhiteSpace(node.ClusterAddress) ? null : node.ClusterAddress.Trim();
        ClusterAddress = ConfiguredClusterAddress;
        Options = options;
        Time = time;
        _cluster = options.Name;
        _catalogue = catalogue;
        _logger = logger;
        _transport = new NodeTransport(Name, Address, http, time, logger);
        _sessions = new SessionKeeper(Name, options, catalogue, _transport, guard, time, logger);
        _arguments = new ArgumentFinder(this, AskAsync, Kept);
    }

    public KsmgNodeOptions Configured { get; }

    public string Name { get; }

    public Uri Address { get; }

    public KsmgOptions Options { get; }

    public TimeProvider Time { get; }

    /// <summary>The in-cluster address: as configured, else as the node last told it. It survives restarts.</summary>
    public string? ClusterAddress { get; set; }

    /// <summary>The same as the configuration gives it, if it does.</summary>
    public string? ConfiguredClusterAddress { get; }

    /// <summary>What the node told for later calls.</summary>
    public KeptValues Kept { get; } = new();

    /// <inheritdoc cref="SessionKeeper.Oddity"/>
    public string? SessionOddity => _sessions.Oddity;

    /// <summary>The arguments of a call that is about one node of the cluster; the very same ones for the same node as the last time.</summary>
    public CallArguments OfNode(string address)
    {
        Tuple<string, CallArguments>? last = _ofNode;
        if (last?.Item1 != address)
        {
            _ofNode = last = Tuple.Create<string, CallArguments>(address, new() { { OperationArguments.Node, address } });
        }

        return last.Item2;
    }

    public void ResetSession()
    {
        _sessions.Reset();
        Log.SessionReset(_logger, Name);
    }

    /// <summary>How packages get into the node, by its build where the catalogue depends on it.</summary>
    public async Task<UploadWay> GetUploadWayAsync(CancellationToken cancellationToken)
    {
        if (_catalogue.TryFind(OperationNames.UploadUpdate, null, out OperationEntry? upload)
            && _catalogue.TryFind(OperationNames.DeleteUpdate, null, out OperationEntry? delete)
            && _catalogue.TryFind(OperationNames.ListUpdates, null, out OperationEntry? list))
        {
            return UploadWay.Of(upload, delete, list, Kept);
        }

        using CallClock clock = StartClock(cancellationToken);
        using var buffer = new AnswerBuffer();
        try
        {
            Login login = await _sessions.GetAsync(clock.Token).ConfigureAwait(false);
            if (login.Session is not { } session)
            {
                throw login.Failure!.ToException();
            }

            return UploadWay.Of(
                await FindAsync(OperationNames.UploadUpdate, session).ConfigureAwait(false),
                await FindAsync(OperationNames.DeleteUpdate, session).ConfigureAwait(false),
                await FindAsync(OperationNames.ListUpdates, session).ConfigureAwait(false),
                Kept);
        }
        catch (OperationCanceledException e)
        {
            cancellationToken.ThrowIfCancellationRequested();
            throw NotInTime(OperationNames.UploadUpdate, e);
        }

        async ValueTask<OperationEntry> FindAsync(string operation, ClientSession session)
        {
            (OperationEntry? entry, CallResult? failure) = await FindEntryAsync(operation, session, buffer, clock.Token).ConfigureAwait(false);
            if (failure?.Outcome == CallOutcome.TimedOut)
            {
                cancellationToken.ThrowIfCancellationRequested();
            }

            return entry ?? throw failure!.ToException();
        }
    }

    /// <summary>Makes a call and reads its <c>data</c>.</summary>
    /// <param name="operation">A name of <see cref="OperationNames"/>.</param>
    /// <param name="answer">How <c>data</c> is read.</param>
    /// <param name="arguments">What the catalogue has places for; what it needs beyond, such as the node's own address, is found here.</param>
    /// <param name="cancellationToken">Ends the call; whether the node acted is then unknown.</param>
    public Task<T> SendAsync<T>(
        string operation, JsonTypeInfo<T> answer, CallArguments? arguments = null, CancellationToken cancellationToken = default)
        where T : class =>
        RunAsync(new Call { Operation = operation, Arguments = arguments ?? CallArguments.None, Shape = answer }, answer, isLimited: true, cancellationToken);

    /// <summary>Makes a call that only succeeds or fails.</summary>
    public async Task CommandAsync(string operation, CallArguments? arguments, CancellationToken cancellationToken)
    {
        SuccessDto answer = await SendAsync(operation, KsmgJson.Default.SuccessDto, arguments, cancellationToken).ConfigureAwait(false);
        if (!answer.Success)
        {
            throw Fault(operation, Words.Get("call.no-success"));
        }
    }

    /// <summary>
    /// Makes a call with a content of the caller's own: session and verdict as ever, but no clock of ours, and the node's verdict on the
    /// headers is waited for before the body goes out. For operations the catalogue never repeats, since the content serves once.
    /// </summary>
    /// <param name="call">The call; the send path disposes of its content.</param>
    /// <param name="answer">How <c>data</c> is read.</param>
    /// <param name="cancellationToken">Ends the call, also while the body is being sent.</param>
    public Task<T> SendContentAsync<T>(Call call, JsonTypeInfo<T> answer, CancellationToken cancellationToken)
        where T : class =>
        RunAsync(call, answer, isLimited: false, cancellationToken);

    /// <summary>What is thrown when an answer is well-formed and still no success.</summary>
    public KsmgApiException Fault(string operation, string detail) =>
        new CallResult { Node = Name, Operation = operation, Outcome = CallOutcome.Unusable, Detail = detail }.ToException();

    /// <summary>In our words where the fault is ours to find, else where in the answer it is; what the platform says of it is the cause.</summary>
    private static string Describe(Exception e) => e switch
    {
        UnusableDataException => e.Message,
        JsonException { Path: { Length: > 1 } path } => Words.Get("call.off-document-at", Words.OneLine(path)),
        _ => Words.Get("call.off-document"),
    };

    private CallClock StartClock(CancellationToken caller) => new(Options.RequestLimit, Time, caller);

    private async Task<T> RunAsync<T>(Call call, JsonTypeInfo<T> answer, bool isLimited, CancellationToken caller)
        where T : class
    {
        using CallClock? clock = isLimited ? StartClock(caller) : null;
        long started = Time.GetTimestamp();
        using Activity? activity = Diagnostics.Source.StartActivity("ksmg " + call.Operation, ActivityKind.Client);
        activity?.SetTag("ksmg.cluster", _cluster).SetTag("ksmg.node", Name).SetTag("ksmg.operation", call.Operation)
            .SetTag(Diagnostics.ServerAddress, Address.IdnHost).SetTag(Diagnostics.ServerPort, Address.Port);
        string outcome = "Cancelled";
        try
        {
            using var buffer = new AnswerBuffer();
            CallResult result = await CallAsync(call, buffer, clock?.Token ?? caller).ConfigureAwait(false);
            if (result.Outcome == CallOutcome.TimedOut)
            {
                caller.ThrowIfCancellationRequested();
            }

            outcome = result.Outcome.ToString();
            activity?.SetTag("http.response.status_code", (int?)result.Status);
            if (result.Outcome != CallOutcome.Answered)
            {
                throw result.ToException();
            }

            try
            {
                return JsonSerializer.Deserialize(result.Data.Span, answer) ?? throw new JsonException(Words.Get("call.data-null"));
            }
            catch (Exception e) when (e is JsonException or InvalidOperationException or NotSupportedException)
            {
                outcome = nameof(CallOutcome.Unusable);
                throw (result with { Outcome = CallOutcome.Unusable, Detail = Words.Get("call.other-shape", Describe(e)), Cause = e }).ToException();
            }
        }
        catch (OperationCanceledException e)
        {
            // Outside of an attempt: while waiting for a login or before the next attempt. Nothing that could act is on its way.
            caller.ThrowIfCancellationRequested();
            outcome = nameof(CallOutcome.TimedOut);
            throw NotInTime(call.Operation, e);
        }
        finally
        {
            TimeSpan elapsed = Time.GetElapsedTime(started);
            TagList tags = new()
            {
                { "ksmg.cluster", _cluster },
                { "ksmg.node", Name },
                { "ksmg.operation", call.Operation },
                { "ksmg.outcome", outcome },
                { Diagnostics.ServerAddress, Address.IdnHost },
                { Diagnostics.ServerPort, Address.Port },
            };
            Diagnostics.AddFault(ref tags, outcome);
            Diagnostics.Calls.Record(elapsed.TotalSeconds, tags);
            Log.CallEnded(_logger, Name, call.Operation, outcome, elapsed.TotalMilliseconds);
            if (outcome != nameof(CallOutcome.Answered))
            {
                activity?.SetStatus(ActivityStatusCode.Error).SetTag(Diagnostics.ErrorType, outcome);
            }
        }
    }

    private async Task<CallResult> CallAsync(Call call, AnswerBuffer buffer, CancellationToken cancellationToken)
    {
        Login login = await _sessions.GetAsync(cancellationToken).ConfigureAwait(false);
        if (login.Session is not { } session)
        {
            return login.Failure!;
        }

        (OperationEntry? entry, CallResult result) = await SendAsync(call, session, buffer, cancellationToken).ConfigureAwait(false);
        if (result.Outcome != CallOutcome.SessionRefused)
        {
            return result;
        }

        Log.SessionEnded(_logger, Name, call.Operation, result.Detail);
        _sessions.Drop(session, result);
        if (entry is not { Safety: CallSafety.Safe })
        {
            return await ExpireAsync(result, cancellationToken).ConfigureAwait(false);
        }

        login = await _sessions.GetAsync(cancellationToken).ConfigureAwait(false);
        if (login.Session is not { } fresh)
        {
            return login.Failure!;
        }

        result = (await SendAsync(call, fresh, buffer, cancellationToken).ConfigureAwait(false)).Result;
        if (result.Outcome == CallOutcome.SessionRefused)
        {
            // Once only: whatever is wrong, more logins do not mend it.
            _sessions.Drop(fresh, result);
            return result with
            {
                Outcome = CallOutcome.LoginRefused,
                Refusal = LoginRefusal.SessionNotAccepted,
                Detail = Words.Get("call.fresh-session-refused", result.Detail, fresh.Oddity is { } oddity ? $"; {oddity}" : ""),
            };
        }

        return result;
    }

    /// <summary>Opens a new session for those who come next; the call itself is left to its caller, whatever becomes of the login.</summary>
    private async Task<CallResult> ExpireAsync(CallResult refused, CancellationToken cancellationToken)
    {
        Exception? why;
        try
        {
            why = (await _sessions.GetAsync(cancellationToken).ConfigureAwait(false)).Failure?.ToException();
        }
        catch (Exception e) when (e is OperationCanceledException or KsmgException)
        {
            why = e;
        }

        return refused with
        {
            Outcome = CallOutcome.SessionExpired,
            Detail = Words.Get("call.session-ended", refused.Detail),
            Cause = why,
        };
    }

    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    private async ValueTask<(OperationEntry? Entry, CallResult Result)> SendAsync(
        Call call, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken)
    {
        (OperationEntry? entry, CallResult? failure) = await FindEntryAsync(call.Operation, session, buffer, cancellationToken).ConfigureAwait(false);
        if (entry is null)
        {
            return (null, failure!);
        }

        entry = call.Of?.Invoke(entry) ?? entry;
        if (entry.Missing)
        {
            return (entry, NotSent(call.Operation, CallOutcome.Missing, Words.Get("dialect.missing", call.Operation)));
        }

        (CallArguments arguments, failure) = await _arguments.CompleteAsync(call, entry, session, buffer, cancellationToken).ConfigureAwait(false);
        if (failure is null && entry.Request.IsPathAbsent(arguments))
        {
            failure = NotSent(call.Operation, CallOutcome.Unusable, Words.Get("dialect.path-absent", entry.Path));
        }

        CallResult result = failure ?? await _transport.SendAsync(call.With(arguments), entry, session, buffer, cancellationToken).ConfigureAwait(false);
        if (result.Kept is { } told && call.Piece is not > 0)
        {
            Kept.Keep(told);
        }

        return (entry, result);
    }

    /// <summary>Asks what the arguments of another call need, on the same session.</summary>
    private async ValueTask<CallResult> AskAsync(Call call, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken) =>
        (await SendAsync(call, session, buffer, cancellationToken).ConfigureAwait(false)).Result;

    /// <summary>The entry for the node's build, which is asked for only where the catalogue depends on it.</summary>
    private async ValueTask<(OperationEntry? Entry, CallResult? Failure)> FindEntryAsync(
        string operation, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken)
    {
        if (_catalogue.TryFind(operation, session.Build, out OperationEntry? entry))
        {
            return (entry, null);
        }

        if (session.Build is null)
        {
            _catalogue.TryFind(OperationNames.GetAbout, null, out OperationEntry? about);
            var ask = new Call { Operation = OperationNames.GetAbout, Shape = KsmgJson.Default.AboutDto };
            CallResult result = await _transport.SendAsync(ask, about!, session, buffer, cancellationToken).ConfigureAwait(false);
            if (result.Outcome != CallOutcome.Answered)
            {
                // The operation itself was not sent.
                return (null, result with { HadNoEffect = true });
            }

            try
            {
                session.Build = JsonSerializer.Deserialize(result.Data.Span, KsmgJson.Default.AboutDto)?.EarliestBuild;
            }
            catch (JsonException)
            {
                // Told below, as for a node that does not say its build.
            }

            if (session.Build is not null && _catalogue.TryFind(operation, session.Build, out entry))
            {
                return (entry, null);
            }
        }

        string build = session.Build?.ToString() ?? Words.Get("catalogue.build-untold");
        return (null, NotSent(operation, CallOutcome.Unusable, Words.Get("catalogue.no-entry", build)));
    }

    /// <summary>What is thrown when the time is over outside of an attempt.</summary>
    private KsmgApiException NotInTime(string operation, OperationCanceledException e) =>
        (NotSent(operation, CallOutcome.TimedOut, Words.Get("call.no-connection-in-time")) with { Cause = e }).ToException();

    private CallResult NotSent(string operation, CallOutcome outcome, string why) =>
        new() { Node = Name, Operation = operation, Outcome = outcome, Detail = why, HadNoEffect = true };

    /// <summary>The clock of a call, which the caller's token also ends.</summary>
    private sealed class CallClock : IDisposable
    {
        private readonly CancellationTokenSource _source;
        private readonly CancellationTokenRegistration _registration;

        public CallClock(TimeSpan limit, TimeProvider time, CancellationToken caller)
        {
            _source = new CancellationTokenSource(limit, time);
            _registration = caller.UnsafeRegister(static s => ((CancellationTokenSource)s!).Cancel(), _source);
        }

        public CancellationToken Token => _source.Token;

        public void Dispose()
        {
            _registration.Dispose();
            _source.Dispose();
        }
    }
}
