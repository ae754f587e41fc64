using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Ksmg.Sdk;

/// <summary>Traces and measures under the name <c>Ksmg.Sdk</c>; the table is in docs/telemetry.md.</summary>
internal static partial class Diagnostics
{
    public const string Name = "Ksmg.Sdk";

    public static readonly ActivitySource Source = new(Name);

    public static readonly Meter Meter = new(Name);

    public static readonly Histogram<double> Calls = Meter.CreateHistogram<double>(
        "ksmg.client.call.duration", "s", "Time of a call, with login and attempts.");

    public static readonly Histogram<double> PortCalls = Meter.CreateHistogram<double>(
        "ksmg.port.duration", "s", "Time of a call to a neighbour of the cluster.");

    public static readonly Counter<long> Retries = Meter.CreateCounter<long>("ksmg.client.retries", "{attempt}", "Attempts after the first.");

    public static readonly Counter<long> Logins = Meter.CreateCounter<long>("ksmg.client.logins", "{login}", "Logins by outcome.");
}
