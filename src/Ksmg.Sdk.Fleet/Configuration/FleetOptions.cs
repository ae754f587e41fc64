namespace Ksmg.Sdk.Fleet;

/// <summary>A fleet as its file says: which clusters in which waves, how much at once, where it is kept.</summary>
public sealed class FleetOptions
{
    private const int MostNameCharacters = 60;

    private static readonly FleetLimits Default = new();

    /// <summary>Its name: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>. A fleet of a name is active once.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>Its clusters.</summary>
    public IList<FleetClusterOptions> Clusters { get; } = [];

    /// <summary>Its waves, in their order. Default: one, <c>all</c>.</summary>
    public IList<FleetWaveOptions> Waves { get; } = [];

    /// <inheritdoc cref="FleetLimits.MaxConcurrent"/>
    public int MaxConcurrent { get; set; } = Default.MaxConcurrent;

    /// <inheritdoc cref="FleetLimits.MaxFailuresPerWave"/>
    public int MaxFailuresPerWave { get; set; } = Default.MaxFailuresPerWave;

    /// <inheritdoc cref="FleetLimits.MaxFailures"/>
    public int MaxFailures { get; set; } = Default.MaxFailures;

    /// <inheritdoc cref="FleetLimits.NeverTogether"/>
    public IList<string> NeverTogether { get; } = [];

    /// <inheritdoc cref="FleetLimits.Soak"/>
    public TimeSpan Soak { get; set; } = Default.Soak;

    /// <summary>When clusters may be worked on. Default: always, or as their own files say.</summary>
    public IList<FleetWindowOptions> Windows { get; } = [];

    /// <summary>Where the fleet and its runs are kept.</summary>
    public FleetStoreOptions Store { get; } = new();

    /// <summary>
    /// Which part of a fleet over several stores this is, such as <c>2/4</c>: its clusters, and its share of the limits. Default: all of it.
    /// </summary>
    public string? Shard { get; set; }

    /// <summary>The part; <see langword="null"/>: all.</summary>
    internal FleetShard? Part => FleetShard.TryRead(Shard ?? string.Empty, out FleetShard? shard) ? shard : null;

    /// <summary>What may stand in the section <c>Fleet</c>.</summary>
    internal static SectionShape<FleetOptions> Shape { get; } = new SectionShape<FleetOptions>()
        .Form(nameof(Name), () => Words.Get("fleet-file.form-name"), IsName, (f, value) => f.Name = value)
        .Items(nameof(Clusters), FleetClusterOptions.Shape, f => f.Clusters)
        .Items(nameof(Waves), FleetWaveOptions.Shape, f => f.Waves)
        .Number(nameof(MaxConcurrent), (f, value) => f.MaxConcurrent = value, least: 1, most: 10_000)
        .Number(nameof(MaxFailuresPerWave), (f, value) => f.MaxFailuresPerWave = value, least: 0, most: 100_000)
        .Number(nameof(MaxFailures), (f, value) => f.MaxFailures = value, least: 0, most: 100_000)
        .Texts(nameof(NeverTogether), f => f.NeverTogether)
        .Time(nameof(Soak), (f, value) => f.Soak = value, TimeSpan.Zero, TimeSpan.FromDays(30))
        .Items(nameof(Windows), FleetWindowOptions.Shape, f => f.Windows)
        .Form(nameof(Shard), () => Words.Get("fleet-file.form-shard"), text => FleetShard.TryRead(text, out _), (f, value) => f.Shard = value)
        .Part(nameof(Store), FleetStoreOptions.Shape, f => f.Store)
        .Required(nameof(Name));

    /// <summary>Whether people and file names can bear it: of a fleet, a wave or a cluster of it.</summary>
    internal static bool IsName(string name) =>
        name.Length is > 0 and <= MostNameCharacters && name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_' or '.') && name[^1] != '.';

    internal FleetLimits ToLimits() => new()
    {
        MaxConcurrent = ShareOf(MaxConcurrent),
        MaxFailuresPerWave = ShareOf(MaxFailuresPerWave),
        MaxFailures = ShareOf(MaxFailures),
        NeverTogether = [.. NeverTogether],
        Soak = Soak,
    };

    private int ShareOf(int limit) => Part?.ShareOf(limit) ?? limit;
}
