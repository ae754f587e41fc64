using System.Globalization;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// How often a cluster was taken up without coming any further. It is counted before anything is tried, so that one that ends its worker
/// counts too.
/// </summary>
internal sealed class ClusterTries(FleetJournal journal, FleetTimes times)
{
    /// <summary>Counts another try.</summary>
    /// <param name="fleetId">The fleet.</param>
    /// <param name="run">The run.</param>
    /// <param name="progress">How much has become of the run: while that stays the same, tries add up.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    /// <returns>Whether there were too many before.</returns>
    public async Task<bool> AreOverAsync(string fleetId, string run, long progress, CancellationToken cancellationToken)
    {
        string name = $"tries/{run}";
        int before = await journal.ReadNoteAsync(fleetId, name, cancellationToken).ConfigureAwait(false) is { } note
            && note.Split(' ') is [var count, var seen]
            && long.TryParse(seen, NumberStyles.None, CultureInfo.InvariantCulture, out long last) && last == progress
            && int.TryParse(count, NumberStyles.None, CultureInfo.InvariantCulture, out int tries)
            ? tries
            : 0;
        if (before >= times.MostTries)
        {
            return true;
        }

        await journal.NoteAsync(
            fleetId, name, string.Create(CultureInfo.InvariantCulture, $"{before + 1} {progress}"), cancellationToken).ConfigureAwait(false);
        return false;
    }

    /// <summary>People looked at it: it is tried afresh.</summary>
    public Task ForgetAsync(string fleetId, string run, CancellationToken cancellationToken) =>
        journal.NoteAsync(fleetId, $"tries/{run}", "0 0", cancellationToken);
}
