using System.Globalization;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>A session on a node: the name it has in the logs, and the cookie that opens it.</summary>
internal sealed record SimulatedSession(string Id, string Cookie)
{
    public DateTimeOffset ExpiresAt { get; set; }
}

/// <summary>What is counted of an account: by each node, or over the whole cluster.</summary>
internal sealed class SimulatedAccount
{
    public int FailedLogins { get; set; }

    public DateTimeOffset LockedUntil { get; set; }
}

internal sealed partial class SimulatedNode
{
    private static readonly Dictionary<string, string> LoginRefusals = new(StringComparer.Ordinal)
    {
        ["AuthFailed"] = "Authentication failed",
        ["LoginAttemptsExceed"] = "Login attempts exceeded",
        ["PasswordExpired"] = "Password expired",
        ["PasswordReset"] = "Should change password",
        ["NTLMServersNotAvailable"] = "NTLM servers are not available",
        ["Unknown"] = "Unknown error",
    };

    private readonly Dictionary<string, SimulatedSession> _sessions = new(StringComparer.Ordinal);
    private readonly SimulatedAccount _ownAccount = new();
    private int _sessionNumber;

    /// <summary>The product's word under which every login is refused now, or nothing.</summary>
    private string? _loginRefusal;

    /// <summary>The product's words for a refused login.</summary>
    public static IEnumerable<string> LoginRefusalWords => LoginRefusals.Keys;

    public DateTimeOffset PasswordExpiresAt { get; set; }

    public bool CanEditSettings { get; set; } = true;

    public bool CanManageNodes { get; set; } = true;

    private SimulatedAccount Account => _world.Options.LockoutCountsOverCluster ? _world.Account : _ownAccount;

    /// <summary>Opens a session. Refusals carry status 200, as observed, and the words of the product's audit events.</summary>
    public SimulatedSession LogIn(string? userName, string? password, Caller caller)
    {
        DateTimeOffset now = _world.Now;
        if (now < Account.LockedUntil)
        {
            throw Refused("LoginAttemptsExceed");
        }

        if (_loginRefusal is { } word)
        {
            _world.Effect(Name, "login-refused", caller, word);
            if (word == "AuthFailed")
            {
                CountFailure();
            }

            throw Refused(word);
        }

        if (userName != _world.Options.UserName || password != _world.Options.Password)
        {
            _world.Effect(Name, "login-refused", caller);
            CountFailure();
            throw Refused("AuthFailed");
        }

        Account.FailedLogins = 0;
        if (now >= PasswordExpiresAt)
        {
            throw Refused("PasswordExpired");
        }

        foreach (string expired in _sessions.Values.Where(old => old.ExpiresAt <= now).Select(old => old.Cookie).ToArray())
        {
            _sessions.Remove(expired);
        }

        var session = new SimulatedSession(string.Create(CultureInfo.InvariantCulture, $"{Name}-s{++_sessionNumber}"), _world.Token())
        {
            ExpiresAt = now + _world.Options.SessionLifetime,
        };
        _sessions.Add(session.Cookie, session);
        _world.Effect(Name, "session-opened", caller with { Session = session.Id });
        return session;
    }

    /// <summary>The session a cookie opens; it lives on from now.</summary>
    public SimulatedSession Authenticate(string? cookie)
    {
        if (cookie is null || !_sessions.TryGetValue(cookie, out SimulatedSession? session) || session.ExpiresAt <= _world.Now)
        {
            throw new ApiRefusal(401, "unauthorized", "Log in first.");
        }

        session.ExpiresAt = _world.Now + _world.Options.SessionLifetime;
        return session;
    }

    /// <summary>Whether a cookie opens a session; it does not live longer by that.</summary>
    public bool Knows(string? cookie) => cookie is not null && _sessions.TryGetValue(cookie, out SimulatedSession? session) && session.ExpiresAt > _world.Now;

    public CurrentUser GetCurrentUser() => new()
    {
        UserName = _world.Options.UserName,
        CanEditSettings = CanEditSettings,
        CanManageNodes = CanManageNodes,
        PasswordExpiresAt = PasswordExpiresAt,
    };

    public void EndSessions() => _sessions.Clear();

    public void LockAccount(TimeSpan time, Caller caller)
    {
        Account.FailedLogins = 0;
        Account.LockedUntil = _world.Now + time;
        _world.Effect(Name, "account-locked", caller);
    }

    public void UnlockAccount() => Account.LockedUntil = default;

    /// <summary>From now on every login is refused with a word of the product; <see langword="null"/>: no more.</summary>
    public void RefuseLogins(string? word) => _loginRefusal = word;

    private static ApiRefusal Refused(string word) => new(200, word, LoginRefusals[word]);

    private void CountFailure()
    {
        if (++Account.FailedLogins >= _world.Options.LoginAttempts)
        {
            LockAccount(_world.Options.LockoutTime, Caller.Appliance);
        }
    }
}
