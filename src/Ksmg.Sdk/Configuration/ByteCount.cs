using System.Globalization;

namespace Ksmg.Sdk;

/// <summary>Numbers of bytes as people write them.</summary>
internal static class ByteCount
{
    /// <summary>What is asked for where something else stands.</summary>
    public static string Form => Words.Get("setting.form-bytes");

    private static readonly (string Name, long Bytes)[] _units =
    [
        ("", 1), ("B", 1), ("kB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000), ("TB", 1_000_000_000_000),
        ("KiB", 1L << 10), ("MiB", 1L << 20), ("GiB", 1L << 30), ("TiB", 1L << 40),
    ];

    /// <summary>Reads digits with a unit behind them; <c>GB</c> counts in thousands, <c>GiB</c> in 1024s.</summary>
    public static bool TryParse(string text, out long bytes)
    {
        bytes = 0;
        string trimmed = text.Trim();
        int end = trimmed.TakeWhile(c => char.IsAsciiDigit(c) || c == '.').Count();
        string unit = trimmed[end..].TrimStart();
        int index = Array.FindIndex(_units, u => u.Name.Equals(unit, StringComparison.OrdinalIgnoreCase));
        if (index < 0 || end == 0 || !char.IsAsciiDigit(trimmed[0])
            || !decimal.TryParse(trimmed[..end], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out decimal number)
            || number > 1_000_000_000_000_000_000m || number * _units[index].Bytes > long.MaxValue)
        {
            return false;
        }

        decimal exact = number * _units[index].Bytes;
        bytes = (long)exact;
        return bytes == exact;
    }
}
