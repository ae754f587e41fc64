using Ksmg.Sdk.Upgrades;
using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk;

/// <summary>What upgrades log.</summary>
internal static partial class Log
{
    public static void NotifierFailed(ILogger logger, string notifier, string reason)
    {
        if (logger.IsEnabled(LogLevel.Warning))
        {
            NotifierFailedOnce(logger, notifier, Printable.Line(reason));
        }
    }

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
            Enum kind = e.Kind;

            // The text of an event is a printable line already; a log is read by tools too.
            UpgradeTold(logger, level, e.RunId, kind, e.Node, step, e.Text.English);
        }
    }

    private static LogLevel Level(UpgradeEventKind kind) => kind switch
    {
        UpgradeEventKind.NeedsHuman or UpgradeEventKind.StepFailed => LogLevel.Warning,
        UpgradeEventKind.StepProgress or UpgradeEventKind.Waiting => LogLevel.Debug,
        _ => LogLevel.Information,
    };
}
