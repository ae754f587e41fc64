using System.Globalization;
using Ksmg.Sdk;

namespace Ksmg.Simulator;

/// <summary>A session on a node: the name it has in the logs, and the cookie that opens it.</summary>
internal sealed record SimulatedSession(string Id, string Cookie)
{
    public DateTimeOffset ExpiresAt { get; set; }
}

internal sealed partial class SimulatedNode
{
    private readonly Dictionary<string, SimulatedSession> _sessions = new(StringComparer.Ordinal);
    private int _sessionNumber;
    private int _failedLogins;
    private DateTimeOffset _lockedUntil;

    public DateTimeOffset PasswordExpiresAt { get; set; }

    public bool CanEditSettings { get; set; } = true;

    public bool CanManageNodes { get; set; } = true;

    /// <summary>Opens a session. Refusals carry status 200, as observed.</summary>
    public SimulatedSession LogIn(string? userName, string? password, Caller caller)
    {
        DateTimeOffset now = _world.Now;
        if (now < _lockedUntil)
        {
            throw new ApiRefusal(200, "locked", "The account is locked.");
        }

        if (userName != _world.Options.UserName || password != _world.Options.Password)
        {
            _world.Effect(Name, "login-refused", caller);
            if (++_failedLogins >= _world.Options.LoginAttempts)
            {
                LockAccount(_world.Options.LockoutTime, Caller.Appliance);
            }

            throw new ApiRefusal(200, "invalidCredentials", "The user name or the password is wrong.");
        }

        _failedLogins = 0;
        if (now >= PasswordExpiresAt)
        {
            throw new ApiRefusal(200, "passwordExpired", "The password has expired and must be changed.");
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
        _failedLogins = 0;
        _lockedUntil = _world.Now + time;
        _world.Effect(Name, "account-locked", caller);
    }

    public void UnlockAccount() => _lockedUntil = default;
}
