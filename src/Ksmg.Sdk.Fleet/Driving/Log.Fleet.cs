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
}
