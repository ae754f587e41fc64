using System.Collections.Concurrent;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// How far each run was when this process saw it last. Runs only grow; one that shrank shows that an older backup of the database was
/// restored, and whatever was decided since is not known there.
/// </summary>
internal sealed class Sightings
{
    private readonly ConcurrentDictionary<string, Sighting> _seen = new(StringComparer.Ordinal);

    /// <summary>What was seen so far; asked before a statement is sent, since answers may overtake each other.</summary>
    public Sighting Of(string runId) => _seen.GetValueOrDefault(runId) ?? new Sighting(0, 0);

    /// <exception cref="JournalException">The run is behind what was seen before.</exception>
    public void Check(string runId, Sighting before, Sighting now)
    {
        if (now.Epoch < before.Epoch || now.Records < before.Records)
        {
            throw new JournalException(Words.Get("store.restored", runId, now.Epoch, now.Records, before.Epoch, before.Records));
        }

        _seen.AddOrUpdate(runId, now, (_, there) => new Sighting(Math.Max(there.Epoch, now.Epoch), Math.Max(there.Records, now.Records)));
    }

    /// <summary>An epoch and a number of records.</summary>
    internal sealed record Sighting(long Epoch, long Records);
}
