using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk;

/// <summary>
/// Every message this library logs. Event ids are stable: 1000–1999 calls and sessions, 2000–2999 packages and uploads, 3000–3999
/// upgrades. Never a body, a token or a password.
/// </summary>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Debug, "{Node}: {Operation} ended as {Outcome} after {Milliseconds:F0} ms")]
    public static partial void CallEnded(ILogger logger, string node, string operation, string outcome, double milliseconds);

    [LoggerMessage(1001, LogLevel.Information, "{Node}: {Operation} is sent again after {Outcome}: {Detail}")]
    public static partial void CallRepeated(ILogger logger, string node, string operation, CallOutcome outcome, string detail);

    [LoggerMessage(1010, LogLevel.Information, "{Node}: logged in")]
    public static partial void LoggedIn(ILogger logger, string node);

    [LoggerMessage(EventId = 1011, Message = "{Node}: no login: {Detail}")]
    public static partial void LoginFailed(ILogger logger, LogLevel level, string node, string detail);

    [LoggerMessage(1012, LogLevel.Information, "{Node}: the session ended during {Operation}: {Detail}")]
    public static partial void SessionEnded(ILogger logger, string node, string operation, string detail);

    [LoggerMessage(1013, LogLevel.Debug, "{Node}: the session was dropped")]
    public static partial void SessionReset(ILogger logger, string node);
}
