using System.Globalization;
using System.Text.RegularExpressions;

namespace Ksmg.Cli;

/// <summary>The clock of whoever reads: every time that stands in a line of a run is in the reader's zone, which is named once, above.</summary>
internal sealed partial class ReaderClock(TimeProvider time)
{
    /// <summary>The name of the zone, and what its clocks show now.</summary>
    public string Zone
    {
        get
        {
            TimeSpan offset = time.LocalTimeZone.GetUtcOffset(Now);
            string sign = offset < TimeSpan.Zero ? "-" : "+";
            return offset == TimeSpan.Zero && time.LocalTimeZone.Id.Contains("UTC", StringComparison.Ordinal)
                ? "UTC"
                : string.Create(CultureInfo.InvariantCulture, $"{time.LocalTimeZone.Id} (UTC{sign}{offset:hh\\:mm})");
        }
    }

    public DateTimeOffset Now => time.GetUtcNow();

    /// <summary>The time of the day.</summary>
    public string Time(DateTimeOffset at) => Local(at)[^8..];

    /// <summary>A sentence with its times in the zone.</summary>
    public string Say(Message message) => message.ToString(time.LocalTimeZone);

    /// <summary>What was written down in words long ago, such as who drives a run and since when: its times, which are UTC, by this clock.</summary>
    public string Say(string text) => Utc().Replace(text, match => Local(DateTimeOffset.Parse(match.Value, CultureInfo.InvariantCulture)));

    /// <summary>The day and the time of the day.</summary>
    public string Local(DateTimeOffset at) =>
        TimeZoneInfo.ConvertTime(at, time.LocalTimeZone).DateTime.ToString("u", CultureInfo.InvariantCulture).TrimEnd('Z');

    [GeneratedRegex(@"\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Utc();
}
