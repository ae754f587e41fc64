using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Ksmg.Sdk.Upgrades;

/// <summary>Something that happened in a run, in words for people and as data.</summary>
public sealed record UpgradeEvent
{
    /// <summary>The run.</summary>
    public required string RunId { get; init; }

    /// <summary>The cluster.</summary>
    public string Cluster { get; init; } = string.Empty;

    /// <summary>
    /// The sequence of its record in the journal; of what is not written there, such as progress, that of the last record before. Give it
    /// to <see cref="UpgradeRun.WatchAsync"/> to go on from here, in any process.
    /// </summary>
    public long Sequence { get; init; }

    /// <summary>When it happened.</summary>
    public required DateTimeOffset At { get; init; }

    /// <summary>What kind of event it is.</summary>
    public required UpgradeEventKind Kind { get; init; }

    /// <summary>The node concerned, if one is.</summary>
    public string? Node { get; init; }

    /// <summary>The step concerned, such as <c>S8</c>.</summary>
    public StepId? Step { get; init; }

    /// <summary>One sentence.</summary>
    [JsonConverter(typeof(SentenceConverter))]
    public required Message Text { get; init; }

    /// <summary>The same as key and arguments, which stand in JSON beside the sentence that is more than what somebody else said.</summary>
    [JsonInclude]
    [JsonPropertyName("message")]
    internal Message? Data
    {
        get => Text.Keyed;
        init => Text = value is { HasWords: true } ? value : Text;
    }

    /// <summary>Figures and evidence; never a secret.</summary>
    public IReadOnlyDictionary<string, string> Values { get; init; } = new Dictionary<string, string>(StringComparer.Ordinal);

    /// <summary>The event as JSON, on one line.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, UpgradeEventJson.Default.UpgradeEvent);

    /// <summary>The event as JSON, on one line, with its sentence in a language.</summary>
    internal string Speak(CultureInfo language) => JsonSerializer.Serialize(this, UpgradeEventJson.In(language).UpgradeEvent);

    /// <summary>Whether it stands in no journal: who comes later need not know.</summary>
    internal bool IsPassing => Kind is UpgradeEventKind.Waiting or UpgradeEventKind.StepProgress;
}
