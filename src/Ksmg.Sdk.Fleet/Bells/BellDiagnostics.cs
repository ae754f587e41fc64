using System.Diagnostics;
using System.Diagnostics.Metrics;

namespace Ksmg.Sdk.Fleet;

/// <summary>Measures of the bell; the table is in docs/telemetry.md.</summary>
internal static class BellDiagnostics
{
    public const string ByQuartz = "Quartz";
    public const string ByItself = "Worker";

    private static readonly Counter<long> Rings = Diagnostics.Meter.CreateCounter<long>(
        "ksmg.fleet.rings", "{ring}", "Rings, by whether Quartz took them.");

    private static readonly Counter<long> Sweeps = Diagnostics.Meter.CreateCounter<long>(
        "ksmg.fleet.sweeps", "{sweep}", "Looks at every unfinished fleet.");

    public static void Rang(bool isTaken)
    {
        TagList tags = new() { { "ksmg.outcome", isTaken ? Diagnostics.Success : "NotTaken" } };
        Diagnostics.AddFault(ref tags, isTaken ? Diagnostics.Success : "NotTaken");
        Rings.Add(1, tags);
    }

    public static void Swept(string by, string? fault)
    {
        TagList tags = new() { { "ksmg.sweep", by } };
        if (fault is not null)
        {
            tags.Add(Diagnostics.ErrorType, fault);
        }

        Sweeps.Add(1, tags);
    }
}
