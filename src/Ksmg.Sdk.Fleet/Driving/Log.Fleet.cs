using Microsoft.Extensions.Logging;

namespace Ksmg.Sdk.Fleet;

/// <summary>What is logged of fleets.</summary>
internal static partial class Log
{
    [LoggerMessage(4001, LogLevel.Information, "Fleet {Fleet}, {Cluster}: {Text}")]
    public static partial void Fleet(ILogger logger, string fleet, string cluster, string text);

    [LoggerMessage(4002, LogLevel.Warning, "Fleet {Fleet}, {Cluster}: not driven here: {Reason}")]
    public static partial void NotDriven(ILogger logger, string fleet, string cluster, string reason);

    [LoggerMessage(4003, LogLevel.Error, "Fleet {Fleet}, {Cluster}: the driving ended with a fault.")]
    public static partial void Faulted(ILogger logger, string fleet, string cluster, Exception fault);

    [LoggerMessage(4101, LogLevel.Warning, "Quartz does not ring, this worker's own sweeps do: {Reason}")]
    public static partial void BellSilent(ILogger logger, string reason);

    [LoggerMessage(4102, LogLevel.Information, "Quartz rings: {Scheduler}")]
    public static partial void BellRings(ILogger logger, string scheduler);

    [LoggerMessage(4103, LogLevel.Error, "The bell for fleet {Fleet}, {Cluster} was answered with a fault.")]
    public static partial void AnswerFailed(ILogger logger, string fleet, string cluster, Exception fault);

    [LoggerMessage(4104, LogLevel.Warning, "A sweep found nothing: {Reason}")]
    public static partial void SweepFailed(ILogger logger, string reason);
}
