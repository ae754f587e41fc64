using System.Globalization;
using System.Text;

namespace Ksmg.Sdk;

/// <summary>Times as people write them. The unit is always asked for: a bare number means days to some and seconds to others.</summary>
public static class Duration
{
    /// <summary>What is asked for where something else stands.</summary>
    internal static string Form => Words.Get("setting.form-time");

    private static readonly (string[] Names, TimeSpan Unit)[] _units =
    [
        (["d", "day", "days"], TimeSpan.FromDays(1)),
        (["h", "hour", "hours"], TimeSpan.FromHours(1)),
        (["min", "m", "minute", "minutes"], TimeSpan.FromMinutes(1)),
        (["s", "sec", "second", "seconds"], TimeSpan.FromSeconds(1)),
        (["ms", "millisecond", "milliseconds"], TimeSpan.FromMilliseconds(1)),
    ];

    /// <summary>
    /// Reads <c>250ms</c>, <c>10s</c>, <c>30min</c>, <c>2h</c>, <c>1h30min</c>, <c>1d</c>, <c>hh:mm:ss</c> and <c>d.hh:mm:ss</c>. An hour
    /// of 24 and more is none: the framework would take it for days.
    /// </summary>
    /// <param name="text">What somebody wrote.</param>
    /// <param name="time">The time, never below zero.</param>
    /// <returns>Whether it is a time with its unit.</returns>
    public static bool TryParse(string text, out TimeSpan time)
    {
        ArgumentNullException.ThrowIfNull(text);
        string trimmed = text.Trim();
        return trimmed.Contains(':', StringComparison.Ordinal) ? TryParseClock(trimmed, out time) : TryParseUnits(trimmed, out time);
    }

    /// <summary>The time in the form in which people write it: <c>1h30min</c>.</summary>
    /// <param name="time">The time.</param>
    public static string Write(TimeSpan time)
    {
        if (time < TimeSpan.Zero)
        {
            return time.ToString("c", CultureInfo.InvariantCulture);
        }

        StringBuilder text = new();
        TimeSpan rest = time;
        foreach ((string[] names, TimeSpan unit) in _units)
        {
            long count = rest.Ticks / unit.Ticks;
            if (count > 0)
            {
                text.Append(CultureInfo.InvariantCulture, $"{count}{names[0]}");
                rest -= count * unit;
            }
        }

        return rest > TimeSpan.Zero ? time.ToString("c", CultureInfo.InvariantCulture)
            : text.Length > 0 ? text.ToString()
            : "0s";
    }

    private static bool TryParseClock(string text, out TimeSpan time)
    {
        time = default;
        int dot = text.IndexOf('.', StringComparison.Ordinal);
        bool hasDays = dot >= 0 && dot < text.IndexOf(':', StringComparison.Ordinal);
        string[] parts = (hasDays ? text[(dot + 1)..] : text).Split(':');
        long days = 0;
        if (parts.Length != 3 || (hasDays && !TryParseWhole(text[..dot], 5, 99_999, out days))
            || !TryParseWhole(parts[0], 2, 23, out long hours) || !TryParseWhole(parts[1], 2, 59, out long minutes) || parts[1].Length != 2)
        {
            return false;
        }

        string[] seconds = parts[2].Split('.');
        long ticks = 0;
        if (seconds.Length > 2 || seconds[0].Length != 2 || !TryParseWhole(seconds[0], 2, 59, out long whole)
            || (seconds.Length == 2 && !TryParseWhole(seconds[1].PadRight(7, '0'), 7, long.MaxValue, out ticks)))
        {
            return false;
        }

        time = new TimeSpan((int)days, (int)hours, (int)minutes, (int)whole) + TimeSpan.FromTicks(ticks);
        return seconds.Length == 1 || seconds[1].Length > 0;
    }

    /// <summary>Numbers with units, the larger unit first, each at most once.</summary>
    private static bool TryParseUnits(string text, out TimeSpan time)
    {
        time = default;
        double seconds = 0;
        int from = 0;
        int next = 0;
        while (next < text.Length)
        {
            int number = SkipWhile(text, next, c => char.IsAsciiDigit(c) || c == '.');
            int unit = SkipWhile(text, number, c => c == ' ');
            int end = SkipWhile(text, unit, char.IsAsciiLetter);
            string name = text[unit..end];
            int index = Array.FindIndex(_units, from, u => u.Names.Contains(name, StringComparer.OrdinalIgnoreCase));
            if (index < 0 || !char.IsAsciiDigit(text[next])
                || !double.TryParse(text[next..number], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double count))
            {
                return false;
            }

            seconds += count * _units[index].Unit.TotalSeconds;
            from = index + 1;
            next = SkipWhile(text, end, c => c == ' ');
        }

        if (text.Length == 0 || seconds > TimeSpan.FromDays(99_999).TotalSeconds)
        {
            return false;
        }

        time = TimeSpan.FromSeconds(seconds);
        return true;
    }

    private static int SkipWhile(string text, int from, Func<char, bool> condition)
    {
        int index = from;
        while (index < text.Length && condition(text[index]))
        {
            index++;
        }

        return index;
    }

    private static bool TryParseWhole(string text, int most, long max, out long value)
    {
        value = 0;
        return text.Length > 0
            && text.Length <= most
            && text.All(char.IsAsciiDigit)
            && long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out value)
            && value <= max;
    }
}
