using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk;

/// <summary>
/// Every message this library logs. Event ids are stable: 1000–1999 calls and sessions, 2000–2999 packages and uploads, 3000–3999
/// upgrades. Never a body, a token or a password; what others said only as a printable line.
/// </summary>
/// <remarks>All are declared in this file: over several the generator writes them in a different order each time, and no build is like the last.</remarks>
internal static partial class Log
{
    [LoggerMessage(1000, LogLevel.Debug, "{Node}: {Operation} ended as {Outcome} after {Milliseconds:F0} ms")]
    public static partial void CallEnded(ILogger logger, string node, string operation, string outcome, double milliseconds);

    [LoggerMessage(1001, LogLevel.Information, "{Node}: {Operation} is sent again after {Outcome}: {Detail}", EventName = "CallRepeated")]
    private static partial void CallRepeatedFor(ILogger logger, string node, string operation, CallOutcome outcome, string detail);

    [LoggerMessage(1010, LogLevel.Information, "{Node}: logged in")]
    public static partial void LoggedIn(ILogger logger, string node);

    [LoggerMessage(EventId = 1011, EventName = "LoginFailed", Message = "{Node}: no login: {Detail}")]
    private static partial void LoginFailedFor(ILogger logger, LogLevel level, string node, string detail);

    [LoggerMessage(1012, LogLevel.Information, "{Node}: the session ended during {Operation}: {Detail}", EventName = "SessionEnded")]
    private static partial void SessionEndedFor(ILogger logger, string node, string operation, string detail);

    [LoggerMessage(1013, LogLevel.Debug, "{Node}: the session was dropped")]
    public static partial void SessionReset(ILogger logger, string node);

    [LoggerMessage(EventId = 3000, EventName = "Upgrade", Message = "{Run} {Kind} {Node} {Step}: {Text}")]
    private static partial void UpgradeTold(ILogger logger, LogLevel level, string run, Enum kind, string? node, string? step, string text);

    [LoggerMessage(3001, LogLevel.Warning, "Notifier {Notifier} failed: {Reason}", EventName = "NotifierFailed")]
    private static partial void NotifierFailedOnce(ILogger logger, string notifier, string reason);

    [LoggerMessage(3002, LogLevel.Warning, "Run {Run} does not hear its inbox: {Reason}", EventName = "InboxFailed")]
    private static partial void InboxFailedOnce(ILogger logger, string run, string reason);

    public static void CallRepeated(ILogger logger, string node, string operation, CallOutcome outcome, string detail)
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            CallRepeatedFor(logger, node, operation, outcome, Printable.Line(detail));
        }
    }

    public static void LoginFailed(ILogger logger, LogLevel level, string node, string detail)
    {
        string line = Printable.Line(detail);
        LoginFailedFor(logger, level, node, line);
    }

    public static void SessionEnded(ILogger logger, string node, string operation, string detail)
    {
        if (logger.IsEnabled(LogLevel.Information))
        {
            SessionEndedFor(logger, node, operation, Printable.Line(detail));
        }
    }
}
