using System.Globalization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>A <see cref="MaintenanceWindow"/> while it is put together, as it stands in a configuration.</summary>
public sealed class MaintenanceWindowOptions
{
    private const string TimeForm = "HH:mm";
    private const string DateForm = "yyyy-MM-dd";

    /// <inheritdoc cref="MaintenanceWindow.Zone" />
    public string Zone { get; set; } = string.Empty;

    /// <summary>The days on which it opens, such as <c>Mon-Thu</c> or <c>Mon,Wed,Sat</c>; <see langword="null"/>: every day.</summary>
    public string? Days { get; set; }

    /// <summary>When it opens, such as <c>22:00</c>.</summary>
    public string From { get; set; } = string.Empty;

    /// <summary>When it closes, such as <c>04:00</c>: on the next day where that is not later than <see cref="From"/>.</summary>
    public string To { get; set; } = string.Empty;

    /// <summary>Dates on which it does not open, such as <c>2026-12-24</c>.</summary>
    public IList<string> Except { get; set; } = [];

    /// <summary>What may stand in the section of a window.</summary>
    internal static SectionShape<MaintenanceWindowOptions> Shape { get; } = AddTo(new SectionShape<MaintenanceWindowOptions>(), w => w);

    /// <summary>Adds the settings of a window to those that stand beside them.</summary>
    internal static SectionShape<T> AddTo<T>(SectionShape<T> shape, Func<T, MaintenanceWindowOptions> window)
        where T : class => shape
        .Form(nameof(Zone), "window.zone", text => TimeZoneInfo.TryFindSystemTimeZoneById(text, out _), (w, value) => window(w).Zone = value)
        .Form(nameof(Days), "window.days", text => WeekDays.Parse(text) is not null, (w, value) => window(w).Days = value)
        .Form(nameof(From), "window.time", text => Time(text) is not null, (w, value) => window(w).From = value)
        .Form(nameof(To), "window.time", text => Time(text) is not null, (w, value) => window(w).To = value)
        .Texts(nameof(Except), w => window(w).Except, "window.date", text => Date(text) is not null)
        .Required(nameof(Zone), nameof(From), nameof(To));

    /// <summary>The window.</summary>
    /// <exception cref="ArgumentException">A setting cannot be read; the message names it.</exception>
    public MaintenanceWindow ToWindow() => new()
    {
        Zone = Zone,
        Days = Days is null ? Enum.GetValues<DayOfWeek>() : WeekDays.Parse(Days) ?? throw Mistake(nameof(Days), Days, "window.days"),
        From = Time(From) ?? throw Mistake(nameof(From), From, "window.time"),
        To = Time(To) ?? throw Mistake(nameof(To), To, "window.time"),
        Except = [.. Except.Select(text => Date(text) ?? throw Mistake(nameof(Except), text, "window.date"))],
    };

    internal static MaintenanceWindowOptions Of(MaintenanceWindow window) => new()
    {
        Zone = window.Zone,
        Days = WeekDays.Write(window.Days),
        From = Write(window.From),
        To = Write(window.To),
        Except = [.. window.Except.Select(Write)],
    };

    internal static string Write(TimeOnly time) => time.ToString(TimeForm, CultureInfo.InvariantCulture);

    internal static string Write(DateOnly date) => date.ToString(DateForm, CultureInfo.InvariantCulture);

    private static TimeOnly? Time(string text) =>
        TimeOnly.TryParseExact(text, TimeForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out TimeOnly time) ? time : null;

    private static DateOnly? Date(string text) =>
        DateOnly.TryParseExact(text, DateForm, CultureInfo.InvariantCulture, DateTimeStyles.None, out DateOnly date) ? date : null;

    private static ArgumentException Mistake(string name, string text, string form) => new($"{name}: {Words.Get("setting.not-form", text, Words.Get(form))}");
}
