using System.Text.Json;
using System.Text.Json.Serialization;
using Ksmg.Sdk.Upgrades;

namespace Ksmg.Sdk.Fleet;

/// <summary>
/// How often a cluster was taken up without coming any further, and why nobody drives it. A try is counted before anything else, so that one that
/// ends its worker counts too.
/// </summary>
internal sealed class ClusterTries(FleetJournal journal, FleetTimes times, TimeProvider time)
{
    /// <summary>Counts another try; one beyond the most that are allowed is not kept.</summary>
    /// <param name="fleetId">The fleet.</param>
    /// <param name="run">The run.</param>
    /// <param name="progress">How much has become of the run: while that stays the same, tries add up.</param>
    /// <param name="cancellationToken">Ends the attempt.</param>
    public async Task<ClusterTry> CountAsync(string fleetId, string run, long progress, CancellationToken cancellationToken)
    {
        ClusterTry last = await ReadAsync(journal, fleetId, run, cancellationToken).ConfigureAwait(false) ?? new ClusterTry();
        ClusterTry another = last.Progress == progress ? last with { Count = last.Count + 1 } : new ClusterTry { Count = 1, Progress = progress };
        if (another.Count <= times.MostTries)
        {
            await WriteAsync(fleetId, run, another, cancellationToken).ConfigureAwait(false);
        }

        return another;
    }

    /// <summary>Notes why it is not driven, unless that is known.</summary>
    public async Task NoteAsync(string fleetId, string run, Message reason, CancellationToken cancellationToken)
    {
        ClusterTry last = await ReadAsync(journal, fleetId, run, cancellationToken).ConfigureAwait(false) ?? new ClusterTry();
        if (reason != last.Reason)
        {
            await WriteAsync(fleetId, run, last with { Reason = reason, Since = time.GetUtcNow() }, cancellationToken).ConfigureAwait(false);
        }
    }

    /// <summary>People looked at it, or it was driven: it is tried afresh.</summary>
    public Task ForgetAsync(string fleetId, string run, CancellationToken cancellationToken) =>
        WriteAsync(fleetId, run, new ClusterTry(), cancellationToken);

    /// <summary>What is known of the tries at a run; <see langword="null"/>: there was none.</summary>
    public static async Task<ClusterTry?> ReadAsync(FleetJournal journal, string fleetId, string run, CancellationToken cancellationToken)
    {
        try
        {
            return await journal.ReadNoteAsync(fleetId, Name(run), cancellationToken).ConfigureAwait(false) is { } note
                ? JsonSerializer.Deserialize(note, ClusterTryJsonContext.Default.ClusterTry)
                : null;
        }
        catch (JsonException)
        {
            // Another version wrote it: counting begins anew.
            return null;
        }
    }

    private Task WriteAsync(string fleetId, string run, ClusterTry note, CancellationToken cancellationToken) =>
        journal.NoteAsync(fleetId, Name(run), JsonSerializer.Serialize(note, ClusterTryJsonContext.Default.ClusterTry), cancellationToken);

    private static string Name(string run) => $"tries/{run}";
}

/// <summary>The tries at a run so far.</summary>
internal sealed record ClusterTry
{
    /// <summary>How many there were in a row while the run came no further.</summary>
    public int Count { get; init; }

    /// <summary>How far the run had come.</summary>
    public long Progress { get; init; }

    /// <summary>Why nobody drives it; <see langword="null"/>: nothing is known.</summary>
    public Message? Reason { get; init; }

    /// <summary>Since when that is so.</summary>
    public DateTimeOffset Since { get; init; }
}

[JsonSourceGenerationOptions(DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingDefault, PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(ClusterTry))]
internal sealed partial class ClusterTryJsonContext : JsonSerializerContext;
