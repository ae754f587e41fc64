using System.Diagnostics;
using System.Net;
using System.Text;
using System.Text.Json;
using Ksmg.Sdk.Http;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk;

/// <summary>What a login led to: a session, or why there is none.</summary>
internal readonly record struct Login(ClientSession? Session, CallResult? Failure);

/// <summary>
/// Holds the one session of a node: logs in lazily and once for all who wait, as far as the <see cref="LoginGuard"/> of the cluster allows
/// it. A node that does not answer is asked again at once.
/// </summary>
internal sealed class SessionKeeper(
    string node, KsmgOptions options, OperationCatalogue catalogue, NodeTransport transport, LoginGuard guard, TimeProvider time, ILogger logger)
{
    private readonly Lock _gate = new();
    private Task<Login>? _login;
    private ClientSession? _session;

    /// <summary>The last password that was sent: a node may still speak of it when the next login begins.</summary>
    private string? _password;

    /// <summary>Whether this node was seen to want its token without percent escapes.</summary>
    private bool _decodesToken;

    /// <summary>What is odd about the session that stands, for people; nothing where none stands.</summary>
    public string? Oddity
    {
        get
        {
            lock (_gate)
            {
                return _session?.Oddity;
            }
        }
    }

    /// <summary>The session, if need be after a login. The token ends the waiting, not the login others wait for too.</summary>
    public Task<Login> GetAsync(CancellationToken cancellationToken)
    {
        lock (_gate)
        {
            if (_session is { } session)
            {
                return Task.FromResult(new Login(session, null));
            }

            if (_login is null)
            {
                var source = new TaskCompletionSource<Login>(TaskCreationOptions.RunContinuationsAsynchronously);
                _login = source.Task;
                _ = Task.Run(() => RunAsync(source), CancellationToken.None);
            }

            return _login.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Drops a session the node no longer takes; a newer one stays.</summary>
    public void Drop(ClientSession session, CallResult refused)
    {
        lock (_gate)
        {
            _decodesToken |= IsForTheToken(refused) && session.MayDecodeToken;
            if (_session == session)
            {
                _session = null;
            }
        }
    }

    /// <summary>Drops whatever session there is or is being opened. A refusal stays remembered: the account is the same.</summary>
    public void Reset()
    {
        lock (_gate)
        {
            _session = null;
            _login = null;
        }
    }

    private static bool IsForTheToken(CallResult result) => result.Code is "xsrf";

    private async Task RunAsync(TaskCompletionSource<Login> source)
    {
        Login login = default;
        Exception? fault = null;
        bool wasAsked = true;
        using var clock = new CancellationTokenSource(options.RequestLimit, time);
        try
        {
            CallResult? spared = null;
            string? password = null;
            if (guard.IsWary && (spared = guard.CheckLockOut(node)) is null)
            {
                (password, spared) = await FetchAsync(clock.Token).ConfigureAwait(false);
                spared ??= guard.Check(node, Credentials(password!));
            }

            wasAsked = spared is null;
            login = spared is null ? await LoginAsync(password, clock.Token).ConfigureAwait(false) : new Login(null, spared);
        }
        catch (OperationCanceledException e) when (clock.IsCancellationRequested)
        {
            login = Failed(
                new CallResult
                {
                    Node = node,
                    Operation = OperationNames.UserLogin,
                    Outcome = CallOutcome.TimedOut,
                    Detail = Words.Get("login.not-in-time"),
                    Cause = e,
                });
        }
        catch (Exception e)
        {
            // Whatever the delegate of the password throws belongs to those who wait.
            fault = e;
        }

        lock (_gate)
        {
            if (_login == source.Task)
            {
                _login = null;
                _session = login.Session;
            }
        }

        if (wasAsked)
        {
            Tell(login, fault);
        }

        if (fault is null)
        {
            source.SetResult(login);
        }
        else
        {
            source.SetException(fault);
        }
    }

    private void Tell(Login login, Exception? fault)
    {
        string outcome = fault is null ? login.Failure?.Outcome.ToString() ?? Diagnostics.Success : "Fault";
        TagList tags = new() { { "ksmg.node", node }, { "ksmg.outcome", outcome } };
        Diagnostics.AddFault(ref tags, outcome);
        Diagnostics.Logins.Add(1, tags);
        if (login.Session is not null)
        {
            Log.LoggedIn(logger, node);
        }
        else
        {
            // A node that does not answer is polled; that is not worth a warning each time.
            bool refused = login.Failure?.Outcome is null or CallOutcome.LoginRefused;
            string detail = login.Failure?.Detail ?? fault!.GetType().Name;
            Log.LoginFailed(logger, refused ? LogLevel.Warning : LogLevel.Debug, node, detail);
        }
    }

    private async Task<Login> LoginAsync(string? password, CancellationToken cancellationToken)
    {
        using var buffer = new AnswerBuffer();
        bool decodes = _decodesToken;
        (ClientSession session, CallResult? failure) = await BeginAsync(decodes, buffer, cancellationToken).ConfigureAwait(false);
        if (failure is not null)
        {
            return Failed(failure);
        }

        if (password is null)
        {
            (password, failure) = await FetchAsync(cancellationToken).ConfigureAwait(false);
            if (failure is not null)
            {
                return Failed(failure);
            }
        }

        string credentials = Credentials(password!);
        using IDisposable turn = await guard.EnterAsync(credentials, options.RequestLimit / 2, cancellationToken).ConfigureAwait(false);
        if ((guard.CheckLockOut(node) ?? guard.Check(node, credentials)) is { } spared)
        {
            return Failed(spared);
        }

        CallResult result = await EndAsync(session, password!, buffer, cancellationToken).ConfigureAwait(false);
        if (IsForTheToken(result) && session.MayDecodeToken)
        {
            // Refused for the token before the password was looked at: once more with the token as the node may mean it.
            (session, failure) = await BeginAsync(decodes: true, buffer, cancellationToken).ConfigureAwait(false);
            if (failure is not null)
            {
                return Failed(failure);
            }

            result = await EndAsync(session, password!, buffer, cancellationToken).ConfigureAwait(false);
            _decodesToken = !IsForTheToken(result);
        }

        failure = Judge(result, session, buffer.Written.Span);
        if (failure is null)
        {
            guard.Accept(node, credentials);
            return new Login(session, null);
        }

        return Failed(failure.Outcome == CallOutcome.LoginRefused ? guard.Refuse(node, credentials, failure) : failure);
    }

    /// <summary>A login that failed leaves nothing behind, and what was to follow it was not sent.</summary>
    private static Login Failed(CallResult result) => new(null, result with { HadNoEffect = true });

    private string Credentials(string password) => $"{options.Credentials.UserName}\n{password}";

    /// <summary>The password, or why there is none. What a delegate throws on its own account is not caught.</summary>
    private async Task<(string? Password, CallResult? Failure)> FetchAsync(CancellationToken cancellationToken)
    {
        try
        {
            return (await options.Credentials.GetPasswordAsync(options, cancellationToken).ConfigureAwait(false), null);
        }
        catch (KsmgException e)
        {
            return (null, new CallResult
            {
                Node = node,
                Operation = OperationNames.UserLogin,
                Outcome = CallOutcome.LoginRefused,
                Refusal = LoginRefusal.NoPassword,
                Detail = e.Message.TrimEnd('.'),
                Cause = e,
                HadNoEffect = true,
            });
        }
    }

    /// <summary>A session with its token, not logged in yet.</summary>
    private async Task<(ClientSession Session, CallResult? Failure)> BeginAsync(bool decodes, AnswerBuffer buffer, CancellationToken cancellationToken)
    {
        var session = new ClientSession(catalogue.Session) { DecodesToken = decodes, Password = _password };
        CallResult result = await SendAsync(new Call { Operation = OperationNames.GetAuthInfo }, session, buffer, cancellationToken).ConfigureAwait(false);
        if ((int?)result.Status is >= 200 and < 300 && session.HasToken)
        {
            return (session, null);
        }

        return (session, result.Outcome switch
        {
            CallOutcome.Answered =>
                result with
                {
                    Outcome = CallOutcome.Unusable,
                    Detail = Words.Get("login.no-cookie", (int)result.Status!, catalogue.Session.TokenCookie),
                },
            CallOutcome.SessionRefused =>
                result with { Outcome = CallOutcome.Unusable, Detail = Words.Get("login.no-cookie-either", result.Detail, catalogue.Session.TokenCookie) },
            _ => result,
        });
    }

    private ValueTask<CallResult> EndAsync(ClientSession session, string password, AnswerBuffer buffer, CancellationToken cancellationToken)
    {
        session.Password = _password = password;
        CallArguments arguments = new() { { "userName", options.Credentials.UserName! }, { "password", password } };
        return SendAsync(new Call { Operation = OperationNames.UserLogin, Arguments = arguments }, session, buffer, cancellationToken);
    }

    private ValueTask<CallResult> SendAsync(Call call, ClientSession session, AnswerBuffer buffer, CancellationToken cancellationToken) =>
        catalogue.TryFind(call.Operation, null, out OperationEntry? entry)
            ? transport.SendAsync(call, entry, session, buffer, cancellationToken)
            : throw new InvalidOperationException($"The catalogue has no entry for {call.Operation} on every build.");

    /// <summary>A failure is told by the text <c>error</c> in the body: neither status nor shape decide.</summary>
    private static CallResult? Judge(CallResult result, ClientSession session, ReadOnlySpan<byte> body)
    {
        bool wasRead = result.Body is not null || result.Outcome == CallOutcome.Answered;
        if (!wasRead)
        {
            return result;
        }

        if (result is { IsByEntry: true, Outcome: CallOutcome.Answered })
        {
            return null;
        }

        bool isPage = (int)result.Status! is >= 300 and < 400 || body.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'<', ..];
        string text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, 64 * 1024)]);
        bool isServerError = (int)result.Status >= 500;
        if (isServerError && (result.Code is null || LoginWords.Read(null, result.Code, "") == LoginRefusal.Unknown))
        {
            return result;
        }

        // A fault of the node's own, except where its code says that it has looked at the password: each further login would count against the account.
        if (isServerError || result.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden or HttpStatusCode.TooManyRequests or HttpStatusCode.Locked
            || (result is { IsByEntry: true, Outcome: CallOutcome.Refused })
            || (!isPage && text.Contains("error", StringComparison.OrdinalIgnoreCase)))
        {
            LoginRefusal refusal = LoginWords.Read(result.Status, result.Code, isPage ? "" : text);
            bool isQuoted = isPage
                || text.Length == 0
                || (result.Outcome is CallOutcome.Refused or CallOutcome.SessionRefused or CallOutcome.Unavailable && text.TrimStart().StartsWith('{'));
            string said = isQuoted ? result.Detail : $"{result.Detail}: {session.Excerpt(text)}";
            string odd = session.Oddity is { } oddity ? $"; {oddity}" : "";
            return result with
            {
                Outcome = CallOutcome.LoginRefused,
                Refusal = refusal,
                Detail = LoginWords.Describe(refusal, said) + odd,
            };
        }

        return isPage ? result with { Outcome = CallOutcome.Unusable } : (int)result.Status < 300 ? null : result;
    }
}
