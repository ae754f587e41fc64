namespace Ksmg.Sdk.Upgrades;

/// <summary>
/// When nodes may be taken out of work: on some days of the week, between two times of the day in a time zone. A run waits outside of it before it
/// touches the next node; a node in hand is always finished.
/// </summary>
public sealed record MaintenanceWindow
{
    /// <summary>The time zone by its IANA name, such as <c>Europe/Berlin</c>.</summary>
    public required string Zone { get; init; }

    /// <summary>The days on which it opens. Default: every day.</summary>
    public IReadOnlyList<DayOfWeek> Days
    {
        get;
        init => field = FrozenList<DayOfWeek>.Of(value);
    }

    = FrozenList<DayOfWeek>.Of(Enum.GetValues<DayOfWeek>());

    /// <summary>When it opens.</summary>
    public required TimeOnly From { get; init; }

    /// <summary>When it closes: on the next day where that is not later than <see cref="From"/>. The same time for both: a whole day.</summary>
    public required TimeOnly To { get; init; }

    /// <summary>Dates on which it does not open, and at whose first minute one that is open closes. Default: none.</summary>
    public IReadOnlyList<DateOnly> Except
    {
        get;
        init => field = FrozenList<DateOnly>.Of(value);
    }

    = FrozenList<DateOnly>.Empty;

    /// <summary>How long it is open, on a day without a change of the clocks.</summary>
    internal TimeSpan Length => To > From ? To - From : TimeSpan.FromDays(1) - (From - To);

    /// <summary>As people write it.</summary>
    public override string ToString() => Words.OneLine(Words.Get(
        Except.Count == 0 ? "window.form" : "window.form-except",
        WeekDays.Write(Days),
        MaintenanceWindowOptions.Write(From),
        MaintenanceWindowOptions.Write(To),
        Zone,
        string.Join(", ", Except.Select(MaintenanceWindowOptions.Write))));

    /// <summary>When it is open around a date of its zone; <see langword="null"/>: not at all.</summary>
    /// <param name="date">The date on which it opens.</param>
    /// <param name="zone">Its time zone.</param>
    internal (DateTimeOffset From, DateTimeOffset To)? On(DateOnly date, TimeZoneInfo zone)
    {
        if (!Days.Contains(date.DayOfWeek) || Except.Contains(date))
        {
            return null;
        }

        DateOnly next = date.AddDays(1);
        DateTime end = To > From ? date.ToDateTime(To) : next.ToDateTime(Except.Contains(next) ? TimeOnly.MinValue : To);
        (DateTimeOffset opens, DateTimeOffset closes) = (At(date.ToDateTime(From), zone, late: true), At(end, zone, late: false));
        return closes > opens ? (opens, closes) : null;
    }

    /// <summary>
    /// A time of the day as a moment. One that the clocks skip is the moment at which they do; of one that comes twice the one that leaves the shorter
    /// window.
    /// </summary>
    private static DateTimeOffset At(DateTime time, TimeZoneInfo zone, bool late)
    {
        DateTime valid = time;
        while (zone.IsInvalidTime(valid))
        {
            valid = valid.AddMinutes(1);
        }

        TimeSpan offset = !zone.IsAmbiguousTime(valid) ? zone.GetUtcOffset(valid)
            : late ? zone.GetAmbiguousTimeOffsets(valid).Min() : zone.GetAmbiguousTimeOffsets(valid).Max();
        return new DateTimeOffset(valid, offset);
    }
}
