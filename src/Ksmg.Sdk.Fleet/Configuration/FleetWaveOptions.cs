namespace Ksmg.Sdk.Fleet;

/// <summary>A wave of a fleet, as configured: of the clusters that no earlier wave has, those that match, or a share of them.</summary>
public sealed class FleetWaveOptions
{
    /// <summary>Its name: letters, digits, <c>-</c>, <c>_</c> and <c>.</c>.</summary>
    public string Name { get; set; } = string.Empty;

    /// <summary>The labels that a cluster of it has. Default: any.</summary>
    public IDictionary<string, string> Match { get; } = new SortedDictionary<string, string>(StringComparer.Ordinal);

    /// <summary>How many of them, rounded up, in the order of the file. Default: 100.</summary>
    public int Percent { get; set; } = 100;

    /// <summary>Where it waits for people. Default: nowhere.</summary>
    public FleetApproval Approve { get; set; }

    /// <summary>What may stand in the section of a wave.</summary>
    internal static SectionShape<FleetWaveOptions> Shape { get; } = new SectionShape<FleetWaveOptions>()
        .Form(nameof(Name), () => Words.Get("fleet-file.form-name"), FleetOptions.IsName, (w, value) => w.Name = value)
        .Map(nameof(Match), w => w.Match)
        .Number(nameof(Percent), (w, value) => w.Percent = value, least: 1, most: 100)
        .Word<FleetApproval>(nameof(Approve), (w, value) => w.Approve = value)
        .Required(nameof(Name));
}
