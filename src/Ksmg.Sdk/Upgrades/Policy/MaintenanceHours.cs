namespace Ksmg.Sdk.Upgrades;

/// <summary>Maintenance windows taken together: those that overlap or follow each other without a gap are one.</summary>
internal static class MaintenanceHours
{
    /// <summary>How far ahead an opening is looked for: a window that opens once a week and is excepted for months is found all the same.</summary>
    private const int DaysAhead = 400;

    /// <summary>The hours that are open now or the next to open, of those that are open for long enough from then on.</summary>
    /// <param name="windows">The windows; one whose time zone this machine does not know never opens.</param>
    /// <param name="now">The time.</param>
    /// <param name="needed">How long they have to be open.</param>
    /// <returns>From when, now or later, until when; <see langword="null"/>: never.</returns>
    public static (DateTimeOffset From, DateTimeOffset To)? Next(IReadOnlyList<MaintenanceWindow> windows, DateTimeOffset now, TimeSpan needed)
    {
        // Near first: nearly always one of the next days will do.
        return Next(windows, now, needed, days: 8) ?? Next(windows, now, needed, DaysAhead);
    }

    private static (DateTimeOffset From, DateTimeOffset To)? Next(
        IReadOnlyList<MaintenanceWindow> windows, DateTimeOffset now, TimeSpan needed, int days)
    {
        (DateTimeOffset From, DateTimeOffset To)? open = null;
        foreach ((DateTimeOffset from, DateTimeOffset to) in windows.SelectMany(w => Openings(w, now, days)).OrderBy(o => o.From))
        {
            open = open is { } before && from <= before.To ? (before.From, before.To > to ? before.To : to) : (from > now ? from : now, to);
            if (open.Value.To - open.Value.From >= needed)
            {
                return open;
            }
        }

        return null;
    }

    private static IEnumerable<(DateTimeOffset From, DateTimeOffset To)> Openings(MaintenanceWindow window, DateTimeOffset now, int days)
    {
        if (!TimeZoneInfo.TryFindSystemTimeZoneById(window.Zone, out TimeZoneInfo? zone))
        {
            yield break;
        }

        // One that opened yesterday may be open still.
        DateOnly today = DateOnly.FromDateTime(TimeZoneInfo.ConvertTime(now, zone).Date);
        for (int day = -2; day <= days; day++)
        {
            if (window.On(today.AddDays(day), zone) is { } opening && opening.To > now)
            {
                yield return opening;
            }
        }
    }
}
