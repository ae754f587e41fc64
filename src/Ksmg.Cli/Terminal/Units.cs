using System.Globalization;

namespace Ksmg.Cli;

/// <summary>Sizes, rates and durations as people write and read them.</summary>
internal static class Units
{
    private static readonly (string Name, long Bytes)[] Sizes =
    [
        ("GiB", 1L << 30), ("MiB", 1L << 20), ("KiB", 1L << 10), ("GB", 1_000_000_000), ("MB", 1_000_000), ("KB", 1_000), ("B", 1),
    ];

    /// <summary>Reads <c>64MiB</c>, <c>1.5 GB</c> or a bare number of bytes; <see langword="null"/> for anything else.</summary>
    public static long? ParseBytes(string text)
    {
        string number = text.Trim();
        long unit = 1;
        foreach ((string name, long bytes) in Sizes)
        {
            if (number.EndsWith(name, StringComparison.OrdinalIgnoreCase))
            {
                (number, unit) = (number[..^name.Length].TrimEnd(), bytes);
                break;
            }
        }

        return decimal.TryParse(number, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal value) && value <= long.MaxValue / unit
            ? (long)(value * unit)
            : null;
    }

    public static string Bytes(long bytes) => bytes switch
    {
        >= 1L << 30 => Words.Get("unit.gib", bytes / (double)(1L << 30)),
        >= 1L << 20 => Words.Get("unit.mib", bytes / (double)(1L << 20)),
        >= 1L << 10 => Words.Get("unit.kib", bytes / (double)(1L << 10)),
        _ => Words.Get("unit.bytes", bytes),
    };

    public static string Rate(long bytes, TimeSpan elapsed) =>
        elapsed > TimeSpan.Zero ? Words.Get("unit.per-second", Bytes((long)(bytes / elapsed.TotalSeconds))) : "–";

    /// <summary>A duration as people say it: <c>0.8 s</c>, <c>12 s</c>, <c>3 min 05 s</c>, <c>2 h 10 min</c>.</summary>
    public static string Duration(TimeSpan time) => time.TotalSeconds switch
    {
        < 10 => Words.Get("unit.seconds-tenths", time.TotalSeconds),
        < 60 => Words.Get("unit.seconds", time.TotalSeconds),
        < 3600 => Words.Get("unit.minutes", (int)time.TotalMinutes, time.Seconds),
        _ => Words.Get("unit.hours", (int)time.TotalHours, time.Minutes),
    };
}
