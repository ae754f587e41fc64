using System.Globalization;

namespace Ksmg.Sdk.Fleet;

/// <summary>What whoever lets go of a run until its window opens notes: until when, and after which record. It holds while nothing follows that.</summary>
internal static class RestNote
{
    public static string Of(string run) => $"rest/{run}";

    public static string Write(long sequence, DateTimeOffset until) => string.Create(CultureInfo.InvariantCulture, $"{sequence} {until:O}");

    /// <summary>Until when a run rests; <see langword="null"/>: it does not, or something was done to it since.</summary>
    public static async Task<DateTimeOffset?> ReadAsync(FleetJournal journal, string fleetId, string run, long last, CancellationToken cancellationToken) =>
        await journal.ReadNoteAsync(fleetId, Of(run), cancellationToken).ConfigureAwait(false) is { } note
        && TryRead(note, out long noted, out DateTimeOffset until) && noted == last
            ? until
            : null;

    public static bool TryRead(string note, out long sequence, out DateTimeOffset until)
    {
        (sequence, until) = (0, default);
        return note.Split(' ') is [var number, var time]
            && long.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out sequence)
            && DateTimeOffset.TryParseExact(time, "O", CultureInfo.InvariantCulture, DateTimeStyles.RoundtripKind, out until);
    }
}
