namespace Ksmg.Sdk.Upgrades;

/// <summary>Days of the week as people write them: <c>Mon-Thu</c>, <c>Fri-Sun</c>, <c>Mon,Wed</c>.</summary>
internal static class WeekDays
{
    private static readonly DayOfWeek[] _week =
    [
        DayOfWeek.Monday, DayOfWeek.Tuesday, DayOfWeek.Wednesday, DayOfWeek.Thursday, DayOfWeek.Friday, DayOfWeek.Saturday, DayOfWeek.Sunday,
    ];

    /// <summary>The days, in the order of the week from Monday on; <see langword="null"/>: the text names none, or something else.</summary>
    public static IReadOnlyList<DayOfWeek>? Parse(string text)
    {
        HashSet<DayOfWeek> days = [];
        foreach (string part in text.Split(',', StringSplitOptions.TrimEntries))
        {
            string[] ends = part.Split('-', StringSplitOptions.TrimEntries);
            if (ends.Length > 2 || Array.ConvertAll(ends, IndexOf) is not [>= 0 and int first, ..] places || places[^1] is var last && last < 0)
            {
                return null;
            }

            // Fri-Mon goes over the end of the week.
            for (int i = first; ; i = (i + 1) % _week.Length)
            {
                days.Add(_week[i]);
                if (i == last)
                {
                    break;
                }
            }
        }

        return [.. _week.Where(days.Contains)];
    }

    /// <summary>The same, with what follows each other as a range.</summary>
    public static string Write(IEnumerable<DayOfWeek> days)
    {
        HashSet<DayOfWeek> wanted = [.. days];
        List<string> parts = [];
        for (int i = 0; i < _week.Length; i++)
        {
            int first = i;
            while (i < _week.Length && wanted.Contains(_week[i]))
            {
                i++;
            }

            switch (i - first)
            {
                case 0:
                    break;
                case 1:
                    parts.Add(Short(first));
                    break;
                default:
                    parts.Add($"{Short(first)}-{Short(i - 1)}");
                    break;
            }
        }

        return string.Join(',', parts);
    }

    private static string Short(int day) => _week[day].ToString()[..3];

    private static int IndexOf(string name) => Array.FindIndex(
        _week, d => name.Equals(d.ToString(), StringComparison.OrdinalIgnoreCase) || name.Equals(d.ToString()[..3], StringComparison.OrdinalIgnoreCase));
}
