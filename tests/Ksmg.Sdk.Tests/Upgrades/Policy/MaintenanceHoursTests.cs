using System.Globalization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Tests.Upgrades;

/// <summary>When windows are open, over midnight, weeks, excepted dates and changes of the clocks.</summary>
public sealed class MaintenanceHoursTests
{
    /// <summary>Windows (days, from, to, zone, excepted dates), the time, what a node needs, and from when until when in UTC.</summary>
    public static TheoryData<string, string, string, string> Openings => new()
    {
        { "Mon-Thu 22:00 04:00 Europe/Berlin", "2026-11-23T12:00Z", "1h", "11-23 21:00 11-24 03:00" },
        { "Mon-Thu 22:00 04:00 Europe/Berlin", "2026-11-23T23:30Z", "1h", "11-23 23:30 11-24 03:00" },
        { "Mon-Thu 22:00 04:00 Europe/Berlin", "2026-11-24T02:30Z", "1h", "11-24 21:00 11-25 03:00" },
        { "Mon-Thu 22:00 04:00 Europe/Berlin", "2026-11-27T12:00Z", "1h", "11-30 21:00 12-01 03:00" },
        { "Mon-Thu 22:00 04:00 Europe/Berlin", "2026-11-27T02:00Z", "1h", "11-27 02:00 11-27 03:00" },
        { "Sun 01:00 02:00 UTC", "2026-11-23T00:00Z", "1h", "11-29 01:00 11-29 02:00" },
        { "Fri-Mon 08:00 09:00 UTC", "2026-11-24T00:00Z", "1h", "11-27 08:00 11-27 09:00" },
        { "Mon-Sun 00:00 00:00 UTC", "2026-11-24T05:00Z", "20h", "11-24 05:00 11-26 00:00" },

        // Two that touch are one; two with a gap are not.
        { "Mon 22:00 00:00 UTC|Tue 00:00 02:00 UTC", "2026-11-23T00:00Z", "4h", "11-23 22:00 11-24 02:00" },
        { "Mon 22:00 23:59 UTC|Tue 00:00 02:00 UTC", "2026-11-23T00:00Z", "2h", "11-24 00:00 11-24 02:00" },
        { "Mon 22:00 02:00 UTC|Mon 23:00 23:30 UTC", "2026-11-23T23:10Z", "1h", "11-23 23:10 11-24 02:00" },

        // A date that is excepted: nothing begins on it, and what began the day before ends with that day.
        { "Mon-Sun 22:00 04:00 UTC except 2026-12-24", "2026-12-24T12:00Z", "1h", "12-25 22:00 12-26 04:00" },
        { "Mon-Sun 22:00 04:00 UTC except 2026-12-24", "2026-12-23T23:30Z", "1h", "12-25 22:00 12-26 04:00" },
        { "Mon-Sun 22:00 04:00 UTC except 2026-12-24", "2026-12-23T12:00Z", "1h", "12-23 22:00 12-24 00:00" },

        // Berlin: 02:00 becomes 03:00 on 29 March 2026; 03:00 becomes 02:00 on 25 October 2026.
        { "Sun 02:30 04:00 Europe/Berlin", "2026-03-28T12:00Z", "1h", "03-29 01:00 03-29 02:00" },
        { "Sun 02:15 02:45 Europe/Berlin", "2026-03-28T12:00Z", "10min", "04-05 00:15 04-05 00:45" },
        { "Sat 22:00 04:00 Europe/Berlin", "2026-10-24T12:00Z", "6h", "10-24 20:00 10-25 03:00" },
        { "Sun 02:30 04:00 Europe/Berlin", "2026-10-24T12:00Z", "1h", "10-25 01:30 10-25 03:00" },
        { "Sat 22:00 02:30 Europe/Berlin", "2026-10-24T12:00Z", "1h", "10-24 20:00 10-25 00:30" },
        { "Sun 00:00 01:00 America/Sao_Paulo", "2026-11-28T00:00Z", "1h", "11-29 03:00 11-29 04:00" },

        { "Mon 22:00 23:00 UTC", "2026-11-23T00:00Z", "2h", "never" },
        { "Mon 22:00 23:00 Europe/Nowhere", "2026-11-23T00:00Z", "1h", "never" },
    };

    [Theory]
    [MemberData(nameof(Openings))]
    public void The_next_opening_that_is_long_enough_is_found(string windows, string now, string needed, string expected)
    {
        Assert.True(Duration.TryParse(needed, out TimeSpan time));
        (DateTimeOffset From, DateTimeOffset To)? next = MaintenanceHours.Next(
            [.. windows.Split('|').Select(Read)], DateTimeOffset.Parse(now, CultureInfo.InvariantCulture), time);
        Assert.Equal(expected, next is { } opening ? $"{Utc(opening.From)} {Utc(opening.To)}" : "never");
    }

    [Theory]
    [InlineData("Mon-Sun", "Mon-Sun")]
    [InlineData("mon, tuesday ,WED", "Mon-Wed")]
    [InlineData("Fri-Mon", "Mon,Fri-Sun")]
    [InlineData("Sat,Sun,Tue", "Tue,Sat-Sun")]
    [InlineData("Thu", "Thu")]
    [InlineData("", null)]
    [InlineData("Mon-", null)]
    [InlineData("Mo", null)]
    [InlineData("Mon-Tue-Wed", null)]
    [InlineData("Mon,,Tue", null)]
    public void Days_are_read_as_they_are_written(string text, string? expected) =>
        Assert.Equal(expected, WeekDays.Parse(text) is { } days ? WeekDays.Write(days) : null);

    private static string Utc(DateTimeOffset time) => time.UtcDateTime.ToString("MM-dd HH:mm", CultureInfo.InvariantCulture);

    private static MaintenanceWindow Read(string text)
    {
        string[] parts = text.Split(' ');
        return new MaintenanceWindowOptions { Days = parts[0], From = parts[1], To = parts[2], Zone = parts[3], Except = [.. parts.Skip(5)] }.ToWindow();
    }
}
