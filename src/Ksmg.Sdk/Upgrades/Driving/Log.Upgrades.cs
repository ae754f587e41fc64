using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk;

/// <summary>What upgrades log: 3000–3999.</summary>
internal static partial class Log
{
    [LoggerMessage(EventId = 3000, EventName = "Upgrade", Message = "{Run} {Kind} {Node} {Step}: {Text}")]
    private static partial void UpgradeEvent(ILogger logger, LogLevel level, string run, UpgradeEventKind kind, string? node, string? step, string text);

    [LoggerMessage(3001, LogLevel.Warning, "Notifier {Notifier} failed: {Reason}", EventName = "NotifierFailed")]
    private static partial void NotifierFailedOnce(ILogger logger, string notifier, string reason);

    public static void NotifierFailed(ILogger logger, string notifier, string reason)
    {
        if (logger.IsEnabled(LogLevel.Warning))
        {
            NotifierFailedOnce(logger, notifier, Printable.Line(reason));
        }
    }

    [LoggerMessage(3002, LogLevel.Warning, "Run {Run} does not hear its inbox: {Reason}", EventName = "InboxFailed")]
    private static partial void InboxFailedOnce(ILogger logger, string run, string reason);

    public static void InboxFailed(ILogger logger, string run, string reason)
    {
        if (logger.IsEnabled(LogLevel.Warning))
        {
            InboxFailedOnce(logger, run, Printable.Line(reason));
        }
    }

    public static void Upgrade(ILogger logger, UpgradeEvent e)
    {
        LogLevel level = Level(e.Kind);
        if (logger.IsEnabled(level))
        {
            string? step = e.Step?.ToString();

            // The text of an event is a printable line already; a log is read by tools too.
            UpgradeEvent(logger, level, e.RunId, e.Kind, e.Node, step, e.Text.English);
        }
    }

    private static LogLevel Level(UpgradeEventKind kind) => kind switch
    {
        UpgradeEventKind.NeedsHuman or UpgradeEventKind.StepFailed => LogLevel.Warning,
        UpgradeEventKind.StepProgress or UpgradeEventKind.Waiting => LogLevel.Debug,
        _ => LogLevel.Information,
    };
}
