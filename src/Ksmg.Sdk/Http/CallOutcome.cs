namespace Ksmg.Sdk;

/// <summary>What became of one attempt of a call.</summary>
internal enum CallOutcome
{
    /// <summary>A good answer with data.</summary>
    Answered,

    /// <summary>The connection was never made: no byte reached the node.</summary>
    NotConnected,

    /// <summary>The node's certificate is not trusted: no byte reached the node, and asking again changes nothing.</summary>
    NotTrusted,

    /// <summary>The connection broke after it was made.</summary>
    ConnectionLost,

    /// <summary>Our own clock ended the attempt.</summary>
    TimedOut,

    /// <summary>502, 503 or 504.</summary>
    Unavailable,

    /// <summary>The session is missing or over: 401, 403, a redirect, or a login page.</summary>
    SessionRefused,

    /// <summary>A clear <c>error</c> object.</summary>
    Refused,

    /// <summary>An answer nobody can read: not JSON, cut, too large, or a status without explanation.</summary>
    Unusable,

    /// <summary>The catalogue says that the appliance has no such call: nothing was sent.</summary>
    Missing,

    /// <summary>The call asks with what an earlier answer should have told, and none did: nothing was sent.</summary>
    NotKept,

    /// <summary>The session ended during a call that must not be repeated.</summary>
    SessionExpired,

    /// <summary>The node refuses the login, or no login is spent on it: <see cref="CallResult.Refusal"/> says why.</summary>
    LoginRefused,
}
