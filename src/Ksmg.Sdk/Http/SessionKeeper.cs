using System.Globalization;
using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk;

/// <summary>What a login led to: a session, or why there is none.</summary>
internal readonly record struct Login(ClientSession? Session, CallResult? Failure);

/// <summary>
/// Holds the one session of a node: logs in lazily and once for all who wait. A refused login is not tried again for a while, so that
/// polling cannot lock the account; a node that does not answer is asked again at once.
/// </summary>
internal sealed class SessionKeeper(
    string node, KsmgOptions options, OperationCatalogue catalogue, NodeTransport transport, TimeProvider time, ILogger logger)
{
    /// <summary>How long the first refusal is remembered; doubles up to <see cref="MaxCoolDown"/>.</summary>
    public static readonly TimeSpan CoolDown = TimeSpan.FromSeconds(30);

    public static readonly TimeSpan MaxCoolDown = TimeSpan.FromMinutes(10);

    private readonly Lock _gate = new();
    private Task<Login>? _login;
    private ClientSession? _session;
    private CallResult? _refusal;
    private DateTimeOffset _refusedUntil;
    private int _refusals;

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
                TimeSpan left = _refusal is null ? TimeSpan.Zero : _refusedUntil - time.GetUtcNow();
                if (left > TimeSpan.Zero)
                {
                    string seconds = Math.Ceiling(left.TotalSeconds).ToString(CultureInfo.InvariantCulture);
                    return Task.FromResult(new Login(null, _refusal! with { Detail = $"{_refusal.Detail}; not tried again for {seconds} s, so that the account is not locked" }));
                }

                var source = new TaskCompletionSource<Login>(TaskCreationOptions.RunContinuationsAsynchronously);
                _login = source.Task;
                _ = Task.Run(() => RunAsync(source), CancellationToken.None);
            }

            return _login.WaitAsync(cancellationToken);
        }
    }

    /// <summary>Drops a session the node no longer takes; a newer one stays.</summary>
    public void Drop(ClientSession session)
    {
        lock (_gate)
        {
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

    private async Task RunAsync(TaskCompletionSource<Login> source)
    {
        Login login = default;
        Exception? fault = null;
        try
        {
            login = await LoginAsync().ConfigureAwait(false);
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

            if (login.Session is not null)
            {
                (_refusal, _refusals) = (null, 0);
            }
            else if (login.Failure is { Outcome: CallOutcome.LoginRefused or CallOutcome.PasswordExpired } refusal)
            {
                _refusal = refusal;
                _refusedUntil = time.GetUtcNow() + TimeSpan.FromTicks(Math.Min(CoolDown.Ticks << Math.Min(_refusals++, 8), MaxCoolDown.Ticks));
            }
        }

        Diagnostics.Logins.Add(1, new("ksmg.node", node), new("ksmg.outcome", fault is null ? login.Failure?.Outcome.ToString() ?? "Answered" : "Fault"));
        if (login.Session is not null)
        {
            Log.LoggedIn(logger, node);
        }
        else
        {
            // A node that does not answer is polled; that is not worth a warning each time.
            bool refused = login.Failure?.Outcome is null or CallOutcome.LoginRefused or CallOutcome.PasswordExpired;
            string detail = login.Failure?.Detail ?? fault!.GetType().Name;
            Log.LoginFailed(logger, refused ? LogLevel.Warning : LogLevel.Debug, node, detail);
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

    private async Task<Login> LoginAsync()
    {
        var session = new ClientSession();
        using var buffer = new AnswerBuffer();
        using var clock = new CancellationTokenSource(options.RequestLimit, time);
        CallResult result;
        try
        {
            result = await SendAsync(new Call { Operation = OperationNames.GetAuthInfo }).ConfigureAwait(false);
            if ((int?)result.Status is not (>= 200 and < 300) || !session.HasToken)
            {
                return Failed(result.Outcome is CallOutcome.Answered or CallOutcome.SessionRefused
                    ? result with { Outcome = CallOutcome.Unusable, Detail = $"answered {(int)result.Status!} and set no cookie whose name contains XSRF-TOKEN" }
                    : result);
            }

            string password = await options.Credentials.GetPasswordAsync(options, clock.Token).ConfigureAwait(false);
            session.Password = password;
            byte[] body = JsonSerializer.SerializeToUtf8Bytes(new LoginDto(options.Credentials.UserName!, password), KsmgJson.Default.LoginDto);
            result = await SendAsync(new Call { Operation = OperationNames.UserLogin, Content = () => Call.Json(body) }).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (clock.IsCancellationRequested)
        {
            return Failed(new CallResult { Node = node, Operation = OperationNames.UserLogin, Outcome = CallOutcome.TimedOut, Detail = "no login in time", Cause = e });
        }

        return Judge(result, buffer.Written.Span) is { } failure ? Failed(failure) : new Login(session, null);

        // A login that failed leaves nothing behind, and what was to follow it was not sent.
        static Login Failed(CallResult result) => new(null, result with { HadNoEffect = true });

        ValueTask<CallResult> SendAsync(Call call) =>
            catalogue.TryFind(call.Operation, null, out OperationEntry? entry)
                ? transport.SendAsync(call, entry, session, buffer, clock.Token)
                : throw new InvalidOperationException($"The catalogue has no entry for {call.Operation} on every build.");
    }

    /// <summary>A failure is told by the text <c>error</c> in the body: neither status nor shape decide.</summary>
    private static CallResult? Judge(CallResult result, ReadOnlySpan<byte> body)
    {
        bool wasRead = result.Body is not null || result.Outcome == CallOutcome.Answered;
        if (!wasRead || result.Outcome is CallOutcome.Unavailable || (int)result.Status! >= 500)
        {
            return result;
        }

        bool isPage = (int)result.Status is >= 300 and < 400 || body.TrimStart(" \t\r\n\uFEFF"u8) is [(byte)'<', ..];
        string text = Encoding.UTF8.GetString(body[..Math.Min(body.Length, 64 * 1024)]);
        if (result.Status is HttpStatusCode.Unauthorized or HttpStatusCode.Forbidden
            || (!isPage && text.Contains("error", StringComparison.OrdinalIgnoreCase)))
        {
            bool expired = text.Contains("password", StringComparison.OrdinalIgnoreCase) && text.Contains("expire", StringComparison.OrdinalIgnoreCase);
            return result with
            {
                Outcome = expired ? CallOutcome.PasswordExpired : CallOutcome.LoginRefused,
                Detail = expired ? "the password is expired; change it in the web interface of the node" : $"the login was refused: {result.Detail}",
            };
        }

        return isPage ? result with { Outcome = CallOutcome.Unusable } : (int)result.Status < 300 ? null : result;
    }
}

/// <summary>The observed body of <c>user-login</c>.</summary>
internal sealed record LoginDto(string Username, string Password)
{
    public string NewPassword => "";

    public string ConfirmPassword => "";

    public bool UseDomainCreds => false;

    /// <summary>Never the password.</summary>
    public override string ToString() => nameof(LoginDto);
}
