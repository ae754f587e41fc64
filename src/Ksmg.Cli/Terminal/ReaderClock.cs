using System.Globalization;

namespace Ksmg.Cli;

/// <summary>The clock of whoever reads: every time that stands in a line of a run is in the reader's zone, which is named once, above.</summary>
internal sealed class ReaderClock(TimeProvider time)
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
    public string Time(DateTimeOffset at) => TimeZoneInfo.ConvertTime(at, time.LocalTimeZone).ToString("HH:mm:ss", CultureInfo.InvariantCulture);

    /// <summary>A sentence with its times in the zone.</summary>
    public string Say(Message message) => message.ToString(time.LocalTimeZone);
}
