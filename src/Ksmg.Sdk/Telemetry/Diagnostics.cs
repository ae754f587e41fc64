using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Ksmg.Sdk;

/// <summary>Traces and measures under the name <c>Ksmg.Sdk</c>; the table is in docs/telemetry.md.</summary>
internal static partial class Diagnostics
{
    public const string Name = "Ksmg.Sdk";

    /// <summary>The outcome of what was answered; every other one is a fault.</summary>
    public const string Success = "Answered";

    // Names of OpenTelemetry's semantic conventions, which tools know without being told of ours.
    public const string ErrorType = "error.type";
    public const string ServerAddress = "server.address";
    public const string ServerPort = "server.port";

    private static readonly string? Version = typeof(Diagnostics).Assembly.GetName().Version?.ToString(3);

    public static readonly ActivitySource Source = new(Name, Version);

    public static readonly Meter Meter = new(Name, Version);

    public static readonly Histogram<double> Calls = Meter.CreateHistogram<double>(
        "ksmg.client.call.duration", "s", "Time of a call, with login and attempts.");

    public static readonly Histogram<double> PortCalls = Meter.CreateHistogram<double>(
        "ksmg.port.duration", "s", "Time of a call to a neighbour of the cluster.");

    public static readonly Counter<long> Retries = Meter.CreateCounter<long>("ksmg.client.retries", "{attempt}", "Attempts after the first.");

    public static readonly Counter<long> Logins = Meter.CreateCounter<long>("ksmg.client.logins", "{login}", "Logins by outcome.");

    /// <summary>The convention tells a fault by the tag being there.</summary>
    public static void AddFault(ref TagList tags, string outcome)
    {
        if (outcome != Success)
        {
            tags.Add(ErrorType, outcome);
        }
    }
}
